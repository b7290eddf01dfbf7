"""What can be asked of a request. Commands carry everything that decide needs but facts."""

from core.content import Content
from core.directory import Person
from core.events import Actor
from core.request import Decision, Route
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


class Submit(Value, frozen=True):
    """Make a request. The route is the policy's answer, `content` and `rationale` its rows."""

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


class CastVote(Value, frozen=True):
    """A person decides. With a `binding` it must still be what is shown; the API may instead
    name the `revision` number and the stage it means."""

    actor: Actor
    person: str
    decision: Decision
    binding: Binding | None = None
    revision: int | None = None
    stage: str | None = None
    comment: Content | None = None


class Cancel(Value, frozen=True):
    """Withdraw an open request. `as_admin` and `as_agent` say what the key may do."""

    actor: Actor
    person: str | None = None
    agent_key: str | None = None
    as_admin: bool = False
    reason: Content | None = None


class Tick(Value, frozen=True):
    """Apply what is due, nothing else."""


Command = Submit | CastVote | Cancel | Tick


class Facts(Value, frozen=True):
    """Today's facts: the person who acts (None when the directory has them no longer) and
    everyone whom the request pinned and who is still there, by address."""

    person: Person | None = None
    people: dict[str, Person] = {}
