"""From a stage as written to the stage of one request, with its people pinned."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from core.directory.people import Directory, Person
from core.policy.calendars import APPROVER
from core.policy.policy import GlassRule, Policy, StageRule, people_of
from core.route import Entry, Glass, StagePlan
from core.rules.eligibility import qualifies
from core.rules.quorum import needed


@dataclass(frozen=True, slots=True)
class Pinning:
    """What a reference is resolved against: today's directory, for one requester."""

    policy: Policy
    directory: Directory
    requester: Person | None

    def people(self, reference: str) -> tuple[str, ...]:
        """Whom a reference means; of a rotation everyone who takes turns."""
        email = None if self.requester is None else self.requester.email
        return people_of(reference, self.directory, email, self.policy.on_call)

    def entry(self, reference: str, seats: int = 1, silent: bool = False) -> Entry:
        kind, _, name = reference.partition(":")
        return Entry(
            ref=reference,
            people=self.people(reference),
            seats=seats,
            silent=silent,
            rotation=self.policy.on_call.get(name) if kind == "on_call" else None,
        )

    def entries(self, references: Iterable[str]) -> tuple[Entry, ...]:
        return tuple(map(self.entry, references))

    def everyone(self, references: Iterable[str]) -> set[str]:
        return {person for reference in references for person in self.people(reference)}


def plan(
    level: int, stage: StageRule, pins: Pinning, auto: Literal["approve", "reject"] | None
) -> StagePlan:
    """The stage of one request; those without its role and department are left out."""
    calendars = pins.policy.calendars
    bare = StagePlan(
        level=level,
        name=stage.name,
        entries=_approvers(stage, pins),
        quorum=stage.quorum,
        reject_quorum=stage.reject_quorum,
        required_role=stage.required_role,
        required_department=stage.required_department,
        escalate_to=tuple(pins.entries(references) for references in stage.escalate_to),
        sla=stage.sla,
        remind_at=stage.remind_at,
        calendar=None if stage.calendar is None else calendars.get(stage.calendar),
        approver_hours=stage.calendar == APPROVER,
        outside_hours=None if stage.outside_hours is None else pins.entry(stage.outside_hours),
        on_timeout=stage.on_timeout,
        in_order=stage.in_order,
        balanced=stage.balanced,
        auto=auto,
    )
    if stage.required_role is None and stage.required_department is None:
        return bare
    outside = bare.outside_hours
    return replace(
        bare,
        entries=_qualified(bare.entries, bare, pins),
        escalate_to=tuple(_qualified(entries, bare, pins) for entries in bare.escalate_to),
        outside_hours=None if outside is None else _qualified((outside,), bare, pins)[0],
    )


def glass(rule: GlassRule | None, pins: Pinning) -> Glass | None:
    """Break-glass with those who hear of it pinned."""
    if rule is None:
        return None
    return Glass(role=rule.role, tell=pins.entries(rule.tell), channels=rule.channels)


def with_enough_people(stages: tuple[StagePlan, ...], wanted: int) -> tuple[StagePlan, ...]:
    """The stages with so many seats in all that so many different people must approve.

    What is missing is asked of the last stage that asks anybody; were all of them to pass by
    themselves, the last one asks all the same.
    """
    asking = [stage for stage in stages if stage.auto is None]
    short = wanted - sum(needed(stage.entries, stage.quorum) for stage in asking)
    if short <= 0 or not stages or any(stage.auto == "reject" for stage in stages):
        return stages
    last = asking[-1] if asking else stages[-1]
    quorum = needed(last.entries, last.quorum)
    raised = _raised(last, quorum + short if asking else max(quorum, wanted))
    return tuple(raised if stage is last else stage for stage in stages)


def _raised(stage: StagePlan, quorum: int) -> StagePlan:
    """The stage with a higher quorum, and more seats for its groups where these have people."""
    entries = list(stage.entries)
    for place, entry in enumerate(entries):
        short = quorum - sum(e.seats for e in entries)
        spare = len(entry.people) - entry.seats if entry.ref.startswith("group:") else 0
        if short > 0 and spare > 0:
            entries[place] = replace(entry, seats=entry.seats + min(short, spare))
    return replace(stage, quorum=quorum, entries=tuple(entries), auto=None)


def _approvers(stage: StageRule, pins: Pinning) -> tuple[Entry, ...]:
    return tuple(
        pins.entry(
            reference,
            stage.seats[place] if place < len(stage.seats) else 1,
            stage.silent[place] if place < len(stage.silent) else False,
        )
        for place, reference in enumerate(stage.approvers)
    )


def _qualified(entries: tuple[Entry, ...], stage: StagePlan, pins: Pinning) -> tuple[Entry, ...]:
    known = pins.directory.people
    return tuple(
        replace(entry, people=tuple(p for p in entry.people if qualifies(known[p], stage)))
        for entry in entries
    )
