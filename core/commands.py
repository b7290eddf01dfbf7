"""What can be asked of a request. Commands carry everything that decide needs but facts."""

from collections.abc import Mapping
from typing import Literal

from core.content import Content
from core.directory.people import Person
from core.events import Actor
from core.request import Decision, IncidentKind, Severity
from core.route import Route
from core.rules.absence import Standing
from core.value import Millis, Value


class Binding(Value, frozen=True):
    """What a click was about: exactly what the card showed.

    `commitment` is the first 16 hex digits of the revision's commitment.
    """

    request: str
    revision: int
    commitment: str
    level: int
    round: int


class Draft(Value, frozen=True):
    """A revision ready to be recorded: its route is the policy's answer, its texts are rows.

    `base` is the revision number it was made from, `edited` the fields that differ. `lifetime`
    is how long the new rule lets a request live; None leaves the expiry as it is.
    """

    base: int
    action_type: str
    amount: str | None
    currency: str | None
    risk_score: int | None
    route: Route
    content: Content
    rationale: Content
    recommendation: str
    edited: tuple[str, ...] = ()
    lifetime: Millis | None = None


class Submit(Value, frozen=True):
    """Make a request. The route is the policy's answer, `content` and `rationale` its rows,
    `callback` the row of the agent's address, if it gave one."""

    actor: Actor
    agent: str
    agent_key: str
    owner: str | None
    requester: str | None
    action_type: str
    amount: str | None
    currency: str | None
    risk_score: int | None
    route: Route
    content: Content
    rationale: Content
    recommendation: str
    expires_at: Millis
    previous: str | None = None
    attempt: int = 1
    callback: Content | None = None


class CastVote(Value, frozen=True):
    """A person decides. With a `binding` it must still be what is shown; the API may instead
    name the `revision` number, the stage and the `round` that it means. With an `edit` the
    revision is changed first, and the vote counts if the new route's first stage seats the
    person. `batch` says that it was approved together with others in one click."""

    actor: Actor
    person: str
    decision: Decision
    binding: Binding | None = None
    revision: int | None = None
    stage: str | None = None
    round: int | None = None
    comment: Content | None = None
    edit: Draft | None = None
    batch: bool = False


class WithdrawVote(Value, frozen=True):
    """A person takes back their vote in the stage that is open."""

    actor: Actor
    person: str


class Revise(Value, frozen=True):
    """The agent (or the requester) answers feedback, or mends what it asked for."""

    actor: Actor
    draft: Draft
    person: str | None = None
    agent_key: str | None = None


class Delegate(Value, frozen=True):
    """A person who is asked lets somebody else act for them on this request."""

    actor: Actor
    person: str
    taker: str
    reason: Content | None = None


class Reassign(Value, frozen=True):
    """An administrator puts `new` in the place of `old` in the stage that is open."""

    actor: Actor
    old: str
    new: str
    reason: Content | None = None


class Escalate(Value, frozen=True):
    """Somebody concerned has the next level asked now. `as_admin` says what they may do."""

    actor: Actor
    person: str | None = None
    agent_key: str | None = None
    as_admin: bool = False
    reason: Content | None = None


class Nudge(Value, frozen=True):
    """Whoever asks has those who are waited for reminded."""

    actor: Actor
    person: str | None = None
    agent_key: str | None = None
    as_admin: bool = False


class Comment(Value, frozen=True):
    """Somebody who may see the request writes something."""

    actor: Actor
    text: Content
    question: bool = False


class BreakGlass(Value, frozen=True):
    """A person with the rule's role passes the request alone, with a reason."""

    actor: Actor
    person: str
    reason: Content | None
    binding: Binding | None = None
    revision: int | None = None


class Advise(Value, frozen=True):
    """A rationale arrived, for `revision`; with a grant it may approve."""

    actor: Actor
    revision: int
    content: Content
    source: str
    recommendation: str
    confidence: int | None = None


class Cancel(Value, frozen=True):
    """Withdraw an open request. `as_admin` and `as_agent` say what the key may do."""

    actor: Actor
    person: str | None = None
    agent_key: str | None = None
    as_admin: bool = False
    reason: Content | None = None


class Redeem(Value, frozen=True):
    """Use the approval, once. The token was read and its action compared before."""

    actor: Actor
    jti: str
    key: str


class RevokeToken(Value, frozen=True):
    """An administrator takes the approval's token back."""

    actor: Actor
    reason: Content | None = None


class ReportExecution(Value, frozen=True):
    """The submitting agent says how the action went."""

    actor: Actor
    agent_key: str
    outcome: Literal["succeeded", "failed"]
    detail: Content | None = None


class ReportIncident(Value, frozen=True):
    """Somebody concerned says that the approval turned out wrong. `person`, `agent_key` and
    `as_admin` say who does."""

    actor: Actor
    detail: Content
    kind: IncidentKind = "other"
    severity: Severity = "medium"
    person: str | None = None
    agent_key: str | None = None
    as_admin: bool = False


class Restore(Value, frozen=True):
    """The database was restored from a backup that ends at `as_of`; `reason` is told to those
    whose approval is taken back."""

    actor: Actor
    as_of: Millis
    reason: Content | None = None


class Tick(Value, frozen=True):
    """Apply what is due, nothing else."""


Command = (
    Submit
    | CastVote
    | WithdrawVote
    | Revise
    | Delegate
    | Reassign
    | Escalate
    | Nudge
    | Comment
    | BreakGlass
    | Advise
    | Cancel
    | Redeem
    | RevokeToken
    | ReportExecution
    | ReportIncident
    | Restore
    | Tick
)


class Facts(Value, frozen=True):
    """Today's facts.

    `person` is who acts (None when the directory has them no longer), `people` everyone in
    the directory by address, `standing` every standing delegation that is not over.
    `platforms` are those switched on; with none nobody counts as unreachable. `frozen` says
    that nothing may be approved now. `kid` names the key that signs approval tokens. `load` counts
    the open requests that wait for people; who is missing has none.
    """

    person: Person | None = None
    people: Mapping[str, Person] = {}
    standing: tuple[Standing, ...] = ()
    platforms: frozenset[str] = frozenset()
    frozen: bool = False
    kid: str = ""
    load: Mapping[str, int] = {}
