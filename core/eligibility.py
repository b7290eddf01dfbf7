"""Who may decide a stage: the people it names, less those barred, absent or unqualified.

A request pins whom the policy meant; today's directory must permit them too. Both are
judged when a stage opens, and again at each click.
"""

from collections.abc import Mapping

from core.directory import Person
from core.quorum import missing, needed, possible, reached
from core.request import (
    Decision,
    Entry,
    RequestState,
    Route,
    Stage,
    StagePlan,
    StageStatus,
)
from core.value import Value

People = Mapping[str, Person]
"""Everyone whom a request pinned and who is in the directory today, by address."""


OR = " or "
"""Joins the references of people who help out together."""


class Choice(Value, frozen=True):
    """Who decides a stage that opens, and why they are not the policy's own people."""

    entries: tuple[Entry, ...]
    because: str | None = None


def pinned(route: Route) -> set[str]:
    """Everyone a route names anywhere."""
    entries = [e for s in route.stages for e in (*s.entries, *s.escalate_to)]
    return {p for entry in (*entries, *route.last_resort) for p in entry.people}


def qualifies(person: Person, plan: StagePlan) -> bool:
    """Whether the person has the role and department that the stage asks for."""
    return (plan.required_role is None or plan.required_role in person.roles) and (
        plan.required_department is None or plan.required_department == person.department
    )


def entitled(person: Person, entry: Entry, plan: StagePlan) -> bool:
    """Whether today's facts let this person act for an entry that names them."""
    named = person.email in entry.people and any(
        _still_named(person, reference) for reference in entry.ref.split(OR)
    )
    return named and (entry.exempt or qualifies(person, plan))


def _still_named(person: Person, reference: str) -> bool:
    """Whether a reference still means this person; who led whom is pinned."""
    kind, _, name = reference.partition(":")
    if kind == "group":
        return name in person.groups
    return kind == "manager_of" or reference.lower() == person.email


def barred_from(state: RequestState, route: Route) -> set[str]:
    """Whom separation of duties keeps from approving the stage that opens or is open."""
    barred: set[str] = set()
    if route.block_self_approval:
        asking = (state.requester, state.owner, state.submitter)
        barred |= {p for p in asking if p is not None}
    if route.different_approvers:
        barred |= approvers(state)
    return barred


def approvers(state: RequestState) -> set[str]:
    """Everyone whose approval closed a stage."""
    closed = (s for s in state.stages if s.status is StageStatus.APPROVED)
    return {v.person for s in closed for v in s.votes if v.decision is Decision.APPROVE}


def choose(plan: StagePlan, route: Route, people: People, barred: set[str]) -> Choice:
    """Who decides this stage: its own people, with others for the seats they cannot fill.

    The quorum stays what the policy asked for. What even the last resort cannot fill leaves
    the stage waiting, visibly, rather than passed.
    """
    wanted = needed(plan.entries, plan.quorum)
    own = _left(plan.entries, plan, people, barred)
    if possible(own, wanted):
        return Choice(own)
    helped = own + _helping(plan.escalate_to, plan, people, barred, missing(own, wanted))
    if possible(helped, wanted):
        return Choice(helped, "too few of this stage may decide; its escalation target was asked")
    exempt = tuple(
        Entry(ref=e.ref, people=e.people, seats=e.seats, exempt=True) for e in route.last_resort
    )
    return Choice(
        helped + _helping(exempt, plan, people, barred, missing(helped, wanted)),
        "too few of this stage may decide; the last resort was asked",
    )


def closed_by_votes(stage: Stage) -> bool:
    """Whether the approvals fill the seats that the stage needs, each only where its voter
    was entitled to at the click."""
    approvals = [v for v in stage.votes if v.decision is Decision.APPROVE]
    filled_by = tuple(
        Entry(
            ref=entry.ref,
            people=tuple(v.person for v in approvals if index in v.entries),
            seats=entry.seats,
        )
        for index, entry in enumerate(stage.entries)
    )
    wanted = needed(stage.plan.entries, stage.plan.quorum)
    return reached(filled_by, wanted, [v.person for v in approvals])


def held(stage: Stage) -> bool:
    """Whether a stage waits for votes that nobody could give: it needs an administrator."""
    wanted = needed(stage.plan.entries, stage.plan.quorum)
    return stage.status is StageStatus.PENDING and not possible(stage.entries, wanted)


def _left(
    entries: tuple[Entry, ...], plan: StagePlan, people: People, barred: set[str]
) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            ref=entry.ref,
            people=tuple(p for p in entry.people if _may(p, entry, plan, people, barred)),
            seats=entry.seats,
            exempt=entry.exempt,
        )
        for entry in entries
    )


def _may(email: str, entry: Entry, plan: StagePlan, people: People, barred: set[str]) -> bool:
    person = people.get(email)
    return email not in barred and person is not None and entitled(person, entry, plan)


def _helping(
    entries: tuple[Entry, ...], plan: StagePlan, people: People, barred: set[str], seats: int
) -> tuple[Entry, ...]:
    """One entry for all who may help, with just the missing seats: helpers fill what the
    stage's own people cannot, and never outvote those who are left."""
    left = [entry for entry in _left(entries, plan, people, barred) if entry.people]
    if not left:
        return ()
    return (
        Entry(
            ref=OR.join(entry.ref for entry in left),
            people=tuple(dict.fromkeys(p for entry in left for p in entry.people)),
            seats=seats,
            exempt=left[0].exempt,
        ),
    )
