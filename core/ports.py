"""What the core needs from outside, and what adapters and storage must provide.

A store runs pure functions in transactions; a channel shows cards and tells notices.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from core.absence import Standing
from core.audit import Link
from core.card import Card
from core.content import Content
from core.directory import Identity
from core.events import SYSTEM, Actor, Recorded
from core.request import RequestState
from core.system_events import SystemRecorded
from core.value import Millis, Value

T = TypeVar("T")


# --- storage -----------------------------------------------------------------------------


class ApiKey(Value, frozen=True):
    """A key as stored: `id` is public, the secret is kept only as a SHA-256."""

    id: str
    name: str
    scopes: tuple[str, ...]
    hash: str
    person: str | None = None
    owner: str | None = None
    requesters: tuple[str, ...] = ()
    created_at: Millis = 0
    expires_at: Millis | None = None
    revoked_at: Millis | None = None


class IdempotencyRow(Value, frozen=True):
    """The first answer under a key holder's Idempotency-Key; `body_hash` is SHA-256, hex."""

    holder: str
    key: str
    body_hash: str
    request: str
    status: int
    at: Millis


class Recipient(Value, frozen=True):
    """Who gets a card or notice: a person's address or a channel id, on one platform."""

    platform: str
    id: str
    kind: str = "person"


class OutboxRow(Value, frozen=True):
    """A notice or an answer to a clicker, as ids and facts; rendered only when it is sent.

    `dedupe` makes it unique for ever: the same notice is never queued twice.
    """

    id: str
    dedupe: str
    kind: str
    request: str
    to: Recipient
    facts: dict[str, str] = {}


class SeenRow(Value, frozen=True):
    """An inbound message that had its effect, so that a replay has none."""

    platform: str
    key: str
    at: Millis


class Refusal(Value, frozen=True):
    """A rejection as the loop guard remembers it: this agent asked for this action in vain."""

    agent_key: str
    action_digest: str
    request: str
    at: Millis


class PolicyRow(Value, frozen=True):
    """A policy version as stored. `by` is a person, a key's id, or "file"."""

    version: str
    text: str
    at: Millis
    by: str


class Reads(Value, frozen=True):
    """What else `transact` loads for the function, in the same transaction.

    `rules` loads the standing delegations that are not over and whether the system is
    frozen; `repeat` the newest rejection of (agent key, action digest); `follows` a request
    by id, with the id of the one that follows it already; `policy` the version in force.
    """

    idempotency: tuple[str, str] | None = None
    key_hash: str | None = None
    seen: tuple[str, str] | None = None
    content: bool = False
    deliveries: bool = False
    rules: bool = False
    repeat: tuple[str, str] | None = None
    follows: str | None = None
    policy: bool = False


NO_READS = Reads()


class Loaded(Value, frozen=True):
    """What `transact` hands to its function. A new request has the initial state.

    `deliveries` are as the batch found them, without their message references.
    """

    state: RequestState
    contents: dict[str, bytes] = {}
    deliveries: tuple["Delivery", ...] = ()
    idempotency: IdempotencyRow | None = None
    key: ApiKey | None = None
    seen: bool = False
    standing: tuple[Standing, ...] = ()
    frozen: bool = False
    refusal: Refusal | None = None
    previous: RequestState | None = None
    follower: str | None = None
    policy: PolicyRow | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes(Generic[T]):
    """What a function wants stored, all or nothing, and the result for its caller.

    `state` is the new state and `audience` everyone who should have the card: the store
    sets what is wanted of each to `state.version`. `refusal` and `standing` rows replace what
    stands under their key, `freeze` sets the switch, `policy` becomes the version in force (only
    in a command that reads the present one), `streams` are events of other streams (name,
    event), appended to their chains. Nothing is stored when there are no events and no rows.
    """

    result: T
    state: RequestState | None = None
    events: tuple[Recorded, ...] = ()
    content: tuple[Content, ...] = ()
    audience: tuple[Recipient, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    idempotency: IdempotencyRow | None = None
    seen: SeenRow | None = None
    refusal: Refusal | None = None
    standing: tuple[Standing, ...] = ()
    freeze: bool | None = None
    policy: PolicyRow | None = None
    streams: tuple[tuple[str, SystemRecorded], ...] = ()


class Delivery(Value, frozen=True):
    """One recipient's card: the version wanted and the version shown (0: none yet).

    `refs` are all messages ever posted, newest last; `uncertain` is true when an earlier
    send may have happened without being recorded.
    """

    request: str
    to: Recipient
    wanted: int
    shown: int
    attempts: int
    refs: tuple["MessageRef", ...] = ()
    uncertain: bool = False
    next_at: Millis = 0
    dead_reason: str | None = None
    waiting_reason: str | None = None


class MessageRef(Value, frozen=True):
    """What the platform returned for a posted message, enough to edit it for ever."""

    platform: str
    fields: dict[str, str]


class QueuedNotice(Value, frozen=True):
    """An outbox row that was claimed for sending."""

    row: OutboxRow
    attempts: int
    state: str = "pending"
    next_at: Millis = 0
    dead_reason: str | None = None
    waiting_reason: str | None = None


class Snapshot(Value, frozen=True):
    """A request as read: its state, the content rows it names, and its deliveries."""

    state: RequestState
    contents: dict[str, bytes]
    deliveries: tuple[Delivery, ...] = ()


class Listed(Value, frozen=True):
    """A page of requests, newest first; `next_cursor` is None on the last page."""

    items: tuple[Snapshot, ...]
    next_cursor: str | None


class ListFilter(Value, frozen=True):
    """Which requests: all given conditions must hold. `visible_to_key` and
    `visible_to_person` limit to what either of them may see (both None: everything)."""

    status: str | None = None
    category: str | None = None
    requester: str | None = None
    approver: str | None = None
    waiting_for: str | None = None
    visible_to_key: str | None = None
    visible_to_person: str | None = None
    limit: int = 50
    cursor: str | None = None


class Store(Protocol):
    """Requests, with everything written in one transaction and read consistently."""

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """Load, call the pure function, store what it returns; the function may run again."""
        ...

    async def snapshot(self, request_id: str) -> Snapshot | None: ...

    async def listed(self, filter: ListFilter) -> Listed: ...

    async def waiting(self, person: str, limit: int) -> tuple[Sequence[Snapshot], int]:
        """What waits for a person's decision, earliest deadline first, and how many in all."""
        ...

    async def links(self, stream: str) -> Sequence[Link]:
        """The stored records of a stream (a request's id, or another stream's name), in order."""
        ...

    async def standing(self, person: str | None = None) -> Sequence[Standing]:
        """The standing delegations that are not over, of all people or by giver or taker."""
        ...

    async def turning(self, now: Millis, limit: int) -> Sequence[Standing]:
        """Standing delegations whose beginning or end has come and was not yet applied to what
        is open, by index, earliest first."""
        ...

    async def turned(self, id: str, at: Millis) -> None:
        """What `turning` gave was applied as of `at`."""
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

    async def past(self, before: str | None, limit: int) -> Sequence[Snapshot]:
        """Requests with their content, newest first, for a backtest."""
        ...

    async def due(self, now: Millis, limit: int) -> Sequence[str]:
        """Ids of requests whose `wake_at` has come, by index, earliest first."""
        ...

    def on_commit(self, listener: Callable[[Sequence[RequestState]], None]) -> None:
        """Call `listener` in the event loop after each commit with the states it changed: none
        where it only queued notices."""
        ...


class Keys(Protocol):
    """API keys. Making and revoking one is recorded in its stream, `key:ID`."""

    async def key_by_hash(self, hash: str) -> ApiKey | None: ...

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


class Deliveries(Protocol):
    """The relay's side: what is wanted but not shown, and notices not yet sent."""

    async def claim_cards(self, now: Millis, lease_until: Millis, limit: int) -> Sequence[Delivery]:
        """Lease deliveries that are due: wanted > shown, not dead, not leased, next_at <= now."""
        ...

    async def settle_card(
        self, delivery: Delivery, shown: int, outcome: "Outcome", now: Millis
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

    async def add_card(self, request_id: str, to: Recipient, wanted: int) -> None:
        """Want a card for one more recipient; one who has it already keeps their row."""
        ...

    async def revive(self, platform: str, recipient: str, now: Millis) -> int:
        """Make one recipient's dead letters due again: they can be reached now.

        A first card about a finished request stays dead."""
        ...

    async def retry_dead(self, request_id: str | None, now: Millis, *, stale: bool = True) -> int:
        """Make dead letters due again; how many there were. Without `stale`, first cards about
        finished requests stay dead."""
        ...


# --- channels ----------------------------------------------------------------------------


class Delivered(Value, tag=True, frozen=True):
    """It is shown. `ref` is the message that now shows it; None for a notice."""

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


class Notice(Value, frozen=True):
    """A direct message ready to be laid out: one plain sentence, with the card's facts.

    `kind` is "result" (tell the requester) or "answer" (tell a clicker, only them);
    `facts` holds what the channel kept of the click (for example where it happened).
    """

    kind: str
    request: str
    title: str
    text: str
    status: str | None = None
    facts: dict[str, str] = {}


class Channel(Protocol):
    """One chat platform, outward. Calls never raise for what the platform answers."""

    @property
    def platform(self) -> str: ...

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
