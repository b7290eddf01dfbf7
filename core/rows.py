"""What crosses the ports: rows and what a transaction loads and changes, as plain values.

`core.ports` says who gives and takes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.content import Content
from core.events import Recorded
from core.request import RequestState
from core.rules.absence import Standing
from core.system_events import KeyUsed, SystemRecorded
from core.value import Millis, Parcel, Value

T = TypeVar("T")


class ApiKey(Value, frozen=True):
    """A key as stored: `id` is public, the secret is kept only as a SHA-256.

    `rate` is as `core.rate` reads it, None for the server's own; `per_day` how many submissions
    it may make on a UTC day, None for any number. A rotation puts `hash` into `older_hash`, which
    opens the key until `older_until`; `used_at` and `older_used_at` are when each was used.

    Looked up by the older secret, it is the key as that secret opens it: `by_older`, with its
    hash and, if that comes first, its end.
    """

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
    rate: str | None = None
    per_day: int | None = None
    rotated_at: Millis | None = None
    older_hash: str | None = None
    older_until: Millis | None = None
    used_at: Millis | None = None
    older_used_at: Millis | None = None
    by_older: bool = False


class KeyUse(Value, frozen=True):
    """An interval in which a key was used, and when each of its secrets, by its hash, was."""

    used: KeyUsed
    secrets: tuple[tuple[str, Millis], ...]


class KeyDay(Value, frozen=True):
    """One submission that counts: of a key, on a UTC day ("2026-01-31"), of which there may be
    `limit`."""

    key: str
    day: str
    limit: int


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

    `dedupe` makes it unique for ever: the same notice is never queued twice. It is sent at `due`
    at the earliest. `request` is "" for one that is about none or about several.
    """

    id: str
    dedupe: str
    kind: str
    request: str
    to: Recipient
    facts: dict[str, str] = {}
    due: Millis = 0


class CallbackRow(Value, frozen=True):
    """What an agent is told of one change of its request, as facts; see `core.callbacks`.

    `sequence` is the place of the change in the request's trail, `id` the same each time it is
    sent, `key` the API key that asked. `status` and `revision` are as the change left them.
    """

    request: str
    sequence: int
    id: str
    type: str
    key: str
    host: str
    status: str
    revision: int
    at: Millis


class QueuedCallback(Value, frozen=True):
    """A callback as it stands: `state` is "pending", "done" or "dead", `reason` why it waits or
    was given up. `first_at` is its first try. Where it was claimed `url` is there, unless it was
    erased, and `revoked` says that the key that asked was."""

    row: CallbackRow
    state: str = "pending"
    attempts: int = 0
    next_at: Millis = 0
    first_at: Millis | None = None
    lease: Millis | None = None
    reason: str | None = None
    url: str | None = None
    revoked: bool = False


class SeenRow(Value, frozen=True):
    """An inbound message that had its effect, so that a replay has none."""

    platform: str
    key: str
    at: Millis


class Refusal(Value, frozen=True):
    """As the loop guard remembers it: this agent asked for this action in vain. One request
    may have several, one for each action that people rejected or sent back in it."""

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

    `rules` loads the standing delegations that are not over, whether the system is frozen, and
    which change of the people who are kept is the newest; `repeat` the newest rejection of
    (agent key, action digest); `follows` a request by id, with the id of the one that follows it
    already; `policy` the version in force; `day` how many submissions the key of `key_hash` made
    on that day, if it has a quota.
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
    day: str | None = None


NO_READS = Reads()


class Loaded(Value, frozen=True):
    """What `transact` hands to its function. A new request has the initial state.

    `deliveries` are as the batch found them, without their message references. `directory` is the
    number of the newest change of the people who are kept.
    """

    state: RequestState
    contents: dict[str, bytes] = {}
    deliveries: tuple["Delivery", ...] = ()
    idempotency: IdempotencyRow | None = None
    key: ApiKey | None = None
    seen: bool = False
    standing: tuple[Standing, ...] = ()
    frozen: bool = False
    directory: int = 0
    refusal: Refusal | None = None
    previous: RequestState | None = None
    follower: str | None = None
    policy: PolicyRow | None = None
    submissions: int = 0


Wake = tuple[Millis, str]
"""When a request wakes, and its id: a place in the order in which requests are due."""

FIRST: Wake = (0, "")
"""The place before all that is due."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticked:
    """The requests that were claimed because they were due, in order, and those among them, by
    id, whose function raised, with what it raised."""

    claimed: tuple[Wake, ...] = ()
    failed: tuple[tuple[str, Exception], ...] = ()


class Changes(Parcel, Generic[T], frozen=True):
    """What a function wants stored, all or nothing, and the result for its caller.

    `state` is the new state and `audience` everyone who should have the card: the store
    sets what is wanted of each to `state.version`. `refusals` and `standing` rows replace what
    stands under their key, `held` says for whom of the audience a card waits for their digest:
    one that they do not have yet, until this moment; what waits already goes on waiting, and
    with None only that. `freeze` sets the switch, `policy` becomes the version in force (only
    in a command that reads the present one), `streams` are events of other streams (name,
    event), appended to their chains; `counted` is a submission of a key that has a quota, which
    is counted only while there are fewer. Nothing is stored when there are no events and no rows.
    """

    result: T
    state: RequestState | None = None
    events: tuple[Recorded, ...] = ()
    content: tuple[Content, ...] = ()
    audience: tuple[Recipient, ...] = ()
    held: Mapping[Recipient, Millis | None] = {}
    outbox: tuple[OutboxRow, ...] = ()
    callbacks: tuple[CallbackRow, ...] = ()
    idempotency: IdempotencyRow | None = None
    seen: SeenRow | None = None
    refusals: tuple[Refusal, ...] = ()
    standing: tuple[Standing, ...] = ()
    freeze: bool | None = None
    policy: PolicyRow | None = None
    streams: tuple[tuple[str, SystemRecorded], ...] = ()
    counted: KeyDay | None = None


IN_DIGEST = "it waits for their daily digest"
"""The `waiting_reason` of a card that is not pushed, because a digest tells of it."""


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

    @property
    def in_digest(self) -> bool:
        """Whether the recipient reads of it in their digest and has no card: the next digest
        comes at `next_at`, unless that is 0."""
        return self.waiting_reason == IN_DIGEST and not self.refs


class MessageRef(Value, frozen=True):
    """What the platform returned for a posted message, enough to edit it for ever.

    `key` tells it from all other messages of the platform, as what people answer to it names
    it; "" where nothing can be answered to it. `account` is whose direct message it is, as
    realm/account; "" in a channel, or where that is not known.
    """

    platform: str
    fields: dict[str, str]
    key: str = ""
    account: str = ""


class QueuedNotice(Value, frozen=True):
    """An outbox row that was claimed for sending."""

    row: OutboxRow
    attempts: int
    state: str = "pending"
    next_at: Millis = 0
    dead_reason: str | None = None
    waiting_reason: str | None = None


class Snapshot(Value, frozen=True):
    """A request as read: its state, the content rows it names, its deliveries and callbacks."""

    state: RequestState
    contents: dict[str, bytes]
    deliveries: tuple[Delivery, ...] = ()
    callbacks: tuple[QueuedCallback, ...] = ()


class Listed(Value, frozen=True):
    """A page of requests, newest first; `next_cursor` is None on the last page."""

    items: tuple[Snapshot, ...]
    next_cursor: str | None


class QueuePart(Value, frozen=True):
    """Which part of somebody's queue: what has a deadline before `due_before`, what one rule
    asks, and only what comes after `after`, the deadline and id of the last one of a page. How
    many there are is 0 unless `counted`: in a long queue counting takes longer than reading."""

    due_before: Millis | None = None
    rule: str | None = None
    after: tuple[Millis, str] | None = None
    counted: bool = True


WHOLE_QUEUE = QueuePart()


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
