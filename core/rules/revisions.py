"""New revisions: the agent's answer to feedback, and a person's edit before they approve."""

from collections.abc import Iterator
from itertools import pairwise

from msgspec.structs import replace

from core.commands import CastVote, Draft, Facts, Revise
from core.events import SYSTEM, Actor, RationaleRecorded, Revised
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, Stage, StageStatus, Vote
from core.rules.asking import settle
from core.rules.counting import approvals, closed_by_votes
from core.rules.course import Course
from core.rules.limits import require_edits_left
from core.rules.recording import require_open, route_of
from core.rules.stages import begin
from core.rules.standins import live, standing_now
from core.value import Millis

_KEPT_WITH = (
    "category",
    "stages",
    "block_self_approval",
    "different_approvers",
    "different_departments",
    "minimum_unique_approvers",
    "conflicted",
    "decide_in",
)
"""What a new route must share with the old for approvals to stand: what they were judged by."""


def revise(course: Course, command: Revise, facts: Facts, now: Millis) -> None:
    """The agent's own revision: routed from the start, and one more attempt."""
    state = course.state
    is_agent = command.agent_key is not None and command.agent_key == state.agent_key
    is_requester = command.person is not None and command.person == state.requester
    if not (is_agent or is_requester):
        raise Refused(Reason.NOT_ALLOWED_TO_REVISE)
    require_open(state)
    _require_base(state, command.draft)
    limit = min(route_of(state).max_attempts, command.draft.route.max_attempts)
    if state.attempt >= limit:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, limit=str(limit))
    _record(course, replace(command.draft, edited=()), command.actor, None, now)
    begin(course, facts, now)


def edit(course: Course, command: CastVote, facts: Facts, now: Millis) -> None:
    """A person's edit: only the fields that the rule lists, never the action's type."""
    state, draft = course.state, command.edit
    assert draft is not None, "called for edits only"
    route = route_of(state)
    if command.decision is not Decision.APPROVE:
        raise Refused(Reason.EDIT_WITHOUT_APPROVAL)
    _require_base(state, draft)
    if not draft.edited:
        raise Refused(Reason.REVISION_UNCHANGED)
    unknown = [name for name in draft.edited if name not in route.editable]
    if unknown or draft.action_type != state.action_type:
        allowed = ", ".join(route.editable) or "none"
        fields = ", ".join(unknown) or "action.type"
        raise Refused(Reason.NOT_EDITABLE, fields=fields, editable=allowed)
    require_edits_left(state)
    kept = _kept(state, draft, facts, now)
    _record(course, draft, command.actor, kept, now)
    if kept is None:
        begin(course, facts, now)
    else:
        settle(course, facts, now)


def _require_base(state: RequestState, draft: Draft) -> None:
    if draft.base != state.revision:
        raise Refused(Reason.STALE_REVISION, base=str(draft.base), current=str(state.revision))


def _kept(state: RequestState, draft: Draft, facts: Facts, now: Millis) -> tuple[Vote, ...] | None:
    """The approvals that stand, where the rule keeps them and the route seats the same.

    What rests on a delegation stands as far as that holds for what is new; where a stage was
    closed by such a vote all are asked again.
    """
    old, new = route_of(state), draft.route
    same = all(getattr(old, name) == getattr(new, name) for name in _KEPT_WITH)
    if not (old.keep_approvals and new.keep_approvals and same and state.current is not None):
        return None
    links = _links(state, draft, facts, now)
    stages = [replace(s, votes=tuple(_standing(s, links))) for s in state.stages]
    if any(_closed_by_people(s) and not closed_by_votes(s) for s in stages):
        return None
    return tuple(replace(v, carried=True) for s in stages for v in s.votes)


def _standing(stage: Stage, links: set[tuple[str, str]]) -> Iterator[Vote]:
    """The approvals of a stage of whose chains every link holds."""
    return (v for v in approvals(stage) if links.issuperset(pairwise(v.voices)))


def _closed_by_people(stage: Stage) -> bool:
    return stage.status is StageStatus.APPROVED and stage.bypass is None


def _links(state: RequestState, draft: Draft, facts: Facts, now: Millis) -> set[tuple[str, str]]:
    """Who may act for whom on the new revision, each as taker and giver."""
    after = replace(
        state,
        action_type=draft.action_type,
        amount=draft.amount,
        currency=draft.currency,
        route=draft.route,
    )
    covering = standing_now(after, facts.standing, now)
    return {(d.taker, d.giver) for d in live(state) if d.standing is None or d.standing in covering}


def _record(
    course: Course, draft: Draft, actor: Actor, kept: tuple[Vote, ...] | None, now: Millis
) -> None:
    state = course.state
    ends = None if draft.lifetime is None else now + draft.lifetime
    revised = Revised(
        revision=state.revision + 1,
        action_type=draft.action_type,
        amount=draft.amount,
        currency=draft.currency,
        risk_score=draft.risk_score,
        route=draft.route,
        content=draft.content.id,
        commitment=draft.content.commitment,
        before=state.commitment,
        edited=draft.edited,
        kept=kept,
        expires_at=ends if ends is not None and ends < state.expires_at else None,
    )
    advice = RationaleRecorded(
        content=draft.rationale.id,
        commitment=draft.rationale.commitment,
        source="rules",
        recommendation=draft.recommendation,
    )
    course.add(revised, actor, now)
    course.add(advice, SYSTEM, now)
