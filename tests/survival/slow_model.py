"""What must become of one request, told from docs/policy.md and docs/rules.md alone.

It goes from moment to moment and notes who is told of what and when. It shares no code with the
product: neither calendars nor rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.survival import slow_clock
from tests.survival.almanac import (
    BOSS,
    LIFE,
    LIVES,
    MANAGER_OF,
    PLANS,
    Asked,
    Away,
    Plan,
)

Told = tuple[int, str, str, int]
"""Which request, what happened, to whom ("" for all), and when."""

LINKS = 3
"""How often a seat may be passed on."""


@dataclass
class Request:
    """One request as it goes on."""

    asked: Asked
    away: Sequence[Away]
    level: int = 0
    ended: bool = False
    people: list[str] = field(default_factory=list)
    voted: list[str] = field(default_factory=list)
    watch: list[str] = field(default_factory=list)
    held: bool = False
    rungs: list[tuple[str, ...]] = field(default_factory=list)
    acts_at: int | None = None
    reminders: list[int] = field(default_factory=list)
    standing: list[Away] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @property
    def expires(self) -> int:
        return self.asked.at + LIVES.get(self.asked.rule, LIFE)

    @property
    def plan(self) -> Plan:
        return PLANS[self.asked.rule][self.level]

    def note(self, what: str, at: int, *people: str) -> None:
        self.told += [(self.asked.number, what, person, at) for person in people or ("",)]

    # --- who is asked, and until when ------------------------------------------------------

    def open(self, at: int) -> None:
        """The stage begins: its people are asked."""
        plan = self.plan
        people = (MANAGER_OF[self.asked.requester],) if plan.asked == BOSS else plan.asked
        self.people = [p for p in people if p != self.asked.requester]
        self.rungs = [*((name,) for name in plan.line), *plan.levels]
        self.voted, self.watch = [], []
        places = self.places()
        if plan.watch and not slow_clock.is_open(places, at):
            self.watch = [slow_clock.on_watch(at)]
            self.people += self.watch
            places = frozenset()
        self.note("asked", at, *self.people)
        self.set_times(places, at)
        self.stand_in(at)

    def places(self) -> slow_clock.Places:
        hours = self.plan.hours
        if hours is None:
            return frozenset()
        if hours != "own":
            return frozenset((slow_clock.CALENDARS[hours],))
        if any(person not in slow_clock.OWN for person in self.people):
            return frozenset()
        return frozenset(slow_clock.OWN[person] for person in self.people)

    def set_times(self, places: slow_clock.Places, at: int) -> None:
        """The time of those who are asked now, and the reminders within it."""
        self.acts_at = slow_clock.later(places, at, self.plan.sla)
        end = min(self.acts_at, self.expires)
        found = {slow_clock.later(places, at, minutes) for minutes in self.plan.remind}
        self.reminders = sorted(moment for moment in found if at < moment < end)

    # --- what happens ----------------------------------------------------------------------

    def moments(self, now: int) -> list[int]:
        """When something may happen next."""
        edges = [edge for away in self.away for edge in (away.starts, away.ends)]
        timeout = [] if self.acts_at is None else [self.acts_at]
        turn = [slow_clock.next_turn(now)] if self.watch and not self.held else []
        found = [self.expires, *timeout, *self.reminders, *edges, *turn]
        return [moment for moment in found if moment > now]

    def passes(self, now: int) -> None:
        """Whatever time brings about at this moment."""
        timed_out = self.acts_at is not None and self.acts_at == now
        if now >= self.expires:
            self.end("expired", self.expires)
        elif timed_out and self.plan.on_timeout == "reject":
            self.end("rejected", now)
        else:
            self.hand_over(now)
            if timed_out:
                self.time_out(now)
            self.stand_in(now)
            if now in self.reminders:
                self.reminders = [moment for moment in self.reminders if moment > now]
                self.note("reminded", now, *self.waited_for())

    def end(self, how: str, at: int) -> None:
        self.ended = True
        self.note(how, at)

    def hand_over(self, now: int) -> None:
        """Who is on watch now is asked too, in the time that is left."""
        new = slow_clock.on_watch(now)
        if self.watch and not self.held and new not in self.watch:
            self.watch.append(new)
            self.people.append(new)
            self.note("called up", now, new)

    def time_out(self, now: int) -> None:
        """The next level that asks anybody new, or the stage is held."""
        while self.plan.on_timeout == "escalate" and self.rungs:
            barred = (*self.people, self.asked.requester)
            new = [person for person in self.rungs.pop(0) if person not in barred]
            if new:
                self.people += new
                self.note("escalated", now, *new)
                self.set_times(self.places(), now)
                return
        self.held, self.acts_at, self.reminders = True, None, []
        self.note("held", now)

    def vote(self, person: str, now: int) -> None:
        """An approval; of one who is not asked, or asks, or has voted, nothing comes."""
        if self.ended or person not in self.people or person in self.voted:
            return
        self.voted.append(person)
        if len(self.voted) < self.plan.quorum:
            return
        if self.level + 1 < len(PLANS[self.asked.rule]):
            self.level += 1
            self.open(now)
        else:
            self.end("approved", now)

    # --- who is away -----------------------------------------------------------------------

    def stand_in(self, now: int) -> None:
        """Who came back has it back; for who is away and asked somebody else acts."""
        for over in [away for away in self.standing if away.ends <= now]:
            self.standing.remove(over)
            self.note("given back", now, over.taker)
        for _ in range(LINKS):
            reach = self.with_takers(self.people)
            for away in self.away:
                is_away = away.starts <= now < away.ends
                if is_away and away.giver in reach and away not in self.standing:
                    self.standing.append(away)
                    self.note("stands in", now, away.taker)

    def with_takers(self, people: Sequence[str]) -> list[str]:
        """These, and who stands in for them, and for those."""
        found = list(people)
        for _ in range(LINKS):
            found += [
                away.taker
                for away in self.standing
                if away.giver in found and away.taker not in found and away.taker not in self.voted
            ]
        return found

    def waited_for(self) -> list[str]:
        missing = [person for person in self.people if person not in self.voted]
        return list(dict.fromkeys(self.with_takers(missing)))


def story(asked: Asked, absences: Sequence[Away]) -> list[Told]:
    """All that one request leads to, from its making to its end."""
    away = [a for a in absences if a.ends > asked.at]
    request = Request(asked, away)
    request.open(asked.at)
    now, votes = asked.at, list(asked.votes)
    while not request.ended:
        moment = min(request.moments(now))
        # What is due at the moment of a vote comes first.
        if votes and votes[0].at < moment:
            vote = votes.pop(0)
            now = vote.at
            request.vote(vote.person, now)
        else:
            now = moment
            request.passes(now)
    return request.told
