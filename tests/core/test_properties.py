"""Any order of anything: what must be true of every request, whatever was done to it.

Hypothesis finds short stories and shrinks them; chance tells long ones. `make soak` runs many
more of both.
"""

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from core.events import Actor
from core.request import Decision
from core.route import Route
from tests.core import acts
from tests.core.anything import Anything
from tests.core.builders import DAY, HOUR, NOW, a_submit
from tests.core.worlds import CHANGES, EVERYONE, a_random_route, people, routes

EXAMPLES = int(os.environ.get("COUNTERSIGN_EXAMPLES", "500"))
WALKS, SOAKED = 4_000, 50_000
AMOUNTS = ("90000", "120000", "150000")
MINUTES = (1, 20, 30, 45, 60, 300)
LATE = (0, 0, 1, 7 * HOUR)
CAPS = (None, None, "100000")
LIVES = (None, None, 5 * HOUR, 30 * DAY)
TOOLS = (acts.redeem, acts.revoke, acts.report)
STEER = (acts.escalate, acts.nudge)
CONFIDENCE = (None, 89, 95)
STAGES = (None, None, "S1", "S2")

asked = st.integers(0, 5)
amounts = st.sampled_from(AMOUNTS)
answers = st.one_of(st.none(), routes)
decisions = st.sampled_from(Decision)


class AnyOrder(RuleBasedStateMachine):
    """Clicks of anyone on new and old cards, and all else that people, agents and time do."""

    def __init__(self) -> None:
        super().__init__()
        self.one = Anything()

    @initialize(
        route=routes,
        owner=st.sampled_from((None, None, *EVERYONE[2:5])),
        submitter=st.sampled_from((None, None, None, *EVERYONE[1:3])),
        frozen=st.sampled_from((False,) * 7 + (True,)),
        away=st.lists(st.tuples(people, people), max_size=3),
    )
    def submit(
        self,
        route: Route,
        owner: str | None,
        submitter: str | None,
        frozen: bool,
        away: list[tuple[str, str]],
    ) -> None:
        self.one.frozen = frozen
        for giver, taker in away:
            self.one.away(giver, taker, 0, None)
        actor = Actor(via="api", agent="key-1", person=submitter)
        self.one.submit(a_submit(route, owner=owner, actor=actor))

    @rule(whose=st.lists(asked, min_size=1, max_size=3))
    def approve(self, whose: list[int]) -> None:
        for who in whose:
            self.one.click(self.one.one_asked(who), Decision.APPROVE)

    @rule(who=asked, decision=decisions)
    def decide(self, who: int, decision: Decision) -> None:
        self.one.click(self.one.one_asked(who), decision)

    @rule(person=people, decision=decisions, back=st.integers(0, 9))
    def click(self, person: str, decision: Decision, back: int) -> None:
        self.one.click(person, decision, back)

    @rule(person=people, decision=decisions, stage=st.sampled_from(STAGES))
    def call(self, person: str, decision: Decision, stage: str | None) -> None:
        self.one.call(person, decision, stage)

    @rule(who=asked, decision=decisions, back=st.integers(0, 9))
    def late_call(self, who: int, decision: Decision, back: int) -> None:
        self.one.late_call(self.one.one_asked(who), decision, back)

    @rule(who=asked)
    def withdraw(self, who: int) -> None:
        self.one.withdraw(self.one.one_asked(who))

    @rule(who=asked, taker=people)
    def hand_on(self, who: int, taker: str) -> None:
        giver = self.one.one_asked(who)
        self.one.do(acts.delegate(giver, taker), giver)

    @rule(who=asked, new=people)
    def reassign(self, who: int, new: str) -> None:
        self.one.do(acts.reassign(self.one.one_asked(who), new), None)

    @rule(what=st.sampled_from(STEER))
    def steer(self, what: Any) -> None:
        self.one.do(what(as_admin=True), None)

    @rule(who=asked, amount=amounts, other=answers)
    def edit(self, who: int, amount: str, other: Route | None) -> None:
        self.one.edit(self.one.one_asked(who), amount, other)

    @rule(amount=amounts, other=answers)
    def revise(self, amount: str, other: Route | None) -> None:
        self.one.revise(amount, other)

    @rule(person=people, confidence=st.sampled_from(CONFIDENCE))
    def bypass(self, person: str, confidence: int | None) -> None:
        self.one.bypass(person, confidence)

    @rule(what=st.sampled_from(TOOLS))
    def use(self, what: Any) -> None:
        self.one.do(what(), None)

    @rule(person=people, sure=st.integers(0, 9))
    def cancel(self, person: str, sure: int) -> None:
        if sure == 9:
            self.one.cancel(person)

    @rule(person=people, change=st.sampled_from(CHANGES))
    def directory_changes(self, person: str, change: Any) -> None:
        self.one.directory_changes(person, change)

    @rule(giver=people, taker=people, begins=st.integers(0, 3), cap=st.sampled_from(CAPS))
    def somebody_is_away(self, giver: str, taker: str, begins: int, cap: str | None) -> None:
        self.one.away(giver, taker, begins * HOUR, cap)

    @rule()
    def somebody_is_back(self) -> None:
        self.one.back()

    @rule(frozen=st.sampled_from((False,) * 4 + (True,)))
    def freeze(self, frozen: bool) -> None:
        self.one.frozen = frozen

    @rule(minutes=st.sampled_from(MINUTES))
    def time_passes(self, minutes: int) -> None:
        self.one.now += minutes * 60_000

    @rule(late=st.sampled_from(LATE))
    def tick(self, late: int) -> None:
        self.one.tick(late)

    @invariant()
    def wake_at_is_when_something_is_due(self) -> None:
        if self.one.history:
            self.one.check_wake_at()

    @invariant()
    def who_is_waited_for_was_asked(self) -> None:
        self.one.check_asked()

    @invariant()
    def it_ends_once(self) -> None:
        self.one.check_end()

    def teardown(self) -> None:
        if self.one.history:
            self.one.judge()


AnyOrder.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyOrder = AnyOrder.TestCase


# --- long stories --------------------------------------------------------------------------------


def _steps(one: Anything, rng: Random) -> dict[Callable[[], Any], int]:
    """What may happen next, and how often; what ends a request is rare."""
    some, pick = rng.randrange, rng.choice
    who, other = one.one_asked(some(6)), pick(EVERYONE)
    answer = a_random_route(rng.getrandbits(32)) if rng.random() < 0.5 else None
    return {
        lambda: one.click(who, Decision.APPROVE): 40,
        lambda: one.click(other, pick(tuple(Decision)), some(5)): 6,
        lambda: one.click(who, pick(tuple(Decision))): 4,
        lambda: one.call(other, pick(tuple(Decision)), pick(STAGES)): 4,
        lambda: one.late_call(who, pick(tuple(Decision)), some(5)): 4,
        lambda: one.withdraw(who): 3,
        lambda: one.do(acts.delegate(who, other), who): 10,
        lambda: one.do(acts.reassign(who, other), None): 4,
        lambda: one.do(pick(STEER)(as_admin=True), None): 3,
        lambda: one.edit(who, pick(AMOUNTS), answer, pick(LIVES)): 6,
        lambda: one.revise(pick(AMOUNTS), answer, pick(LIVES)): 2 if one.state.current else 30,
        lambda: one.bypass(other, pick(CONFIDENCE)): 2,
        lambda: one.do(pick(TOOLS)(), None): 1,
        lambda: one.directory_changes(other, pick(CHANGES)): 10,
        lambda: one.away(who, other, some(3) * HOUR, pick(CAPS)): 8,
        one.back: 3,
        lambda: setattr(one, "frozen", rng.random() < 0.2): 2,
        lambda: setattr(one, "now", one.now + pick(MINUTES) * 60_000): 8,
        lambda: one.tick(pick(LATE)): 8,
    }


def walk(seed: int) -> Anything:
    """One request's story; the same for the same seed."""
    rng = Random(seed)
    one = Anything()
    owner, submitter = rng.choice((None, None, *EVERYONE)), rng.choice((None, None, *EVERYONE))
    one.frozen = rng.random() < 0.1
    for _ in range(rng.choice((0, 0, 1, 3))):
        one.away(rng.choice(EVERYONE), rng.choice(EVERYONE), 0, rng.choice(CAPS))
    actor = Actor(via="api", agent="key-1", person=submitter)
    route = a_random_route(rng.getrandbits(32))
    command = a_submit(route, owner=owner, actor=actor, amount=rng.choice(AMOUNTS))
    one.submit(replace(command, expires_at=NOW + rng.choice((1, 5)) * DAY))
    left = 40
    while left:
        left -= 1 if one.state.is_open else 8
        steps = _steps(one, rng)
        rng.choices(tuple(steps), tuple(steps.values()))[0]()
        one.check_wake_at()
        one.check_asked()
        if left < 0:
            break
    one.check_end()
    one.judge()
    return one


def _walks(count: int) -> None:
    for seed in range(count):
        try:
            walk(seed)
        except AssertionError as error:
            error.add_note(f"the story of seed {seed}")
            raise


def test_long_stories_are_true_to_the_rules() -> None:
    _walks(WALKS)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_very_many_long_stories_are_true_to_the_rules() -> None:
    _walks(SOAKED)
