"""Any order of events: replay gives the same state, final means final, nobody decides twice."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.audit import GENESIS, broken_at, chain
from core.commands import Cancel, Command, Tick
from core.decide import decide, due
from core.events import Actor, Finished, Recorded
from core.evolve import fold
from core.quorum import needed, reached
from core.refusals import Refused
from core.request import Decision, RequestState, StageStatus, Status
from core.route import Entry, Quorum, StagePlan
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    DIRECTORY,
    FAYE,
    FINN,
    MARA,
    NOW,
    a_route,
    a_submit,
    shown,
)
from tests.core.spec import facts_of, vote

EVERYONE = (ALICE, MARA, FINN, FAYE, DANA, ADA)
people = st.sampled_from(EVERYONE)
ALL: st.SearchStrategy[Quorum] = st.just("all")


@st.composite
def plans(draw: st.DrawFn) -> tuple[StagePlan, ...]:
    found = []
    for level in range(1, draw(st.integers(1, 5)) + 1):
        groups = draw(
            st.lists(st.lists(people, min_size=1, max_size=3, unique=True), min_size=1, max_size=3)
        )
        entries = tuple(Entry(ref=f"e{i}", people=tuple(g)) for i, g in enumerate(groups))
        quorum: Quorum = draw(st.one_of(ALL, st.integers(1, len(entries))))
        plan = StagePlan(level=level, name=f"S{level}", entries=entries, quorum=quorum)
        found.append(plan)
    return tuple(found)


class AnyOrder(RuleBasedStateMachine):
    """Clicks of anyone, new and old cards, both buttons, cancels, ticks and late ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.state = RequestState(id="R1")
        self.history: list[Recorded] = []
        self.now = NOW
        self.cards: list[RequestState] = []

    @initialize(plans=plans(), owner=st.one_of(st.none(), people), blocks=st.booleans())
    def submit(self, plans: tuple[StagePlan, ...], owner: str | None, blocks: bool) -> None:
        route = a_route(*plans, block_self_approval=blocks)
        self._do(a_submit(route, owner=owner), None)

    @rule(person=people, decision=st.sampled_from(Decision), old=st.booleans(), data=st.data())
    def click(self, person: str, decision: Decision, old: bool, data: st.DataObject) -> None:
        if not self.cards:
            return
        seen = data.draw(st.sampled_from(self.cards)) if old else self.cards[-1]
        command = vote(self.state, person, decision, "because", binding=shown(seen))
        self._do(command, person)

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * 60_000

    @rule()
    def tick(self) -> None:
        self._do(Tick(), None)

    @rule(person=people)
    def cancel(self, person: str) -> None:
        self._do(Cancel(actor=Actor(via="api", person=person), person=person), person)

    def _do(self, command: Command, person: str | None) -> None:
        before = self.state
        waited = due(before, self.now)
        state = fold(before, waited)
        try:
            own = decide(state, command, facts_of(DIRECTORY, person), self.now)
        except Refused:
            own = []
        if before.version and not before.is_open:
            assert waited + own == [], "final means final"
        if self.now >= before.expires_at and before.version:
            assert not any(r.event.__class__.__name__ == "Voted" for r in own)
        self.history += [*waited, *own]
        self.state = fold(state, own)
        if self.state.current is not None:
            self.cards.append(self.state)

    @invariant()
    def replay_gives_the_same_state(self) -> None:
        assert fold(RequestState(id="R1"), self.history) == self.state

    @invariant()
    def nothing_is_decided_twice(self) -> None:
        ends = [r for r in self.history if isinstance(r.event, Finished)]
        assert len(ends) == (0 if self.state.is_open else 1)

    @invariant()
    def approved_means_every_stage_has_its_quorum_of_different_people(self) -> None:
        if self.state.status is not Status.APPROVED:
            return
        earlier: set[str] = set()
        for stage in self.state.stages:
            approvals = [v.person for v in stage.votes if v.decision is Decision.APPROVE]
            wanted = needed(stage.plan.entries, stage.plan.quorum)
            assert stage.status is StageStatus.APPROVED
            assert reached(stage.entries, wanted, approvals)
            assert len(set(approvals)) >= wanted
            assert not earlier & set(approvals), "one person approves one stage"
            earlier |= set(approvals)

    @invariant()
    def nobody_approves_what_they_asked_for(self) -> None:
        route = self.state.route
        if route is None or not route.block_self_approval:
            return
        approvals = {
            v.person for s in self.state.stages for v in s.votes if v.decision is Decision.APPROVE
        }
        assert not approvals & {self.state.requester, self.state.owner}

    @invariant()
    def at_most_one_stage_can_be_decided(self) -> None:
        pending = [s for s in self.state.stages if s.status is StageStatus.PENDING]
        assert len(pending) <= 1
        assert self.state.is_open or not pending

    @invariant()
    def the_chain_verifies(self) -> None:
        links = chain("R1", 0, GENESIS, self.history)
        assert broken_at("R1", [(link.body, link.hash) for link in links]) is None

    @invariant()
    def wake_at_is_when_something_is_due(self) -> None:
        wake = self.state.wake_at
        if wake is None:
            assert due(self.state, NOW + 10 * DAY) == []
        elif self.state.version:
            assert due(self.state, wake - 1) == []
            assert due(self.state, wake) != []


AnyOrder.TestCase.settings = settings(
    max_examples=int(os.environ.get("COUNTERSIGN_EXAMPLES", "500")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyOrder = AnyOrder.TestCase
