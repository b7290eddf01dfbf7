"""What chat adapters ask of the service, in values that know no platform.

`service.Approvals` implements `Conversations`. Nothing here raises for what a person did:
every call comes back as something that can be shown to them.
"""

from typing import Protocol

from core.card import Card
from core.commands import Binding
from core.directory import Identity
from core.refusals import Reason
from core.request import Decision
from core.value import Millis, Value


class Click(Value, frozen=True):
    """A decision made in chat. `evidence` names the platform's message.

    `place` is the channel in which it was made, as the platform's authenticated call names
    it ("" in a personal chat): a rule's channel may see what its cards show.

    With `answer_to` (facts that let the channel reach the clicker alone) an answer that
    changes nothing is queued in the same transaction and told afterwards by the relay;
    without it the caller shows the `Answer` itself.
    """

    identity: Identity
    binding: Binding
    decision: Decision
    place: str = ""
    reason: str | None = None
    evidence: dict[str, str] = {}
    answer_to: dict[str, str] | None = None


class Answer(Value, frozen=True):
    """What is true after a click or question, in one sentence and, where allowed, a card.

    `refused` is None when the click counted (or had counted before). `card` is the present
    card for this person, None when they may not see the request.
    """

    text: str
    refused: Reason | None = None
    card: Card | None = None


class QueueItem(Value, frozen=True):
    """One line of somebody's queue. `deadline` is the stage's deadline or the expiry."""

    request: str
    title: str
    asked_by: str
    stage: str
    amount: str | None
    deadline: Millis | None


class Queue(Value, frozen=True):
    """What waits for a person, earliest deadline first; `more` counts what is not listed."""

    items: tuple[QueueItem, ...] = ()
    more: int = 0
    timezone: str = "UTC"
    refused: str | None = None


class Conversations(Protocol):
    """The service as chat adapters see it."""

    async def click(self, click: Click) -> Answer:
        """Decide as the person with this account; a repeated click is the same answer."""
        ...

    async def may_reject(self, identity: Identity, binding: Binding, place: str = "") -> Answer:
        """Whether a rejection by this person would count now; decides nothing."""
        ...

    async def queue(self, identity: Identity) -> Queue:
        """What waits for the person with this account."""
        ...

    async def status(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        """The present card of a request, if this person, or this channel, may see it."""
        ...

    async def reachable(self, identity: Identity) -> None:
        """This account can be written to now: what was undeliverable to it is tried again."""
        ...

    async def first_time(self, platform: str, key: str) -> bool:
        """True once for each inbound message id, for ever; false for a replay."""
        ...
