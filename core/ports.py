"""What the core needs from outside, and what adapters and storage must provide.

A store runs pure functions in transactions; a channel shows cards and tells notices.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from core.audit.chain import Link
from core.card import Card
from core.chat.port import QueueItem
from core.directory.people import Identity
from core.events import SYSTEM, Actor
from core.pace import Lane, Sending
from core.request import RequestState
from core.rows import (
    FIRST,
    NO_READS,
    WHOLE_QUEUE,
    ApiKey,
    Changes,
    Delivery,
    Listed,
    ListFilter,
    Loaded,
    MessageRef,
    PolicyRow,
    QueuedNotice,
    QueuePart,
    Reads,
    Recipient,
    Snapshot,
    Ticked,
    Wake,
)
from core.rules.absence import Standing
from core.value import Millis, Value

T = TypeVar("T")


class Store(Protocol):
    """Requests, with everything written in one transaction and read consistently."""

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """Load, call the pure function, store what it returns; the function may run again."""
        ...

    async def snapshot(self, request_id: str) -> Snapshot | None: ...

    async def state(self, request_id: str) -> RequestState | None:
        """The state alone, for less than what a snapshot costs."""
        ...

    async def listed(self, filter: ListFilter) -> Listed: ...

    async def waiting(
        self, person: str, limit: int, part: QueuePart = WHOLE_QUEUE
    ) -> tuple[Sequence[Snapshot], int]:
        """What waits for a person's decision, earliest deadline first, and how many in all:
        pages before and after are counted too."""
        ...

    async def waiting_rules(self, person: str, limit: int) -> Sequence[tuple[str, int]]:
        """The rules that ask this person now, with how many requests, the most first."""
        ...

    async def links(self, stream: str) -> Sequence[Link]:
        """The stored records of a stream (a request's id, or another stream's name), in order."""
        ...

    async def standing(self, person: str | None = None) -> Sequence[Standing]:
        """The standing delegations that are not over, of all people or by giver or taker."""
        ...

    async def claim_turning(
        self, now: Millis, lease_until: Millis, limit: int
    ) -> Sequence[Standing]:
        """Standing delegations whose beginning or end has come and was not yet applied to what
        is open, by index, earliest first. Until the lease ends, or `turned` says that it was
        applied, no other replica is given them."""
        ...

    async def turned(self, id: str, at: Millis, lease_until: Millis | None = None) -> None:
        """One was applied as of `at`; with the lease under which it was claimed, if it was."""
        ...

    async def concerning(self, person: str, after: str, limit: int) -> Sequence[str]:
        """Ids of open requests of which the person belongs to a stage, or stands in, beyond
        the id `after`, in order of their ids."""
        ...

    async def open_ids(self, after: str, limit: int) -> Sequence[str]:
        """Ids of open requests beyond the id `after`, in order of their ids."""
        ...

    async def chain(self, request_id: str) -> Sequence[str]:
        """The ids of a request's chain of attempts, the first one first, itself included."""
        ...

    async def is_frozen(self) -> bool: ...

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        """The versions that were in force, newest first; one may come twice."""
        ...

    async def policy_text(self, version: str) -> PolicyRow | None: ...

    async def stage_times(self) -> Mapping[tuple[str, str], Millis]:
        """How long stages took on the average of late, by (rule, stage name)."""
        ...

    async def stage_samples(self) -> Mapping[tuple[str, str], Sequence[Millis]]:
        """Some of the times that stages took of late, by (rule, stage name), the shortest first."""
        ...

    async def past(self, before: str | None, limit: int) -> Sequence[Snapshot]:
        """Requests with their content, newest first, for a backtest."""
        ...

    async def tick_due(
        self,
        now: Millis,
        limit: int,
        fn: Callable[[Loaded], Changes[Any]],
        reads: Reads = NO_READS,
        after: Wake = FIRST,
    ) -> Ticked:
        """Claim requests whose `wake_at` has come, by index, earliest first and beyond `after`,
        and call the function for each in the transaction in which they are claimed. What
        another replica has claimed is left out; one whose function raises keeps no other from
        it."""
        ...

    async def next_wake(self, after: Millis) -> Millis | None:
        """The first moment later than `after` at which a request is due or an absence turns."""
        ...

    async def left_pending(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of the requests that are no longer pending."""
        ...

    async def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        """The versions at which these requests are, by id; what is not there is left out."""
        ...

    def on_commit(self, listener: Callable[[Sequence[RequestState]], None]) -> None:
        """Call `listener` in the event loop after each commit with the states it changed: none
        where it only queued notices."""
        ...


class Keys(Protocol):
    """API keys. Whatever happens to one is recorded in its stream, `key:ID`, its uses too."""

    async def key_by_hash(self, hash: str) -> ApiKey | None:
        """The key that this secret opens or opened, the newest one or that before it."""
        ...

    async def add_key(self, key: ApiKey, by: Actor = SYSTEM) -> None: ...

    async def all_keys(self) -> Sequence[ApiKey]: ...

    async def revoke_key(self, id: str, at: Millis, by: Actor = SYSTEM) -> bool: ...


class References(Protocol):
    """Conversation references: where a platform can reach an account, as it told us."""

    async def reference(self, identity: Identity) -> dict[str, str] | None: ...

    async def keep_reference(
        self, identity: Identity, fields: dict[str, str] | None, at: Millis
    ) -> None:
        """Keep what is known, or with None forget it (the app was removed)."""
        ...


class Messages(Protocol):
    """What was posted, looked up by what people answer to."""

    async def request_of(self, platform: str, key: str) -> str | None:
        """The request that the message with this key (see `MessageRef`) showed or told of; None
        for any other message."""
        ...


class Deliveries(Protocol):
    """The relay's side: what is wanted but not shown, and notices not yet sent."""

    async def claim_cards(self, now: Millis, lease_until: Millis, limit: int) -> Sequence[Delivery]:
        """Lease deliveries that are due: wanted > shown, not dead, not leased, next_at <= now."""
        ...

    async def settle_card(
        self, delivery: Delivery, shown: int, outcome: "Outcome | InDigest", now: Millis
    ) -> None:
        """Record how a claimed delivery ended and give the lease back."""
        ...

    async def claim_notices(
        self, now: Millis, lease_until: Millis, limit: int
    ) -> Sequence[QueuedNotice]: ...

    async def settle_notice(self, notice: QueuedNotice, outcome: "Outcome", now: Millis) -> None:
        """Record how a claimed notice ended, if its lease is still held."""
        ...

    async def next_due(self) -> Millis | None:
        """The earliest moment at which something becomes claimable, None if nothing will."""
        ...

    async def undelivered(self) -> tuple[Sequence[Delivery], Sequence[QueuedNotice]]:
        """Everything not delivered yet, dead letters included, for `outbox list`."""
        ...

    async def postpone(
        self, platform: str, recipient: str, until: Millis, lease_until: Millis
    ) -> None:
        """Give back unsent all that is due at one place, to be due again at `until`: what is
        not leased, and what was claimed with this lease. It counts as no attempt."""
        ...

    async def out_of_date(
        self, request_id: str, message: MessageRef, to: Recipient, now: Millis
    ) -> bool:
        """Want the card that a posted message shows to be rendered again, dead or not, and this
        message to be the one that is edited; whether there is such a card. A message that was
        never recorded is the card of `to`."""
        ...

    async def put_off(self, items: Sequence[tuple[Delivery | QueuedNotice, Millis]]) -> None:
        """Give back unsent what was claimed, each to be due again at its moment: its turn has
        not come. It counts as no attempt; whose lease was lost is left alone."""
        ...

    async def add_card(
        self, request_id: str, to: Recipient, wanted: int, until: Millis | None = None
    ) -> None:
        """Want a card for one more recipient; one who has it already keeps their row. With
        `until` it waits for the digest that comes then."""
        ...

    async def revive(self, platform: str, recipient: str, now: Millis) -> int:
        """Make one recipient's dead letters due again: they can be reached now.

        A first card about a finished request stays dead."""
        ...

    async def retry_dead(
        self,
        request_id: str | None,
        now: Millis,
        *,
        stale: bool = True,
        platform: str | None = None,
    ) -> int:
        """Make dead letters due again; how many there were. Without `stale`, first cards about
        finished requests stay dead."""
        ...


# --- channels ----------------------------------------------------------------------------


class Delivered(Value, tag=True, frozen=True):
    """It is shown. `ref` is the message that now shows it; None where there is none to keep."""

    ref: MessageRef | None = None


class RetryAt(Value, tag=True, frozen=True):
    """It did not work yet. `uncertain`: it may have happened all the same.

    `after` is milliseconds from now as the platform asked, None to use our own backoff.
    """

    reason: str
    after: Millis | None = None
    uncertain: bool = False
    whole_channel: bool = False


class Dead(Value, tag=True, frozen=True):
    """It will never work without somebody mending something; `reason` says what."""

    reason: str


Outcome = Delivered | RetryAt | Dead


class InDigest(Value, tag=True, frozen=True):
    """A card was not sent, because the recipient reads of it in their daily digest: the next
    one comes at `until`. None: there is nothing more to tell."""

    until: Millis | None = None


class OwnNews(Value, frozen=True):
    """What happened to a request of the reader's: `text` is one sentence without a full stop."""

    request: str
    title: str
    text: str


class Notice(Value, frozen=True):
    """A direct message ready to be laid out: one plain sentence, with the card's facts.

    `kind` says what it is about ("result", "reminder", "question", ...: see
    `core.chat.telling`); "answer" is for a clicker, only them. `facts` holds what the channel
    kept of the click (for example where it happened). `key` tells the notice from all others and
    is the same each time it is sent. `card` is the newest message that shows
    the reader's own card of the request, if they have one there. `shown` is, with an answer,
    the request's card as the clicker may see it.

    A notice of several requests, a "digest" or a "welcome_back", has no `request`. `items` are
    the first of those that wait for the reader, the earliest deadline first, `more` counts the
    others, and `own` says what happened to requests of theirs; `own_more` counts what is left
    out there. `timezone` is the reader's. `link` is the address of a page of our own that says
    more, "" for none.
    """

    kind: str
    request: str
    title: str
    text: str
    status: str | None = None
    facts: dict[str, str] = {}
    key: str = ""
    card: MessageRef | None = None
    shown: Card | None = None
    items: tuple[QueueItem, ...] = ()
    more: int = 0
    own: tuple["OwnNews", ...] = ()
    own_more: int = 0
    timezone: str = "UTC"
    link: str = ""


class Channel(Protocol):
    """One chat platform, outward. Calls never raise for what the platform answers."""

    @property
    def platform(self) -> str: ...

    def lanes(self, what: Sending, to: Recipient, account: Identity | None, /) -> Sequence[Lane]:
        """The limits that count such a send, the narrowest first; the first one is what the
        platform means when it asks for quiet. None: it may go at once."""
        ...

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        """Post the card, or edit the newest of `delivery.refs`; if editing is impossible, post
        again. When `delivery.uncertain`, first look for a message that was posted already.

        Without an account (the person left the directory, or gave it up) what was posted is
        still edited; it is Dead only when there is nothing to edit."""
        ...

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome: ...


Clock = Callable[[], Millis]


class Watch(Protocol):
    """A wait for one request to leave `pending`, begun before its state was read."""

    async def wait(self, milliseconds: Millis) -> None:
        """Return when it has left `pending`, or when the time has passed."""
        ...

    def close(self) -> None: ...


Waiting = Callable[[str], Watch]
"""Begin a watch on a request id; costs no query."""
