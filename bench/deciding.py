"""How fast the rules are alone: decide and evolve, facts given, nothing stored.

A request has three stages that each want two of a group of six; it is submitted and six people
approve, which makes seven commands. The floor hashes the records that these commands lead to,
as whoever keeps a chain of them has to.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.report import Line
from core.audit.chain import GENESIS, chain
from core.commands import Binding, CastVote, Facts, Submit
from core.content import Content
from core.decide import COMMITMENT_SHOWN, decide
from core.directory.people import Person
from core.events import Actor, Recorded
from core.request import Decision, RequestState, Status
from core.route import Category, Entry, Route, StagePlan

ROUNDS = 7
REQUESTS = 1_000
"""In each round."""

GOAL = 50_000
"""Commands a second on one core."""

AT = 1_800_000_000_000
GROUP = tuple(f"person{number}@example.com" for number in range(6))
PEOPLE = {
    email: Person(email=email, name=email, groups=("first", "second", "third")) for email in GROUP
}


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each round for so many commands, and for hashing their records."""

    commands: int
    deciding: Sequence[float]
    hashing: Sequence[float]


def measure(rounds: int = ROUNDS, requests: int = REQUESTS) -> Times:
    """Both in turn, in this thread. Processor time, since other programs run too."""
    bodies = [link.body for link in chain("R1", 0, GENESIS, _decided()[1])]
    deciding, hashing = list[float](), list[float]()
    _decided()
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(requests):
            _decided()
        deciding.append(time.process_time() - begun)
        begun = time.process_time()
        for _ in range(requests):
            for body in bodies:
                hashlib.sha256(body).digest()
        hashing.append(time.process_time() - begun)
    return Times(requests * (1 + len(GROUP)), deciding, hashing)


def lines(times: Times) -> list[Line]:
    """The rate, beside the floor."""
    rate = times.commands / median(times.deciding)
    floor = times.commands / median(times.hashing)
    return [
        Line("\nThe rules alone: decide and evolve, three stages, each two of a group of six"),
        Line(f"  Medians of {len(times.deciding)} rounds of {times.commands} commands, one core."),
        Line("commands", f"{rate:,.0f}/s", f">= {GOAL:,}/s", rate >= GOAL),
        Line("floor: SHA-256 over the records they lead to", f"{floor:,.0f}/s"),
        Line("rate, rules to floor", f"{rate / floor:.3f}"),
    ]


def _decided() -> tuple[RequestState, list[Recorded]]:
    """One request from the submission to the approval."""
    state, history = RequestState(id="R1"), list[Recorded]()
    state = _applied(state, _submit(), Facts(people=PEOPLE), history)
    for email in GROUP:
        facts = Facts(person=PEOPLE[email], people=PEOPLE)
        state = _applied(state, _approval(state, email), facts, history)
    assert state.status is Status.APPROVED
    return state, history


def _applied(
    state: RequestState, command: Submit | CastVote, facts: Facts, history: list[Recorded]
) -> RequestState:
    own = decide(state, command, facts, AT)
    history += own.events
    return own.state


def _submit() -> Submit:
    return Submit(
        actor=Actor(via="api", agent="key-1"),
        agent="purchasing",
        agent_key="key-1",
        owner=None,
        requester="alice@example.com",
        action_type="purchase_order",
        amount="120000",
        currency="EUR",
        risk_score=None,
        route=ROUTE,
        content=CONTENT,
        rationale=CONTENT,
        recommendation="review",
        expires_at=AT + 86_400_000,
    )


def _approval(state: RequestState, email: str) -> CastVote:
    stage = state.current
    assert stage is not None, "a stage waits until the last has approved"
    shown = Binding(
        request=state.id,
        revision=state.revision,
        commitment=state.commitment[:COMMITMENT_SHOWN],
        level=stage.plan.level,
        round=stage.round,
    )
    actor = Actor(via="slack", person=email)
    return CastVote(actor=actor, person=email, decision=Decision.APPROVE, binding=shown)


CONTENT = Content(id="R1.r1", salt="00" * 16, body=b"{}")
ROUTE = Route(
    rule="purchase-order",
    policy_version="v1",
    category=Category.REVIEW,
    stages=tuple(
        StagePlan(
            level=level,
            name=name,
            entries=(Entry(ref=f"group:{name}", people=GROUP, seats=2),),
            quorum=2,
        )
        for level, name in enumerate(("first", "second", "third"), start=1)
    ),
)
