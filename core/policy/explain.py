"""What would become of a request: which rule, who is asked, and what happens if nobody answers.

Nothing is worked out here that the rules do not work out: each stage is opened and left
alone by `decide` and `due` themselves, on a request that is stored nowhere.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from core.commands import Facts, Submit
from core.content import Content
from core.decide import decide, due
from core.directory.people import Directory, Person
from core.events import SYSTEM, Escalated, Finished, Held, Recorded, Reminded
from core.policy.policy import Policy, Rule
from core.refusals import Reason, Refused
from core.request import RequestState, silent
from core.route import Category, Route, StagePlan
from core.routing import judged, route
from core.rules.eligibility import Bars
from core.rules.quorum import needed
from core.submission import Submission
from core.value import Millis, Value

_BALANCED = (
    "whoever has the fewest open requests is asked first; here everybody has as many, and the "
    "order is that of this moment."
)
_MOST_MOMENTS = 1_000
"""Things that happen at one stage; each comes once, but people on call take turns again and
again."""

_NOTHING = Content(id="explained", salt="00" * 16, body=b"{}")


class Tried(Value, frozen=True):
    """A rule that was judged, with its condition and whether that held; None: no answer."""

    rule: str
    condition: str
    holds: bool | None


class Moment(Value, frozen=True):
    """Something that happens while nobody answers: "reminder", "escalation", "hold", "end".

    `people` are those who are told then.
    """

    at: Millis
    what: str
    people: tuple[str, ...] = ()
    because: str = ""


class StageExplained(Value, frozen=True):
    """One stage, as if the stages before it were approved at once and then nobody answered.

    `asked` are those asked and told first, `silent` those who may decide and are not told,
    `helped` why others than the policy's own people are asked. `auto` stages ask nobody.
    """

    level: int
    name: str
    quorum: int
    asked: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    in_order: tuple[str, ...] = ()
    helped: str | None = None
    deadline: Millis | None = None
    moments: tuple[Moment, ...] = ()
    auto: str | None = None


class Explanation(Value, frozen=True):
    """The whole answer. `refused` says why nothing would be stored; then there is no route.

    `told` are all people who would be told of it if every stage passed at once, `told_later`
    those besides them if nobody answered. `bypasses` say who or what may pass it besides the
    approvers; `batch` that it may be approved together with others in one click, `digest` that
    its cards wait for each approver's daily digest, `by_rules` that no model is asked for advice.
    """

    tried: tuple[Tried, ...]
    refused: str | None = None
    rule: str | None = None
    category: Category | None = None
    why: str = ""
    amount: str | None = None
    expires_at: Millis | None = None
    stages: tuple[StageExplained, ...] = ()
    left_out: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    told_later: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    bypasses: tuple[str, ...] = ()
    batch: bool = False
    digest: bool = False
    by_rules: bool = False
    warnings: tuple[str, ...] = ()


def explain(
    policy: Policy,
    directory: Directory,
    submission: Submission,
    requester: Person | None,
    agent: str,
    now: Millis,
    others_asking: tuple[str, ...] = (),
) -> Explanation:
    """What the policy says of a submission made at `now`. Raises nothing that is expected.

    `others_asking` are the agent's owner and the key's person, who may not approve either.
    """
    tried = tuple(_tried(policy, submission, requester, agent))
    asking = (() if requester is None else (requester.email,)) + others_asking
    try:
        found, amount, rule = route(policy, directory, submission, requester, agent, asking, now)
    except Refused as refused:
        return Explanation(tried=tried, refused=refused.sentence)
    lifetime = min(submission.expires_in or rule.expires_in, rule.expires_in)
    work = _Work(found, directory, asking, now + lifetime)
    stages = tuple(work.stages(now))
    told = dict.fromkeys(p for stage in stages for p in stage.asked)
    later = dict.fromkeys(p for s in stages for m in s.moments for p in m.people if p not in told)
    wanted = {stage.name for stage in found.stages}
    return Explanation(
        tried=tried,
        rule=found.rule,
        category=found.category,
        why=_why(rule, found),
        amount=amount,
        expires_at=now + lifetime if found.category is Category.REVIEW else None,
        stages=stages,
        left_out=tuple(stage.name for stage in rule.stages if stage.name not in wanted),
        told=tuple(told),
        told_later=tuple(later),
        channels=tuple(f"{channel.platform}:{channel.id}" for channel in found.channels),
        bypasses=tuple(_bypasses(found)),
        batch=found.batch and not found.confirm,
        digest=found.digest,
        by_rules=found.by_rules,
        warnings=tuple(work.warnings(stages)),
    )


def _tried(
    policy: Policy, submission: Submission, requester: Person | None, agent: str
) -> Iterator[Tried]:
    answered = judged(policy, submission, requester, agent)
    conditions = {rule.name: rule.when.text for rule in policy.rules if rule.when is not None}
    try:
        for rule, holds, _ in answered:
            yield Tried(rule.name, conditions.get(rule.name, ""), holds)
    except Refused as refused:
        name = refused.details.get("rule", "")
        if refused.reason is Reason.CONDITION_FAILED:
            yield Tried(name, conditions.get(name, ""), None)


def _why(rule: Rule, found: Route) -> str:
    if found.uncategorised:
        return "no rule names it, so the fallback's people review it"
    said = f"; {rule.because}" if rule.because else ""
    return f"the condition of rule '{rule.name}' holds{said}"


def _bypasses(found: Route) -> Iterator[str]:
    if found.grant is not None:
        most = " ".join(filter(None, (found.grant.amount, found.grant.currency)))
        yield f"the model, from {found.grant.confidence}% confidence on, up to {most}"
    if found.glass is not None:
        yield f"break-glass by anybody with the role {found.glass.role}"


class _Work:
    """The stages of one route, each opened by itself and left alone."""

    def __init__(
        self, found: Route, directory: Directory, asking: tuple[str, ...], expires_at: Millis
    ) -> None:
        self._route = found
        self._facts = Facts(people=directory.people)
        self._directory = directory
        self._asking = asking
        self._expires_at = expires_at

    def stages(self, now: Millis) -> Iterator[StageExplained]:
        return (self._stage(plan, now) for plan in self._route.stages)

    def warnings(self, stages: tuple[StageExplained, ...]) -> Iterator[str]:
        """Who is named and may not approve, and who had to be asked instead."""
        bars = Bars(self._asked_of(self._route), self._facts)
        for plan, stage in zip(self._route.stages, stages, strict=True):
            if stage.helped is not None:
                yield f"Stage {stage.name}: {stage.helped}."
            if plan.balanced:
                yield f"Stage {stage.name}: {_BALANCED}"
            if stage.deadline is not None and stage.deadline > self._expires_at:
                yield f"Stage {stage.name}: the request may expire before its time is over."
            named = dict.fromkeys(p for entry in plan.entries for p in entry.people)
            for email in named:
                reason = bars.reason(email)
                if reason is not None:
                    why = _BARRED.get(reason, "a rule keeps them from it")
                    name = self._directory.name(email)
                    yield f"Stage {stage.name}: {name} may not approve: {why}."

    def _stage(self, plan: StagePlan, now: Millis) -> StageExplained:
        quorum = needed(plan.entries, plan.quorum)
        bare = StageExplained(plan.level, plan.name, quorum, auto=plan.auto)
        if plan.auto is not None:
            return bare
        only = replace(self._route, stages=(replace(plan, level=1),))
        state = self._submitted(only, now)
        opened = state.current
        if opened is None:
            return bare
        untold = silent(state)
        return replace(
            bare,
            asked=tuple(p for p in opened.assigned if p not in untold),
            silent=tuple(p for p in opened.assigned if p in untold),
            in_order=tuple(e.ref for e in plan.entries) if plan.in_order else opened.order,
            helped=opened.escalated_because,
            deadline=opened.due_at,
            moments=tuple(self._left_alone(state)),
        )

    def _left_alone(self, state: RequestState) -> Iterator[Moment]:
        """What comes due, one after the other, until nothing more does."""
        for _ in range(_MOST_MOMENTS):
            if (at := state.wake_at) is None:
                return
            came = due(state, self._facts, at)
            if not came.events:
                return
            state = came.state
            untold = silent(state)
            for recorded in came.events:
                if (moment := _moment(recorded, untold)) is not None:
                    yield moment

    def _submitted(self, only: Route, now: Millis) -> RequestState:
        state = self._asked_of(only)
        command = Submit(
            actor=replace(SYSTEM, person=state.submitter),
            agent="",
            agent_key="",
            owner=state.owner,
            requester=state.requester,
            action_type="",
            amount=None,
            currency=None,
            risk_score=None,
            route=only,
            content=_NOTHING,
            rationale=_NOTHING,
            recommendation="",
            expires_at=self._expires_at,
        )
        return decide(RequestState(id="explained"), command, self._facts, now).state

    def _asked_of(self, found: Route) -> RequestState:
        requester, owner, person = (*self._asking, None, None, None)[:3]
        return RequestState(route=found, requester=requester, owner=owner, submitter=person)


_BARRED = {
    Reason.SELF_APPROVAL: "they ask for it themselves or own the agent that does",
    Reason.CONFLICT_OF_INTEREST: "a conflict of interest is declared",
    Reason.NO_DEPARTMENT: "the directory shows no department for them",
}


def _moment(recorded: Recorded, untold: frozenset[str]) -> Moment | None:
    """What people notice of an event; who decides silently is reminded of nothing."""
    event, at = recorded.event, recorded.at
    if isinstance(event, Reminded):
        people = tuple(p for p in event.people if p not in untold)
        return Moment(at, "reminder", people) if people else None
    if isinstance(event, Escalated):
        told = tuple(p for p in event.told if p not in untold)
        return Moment(at, "escalation", told, event.because)
    if isinstance(event, Held):
        return Moment(at, "hold", because=event.because)
    if isinstance(event, Finished):
        return Moment(at, "end", because=event.cause or event.status.value)
    return None
