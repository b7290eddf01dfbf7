"""Who may decide a stage: the people it names, less those barred, absent or unqualified.

A request pins whom the policy meant; today's directory must permit them too. Both are
judged when a stage opens, and again at each click.
"""

from functools import lru_cache

from core.commands import Facts
from core.directory.people import Person
from core.refusals import Reason
from core.request import RequestState, Stage, StageStatus, Vote
from core.route import Entry, StagePlan
from core.rules.counting import approvals, seats_missing, wanted
from core.rules.quorum import possible
from core.rules.recording import route_of

OR = " or "
"""Joins the references of people who help out together."""

PINNED = ("manager_of", "on_call")
"""References whose meaning is pinned: who led whom, and who was on call when asked."""


def qualifies(person: Person, plan: StagePlan) -> bool:
    """Whether the person has the role and department that the stage asks for."""
    return meets(person, plan.required_role, plan.required_department)


def meets(person: Person, role: str | None, department: str | None) -> bool:
    """Whether the person has this role and department; None asks for neither."""
    return (role is None or role in person.roles) and (
        department is None or department == person.department
    )


def qualifications(plan: StagePlan) -> list[str]:
    """What `qualifies` asks for, in words."""
    role, department = plan.required_role, plan.required_department
    found = (role and f"the role {role}", department and f"the department {department}")
    return [each for each in found if each]


def entitled(person: Person, entry: Entry, plan: StagePlan) -> bool:
    """Whether today's facts let this person act for an entry that names them."""
    return person.email in entry.people and still_meant(person, entry, plan)


def still_meant(person: Person, entry: Entry, plan: StagePlan) -> bool:
    """Whether one whom an entry named has what it takes today."""
    if not (entry.exempt or qualifies(person, plan)):
        return False
    named = _named(entry, person.email) if entry.parts else _meant(entry.ref)
    for kind, name in named:  # noqa: SIM110 - a generator for each of a crowd is dear
        if _still_named(person, kind, name):
            return True
    return False


def _named(entry: Entry, email: str) -> tuple[tuple[str, str], ...]:
    """Of the references that an entry joins, those that named this person."""
    parts = (_meant(part.ref) for part in entry.parts if email in part.people)
    return tuple(meant for part in parts for meant in part)


def _still_named(person: Person, kind: str, name: str) -> bool:
    """Whether a reference still means this person."""
    if kind == "group":
        return name in person.groups
    return name == person.email if kind == "person" else kind in PINNED


@lru_cache(maxsize=1024)
def _meant(ref: str) -> tuple[tuple[str, str], ...]:
    """The references that are joined here, each as its kind and its name."""
    parts = (reference.partition(":") for reference in ref.split(OR))
    return tuple((kind, name) if colon else ("person", kind.lower()) for kind, colon, name in parts)


def places(person: Person, stage: Stage) -> tuple[int, ...]:
    """The places in the stage's entries for which this person is entitled today."""
    entries, plan = enumerate(stage.entries), stage.plan
    found = [place for place, entry in entries if entitled(person, entry, plan)]
    return tuple(found)


class Bars:
    """Whom separation of duties keeps from approving the stage that opens or is open.

    It is judged on the person who clicks and on everyone they stand in for.
    """

    def __init__(self, state: RequestState, facts: Facts) -> None:
        self._route = route = route_of(state)
        self._people = facts.people
        self._stages = state.stages
        self._asking = asking(state)
        self._earlier = approvers(state)
        self._suspects = {*self._asking, *self._earlier, *route.conflicted}
        self._departments = self._of_approvers(state) if route.different_departments else ()
        least = route.minimum_unique_approvers
        self._too_few_others = least > 0 and _too_few_others(state, least)

    def reason(self, email: str) -> Reason | None:
        """Why this person's authority cannot count towards an approval, if it cannot."""
        route = self._route
        person = self._people.get(email)
        if person is not None and person.formerly and self._voted_as(person.formerly):
            return Reason.CONFLICT_OF_INTEREST
        if email not in self._suspects and not route.different_departments:
            known = person is not None and person.conflicts and self.in_conflict(email)
            return Reason.CONFLICT_OF_INTEREST if known else None
        if email in self._asking and route.block_self_approval:
            return Reason.SELF_APPROVAL
        if self.in_conflict(email):
            return Reason.CONFLICT_OF_INTEREST
        if email in self._earlier:
            if route.different_approvers:
                return Reason.APPROVED_EARLIER_STAGE
            if self._too_few_others:
                return Reason.TOO_FEW_APPROVERS
        if route.different_departments and person is not None:
            if person.department is None:
                return Reason.NO_DEPARTMENT
            if person.department in self._departments:
                return Reason.DEPARTMENT_APPROVED
        return None

    def _voted_as(self, formerly: tuple[str, ...]) -> bool:
        """Whether one of these addresses, which somebody had before, has approved what they may
        not approve again: a new address gives nobody a second vote."""
        used = set(self._earlier) if self._route.different_approvers else set[str]()
        for stage in self._stages:
            if stage.status is StageStatus.PENDING:
                used.update(voice for vote in approvals(stage) for voice in vote.voices)
        return not used.isdisjoint(formerly)

    def in_conflict(self, email: str) -> bool:
        """Whether the policy or the directory declares a conflict of interest."""
        if email in self._route.conflicted:
            return True
        person = self._people.get(email)
        if person is None or not person.conflicts:
            return False
        named = set(self._asking)
        for known in (self._people.get(email) for email in self._asking):
            named.update(() if known is None else (f"group:{group}" for group in known.groups))
        return not named.isdisjoint(person.conflicts)

    def _of_approvers(self, state: RequestState) -> set[str | None]:
        """The departments that approved, as recorded with the votes; where an earlier version
        recorded only the voter's, as today of the others."""
        people, votes = self._people, _earlier_votes(state)
        found = {d for v in votes for d in (v.department, *v.departments)}
        others = (p for v in votes if not v.departments for p in v.voices[1:] if p in people)
        return found | {people[p].department for p in others}


def asking(state: RequestState) -> set[str]:
    """Those whose request it is: requester, the agent's owner, the key's person."""
    people = (state.requester, state.owner, state.submitter)
    return {person for person in people if person is not None}


def approvers(state: RequestState) -> set[str]:
    """Everyone on whose authority a stage was closed by approval."""
    return {voice for vote in _earlier_votes(state) for voice in vote.voices}


def _earlier_votes(state: RequestState) -> list[Vote]:
    found: list[Vote] = []
    for stage in state.stages:
        if stage.status is StageStatus.APPROVED:
            found += approvals(stage)
    return found


def _too_few_others(state: RequestState, least: int) -> bool:
    """Whether one more vote by the same people would leave too few different ones.

    A vote that rests on anyone whose authority was used before is no different person's.
    """
    seats, different = 0, 0
    used: set[str] = set()
    for stage in state.stages:
        if stage.status is not StageStatus.WAITING:
            for vote in approvals(stage):
                different += used.isdisjoint(vote.voices)
                used.update(vote.voices)
        if stage.plan.auto is None and stage.status in _UNDECIDED:
            seats += seats_missing(stage)
    return different + seats - 1 < least


_UNDECIDED = (StageStatus.PENDING, StageStatus.WAITING)


def held(stage: Stage) -> bool:
    """Whether a stage waits for votes that nobody could give: it needs an administrator."""
    if stage.status is not StageStatus.PENDING:
        return False
    return stage.held is not None or not possible(stage.entries, wanted(stage))
