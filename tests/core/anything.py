"""One request to which anything may happen, and what must be true of it all the while.

Whoever drives it (Hypothesis, or plain chance) chooses who does what; its trail is stored,
read back and judged by an oracle that shares no code with the core.
"""

import json
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from core.audit.chain import GENESIS, broken_at, chain
from core.commands import Cancel, Command, Facts, Submit, Tick, WithdrawVote
from core.decide import Decided, decide, due
from core.directory.people import Directory, Person
from core.events import Actor, Finished, Recorded, Voted, read_recorded
from core.evolve import fold
from core.refusals import Refused
from core.request import Decision, RequestState, Status, asked
from core.route import Route
from core.rules.absence import Standing
from core.rules.waiting import waited_for
from core.value import Millis
from tests.core import acts
from tests.core.builders import DAY, HOUR, NOW, shown
from tests.core.oracle import Day, Trail
from tests.core.spec import vote
from tests.core.worlds import EVERYONE, START, changed

PLATFORMS = frozenset({"slack"})


class Anything:
    """A request, its directory, its clock, and every card of it that was ever shown."""

    def __init__(self) -> None:
        self.state = RequestState(id="R1")
        self.history: list[Recorded] = []
        self.days: list[Day] = []
        self.now = NOW
        self.cards: list[RequestState] = []
        self.directory = Directory(START.values())
        self.today = _known(self.directory)
        self.standing: tuple[Standing, ...] = ()
        self.frozen = False
        self.settled, self.looked = True, NOW

    # --- what people do --------------------------------------------------------------------

    def submit(self, command: Submit) -> None:
        self.do(command, None)
        if not self.state.version:
            assert self.frozen, "what passes by itself is refused while frozen"
            self.frozen = False
            self.do(command, None)

    def one_asked(self, who: int) -> str:
        """One of those who may decide now or stand in for them; anybody where nobody is."""
        stage = self.state.current
        assigned = () if stage is None else stage.assigned
        takers = tuple(d.taker for d in self.state.delegations if not d.ended)
        people = (*assigned, *takers) or EVERYONE
        return people[who % len(people)]

    def click(self, person: str, decision: Decision, back: int = 0) -> None:
        """On the present card, or one that was shown before."""
        if not self.cards:
            return
        card = self.cards[-1 - back % len(self.cards)]
        command = vote(self.state, person, decision, "why", binding=shown(card))
        self.do(replace(command, actor=self._actor(person)), person)

    def call(self, person: str, decision: Decision, stage: str | None) -> None:
        """Through the API, perhaps naming a stage."""
        command = vote(self.state, person, decision, "why", stage=stage)
        self.do(replace(command, actor=self._actor(person)), person)

    def late_call(self, person: str, decision: Decision, back: int) -> None:
        """Through the API, naming what stood when it was begun, perhaps long ago."""
        if not self.cards:
            return
        seen = self.cards[-1 - back % len(self.cards)]
        stage = seen.current
        assert stage is not None, "a card that was kept has an open stage"
        named = (stage.plan.level, stage.round, seen.revision)
        said = vote(seen, person, decision, "why", stage=stage.plan.name, revision=seen.revision)
        before = len(self.history)
        self.do(replace(said, actor=self._actor(person), round=stage.round), person)
        votes = [r.event for r in self.history[before:] if isinstance(r.event, Voted)]
        assert all((v.level, v.round, v.revision) == named for v in votes)

    def edit(
        self, person: str, amount: str, other: Route | None, lifetime: Millis | None = None
    ) -> None:
        """The policy may have another answer to what was edited."""
        draft = acts.a_draft(self.state, amount=amount, edited=("amount",), lifetime=lifetime)
        draft = replace(draft, route=other or draft.route)
        command = vote(self.state, person, Decision.APPROVE, revision=None, edit=draft)
        self.do(replace(command, actor=self._actor(person)), person)

    def revise(self, amount: str, other: Route | None, lifetime: Millis | None = None) -> None:
        command = acts.revise(self.state, amount=amount, lifetime=lifetime)
        draft = replace(command.draft, route=other or command.draft.route)
        self.do(replace(command, draft=draft), None)

    def bypass(self, person: str, confidence: int | None) -> None:
        """The glass is broken, or a model gives its word."""
        if confidence is None:
            self.do(acts.break_glass(person, actor=_on_the_web(person)), person)
        else:
            self.do(acts.advise(self.state, confidence=confidence), None)

    def withdraw(self, person: str) -> None:
        self.do(WithdrawVote(actor=self._actor(person), person=person), person)

    def cancel(self, person: str) -> None:
        self.do(Cancel(actor=Actor(via="api", person=person), person=person), person)

    def _actor(self, person: str) -> Actor:
        """Where the rule wants it; the wrong place is tried often enough elsewhere."""
        web = self.state.route is not None and self.state.route.decide_in == "web"
        return _on_the_web(person) if web else Actor(via="slack", person=person)

    # --- what happens outside ----------------------------------------------------------------

    def directory_changes(self, person: str, change: Callable[[Person], Person | None]) -> None:
        self.directory = changed(self.directory, person, change)
        self.today = _known(self.directory)
        self.settled = False

    def away(self, giver: str, taker: str, begins: Millis, cap: str | None) -> None:
        starts = self.now + begins
        name = f"s{len(self.history)}.{len(self.standing)}"
        new = acts.away(giver, taker, id=name, starts=starts, ends=starts + 2 * HOUR)
        self.standing += (replace(new, amount_cap=cap),)
        self.settled = False

    def back(self) -> None:
        """Whoever was away longest has come back."""
        self.standing = self.standing[1:]
        self.settled = False

    def tick(self, late: Millis) -> None:
        """The next alarm goes off, perhaps late."""
        if self.state.wake_at is not None:
            self.now = max(self.now, self.state.wake_at) + late
        self.do(Tick(), None)

    # --- how it is done ----------------------------------------------------------------------

    def facts(self, person: str | None) -> Facts:
        return Facts(
            person=None if person is None else self.directory.person(person),
            people=self.directory.people,
            standing=self.standing,
            platforms=PLATFORMS,
            frozen=self.frozen,
            kid="k1",
        )

    def do(self, command: Command, person: str | None) -> None:
        """What is due, then the command, as the service has it."""
        facts = self.facts(person)
        waited = due(self.state, facts, self.now)
        again = due(waited.state, facts, self.now)
        assert again == Decided(waited.state), "what is due is due once"
        try:
            own = decide(waited.state, command, facts, self.now)
        except Refused:
            own = Decided(waited.state)
        new = (*waited.events, *own.events)
        assert fold(self.state, new) == own.state, "the state is what the events add up to"
        self.history += new
        day = Day(self.today, self.frozen, self._caps())
        self.days += [day] * len(new)
        self.state = own.state
        self.settled, self.looked = True, self.now
        if self.state.current is not None:
            self.cards.append(self.state)

    def _caps(self) -> dict[str, str | None]:
        return {s.id: s.amount_cap for s in self.standing if s.active(self.now)}

    # --- what is always true -----------------------------------------------------------------

    def check_wake_at(self) -> None:
        """Nothing is due before it, and something is at it, while nothing changes outside."""
        facts, wake = self.facts(None), self.state.wake_at
        if wake is None:
            assert not due(self.state, facts, NOW + 30 * DAY).events
            return
        # One that begins wakes the request from outside.
        begins = [s.starts for s in self.standing if s.starts > self.looked]
        quiet = min([wake, *begins]) - 1
        if not self.settled or quiet < self.now:
            return
        for moment in {self.now, (self.now + quiet) // 2, quiet}:
            assert not due(self.state, facts, moment).events
        assert due(self.state, facts, wake).events

    def check_asked(self) -> None:
        """Whoever is waited for has been asked."""
        assert set(waited_for(self.state)) <= set(asked(self.state))

    def check_end(self) -> None:
        """A request ends once."""
        ends = sum(isinstance(r.event, Finished) for r in self.history)
        assert ends == (1 if self.state.outcome else 0)
        assert self.state.is_open == (self.state.outcome is None)

    def judge(self) -> None:
        """The stored trail verifies, replays, and is right in the oracle's eyes."""
        links = chain("R1", 0, GENESIS, self.history)
        assert broken_at("R1", [(link.body, link.hash) for link in links]) is None
        stored = [read_recorded(link.body) for link in links]
        assert stored == self.history, "what is stored is what happened"
        assert fold(RequestState(id="R1"), stored) == self.state, "a replay gives the state"
        trail = Trail()
        for link, day in zip(links, self.days, strict=True):
            trail.read(json.loads(link.body), day)
        self._agrees(trail)

    def _agrees(self, trail: Trail) -> None:
        """The oracle has come to the same state as the core."""
        here, there = self.state.current, trail.current()
        if not self.state.is_open:
            assert trail.ended == self.state.status.value
            return
        assert trail.ended is None
        assert (here is None) == (there is None) == (self.state.status is not Status.PENDING)
        if here is not None and there is not None:
            assert (here.plan.level, here.round) == (there.plan["level"], there.round)
            assert [v.person for v in here.votes] == [v["person"] for v in there.votes]
            if self.settled:
                today = self.days[-1]
                assert here.held or trail.possible(there, today), "never left to nobody"
                assert here.held or trail.possible(there, today, told=True), "nor to the untold"
                assert here.held or trail.somebody_knows(there, today)


def _known(directory: Directory) -> dict[str, dict[str, Any]]:
    """The directory as plain values, for the oracle."""
    names = ("email", "department", "roles", "groups", "conflicts")

    def plain(person: Person) -> dict[str, Any]:
        told = not PLATFORMS.isdisjoint(person.platforms)
        return {name: getattr(person, name) for name in names} | {"told": told}

    return {email: plain(person) for email, person in directory.people.items()}


def _on_the_web(person: str) -> Actor:
    """Signed in with the company account, as rules for the web want it."""
    return Actor(via="web", person=person, evidence={"signed_in": "oidc"})
