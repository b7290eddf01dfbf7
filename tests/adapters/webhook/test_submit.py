"""POST /v1/requests: what an agent sends, and what it gets back."""

import asyncio
import hashlib

import pytest

from core.refusals import Reason, Refused, invalid
from core.submission import Submission
from tests.adapters.webhook.conftest import Api, a_body


async def test_a_submission_reaches_the_service_field_by_field(api: Api) -> None:
    body = a_body(
        description="The old one is slow.",
        amount="120000.00",
        currency="EUR",
        risk_score=40,
        context={"reasoning": "cheaper", "validation": {"score": 0.9, "issues": ["one"]}},
        labels=["erp", "q4"],
        expires_in="90m",
        previous_request_id="01abc",
    )
    reply = await api.post("/v1/requests", body)
    assert reply.status == 201
    submission, caller, idempotency = api.service.last
    assert submission == Submission(
        action_type="purchase_order",
        params={"purpose": "New ERP system", "amount": 120000},
        title="New ERP system",
        description="The old one is slow.",
        requester="alice@example.com",
        amount="120000.00",
        currency="EUR",
        risk_score=40,
        context={"reasoning": "cheaper", "validation": {"score": 0.9, "issues": ["one"]}},
        labels=("erp", "q4"),
        expires_in=90 * 60_000,
        previous_request_id="01abc",
    )
    assert (caller.key_id, caller.person) == ("key-1", "mara@example.com")
    assert idempotency is None


async def test_the_answer_is_the_request_with_its_address(api: Api) -> None:
    reply = await api.post("/v1/requests", a_body())
    assert reply.headers["Location"] == "/v1/requests/r1"
    assert reply.headers["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in reply.headers
    assert list(reply.json) == [
        *["id", "status", "category", "revision", "action", "title", "description"],
        *["requester", "agent", "amount", "currency", "risk_score", "policy"],
        *["current_stage", "total_stages", "stages", "estimated_completion", "rationale"],
        *["decision", "feedback", "token", "execution", "execution_report", "delegations"],
        *["comments", "comment_count", "previous_request_id", "attempt", "max_attempts"],
        "deliveries",
        *["created_at", "expires_at", "decided_at", "callback_url"],
    ]
    assert reply.json["id"] == "r1"
    assert reply.json["status"] == "pending"
    assert reply.json["action"]["params"] == {"purpose": "New ERP system", "amount": 120000}


@pytest.mark.parametrize(
    ("sent", "taken"),
    [(5, "5"), (0, "0"), (12.5, "12.5"), (1e-7, "1e-07"), ("12.50", "12.50"), (None, None)],
)
async def test_an_amount_is_taken_exactly_as_it_was_written(
    api: Api, sent: object, taken: str | None
) -> None:
    assert (await api.post("/v1/requests", a_body(amount=sent))).status == 201
    assert api.service.last[0].amount == taken


@pytest.mark.parametrize(
    "sent", ["NaN", "-1", "1e5", "1_000", "١٢", "", " 5", "5\n", -1, [5], True]
)
async def test_what_is_no_amount_is_refused(api: Api, sent: object) -> None:
    reply = await api.post("/v1/requests", a_body(amount=sent))
    assert (reply.status, list(reply.fields)) == (422, ["amount"])
    assert api.service.calls == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \u200b\n"}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"title": 5}, "title"),
        ({"title": None}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"requester": "not-an-address"}, "requester"),
        ({"requester": "a@b@c"}, "requester"),
        ({"requester": "alice@example.com\n"}, "requester"),
        ({"requester": f"{'a' * 65}@example.com"}, "requester"),
        ({"currency": "eur"}, "currency"),
        ({"risk_score": 101}, "risk_score"),
        ({"risk_score": -1}, "risk_score"),
        ({"risk_score": 50.5}, "risk_score"),
        ({"risk_score": "50"}, "risk_score"),
        ({"risk_score": True}, "risk_score"),
        ({"labels": ["x"] * 21}, "labels"),
        ({"labels": ["x" * 51]}, "labels[0]"),
        ({"labels": "urgent"}, "labels"),
        ({"expires_in": "soon"}, "expires_in"),
        ({"expires_in": "0m"}, "expires_in"),
        ({"expires_in": 90}, "expires_in"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"action": None}, "action"),
        ({"action": {"type": "Purchase Order"}}, "action.type"),
        ({"action": {"type": "x" * 101}}, "action.type"),
        ({"action": {"type": "a", "params": "str"}}, "action.params"),
        ({"action": {"type": "a", "params": []}}, "action.params"),
        ({"action": {"params": {}}}, "action.type"),
        ({"context": {"mood": "good"}}, "context.mood"),
        ({"context": {"links": ["x"] * 21}}, "context.links"),
        ({"context": {"conversation": "x" * 70_000}}, "context"),
        ({"context": "because"}, "context"),
        ({"approver": "ceo@example.com"}, "approver"),
        ({"callback_url": "https://example.com"}, "callback_url"),
        ({"previous_request_id": "a b"}, "previous_request_id"),
    ],
)
async def test_a_wrong_field_is_named_with_a_remedy_and_nothing_is_stored(
    api: Api, change: dict[str, object], field: str
) -> None:
    reply = await api.post("/v1/requests", a_body(**change))
    assert (reply.status, reply.reason) == (422, "invalid_input")
    assert list(reply.fields) == [field]
    assert all(error["remedy"].endswith((".", "?")) for error in reply.json["errors"])
    assert api.service.calls == []


async def test_all_mistakes_are_told_at_once(api: Api) -> None:
    reply = await api.post("/v1/requests", {"titel": "x", "action": {"type": 5}, "labels": [1]})
    assert reply.fields == {
        "titel": "is not a known field",
        "action.type": "is a whole number, which is not possible here",
        "title": "is missing",
        "labels[0]": "does not have the right form",
    }
    remedies = {e["field"]: e["remedy"] for e in reply.json["errors"]}
    assert remedies["titel"] == "Did you mean title?"


async def test_a_title_of_150_characters_outside_the_basic_plane_is_taken(api: Api) -> None:
    assert (await api.post("/v1/requests", a_body(title="😀" * 150))).status == 201


async def test_an_unknown_requester_is_422_and_names_the_field(api: Api) -> None:
    api.service.error = Refused(Reason.UNKNOWN_REQUESTER, requester="bob@example.com")
    reply = await api.post("/v1/requests", a_body())
    assert (reply.status, reply.reason) == (422, "unknown_requester")
    assert list(reply.fields) == ["requester"]
    assert "bob@example.com" in reply.json["detail"]


async def test_a_field_that_the_core_refuses_keeps_its_place_and_remedy(api: Api) -> None:
    api.service.error = invalid("amount", "is 5, but action.params.amount is 6", "Send one.")
    reply = await api.post("/v1/requests", a_body(amount=5))
    assert (reply.status, reply.reason) == (422, "invalid_field")
    assert reply.json["errors"] == [
        {"field": "amount", "problem": "is 5, but action.params.amount is 6", "remedy": "Send one."}
    ]


async def test_one_idempotency_key_fifty_times_at_once_is_one_request(api: Api) -> None:
    headers = {"Idempotency-Key": "abc-1"}
    calls = (api.post("/v1/requests", a_body(), headers=headers) for _ in range(50))
    replies = await asyncio.gather(*calls)
    assert {reply.status for reply in replies} == {201}
    assert {reply.json["id"] for reply in replies} == {"r1"}
    replayed = [r for r in replies if r.headers.get("Idempotent-Replayed") == "true"]
    assert len(replayed) == 49


async def test_the_service_gets_the_hash_of_the_path_and_the_very_bytes_that_came(api: Api) -> None:
    body = b'{"title": "x",  "action": {"type": "a"}}'
    await api.send(body, headers={"Idempotency-Key": "k"})
    assert api.service.last[2] == ("k", hashlib.sha256(b"/v1/requests\n" + body).hexdigest())


async def test_an_idempotency_key_with_another_body_is_422(api: Api) -> None:
    headers = {"Idempotency-Key": "abc"}
    await api.post("/v1/requests", a_body(), headers=headers)
    reply = await api.post("/v1/requests", a_body(title="Another"), headers=headers)
    assert (reply.status, reply.reason) == (422, "idempotency_mismatch")
    assert len(api.service.requests) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "tab\there", "ä"])
async def test_an_idempotency_key_must_be_visible_ascii(api: Api, key: str) -> None:
    reply = await api.post("/v1/requests", a_body(), headers={"Idempotency-Key": key})
    assert (reply.status, list(reply.fields)) == (422, ["Idempotency-Key"])
    assert api.service.calls == []


async def test_an_idempotency_key_of_255_characters_is_taken(api: Api) -> None:
    key = "~" * 255
    await api.post("/v1/requests", a_body(), headers={"Idempotency-Key": key})
    assert api.service.last[2][0] == key
