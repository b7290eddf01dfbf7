"""Old cards are brought up to date when somebody presses a button on them.

That is how a message comes to agree with the rest whose post was never recorded, or whose
last update was given up: the press itself names the message.
"""

from collections.abc import Callable

from core.directory.people import Directory, Identity
from core.ports import Deliveries
from core.rows import MessageRef, Recipient
from core.value import Millis


class Healer:
    """Implements `core.chat.healing_port.Healing`; `wake` tells the relay."""

    def __init__(
        self,
        deliveries: Deliveries,
        directory: Callable[[], Directory],
        clock: Callable[[], Millis],
        wake: Callable[[], None],
    ) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._directory = directory
        self._wake = wake

    async def out_of_date(
        self, identity: Identity, request: str, message: MessageRef, place: str
    ) -> None:
        """See the port."""
        person = self._directory().by_identity(identity)
        whose = place or ("" if person is None else person.email)
        to = Recipient(platform=message.platform, id=whose, kind="channel" if place else "person")
        if await self._deliveries.out_of_date(request, message, to, self._clock()):
            self._wake()
