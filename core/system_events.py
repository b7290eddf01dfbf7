"""What happens beside the requests: to keys, the policy, people's absences, the whole system.

These stand in streams of their own (`key:ID`, `policy`, `person:EMAIL`, `system`), chained
and checkpointed like a request's events.
"""

from core.events import Actor
from core.value import Millis, Value


class SystemEvent(Value, tag_field="type", frozen=True):
    """Base of all events that are not about one request."""


class KeyCreated(SystemEvent, tag="key_created", frozen=True):
    """An API key was made; its secret is known to its holder alone."""

    key: str
    name: str
    scopes: tuple[str, ...]
    person: str | None = None
    owner: str | None = None
    requesters: tuple[str, ...] = ()
    expires_at: Millis | None = None
    rate: str | None = None
    per_day: int | None = None


class KeyRotated(SystemEvent, tag="key_rotated", frozen=True):
    """An API key has a new secret; the one before opens it until `older_until`. `expires_at` is
    the key's own end, as it is from now on."""

    key: str
    older_until: Millis
    expires_at: Millis | None = None


class KeyLimited(SystemEvent, tag="key_limited", frozen=True):
    """An API key may call so often (`rate`, none for the server's own) and submit so many requests
    a day (`per_day`, none for any number) from now on."""

    key: str
    rate: str | None = None
    per_day: int | None = None


class KeyUsed(SystemEvent, tag="key_used", frozen=True):
    """An API key was used on one server, from the first call until the last of an interval.

    `calls` counts by operation and by the answer's HTTP status ("200", "401"; "cut" where none
    was sent). Acts are among them, though each has an event of its own too. `older` counts the
    calls with the secret that a rotation replaced.

    `networks` counts by where the calls came from: the first three bytes of an IPv4 address, or
    the first six of an IPv6 address. That tells a data centre from a stranger; a whole address is
    about a person, and the trail cannot be erased. A salted digest would hide no more: there are
    few enough addresses to try them all.
    """

    key: str
    since: Millis
    until: Millis
    calls: dict[str, dict[str, int]]
    networks: dict[str, int]
    older: int = 0


class KeyRevoked(SystemEvent, tag="key_revoked", frozen=True):
    """An API key was taken back."""

    key: str


class CallbackSecretMade(SystemEvent, tag="callback_secret_made", frozen=True):
    """The key's callbacks are signed with a new secret; the one `before` it signs until `until`
    as well."""

    key: str
    secret: str
    before: str | None = None
    until: Millis | None = None


class CallbacksReplayed(SystemEvent, tag="callbacks_replayed", frozen=True):
    """Somebody had so many of the key's callbacks sent again, of one request or of all that were
    given up."""

    key: str
    count: int
    request: str | None = None


class PolicyChanged(SystemEvent, tag="policy_changed", frozen=True):
    """Another policy version is in force; `digest` is the SHA-256 of its text."""

    version: str
    digest: str
    before: str | None = None


class AbsenceSet(SystemEvent, tag="absence_set", frozen=True):
    """A standing delegation was made: `taker` acts for `giver` from `starts` until `ends`."""

    id: str
    giver: str
    taker: str
    starts: Millis
    ends: Millis | None = None
    categories: tuple[str, ...] = ()
    amount_cap: str | None = None
    currency: str | None = None


class AbsenceEnded(SystemEvent, tag="absence_ended", frozen=True):
    """A standing delegation was ended before its time."""

    id: str
    giver: str
    taker: str


class AccountLinked(SystemEvent, tag="account_linked", frozen=True):
    """A chat account acts as `person` from now on; `how` is "code" (from
    their mailbox), "admin" (at once, or by a code that an administrator made) or "email"."""

    person: str
    platform: str
    realm: str
    account: str
    how: str


class AccountUnlinked(SystemEvent, tag="account_unlinked", frozen=True):
    """It no longer does; `because` is "admin", "deactivated", "not_a_member" or "address"."""

    person: str
    platform: str
    realm: str
    account: str
    because: str


class Frozen(SystemEvent, tag="frozen", frozen=True):
    """Nothing is approved or redeemed until `unfrozen`."""


class Unfrozen(SystemEvent, tag="unfrozen", frozen=True):
    """Approvals and redemptions go on."""


class ContentErased(SystemEvent, tag="content_erased", frozen=True):
    """Content was erased; `rows` counts what was emptied, `reason` is a content row."""

    requests: tuple[str, ...]
    rows: int
    person: str | None = None
    reason: str | None = None
    reason_commitment: str | None = None


class DatabaseRestored(SystemEvent, tag="database_restored", frozen=True):
    """The database was restored from a backup that ends at `as_of`. `nothing_lost`: it was only
    moved, and approvals that were not used yet still count."""

    as_of: Millis
    nothing_lost: bool = False


AnySystemEvent = (
    KeyCreated
    | KeyRotated
    | KeyLimited
    | KeyUsed
    | KeyRevoked
    | CallbackSecretMade
    | CallbacksReplayed
    | PolicyChanged
    | AbsenceSet
    | AbsenceEnded
    | AccountLinked
    | AccountUnlinked
    | Frozen
    | Unfrozen
    | ContentErased
    | DatabaseRestored
)


class SystemRecorded(Value, frozen=True):
    """A system event with who did it and when."""

    event: AnySystemEvent
    actor: Actor
    at: Millis
