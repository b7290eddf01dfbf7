"""What chat adapters ask of the service, in values that know no platform.

`ChatService` implements `Conversations`. Nothing here raises for what a person did:
every call comes back as something that can be shown to them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.card import Card, Verb
from core.chat.asking_port import Asking
from core.chat.figures_port import Figures
from core.chat.form import Form
from core.chat.linking_port import Linking
from core.chat.signing_in_port import Signing
from core.chat.threads_port import Threads
from core.commands import Binding
from core.directory.people import Identity
from core.refusals import Reason
from core.value import Millis, Value

if TYPE_CHECKING:  # they are made of what stands here
    from core.chat.healing_port import Healing
    from core.chat.home_port import Home


class Click(Value, frozen=True):
    """An act made in chat. `evidence` names the platform's message.

    `reason` is the reason, comment or question that goes with it; `to` the account of the
    person who is to act instead (same platform and realm as `identity`) or an address; `edits`
    the changed fields by the policy's names, as written in the form.

    `place` is the channel in which it was made, as the platform's authenticated call names
    it ("" in a personal chat): a rule's channel may see what its cards show.

    `batch` says that it is one of several approvals made in one click.

    `once` tells the inbound message from all others of its platform, "" where nothing does. A
    message has one effect on a request, for ever: delivered again it is answered again, but
    neither repeats its effect nor brings back what was undone since.

    With `answer_to` (facts that let the channel reach the clicker alone) an answer that
    changes nothing is queued in the same transaction and told afterwards by the relay, and
    the `Answer` has no card; without it the caller shows the `Answer` itself.
    """

    identity: Identity
    binding: Binding
    verb: Verb
    place: str = ""
    batch: bool = False
    once: str = ""
    reason: str | None = None
    to: str | None = None
    edits: dict[str, str] = {}
    evidence: dict[str, str] = {}
    answer_to: dict[str, str] | None = None


class Answer(Value, frozen=True):
    """What is true after a click or question, in one sentence and, where allowed, a card.

    `refused` is None when the click counted (or had counted before). `card` is the present
    card for this person, None when they may not see the request. `form` asks for what the act
    still needs: a reason, a person, the fields to change.
    """

    text: str
    refused: Reason | None = None
    card: Card | None = None
    form: Form | None = None


class QueueItem(Value, frozen=True):
    """One line of somebody's queue. `deadline` is the stage's deadline or the expiry, `comments`
    counts, in a digest, what was written about it since the last one."""

    request: str
    title: str
    asked_by: str
    stage: str
    amount: str | None
    deadline: Millis | None
    comments: int = 0


class Queue(Value, frozen=True):
    """What waits for a person, earliest deadline first; `more` counts what is not listed."""

    items: tuple[QueueItem, ...] = ()
    more: int = 0
    timezone: str = "UTC"
    refused: str | None = None


class AbsenceLine(Value, frozen=True):
    """One out-of-office delegation of a person, or to them; `ends` None is until further notice.

    `giver` and `taker` are names; `mine` says that the reader is the one who is away, and may
    end it.
    """

    id: str
    giver: str
    taker: str
    starts: Millis
    ends: Millis | None
    mine: bool = False


class Absences(Value, frozen=True):
    """A person's own out-of-office delegations and those to them as of `at`, or why there are
    none."""

    items: tuple[AbsenceLine, ...] = ()
    timezone: str = "UTC"
    refused: str | None = None
    at: Millis = 0


class Conversations(Protocol):
    """The service as chat adapters see it."""

    async def click(self, click: Click) -> Answer:
        """Act as the person with this account; a repeated click is the same answer."""
        ...

    async def form(
        self, identity: Identity, binding: Binding, verb: Verb, place: str = ""
    ) -> Answer:
        """The form for an act, or why it would not count now; decides nothing."""
        ...

    async def history(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        """What happened to a request, one line an event, oldest first, in `text`."""
        ...

    async def queue(self, identity: Identity) -> Queue:
        """What waits for the person with this account."""
        ...

    async def status(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        """The present card of a request, if this person, or this channel, may see it."""
        ...

    async def absences(self, identity: Identity) -> Absences:
        """The out-of-office delegations that concern the person with this account."""
        ...

    async def set_absence(
        self,
        identity: Identity,
        to: str,
        starts: Millis | None,
        ends: Millis | None,
        once: str = "",
    ) -> Answer:
        """Let the person with the account or address `to` act for this one, from `starts`
        (now, if None) until `ends` (until further notice, if None). `once` as in `Click`."""
        ...

    async def end_absence(self, identity: Identity, id: str) -> Answer:
        """End an out-of-office delegation; what is undecided comes back."""
        ...

    async def reachable(self, identity: Identity) -> None:
        """This account can be written to now: what was undeliverable to it is tried again."""
        ...

    async def first_time(self, platform: str, key: str) -> bool:
        """True once for each inbound message id, for ever; false for a replay."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """All that chat adapters ask of the service, one port for each thing people do."""

    asking: Asking
    conversations: Conversations
    figures: Figures
    healing: "Healing"
    home: "Home"
    linking: Linking
    signing: Signing
    threads: Threads
