"""Deciding and cancelling through the API."""

import pytest

from core.refusals import Reason, Refused
from core.request import Decision
from tests.adapters.webhook.conftest import Api, a_body

PATH = "/v1/requests/r1/decisions"


async def test_a_decision_is_the_keys_person_s(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    seen = {"stage": "Manager", "revision": 1, "round": 2}
    body = {"decision": "reject", "comment": "No budget"} | seen
    reply = await api.post(PATH, body)
    assert (reply.status, reply.json["id"]) == (200, "r1")
    caller, *rest = api.service.last
    assert caller.person == "mara@example.com"
    assert rest == ["r1", Decision.REJECT, "No budget", "Manager", 1, 2, None]


async def test_only_the_decision_is_needed(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    assert (await api.post(PATH, {"decision": "approve"})).status == 200
    assert api.service.last[1:] == ("r1", Decision.APPROVE, None, None, None, None, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"decision": "Approve"}, "decision"),
        ({"decision": True}, "decision"),
        ({"decision": None}, "decision"),
        ({"revision": 0}, "revision"),
        ({"revision": "1"}, "revision"),
        ({"round": 0}, "round"),
        ({"round": "1"}, "round"),
        ({"round": True}, "round"),
        ({"stage": 1}, "stage"),
        ({"stage": ""}, "stage"),
        ({"comment": "x" * 2001}, "comment"),
        ({"decidedBy": "slack:UCEO"}, "decidedBy"),
        ({"person": "ceo@example.com"}, "person"),
        ({"edits": [1]}, "edits"),
        ({"edits": {"amount": [1]}}, "edits"),
        ({"edits": {"amount": None}}, "edits"),
        ({"edits": {f"f{i}": 1 for i in range(51)}}, "edits"),
        ({"edits": {"x" * 201: 1}}, "edits"),
        ({"edits": {"amount": "12,50"}}, "edits.amount"),
        ({"edits": {"amount": "1e400000"}}, "edits.amount"),
        ({"edits": {"amount": "1_000"}}, "edits.amount"),
        ({"edits": {"amount": -1}}, "edits.amount"),
        ({"edits": {"amount": True}}, "edits.amount"),
        ({"edits": {"title": ""}}, "edits.title"),
        ({"edits": {"title": "x" * 151}}, "edits.title"),
        ({"edits": {"title": 1}}, "edits.title"),
        ({"edits": {"description": "x" * 10_001}}, "edits"),
    ],
)
async def test_a_wrong_field_is_422_and_decides_nothing(
    api: Api, change: dict[str, object], field: str
) -> None:
    reply = await api.post(PATH, {"decision": "approve"} | change)
    assert (reply.status, list(reply.fields)) == (422, [field])
    assert api.service.calls == []


async def test_edits_are_handed_on_as_they_were_sent(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    edits = {"amount": 900, "vendor": "ACME", "rush": True, "share": 0.5, "title": "Chairs"}
    reply = await api.post(PATH, {"decision": "approve", "edits": edits, "revision": 1})
    assert reply.status == 200
    assert api.service.last[-1] == edits


async def test_changes_can_be_asked_for(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    body = {"decision": "request_changes", "comment": "Which vendor?"}
    assert (await api.post(PATH, body)).status == 200
    assert api.service.last[2:4] == (Decision.REQUEST_CHANGES, "Which vendor?")


async def test_a_vote_is_taken_back_with_delete(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    reply = await api.call("DELETE", PATH)
    assert (reply.status, reply.json["id"]) == (200, "r1")
    assert api.service.calls[-1][0] == "withdraw_vote"


async def test_a_decision_without_its_word_is_422(api: Api) -> None:
    reply = await api.post(PATH, {})
    assert reply.fields == {"decision": "is missing"}


@pytest.mark.parametrize(
    ("refusal", "status", "fields"),
    [
        (Refused(Reason.STALE_CARD), 409, ["revision"]),
        (Refused(Reason.STALE_CARD, field="round"), 409, ["round"]),
        (Refused(Reason.WRONG_STAGE, stage="Director", current="Manager"), 409, ["stage"]),
        (Refused(Reason.FINISHED, status="approved"), 409, []),
        (Refused(Reason.REASON_REQUIRED), 422, ["comment"]),
        (Refused(Reason.SELF_APPROVAL), 403, []),
        (Refused(Reason.NOT_AN_APPROVER, stage="Manager"), 403, []),
        (Refused(Reason.NO_PERSON), 403, []),
        (Refused(Reason.UNKNOWN_REQUEST, request="r1"), 404, []),
    ],
)
async def test_a_refusal_is_told_with_its_reason(
    api: Api, refusal: Refused, status: int, fields: list[str]
) -> None:
    api.service.error = refusal
    reply = await api.post(PATH, {"decision": "approve"})
    assert (reply.status, reply.reason) == (status, refusal.reason.value)
    assert reply.json["detail"] == refusal.sentence
    assert list(reply.fields) == fields


async def test_a_request_is_cancelled_with_or_without_a_body(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    assert (await api.post("/v1/requests/r1/cancel")).status == 200
    assert api.service.last[1:] == ("r1", None)
    assert (await api.post("/v1/requests/r1/cancel", {"reason": "Not needed"})).status == 200
    assert api.service.last[1:] == ("r1", "Not needed")


async def test_a_cancel_with_a_body_that_is_not_json_is_refused(api: Api) -> None:
    reply = await api.send(b"now!", path="/v1/requests/r1/cancel")
    assert (reply.status, reply.reason) == (400, "malformed_json")
    assert api.service.calls == []
