"""Snapshots into answers: what is there, exactly, and null for what is not."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.webhook import present
from core.commands import CastVote, Submit
from core.content import Content, row
from core.decide import decide
from core.request import Decision
from core.route import Category
from core.rows import IN_DIGEST, Delivery, Recipient, Snapshot
from core.service.estimate import Estimate
from tests.adapters.webhook.fake_service import ADVICE, a_comment, a_snapshot, erased
from tests.core.builders import (
    AGENT,
    DIRECTORY,
    HOUR,
    MARA,
    NOW,
    a_revision,
    a_route,
    a_submit,
    content,
)
from tests.core.spec import facts_of


def shown(found: Snapshot) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(present.encode(present.request(found)))
    return answer


def voted(found: Snapshot, decision: Decision, comment: Content | None = None) -> Snapshot:
    """The request after Mara decided, a minute later."""
    command = CastVote(actor=AGENT, person=MARA, decision=decision, comment=comment)
    facts = facts_of(DIRECTORY, MARA)
    state = decide(found.state, command, facts, NOW + 60_000).state
    rows = {} if comment is None else {comment.id: comment.body}
    return replace(found, state=state, contents={**found.contents, **rows})


def submitted(**fields: Any) -> Submit:
    rows = (content("R1.r1", a_revision()), row("R1.a1", "00" * 16, ADVICE))
    return a_submit(content=rows[0], rationale=rows[1], **fields)


OPEN = {"status": "pending", "round": 1, "opened_at": "2027-01-15T08:00:00.000Z"}


def a_stage(level: int, name: str, *people: str) -> dict[str, Any]:
    """A stage that waits for its turn."""
    return {
        "level": level,
        "name": name,
        "status": "waiting",
        "round": 0,
        "escalated": False,
        "escalated_because": None,
        "held": None,
        "bypass": None,
        "quorum": 1,
        "assigned_to": list(people),
        "votes": [],
        "opened_at": None,
        "closed_at": None,
        "sla_deadline": None,
    }


def test_a_pending_request_is_shown_whole() -> None:
    assert shown(a_snapshot()) == {
        "id": "r1",
        "status": "pending",
        "category": "review",
        "revision": {
            "number": 1,
            "digest": a_revision().digest,
            "edited": [],
            "edited_by": None,
        },
        "action": {
            "type": "purchase_order",
            "params": {"purpose": "New ERP system", "amount": 120000},
        },
        "title": "New ERP system",
        "description": None,
        "requester": "alice@example.com",
        "agent": "purchasing",
        "amount": "120000",
        "currency": None,
        "risk_score": None,
        "policy": {"rule": "purchase-order", "version": "v1"},
        "current_stage": 1,
        "total_stages": 3,
        "stages": [
            a_stage(1, "Manager", "mara@example.com") | OPEN,
            a_stage(2, "Finance", "finn@example.com", "faye@example.com"),
            a_stage(3, "Director", "dana@example.com"),
        ],
        "estimated_completion": "unknown",
        "rationale": {
            "recommendation": "review",
            "confidence": None,
            "summary": "Look closely.",
            "points": [],
            "risks": [],
            "source": "rules",
            "questions": [],
            "rules": None,
            "model": None,
            "removed": [],
        },
        "decision": None,
        "feedback": None,
        "token": None,
        "execution": "not_started",
        "execution_report": None,
        "delegations": [],
        "comments": [],
        "comment_count": 0,
        "previous_request_id": None,
        "attempt": 1,
        "max_attempts": 5,
        "deliveries": [
            {
                "platform": "slack",
                "recipient": "mara@example.com",
                "state": "waiting",
                "wanted": 3,
                "shown": 0,
                "reason": None,
                "digest_at": None,
            }
        ],
        "created_at": "2027-01-15T08:00:00.000Z",
        "expires_at": "2027-01-16T08:00:00.000Z",
        "decided_at": None,
        "callback_url": None,
    }


def test_votes_and_the_decision_say_who_when_and_why() -> None:
    found = voted(a_snapshot(), Decision.REJECT, a_comment("c1", "No budget"))
    answer = shown(found)
    assert answer["status"] == "rejected"
    assert answer["current_stage"] is None
    assert answer["stages"][0]["votes"] == [
        {
            "person": "mara@example.com",
            "on_behalf_of": None,
            "through": [],
            "decision": "reject",
            "comment": "No budget",
            "via": "api",
            "at": "2027-01-15T08:01:00.000Z",
            "carried": False,
        }
    ]
    assert answer["decision"] == {
        "outcome": "rejected",
        "by": ["mara@example.com"],
        "reason": "No budget",
        "bypass": None,
        "cause": None,
        "at": "2027-01-15T08:01:00.000Z",
    }
    assert answer["decided_at"] == "2027-01-15T08:01:00.000Z"


def test_erased_content_is_null_and_nothing_fails() -> None:
    found = erased(voted(a_snapshot(), Decision.REJECT, a_comment("c1", "No budget")))
    answer = shown(found)
    assert answer["action"] == {"type": "purchase_order", "params": None}
    assert (answer["title"], answer["rationale"], answer["revision"]["digest"]) == (None,) * 3
    assert answer["stages"][0]["votes"][0]["comment"] is None
    assert answer["decision"]["reason"] is None


@pytest.mark.parametrize("category", [Category.PROHIBITED, Category.AUTO_APPROVE])
def test_what_a_rule_decided_gives_the_rule_s_own_reason(category: Category) -> None:
    route = a_route(category=category, because="Never delete a customer.", stages=())
    answer = shown(a_snapshot(submit=submitted(route=route)))
    assert answer["category"] == category.value
    assert answer["decision"]["by"] == []
    assert answer["decision"]["reason"] == "Never delete a customer."
    assert (answer["stages"], answer["total_stages"]) == ([], 0)


def test_the_estimate_is_a_moment_or_unknown_and_null_when_over() -> None:
    found = a_snapshot()
    known = json.loads(present.encode(present.request(found, estimate=Estimate(NOW + HOUR))))
    assert known["estimated_completion"] == "2027-01-15T09:00:00.000Z"
    assert shown(found)["estimated_completion"] == "unknown"
    over = voted(found, Decision.REJECT, a_comment("c1", "No budget"))
    assert shown(over)["estimated_completion"] is None


@pytest.mark.parametrize(
    ("shown_version", "dead", "state"),
    [(0, None, "waiting"), (2, None, "waiting"), (3, None, "shown"), (1, "no such user", "dead")],
)
def test_a_delivery_says_whether_it_is_shown(
    shown_version: int, dead: str | None, state: str
) -> None:
    to = Recipient(platform="teams", id="dana@example.com")
    delivery = Delivery(
        request="r1", to=to, wanted=3, shown=shown_version, attempts=1, dead_reason=dead
    )
    answer = shown(replace(a_snapshot(), deliveries=(delivery,)))
    assert [(d["state"], d["reason"]) for d in answer["deliveries"]] == [(state, dead)]


@pytest.mark.parametrize(("due", "comes"), [(NOW, "2027-01-15T08:00:00.000Z"), (0, None)])
def test_a_delivery_says_that_a_digest_tells_of_it_and_when(due: int, comes: str | None) -> None:
    delivery = Delivery(
        request="r1",
        to=Recipient(platform="slack", id="dana@example.com"),
        wanted=3,
        shown=0 if due else 3,
        attempts=0,
        next_at=due,
        waiting_reason=IN_DIGEST,
    )
    (shown_one,) = shown(replace(a_snapshot(), deliveries=(delivery,)))["deliveries"]
    assert (shown_one["state"], shown_one["digest_at"]) == ("digest", comes)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (951_782_400_007, "2000-02-29T00:00:00.007Z"),
        (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_is_rfc_3339_in_utc_with_milliseconds(at: int, text: str) -> None:
    assert present.moment(at) == text


def test_params_go_out_as_the_bytes_that_were_stored() -> None:
    body = b'{"action":{"params":{"z":1,"a":1e-7},"type":"a"},"digest":"d","title":"t"}'
    found = a_snapshot()
    stored = replace(found, contents={**found.contents, found.state.content: body})
    assert b'"params":{"z":1,"a":1e-7}' in present.encode(present.request(stored))
