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
    """Another policy version is in force; `digest` is the SHA-256 of its text, `request` the one by
    whose approval it is, if there was one."""

    version: str
    digest: str
    before: str | None = None
    request: str | None = None


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
    """It no longer does; `because` is "admin", "deactivated", "not_a_member", "address" or "left"
    (the person left the directory)."""

    person: str
    platform: str
    realm: str
    account: str
    because: str


class SignInLinkMade(SystemEvent, tag="sign_in_link_made", frozen=True):
    """A one-time link was made with which `person` signs in in a browser until `ends`."""

    person: str
    ends: Millis


class SignedIn(SystemEvent, tag="signed_in", frozen=True):
    """`person` signed in in a browser; `session` names the session, `how` is "link" (a one-time
    link) or "oidc" (the company's identity provider)."""

    person: str
    session: str
    how: str


class SignedOut(SystemEvent, tag="signed_out", frozen=True):
    """The session ended before its time; `because` is "self", "everywhere" (the person ended all
    of theirs), "admin" or "left" (the person is not in the directory any more)."""

    person: str
    session: str
    because: str


class Authority(Value, frozen=True):
    """What gives somebody a say: in which groups they are, their roles and department, and who
    leads them."""

    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    department: str | None = None
    manager: str | None = None


class PersonAdded(SystemEvent, tag="person_added", frozen=True):
    """Somebody is kept beside the people of the directory file, and counts from now on. `source` is
    "scim" or "csv"; `formerly` their address before, if they only have a new one."""

    person: str
    source: str
    authority: Authority
    formerly: str | None = None


class PersonChanged(SystemEvent, tag="person_changed", frozen=True):
    """Something of somebody who is kept is another now. `fields` names what; `before` and `after`
    are there where it gives them another say."""

    person: str
    source: str
    fields: tuple[str, ...]
    before: Authority | None = None
    after: Authority | None = None


class PersonDeactivated(SystemEvent, tag="person_deactivated", frozen=True):
    """Somebody who was kept counts no more; `because` is "deactivated", "deleted", "missing" (from
    a table that names everybody) or "renamed" (they have another address now)."""

    person: str
    source: str
    because: str
    authority: Authority


class PersonReactivated(SystemEvent, tag="person_reactivated", frozen=True):
    """Somebody who was deactivated counts again."""

    person: str
    source: str
    authority: Authority


class Frozen(SystemEvent, tag="frozen", frozen=True):
    """Nothing is approved or redeemed until `unfrozen`."""


class Unfrozen(SystemEvent, tag="unfrozen", frozen=True):
    """Approvals and redemptions go on."""


class ContentErased(SystemEvent, tag="content_erased", frozen=True):
    """Content was erased; `rows` counts what was emptied, `reason` is a content row. `rule` is the
    policy's rule whose retention was over, where that is why."""

    requests: tuple[str, ...]
    rows: int
    person: str | None = None
    reason: str | None = None
    reason_commitment: str | None = None
    rule: str | None = None


class HoldSet(SystemEvent, tag="hold_set", frozen=True):
    """A legal hold: from now on no content is erased of the request called `name`, or, with `scope`
    "rule", of all requests that a rule of this name routed. `reason` is a content row."""

    scope: str
    name: str
    reason: str
    reason_commitment: str


class HoldLifted(SystemEvent, tag="hold_lifted", frozen=True):
    """The hold is over; what was to be erased meanwhile is."""

    scope: str
    name: str
    reason: str
    reason_commitment: str


class DatabaseRestored(SystemEvent, tag="database_restored", frozen=True):
    """The database was restored from a backup that ends at `as_of`. `nothing_lost`: it was only
    moved, and approvals that were not used yet still count."""

    as_of: Millis
    nothing_lost: bool = False


class AlertOpened(SystemEvent, tag="alert_opened", frozen=True):
    """Something was found of which the policy wants people to be told; `alert` names the episode.

    `kind` and `subject` say what it is about: a rule and its stage, a person, an action's type, or
    a part of the server. `told` counts the people and channels that a notice went to.
    """

    alert: str
    kind: str
    subject: str
    told: int = 0


class AlertClosed(SystemEvent, tag="alert_closed", frozen=True):
    """It is over: nothing of the kind was found for a while, or the policy wants it no longer."""

    alert: str
    kind: str
    subject: str
    opened_at: Millis


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
    | SignInLinkMade
    | SignedIn
    | SignedOut
    | PersonAdded
    | PersonChanged
    | PersonDeactivated
    | PersonReactivated
    | Frozen
    | Unfrozen
    | ContentErased
    | HoldSet
    | HoldLifted
    | DatabaseRestored
    | AlertOpened
    | AlertClosed
)


class SystemRecorded(Value, frozen=True):
    """A system event with who did it and when."""

    event: AnySystemEvent
    actor: Actor
    at: Millis
