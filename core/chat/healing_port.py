"""What chat adapters tell of posted messages that show something which is no longer true."""

from typing import Protocol

from core.directory.people import Identity
from core.refusals import Reason
from core.rows import MessageRef

OUT_OF_DATE = frozenset(
    {
        Reason.STALE_CARD,
        Reason.FINISHED,
        Reason.WRONG_STAGE,
        Reason.STALE_REVISION,
        Reason.WAITING_FOR_REVISION,
    }
)
"""Refusals that a card would not have led to if it had shown what is true."""


class Healing(Protocol):
    """`core.chat.healing.Healer` implements it."""

    async def out_of_date(
        self, identity: Identity, request: str, message: MessageRef, place: str
    ) -> None:
        """A button was pressed on a posted card of this request that is out of date: the relay
        brings that message up to date. `place` is the channel it stands in, "" for a message
        to one person; where nobody has a card of it, nothing happens."""
        ...
