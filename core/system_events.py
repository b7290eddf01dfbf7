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


class KeyRevoked(SystemEvent, tag="key_revoked", frozen=True):
    """An API key was taken back."""

    key: str


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
    | KeyRevoked
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
