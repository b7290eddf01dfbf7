"""Draft, validate, approve, execute: the steps by hand, then with people and a real server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from countersign_client import (
    Action,
    Approved,
    Ask,
    AsyncCountersign,
    ChangesRequested,
    Countersign,
    Feedback,
    Finished,
    Prohibited,
    Rejected,
    TokenProblem,
    Validation,
    run_stages,
    run_stages_async,
)
from countersign_client.request import read_request
from countersign_client.stages import Approve, Draft, Execute, Judge, Validate, stages
from tests.client.test_against_server import decide
from tests.client.test_flows import shown
from tests.e2e.company import Company, company

ASK = Ask(action=Action("refund", {"amount": 5}), title="Refund 5")
GOOD, BAD = Validation(score=0.9), Validation(score=0.2, issues=["no receipt"])


def rejected(id: str = "R1") -> Rejected:
    raw = shown("rejected", id=id, decision={"by": ["m@x"], "reason": "Too dear"})
    return Rejected(read_request(raw))


def sent_back() -> ChangesRequested:
    raw = shown("changes_requested", feedback={"by": "m@x", "level": 1, "reason": "Cheaper"})
    return ChangesRequested(read_request(raw))


def approved() -> Approved:
    return Approved(read_request(shown("approved", token="t")), "t")


def drive(max_retries: int, *answers: Any, validates: bool = False) -> tuple[Finished, list[Any]]:
    """How it ends, and every step; each is answered with the next of these."""
    flow = stages(max_retries, Judge(0.5), validates)
    steps, given = [next(flow)], iter(answers)
    while True:
        try:
            steps.append(flow.send(next(given)))
        except StopIteration as done:
            return done.value, steps


def test_what_is_approved_is_executed() -> None:
    finished, steps = drive(2, ASK, approved(), "paid")
    assert (finished.result, finished.attempts, finished.executed) == ("paid", 1, True)
    assert steps == [Draft(None), Approve(ASK), Execute(approved())]


def test_a_rejection_goes_into_the_next_draft_which_names_the_old_request() -> None:
    finished, steps = drive(1, ASK, rejected(), ASK, approved(), "paid")
    assert steps[2] == Draft(Feedback("Too dear", 1, rejected()))
    assert (steps[3].ask.previous, steps[3].revises) == ("R1", None)
    assert finished.attempts == 2


def test_feedback_is_answered_with_a_revision_of_the_same_request() -> None:
    _, steps = drive(1, ASK, sent_back(), ASK, approved(), "paid")
    assert steps[2] == Draft(Feedback("Cheaper", 1, sent_back()))
    assert (steps[3].ask.previous, steps[3].revises.id) == (None, "R1")


def test_after_so_many_drafts_the_last_no_stands() -> None:
    finished, steps = drive(2, ASK, rejected("R1"), ASK, rejected("R2"), ASK, rejected("R3"))
    assert isinstance(finished.outcome, Rejected)
    assert (finished.outcome.request.id, finished.attempts, finished.executed) == ("R3", 3, False)
    assert [type(step) for step in steps].count(Draft) == 3


def test_a_draft_that_does_not_pass_its_checks_asks_nobody() -> None:
    finished, steps = drive(1, ASK, BAD, ASK, GOOD, approved(), "paid", validates=True)
    assert steps[1] == Validate(ASK)
    assert steps[2] == Draft(Feedback("score 0.2: no receipt", 1))
    assert steps[4].ask.validation == GOOD, "people see what the checks said"
    assert finished.executed


def test_where_no_draft_passes_nobody_was_asked() -> None:
    finished, steps = drive(1, ASK, BAD, ASK, BAD, validates=True)
    assert (finished.outcome, finished.attempts, finished.validation) == (None, 2, BAD)
    assert not any(isinstance(step, Approve) for step in steps)


def test_what_is_forbidden_is_not_tried_again() -> None:
    forbidden = Prohibited(read_request(shown("prohibited")))
    finished, steps = drive(5, ASK, forbidden)
    assert (finished.outcome, len(steps)) == (forbidden, 2)


@pytest.mark.parametrize(
    ("validation", "least", "good"),
    [
        (Validation(score=0.5), 0.5, True),
        (Validation(score=0.49), 0.5, False),
        (Validation(score=0.1), None, True),
        (Validation(issues=["x"]), None, False),
        (Validation(issues=["x"]), 0.5, False),
        (Validation(score=0.9, issues=["x"]), 0.5, True),
    ],
)
def test_what_passes(validation: Validation, least: float | None, good: bool) -> None:
    assert Judge(least)(validation) is good


def test_fewer_than_no_retries_are_wrong() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        next(stages(-1, Judge(None), False))


# --- with people ---------------------------------------------------------------------------


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    async with company(tmp_path) as made:
        yield made


class Agent:
    """Offers less each time, and does what was approved."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.done: list[Action] = []

    def draft(self, feedback: Feedback | None) -> Ask:
        if feedback is not None:
            self.heard.append(feedback.reason)
        amount = 5000 - 500 * len(self.heard)
        action = Action("purchase_order", {"vendor": "Nordwind", "amount": amount})
        return Ask(action=action, title=f"Servers for {amount}", requester="alice@example.com")

    def execute(self, action: Action) -> str:
        self.done.append(action)
        return f"paid {action.params['amount']}"


async def people(co: Company) -> None:
    """Mara sends it back, rejects what comes then, and agrees to the third."""
    await decide(co, decision="request_changes", comment="Cheaper")
    await decide(co, decision="reject", comment="Cheaper still", revision=2)
    await decide(co, decision="approve")


async def test_an_agent_learns_from_a_no_until_it_is_approved(co: Company) -> None:
    agent = Agent()
    key = await co.key("submit", "read", "redeem")
    async with AsyncCountersign(co.base_url, key) as client:
        run = run_stages_async(client, draft=agent.draft, execute=agent.execute, timeout=20)
        finished, _ = await asyncio.gather(run, people(co))
    assert (finished.result, finished.attempts) == ("paid 4000", 3)
    assert agent.heard == ["Cheaper", "Cheaper still"]
    assert [action.params["amount"] for action in agent.done] == [4000]
    assert isinstance(finished.outcome, Approved)
    with pytest.raises(TokenProblem):
        async with AsyncCountersign(co.base_url, key) as client:
            await client.redeem(finished.outcome.token, finished.outcome.action)


async def test_ordinary_code_and_a_validation(co: Company) -> None:
    agent = Agent()
    key = await co.key("submit", "read", "redeem")
    checks = iter([BAD, GOOD])

    def run() -> Finished:
        with Countersign(co.base_url, key) as client:
            return run_stages(
                client,
                draft=agent.draft,
                validate=lambda _: next(checks),
                least_score=0.5,
                execute=agent.execute,
                timeout=20,
            )

    finished, _ = await asyncio.gather(asyncio.to_thread(run), decide(co, decision="approve"))
    assert (finished.result, agent.heard) == ("paid 4500", ["score 0.2: no receipt"])
    _, found = await co.call("GET", "/v1/requests", await co.key("read_all"))
    assert [item["execution"] for item in found["items"]] == ["succeeded"]
