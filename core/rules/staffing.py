"""Whom a stage asks: its own people, then the ladder of those who help out.

The ladder's rungs are: with `ask: in_order` the stage's own entries one after the other, with
`assign: balanced` its own people, who has the least to do first; then each level of `escalate_to`,
or without any the managers of those who have not answered; then the last resort. The quorum stays
what the policy asked for: helpers get just the seats that are missing, and never outvote those who
are left.
"""

from collections.abc import Container, Iterable, Iterator
from zlib import crc32

from msgspec.structs import replace

from core.calendars.rotation import line
from core.commands import Facts
from core.request import RequestState, Stage, StageStatus
from core.route import Entry, Part, Route, StagePlan, some_silent
from core.rules.counting import answered, filled_by, seats_missing
from core.rules.eligibility import OR, Bars, still_meant
from core.rules.quorum import missing, needed
from core.rules.recording import route_of
from core.value import Millis, Value

ESCALATED = "too few of this stage may decide; its escalation target was asked"
MANAGERS = "too few of this stage may decide; their managers were asked"
LAST_RESORT = "too few of this stage may decide; the last resort was asked"
UNREACHED = "too few of those asked at this stage can be told of it; "
NOBODY_LEFT = "nobody is left who may decide this stage"
UNTOLD = "too few of those who may decide this stage can be told of it"


class Rung(Value, frozen=True):
    """One step up: the stage's entries after it, who is new, and what was done."""

    entries: tuple[Entry, ...]
    tier: int
    told: tuple[str, ...]
    because: str


class Choice(Value, frozen=True):
    """Who decides a stage, and why they are not the policy's own people.

    `lacks` is what is wrong even so, at the top of the ladder.
    """

    entries: tuple[Entry, ...]
    tier: int = 0
    because: str | None = None
    lacks: str | None = None


class Ladder:
    """The people of one stage of one route, as today's facts and the bars allow them."""

    def __init__(
        self,
        plan: StagePlan,
        route: Route,
        facts: Facts,
        bars: Bars,
        now: Millis,
        replaced: tuple[str, ...] = (),
        order: tuple[str, ...] = (),
    ) -> None:
        self._plan = plan
        self._replaced = replaced
        self._route = route
        self._facts = facts
        self._bars = bars
        self._now = now
        self._wanted = needed(plan.entries, plan.quorum)
        self.order = order
        self._own = len(plan.entries) if plan.in_order else len(order)
        self._levels = plan.escalate_to or ((),)

    def open(self) -> Choice:
        """Who is asked when the stage opens: as few rungs up as make it possible."""
        plan = self._plan
        # In order, nobody is asked yet; the places stay, since votes name them.
        if plan.in_order or plan.balanced:
            entries = tuple([replace(entry, people=()) for entry in plan.entries])
        else:
            entries = tuple([self.able(entry) for entry in plan.entries])
        chosen = self.up(entries, 0)
        if chosen.because is None or chosen.tier > self._own:
            return chosen
        return replace(chosen, because=None)

    def again(self, stage: Stage) -> Iterator[tuple[Entry, ...]]:
        """The people asked so far as the directory has them now: who left is gone, and who
        may decide again is back. Then the same with everyone of their rotations."""
        own = len(stage.plan.entries)
        planned = stage.turns
        entries = (
            *map(self.able, planned),
            *stage.entries[len(planned) : own],
            *map(self.able, stage.entries[own:]),
        )
        yield entries
        yield self._whole_lines(entries)

    def up(self, entries: tuple[Entry, ...], tier: int, stage: Stage | None = None) -> Choice:
        """As many rungs up from these entries as make the quorum possible, with the votes
        that the stage has so far."""
        because: str | None = None
        while (lacks := self.lacks(entries, stage)) is not None:
            if (wider := self._whole_lines(entries)) != entries:
                entries = wider
                continue
            able = entries if stage is None else tuple(map(self._left, entries))
            seats = self._lacking(able, stage)
            rung = self.climb(entries, tier, seats or self._untold_seats(able, stage))
            if rung is None:
                break
            entries, tier = rung.entries, rung.tier
            because = rung.because if seats else UNREACHED + rung.because.partition("; ")[2]
        return Choice(entries, tier, because, lacks)

    def lacks(self, entries: tuple[Entry, ...], stage: Stage | None = None) -> str | None:
        """Why these people, and the votes so far, could not fill the quorum; None if they can.

        Without a stage nobody has voted, and the entries hold only who may act today.
        """
        able = entries if stage is None else tuple([self._left(entry) for entry in entries])
        if self._wanted < 1 or self._lacking(able, stage):
            return NOBODY_LEFT
        return UNTOLD if self._untold(able, stage) else None

    def _untold(self, able: tuple[Entry, ...], stage: Stage | None) -> bool:
        """Whether a seat waits for people none of whom is told: of the whole quorum, or of
        all who have not answered."""
        if not self._facts.platforms and not some_silent(able):
            return False
        told = self._told(able, stage)
        if told == able:
            return False  # and of those who may decide enough are left
        if self._lacking(told, stage):
            return True
        if stage is None or not stage.votes:
            return False
        waiting = {p for entry in able for p in entry.people} - answered(stage)
        return bool(waiting) and waiting.isdisjoint(p for entry in told for p in entry.people)

    def _untold_seats(self, able: tuple[Entry, ...], stage: Stage | None) -> int:
        """How many seats nobody fills who is told; all that are open where none is told."""
        if seats := self._lacking(self._told(able, stage), stage):
            return seats
        return (self._wanted if stage is None else seats_missing(stage)) or self._wanted

    def _lacking(self, able: tuple[Entry, ...], stage: Stage | None) -> int:
        """How many seats nobody has filled nor is left to fill."""
        if stage is not None and stage.votes:
            cast = filled_by(replace(stage, entries=able))
            able = tuple(
                replace(entry, people=(*cast[place].people, *entry.people))
                for place, entry in enumerate(able)
            )
        return missing(able, self._wanted)

    def climb(
        self,
        entries: tuple[Entry, ...],
        tier: int,
        seats: int,
        silent: tuple[str, ...] = (),
    ) -> Rung | None:
        """The next rung that asks anybody new, or gives those asked a place of their own in
        the line; None at the top. `silent` have not answered."""
        assigned = dict.fromkeys(p for entry in entries for p in entry.people)
        while tier < self._own + len(self._levels) + 1:
            tier += 1
            higher, because = self._step(entries, tier, seats, silent or tuple(assigned))
            told = dict.fromkeys(p for e in higher for p in e.people if p not in assigned)
            if told or (tier <= self._own and higher != entries):
                return Rung(higher, tier, tuple(told), because)
        return None

    def able(self, entry: Entry, asked: Container[str] = ()) -> Entry:
        """The entry with those of its people who may act today; of a rotation whoever is
        first in line, may, and is not asked already."""
        if entry.rotation is None:
            return self._left(entry)
        turns = (p for p in line(entry.rotation, self._now) if p not in asked)
        first = next((email for email in turns if self._may(email, entry)), None)
        return replace(entry, people=() if first is None else (first,))

    def handed_over(self, stage: Stage) -> tuple[Entry, ...]:
        """The stage's entries with whoever is on call now, where nobody has answered: who was on
        call when it opened may go on deciding it."""
        return tuple(
            replace(e, people=tuple(dict.fromkeys((*self.able(e).people, *e.people))))
            if stage.has_turns(e)
            else e
            for e in stage.entries
        )

    def _whole_lines(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The entries with everyone of their rotations: before others help out, and so that
        what is possible does not hang on whose turn it is."""
        return tuple(
            self._left(replace(entry, people=entry.rotation.people))
            if entry.rotation is not None and entry.people
            else entry
            for entry in entries
        )

    def _left(self, entry: Entry) -> Entry:
        """The entry with those of its people who may act today, also whoever was on call
        when asked."""
        return with_people(entry, [email for email in entry.people if self._may(email, entry)])

    def _may(self, email: str, entry: Entry) -> bool:
        person = self._facts.people.get(email)
        if person is None or email in self._replaced or self._bars.reason(email) is not None:
            return False
        return still_meant(person, entry, self._plan)

    def _step(
        self, entries: tuple[Entry, ...], tier: int, seats: int, unanswered: tuple[str, ...]
    ) -> tuple[tuple[Entry, ...], str]:
        if tier <= len(self.order):
            return self._joined(entries, self.order[tier - 1]), "the next in line was asked"
        if tier <= self._own:
            own = self.able(self._plan.entries[tier - 1])
            return (*entries[: tier - 1], own, *entries[tier:]), "the next in the list was asked"
        level = tier - self._own - 1
        if level == len(self._levels):
            exempt = tuple(replace(e, exempt=True) for e in self._route.last_resort)
            return self._with(entries, exempt, seats), LAST_RESORT
        if self._plan.escalate_to:
            return self._with(entries, self._plan.escalate_to[level], seats), ESCALATED
        return self._with(entries, self._managers(unanswered), seats), MANAGERS

    def _joined(self, entries: tuple[Entry, ...], email: str) -> tuple[Entry, ...]:
        """The entries with this one of their own people, as far as they may act today."""
        own = tuple(
            replace(entry, people=(*entry.people, email))
            if email in planned.people and email not in entry.people and self._may(email, planned)
            else entry
            for entry, planned in zip(entries, self._plan.entries, strict=False)
        )
        return (*own, *entries[len(own) :])

    def _managers(self, people: tuple[str, ...]) -> tuple[Entry, ...]:
        own = people or tuple(p for e in self._plan.entries for p in e.people)
        known = self._facts.people
        leads = {email: known[email].manager for email in own if email in known}
        return tuple(
            Entry(ref=f"manager_of:{email}", people=(lead,))
            for email, lead in leads.items()
            if lead is not None and lead not in own
        )

    def _with(
        self, entries: tuple[Entry, ...], helpers: Iterable[Entry], seats: int
    ) -> tuple[Entry, ...]:
        """One entry more for all who may help, with just the missing seats."""
        asked = {p for entry in entries for p in entry.people}
        left = [able for e in helpers if (able := self.able(e, asked)).people]
        if not left:
            return entries
        together = Entry(
            ref=OR.join(entry.ref for entry in left),
            people=tuple(dict.fromkeys(p for entry in left for p in entry.people)),
            seats=seats,
            exempt=left[0].exempt,
            parts=tuple(Part(e.ref, e.people) for e in left) if len(left) > 1 else (),
        )
        return (*entries, together)

    def _told(self, able: tuple[Entry, ...], stage: Stage | None) -> tuple[Entry, ...]:
        """The entries with those who are told of it and can be reached, or have answered."""
        done: frozenset[str] = frozenset() if stage is None else answered(stage)
        found: list[Entry] = []
        for entry in able:
            loud = not entry.silent
            people = [p for p in entry.people if p in done or (loud and self._reached(p))]
            found.append(with_people(entry, people))
        return tuple(found)

    def _reached(self, email: str) -> bool:
        """Whether a platform that is switched on knows this person; without any, all see it."""
        person, platforms = self._facts.people.get(email), self._facts.platforms
        return not platforms or (person is not None and not platforms.isdisjoint(person.platforms))


def with_people(entry: Entry, some: list[str]) -> Entry:
    """The entry with only some of its people; itself where that is all of them."""
    return entry if len(some) == len(entry.people) else replace(entry, people=tuple(some))


def ladder_of(state: RequestState, stage: Stage, facts: Facts, now: Millis) -> Ladder:
    """The stage's people and those who help out, today. A stage that is not open is asked in the
    line as it would be now."""
    bars = Bars(state, facts)
    order = (
        stage.order if stage.status is StageStatus.PENDING else line_of(stage.plan, facts, state)
    )
    return Ladder(stage.plan, route_of(state), facts, bars, now, stage.replaced, order)


def line_of(plan: StagePlan, facts: Facts, state: RequestState) -> tuple[str, ...]:
    """The people of a balanced stage, who has the least to do first; () for any other stage. Those
    who have as much stand in another line for each request, so that none is always the first."""
    if not plan.balanced:
        return ()
    people = dict.fromkeys(p for entry in plan.entries for p in entry.people)

    def place(email: str) -> tuple[int, int, str]:
        return facts.load.get(email, 0), crc32(f"{state.id} {email}".encode()), email

    return tuple(sorted(people, key=place))


def held_for_people(stage: Stage) -> bool:
    """Whether the stage waits for people, and goes on by itself when there are some again."""
    return stage.held in (NOBODY_LEFT, UNTOLD)
