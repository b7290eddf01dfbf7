"""Events into what figures are summed from, one after the other. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from core.advice.calibration import Kind as AdviceKind
from core.advice.calibration import agreed
from core.events import (
    ChangesRequested,
    Escalated,
    ExecutionReported,
    Finished,
    IncidentReported,
    Nudged,
    RationaleRecorded,
    Recorded,
    Reminded,
    Revised,
    StageApproved,
    StageOpened,
    StageRejected,
    Submitted,
    Voted,
    VoteWithdrawn,
)
from core.evolve import evolve, stage_at
from core.insight.figures import day_of
from core.insight.figures_places import BYPASSES, HISTOGRAM, OfPeople, OfRequests, OfStages
from core.insight.histogram import LANE, one
from core.request import Decision, RequestState, Stage, StageStatus, Status
from core.value import Millis

REQUEST: Final = "request"
STAGE: Final = "stage"
PERSON: Final = "person"

_ENDED: Final = {
    Status.EXPIRED: (OfRequests.EXPIRED, OfStages.EXPIRED),
    Status.CANCELLED: (OfRequests.CANCELLED, OfStages.CANCELLED),
    Status.PROHIBITED: (OfRequests.PROHIBITED, OfStages.OVERTAKEN),
}
_DECISIONS: Final = {
    Decision.APPROVE: OfPeople.APPROVED,
    Decision.REJECT: OfPeople.REJECTED,
    Decision.REQUEST_CHANGES: OfPeople.CHANGES,
}


class About(NamedTuple):
    """What a sum is about: `name` is the agent of requests, the stage's name, or the person."""

    kind: str
    day: int
    rule: str
    category: str
    name: str


Sums = dict[About, int]


class Followed(NamedTuple):
    """A request as far as its events were counted, with the advice that stands."""

    state: RequestState
    advice: RationaleRecorded | None = None


def count(sums: Sums, before: Followed, recorded: Recorded) -> Followed:
    """Add what this event counts, and go on to where it leads."""
    state = evolve(before.state, recorded)
    event = recorded.event
    advice = event if isinstance(event, RationaleRecorded) else before.advice
    rule = _COUNTED.get(type(event))
    if rule is not None:
        rule(_Counting(sums, before.state, state, advice, recorded.at), event)
    return Followed(state, advice)


def follow(before: Followed, recorded: Recorded) -> Followed:
    """Go on to where this event leads, which was counted before."""
    event = recorded.event
    advice = event if isinstance(event, RationaleRecorded) else before.advice
    return Followed(evolve(before.state, recorded), advice)


class _Counting(NamedTuple):
    """One event being counted: the state before it and after."""

    sums: Sums
    before: RequestState
    after: RequestState
    advice: RationaleRecorded | None
    at: Millis

    def request(self, what: OfRequests) -> None:
        self._add(REQUEST, self.after.agent, 1 << LANE * what)

    def request_took(self) -> None:
        self._add(REQUEST, self.after.agent, _took(self.at - self.after.created_at))

    def stage(self, stage: Stage, what: OfStages) -> None:
        self._add(STAGE, stage.plan.name, 1 << LANE * what)

    def stage_took(self, stage: Stage) -> None:
        # Replicas' clocks differ a little.
        took = self.at - (self.at if stage.opened_at is None else stage.opened_at)
        self._add(STAGE, stage.plan.name, _took(took))

    def person(self, person: str, added: int) -> None:
        about = About(PERSON, day_of(self.at), "", "", person)
        self.sums[about] = self.sums.get(about, 0) + added

    def _add(self, kind: str, name: str, added: int) -> None:
        # A stage belongs to the rule that opened it, whatever a new revision falls under.
        route = (self.before if kind == STAGE else self.after).route or self.after.route
        rule, category = ("", "") if route is None else (route.rule, route.category.value)
        about = About(kind, day_of(self.at), rule, category, name)
        self.sums[about] = self.sums.get(about, 0) + added

    def left(self, stage: Stage, what: OfStages, *, decided: bool) -> None:
        """A stage that was open ended so; one that nobody decided in time has kept nothing."""
        self.stage(stage, what)
        if stage.escalated:
            self.stage(stage, OfStages.ESCALATED)
        if stage.due_at is not None and self.at > stage.due_at:
            self.stage(stage, OfStages.BREACHED)
        elif stage.due_at is not None and decided:
            self.stage(stage, OfStages.KEPT)


def _took(took: Millis) -> int:
    return one(took) << LANE * HISTOGRAM


def _submitted(now: _Counting, event: Submitted) -> None:
    now.request(OfRequests.SUBMITTED)
    if event.route.uncategorised:
        now.request(OfRequests.UNCATEGORISED)


def _revised(now: _Counting, event: Revised) -> None:
    now.request(OfRequests.EDITS if event.edited else OfRequests.REVISED)
    stage = now.before.current
    if stage is not None and event.kept is None:
        now.left(stage, OfStages.SENT_BACK, decided=False)


def _stage_opened(now: _Counting, event: StageOpened) -> None:
    now.stage(stage_at(now.after, event.level), OfStages.OPENED)


def _stage_approved(now: _Counting, event: StageApproved) -> None:
    stage = stage_at(now.before, event.level)
    if event.bypass is not None:
        now.stage(stage, OfStages.PASSED)
        return
    now.left(stage, OfStages.APPROVED, decided=True)
    # What was only carried over, nobody decided in this time.
    if not all(vote.carried for vote in stage.votes):
        now.stage_took(stage)


def _stage_rejected(now: _Counting, event: StageRejected) -> None:
    stage = stage_at(now.before, event.level)
    by_people = event.cause is None
    now.left(stage, OfStages.REJECTED if by_people else OfStages.REFUSED, decided=by_people)
    if by_people:
        now.stage_took(stage)


def _changes_requested(now: _Counting, event: ChangesRequested) -> None:
    stage = stage_at(now.before, event.level)
    if stage.status is StageStatus.PENDING:
        now.left(stage, OfStages.SENT_BACK, decided=False)


def _escalated(now: _Counting, event: Escalated) -> None:
    now.stage(stage_at(now.before, event.level), OfStages.ESCALATIONS)


def _reminded(now: _Counting, event: Reminded) -> None:
    now.stage(stage_at(now.before, event.level), OfStages.REMINDERS)


def _nudged(now: _Counting, event: Nudged) -> None:
    now.stage(stage_at(now.before, event.level), OfStages.NUDGES)


def _voted(now: _Counting, event: Voted) -> None:
    added = 1 << LANE * _DECISIONS[event.decision]
    since = asked_at(now.before, event.person)
    if since is not None and event.revision == now.before.revision:
        added += _took(now.at - since)
    now.person(event.person, added)


def _vote_withdrawn(now: _Counting, event: VoteWithdrawn) -> None:
    now.person(event.person, 1 << LANE * OfPeople.WITHDRAWN)


def _finished(now: _Counting, event: Finished) -> None:
    now.request(_how(event))
    for stage in now.before.stages:
        if stage.status is StageStatus.PENDING:
            others = (OfRequests.REFUSED, OfStages.OVERTAKEN)
            now.left(stage, _ENDED.get(event.status, others)[1], decided=False)
        elif stage.status is StageStatus.WAITING and stage.opened_at is None:
            now.stage(stage, OfStages.SKIPPED)
    if event.status is Status.APPROVED and now.after.edits:
        now.request(OfRequests.EDITED)
    if event.by and not event.bypass and event.status in (Status.APPROVED, Status.REJECTED):
        now.request_took()
        _advised(now)


def _how(event: Finished) -> OfRequests:
    if event.status is Status.APPROVED:
        if event.by and event.bypass is None:
            return OfRequests.APPROVED
        return BYPASSES.get(event.bypass or "", OfRequests.AUTO_APPROVE_WHEN)
    if event.status is Status.REJECTED:
        return OfRequests.REJECTED if event.by else OfRequests.REFUSED
    return _ENDED[event.status][0]


def _advised(now: _Counting) -> None:
    """Whether people decided as they were advised, by whoever wrote the advice that stood."""
    advice = now.advice
    if advice is None or advice.recommendation not in ("approve", "reject"):
        return
    by_rules = advice.source == "rules"
    if not by_rules and advice.confidence is None:
        return  # more cautious than the model's own
    right = agreed(now.after, AdviceKind(advice.source, advice.recommendation, 0))
    now.request(OfRequests.RULES_CASES if by_rules else OfRequests.MODEL_CASES)
    if right:
        now.request(OfRequests.RULES_AGREED if by_rules else OfRequests.MODEL_AGREED)


def _execution_reported(now: _Counting, event: ExecutionReported) -> None:
    ended_well = event.outcome == "succeeded"
    now.request(OfRequests.SUCCEEDED if ended_well else OfRequests.FAILED)


def _incident_reported(now: _Counting, _event: IncidentReported) -> None:
    now.request(OfRequests.INCIDENTS)


_COUNTED: Mapping[type, Callable[[_Counting, Any], None]] = {
    Submitted: _submitted,
    Revised: _revised,
    StageOpened: _stage_opened,
    StageApproved: _stage_approved,
    StageRejected: _stage_rejected,
    ChangesRequested: _changes_requested,
    Escalated: _escalated,
    Reminded: _reminded,
    Nudged: _nudged,
    Voted: _voted,
    VoteWithdrawn: _vote_withdrawn,
    Finished: _finished,
    ExecutionReported: _execution_reported,
    IncidentReported: _incident_reported,
}
"""What each event adds; the others add nothing."""


def asked_at(state: RequestState, person: str) -> Millis | None:
    """Since when the open stage waits for a person: since it opened, or was handed to them."""
    stage = state.current
    if stage is None or stage.opened_at is None:
        return None
    return max(stage.opened_at, *(d.at for d in state.delegations if d.taker == person), 0)
