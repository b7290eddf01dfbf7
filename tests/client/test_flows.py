"""What the client says and when, driven by hand: no network, no clock."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from countersign_client import (
    Action,
    Approved,
    Ask,
    ChangesRequested,
    NotApproved,
    Prohibited,
    Refused,
    Rejected,
    TokenProblem,
    Unavailable,
    Validation,
    WaitedTooLong,
    flows,
)
from countersign_client.flows import Broken, Call, Flow, Pause, Reply, World

ASK = Ask(action=Action("refund", {"amount": 5}), title="Refund 5")
ACTION = Action("refund", {"amount": 5})


class Clock:
    at = 100.0

    def __call__(self) -> float:
        return self.at


def world(clock: Clock | None = None) -> World:
    numbers = itertools.count(1)
    return World(clock or Clock(), lambda: f"k{next(numbers)}", lambda: 0.5)


def shown(status: str = "pending", **fields: Any) -> dict[str, Any]:
    return {
        "id": "R1",
        "status": status,
        "revision": {"number": 1, "edited": []},
        "action": {"type": "refund", "params": {"amount": 5}},
        "decision": None,
        "feedback": None,
        "token": None,
    } | fields


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, json.dumps(body).encode())


def drive(flow: Flow[Any], *heard: Reply | Broken) -> tuple[Any, list[Call | Pause]]:
    """The result, and all that was done; every call is answered with the next of these."""
    answers, steps = iter(heard), list[Call | Pause]()
    step = next(flow)
    while True:
        steps.append(step)
        try:
            step = flow.send(next(answers) if isinstance(step, Call) else None)
        except StopIteration as done:
            return done.value, steps


def calls(steps: Sequence[Call | Pause]) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in steps if isinstance(each, Call)]


def test_asking_says_all_that_was_given_and_nothing_else() -> None:
    full = Ask(
        action=Action("refund", {"amount": 5}),
        title="Refund 5",
        requester="alice@example.com",
        validation=Validation(score=0.5, issues=["late"]),
        context={"reasoning": "late"},
        labels=["vip"],
        previous="R0",
    )
    found, (call,) = drive(flows.submit(world(), full, None), reply(shown(), 201))
    assert call == Call(
        "POST",
        "/v1/requests",
        {
            "action": {"type": "refund", "params": {"amount": 5}},
            "title": "Refund 5",
            "requester": "alice@example.com",
            "labels": ["vip"],
            "context": {"reasoning": "late", "validation": {"issues": ["late"], "score": 0.5}},
            "previous_request_id": "R0",
        },
        {"Idempotency-Key": "k1"},
    )
    assert (found.id, found.status, found.action) == ("R1", "pending", ACTION)


def test_the_idempotency_key_is_the_callers_and_the_same_in_every_try() -> None:
    _, steps = drive(
        flows.submit(world(), ASK, "mine"),
        Broken("lost"),
        reply({}, 503),
        reply(shown(), 201),
    )
    keys = {each.headers["Idempotency-Key"] for each in steps if isinstance(each, Call)}
    assert keys == {"mine"}
    assert [p.seconds for p in steps if isinstance(p, Pause)] == [0.375, 0.75]


def test_asking_again_for_what_is_approved_by_now_fetches_the_token() -> None:
    flow = flows.request_approval(world(), ASK, "mine", None)
    repeated = reply(shown("approved"), 201)  # a repeated submission shows no token
    outcome, steps = drive(flow, repeated, reply(shown("approved", token="a.b.c")))
    assert isinstance(outcome, Approved)
    assert outcome.token == "a.b.c"
    assert calls(steps) == [("POST", "/v1/requests"), ("GET", "/v1/requests/R1")]


def test_the_server_says_how_long_to_wait() -> None:
    _, steps = drive(
        flows.submit(world(), ASK, None), reply({}, 429, retry_after="7"), reply(shown(), 201)
    )
    assert [p.seconds for p in steps if isinstance(p, Pause)] == [7.25]


@pytest.mark.parametrize(
    ("asked", "seconds"), [("9" * 5000, 30.25), ("0" * 5000, 0.25), ("inf", 0.375)]
)
def test_a_wait_without_measure_is_no_longer_than_any(asked: str, seconds: float) -> None:
    _, steps = drive(
        flows.submit(world(), ASK, None), reply({}, 429, retry_after=asked), reply(shown(), 201)
    )
    assert [p.seconds for p in steps if isinstance(p, Pause)] == [seconds]


def test_what_never_answers_is_unavailable_and_says_so_without_the_key() -> None:
    flow = flows.submit(world(), ASK, "secret-key")
    with pytest.raises(Unavailable, match=r"^lost \(5 tries\)$"):
        drive(flow, *[Broken("lost")] * 5)


@pytest.mark.parametrize(
    "answer", [Reply(200, {}, b"<html>"), Reply(302, {}, b""), reply([1]), reply({"id": 1})]
)
def test_what_is_no_server_of_ours_is_told(answer: Reply) -> None:
    with pytest.raises(Unavailable, match="address"):
        drive(flows.view(world(), "R1"), answer)


def test_a_refusal_says_what_the_server_says() -> None:
    problem = {
        "reason": "invalid_input",
        "detail": "Some fields are wrong.",
        "errors": [{"field": "title", "problem": "is missing"}],
    }
    with pytest.raises(Refused) as caught:
        drive(flows.submit(world(), ASK, None), reply(problem, 422))
    assert (caught.value.status, caught.value.reason) == (422, "invalid_input")
    assert str(caught.value) == "Some fields are wrong. title: is missing"


def test_waiting_holds_and_asks_again_until_it_is_decided() -> None:
    outcome, steps = drive(
        flows.request_approval(world(), ASK, None, None),
        reply(shown(), 201),
        reply(shown()),
        reply(shown("approved", token="t.t.t", decision={"by": ["mara@example.com"]})),
    )
    assert calls(steps)[1:] == [("GET", "/v1/requests/R1?wait=30")] * 2
    assert isinstance(outcome, Approved)
    assert (outcome.token, outcome.request.by) == ("t.t.t", ("mara@example.com",))


def test_waiting_ends_when_its_time_is_over() -> None:
    clock = Clock()
    flow = flows.wait(world(clock), "R1", 10)
    step = next(flow)
    assert isinstance(step, Call)
    assert (step.path, step.seconds) == ("/v1/requests/R1?wait=10", 30.0)
    clock.at += 10
    with pytest.raises(WaitedTooLong) as caught:
        flow.send(reply(shown()))
    assert caught.value.request_id == "R1"


def test_an_answer_that_needs_no_waiting_is_the_outcome() -> None:
    decided = shown("prohibited", decision={"by": [], "reason": "Only a person may."})
    outcome, steps = drive(flows.request_approval(world(), ASK, None, None), reply(decided, 201))
    assert isinstance(outcome, Prohibited)
    assert outcome.sentence == "prohibited: Only a person may."
    assert len(steps) == 1


def test_a_rejection_from_the_record_is_a_rejection() -> None:
    body = shown("rejected", answered_from_record=True, decision={"by": ["m@x"], "reason": "No"})
    outcome, _ = drive(flows.request_approval(world(), ASK, None, None), reply(body))
    assert isinstance(outcome, Rejected)
    assert outcome.request.from_record
    assert outcome.sentence == "rejected by m@x: No"


def test_feedback_names_who_wants_what() -> None:
    body = shown("changes_requested", feedback={"by": "m@x", "level": 1, "reason": "Cheaper"})
    outcome, _ = drive(flows.wait(world(), "R1", None), reply(body))
    assert isinstance(outcome, ChangesRequested)
    assert outcome.sentence == "changes requested by m@x: Cheaper"


def test_an_approval_of_another_key_has_no_token_to_run_with() -> None:
    with pytest.raises(NotApproved, match="only the key that asked"):
        drive(flows.wait(world(), "R1", None), reply(shown("approved")))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("token_used", "used"),
        ("token_revoked", "revoked"),
        ("token_expired", "expired"),
        ("token_invalid", "malformed"),
        ("other_action", "other_action"),
    ],
)
def test_why_a_token_is_not_taken_is_of_a_closed_set(reason: str, kind: str) -> None:
    answer = reply({"reason": reason, "detail": "No."}, 409)
    with pytest.raises(TokenProblem) as caught:
        drive(flows.redeem(world(), "t", ACTION), answer)
    assert caught.value.kind == kind


def test_nothing_runs_while_everything_is_frozen() -> None:
    with pytest.raises(NotApproved, match="frozen"):
        drive(
            flows.redeem(world(), "t", ACTION),
            reply({"reason": "frozen", "detail": "Everything is frozen."}, 409),
        )


def test_an_id_cannot_lead_elsewhere() -> None:
    there = "../v1/policy?x=1"
    _, (call,) = drive(flows.view(world(), there), reply(shown(id=there)))
    assert isinstance(call, Call)
    assert call.path == "/v1/requests/..%2Fv1%2Fpolicy%3Fx%3D1"


# --- servers that come and go, and answers that are somebody else's ---------------------------


def test_a_server_that_holds_nothing_is_not_asked_without_a_pause() -> None:
    _, steps = drive(
        flows.wait(world(), "R1", None), reply(shown()), reply(shown()), reply(shown("expired"))
    )
    assert [p.seconds for p in steps if isinstance(p, Pause)] == [2.0, 2.0]


def test_who_waits_outlasts_a_server_that_is_away() -> None:
    clock = Clock()
    with pytest.raises(Unavailable, match=r"^lost \(\d\d tries\)$"):
        unanswered(flows.wait(world(clock), "R1", None), clock)
    assert flows.PATIENCE <= clock.at - 100.0 < flows.PATIENCE + flows.LONGEST_PAUSE
    outcome, _ = drive(
        flows.wait(world(), "R1", None), *[reply({}, 503)] * 20, reply(shown("expired"))
    )
    assert outcome.request.status == "expired"


def unanswered(flow: Flow[Any], clock: Clock) -> None:
    """Nothing is ever answered, and pauses take as long as they say."""
    step = next(flow)
    while True:
        clock.at += step.seconds if isinstance(step, Pause) else 0.0
        step = flow.send(Broken("lost") if isinstance(step, Call) else None)


def test_an_answer_about_another_request_is_not_believed() -> None:
    others = reply(shown("approved", token="t.t.t", id="R2"))
    for flow in (flows.wait(world(), "R1", None), flows.report(world(), "R1", True, None)):
        with pytest.raises(Unavailable, match="another request"):
            drive(flow, others)


def test_what_was_redeemed_is_what_was_named() -> None:
    for params in ({"amount": 500}, {"amount": True}, None):
        found = reply(shown("approved", action={"type": "refund", "params": params}))
        with pytest.raises(NotApproved, match="another action"):
            drive(flows.redeem(world(), "t", ACTION), found)
    used, _ = drive(flows.redeem(world(), "t", ACTION), reply(shown("approved")))
    assert used.action == ACTION


def test_what_has_no_keys_is_no_server_of_ours() -> None:
    for answer in (reply({}), reply({"keys": None})):
        with pytest.raises(Unavailable, match="no keys"):
            drive(flows.keys(world()), answer)
