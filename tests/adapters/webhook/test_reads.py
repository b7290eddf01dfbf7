"""Seeing, waiting, listing and the trail."""

import asyncio
import hashlib
import json

import pytest

from adapters.webhook.mistakes import MAX_MISTAKES
from core.audit.chain import broken_at
from core.rows import ListFilter
from tests.adapters.webhook.conftest import Api, a_body
from tests.core.builders import NOW


async def test_a_request_is_seen_at_its_address(api: Api) -> None:
    made = await api.post("/v1/requests", a_body())
    seen = await api.get(made.headers["Location"])
    assert seen.status == 200
    assert seen.json == made.json
    assert api.service.last[1:] == ("r1", 0)


async def test_wait_is_handed_on_in_milliseconds(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    assert (await api.get("/v1/requests/r1?wait=30")).status == 200
    assert api.service.last[1:] == ("r1", 30_000)


@pytest.mark.parametrize("wait", ["-1", "61", "x", "1.5", "", "null", "٣", "99999999999999999999"])
async def test_a_wait_out_of_bounds_is_422_and_waits_for_nothing(api: Api, wait: str) -> None:
    await api.post("/v1/requests", a_body())
    reply = await api.get(f"/v1/requests/r1?wait={wait}")
    assert (reply.status, list(reply.fields)) == (422, ["wait"])
    assert reply.json["errors"][0]["remedy"] == "Send a whole number of seconds from 0 to 60."
    assert [name for name, _ in api.service.calls] == ["submit"]


async def test_other_calls_are_answered_while_one_waits(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    api.service.held.clear()
    waiting = asyncio.create_task(api.get("/v1/requests/r1?wait=60"))
    assert (await api.get("/v1/requests")).status == 200
    assert not waiting.done()
    api.service.held.set()
    assert (await waiting).status == 200


@pytest.mark.parametrize("later", [1_001, -3_600_000])
async def test_a_key_that_was_revoked_while_it_waited_is_refused_whatever_the_clock_does(
    api: Api, later: int
) -> None:
    await api.post("/v1/requests", a_body())
    api.service.held.clear()
    waiting = asyncio.create_task(api.get("/v1/requests/r1?wait=60"))
    while "view" not in [name for name, _ in api.service.calls]:
        await api.get("/healthz")
    api.keys.change("cs_good", revoked_at=NOW)
    api.now += later
    api.service.held.set()
    reply = await waiting
    assert (reply.status, reply.reason) == (401, "key_revoked")


@pytest.mark.parametrize("id", ["nope", "x" * 65, "%00", "a%20b", "..%2f..", "😀", "'--"])
async def test_an_id_that_is_not_there_is_404(api: Api, id: str) -> None:
    for path in (f"/v1/requests/{id}", f"/v1/requests/{id}/events"):
        reply = await api.get(path)
        assert reply.status == 404
        assert reply.reason in ("unknown_request", "unknown_route")
    reply = await api.post(f"/v1/requests/{id}/decisions", {"decision": "approve"})
    assert reply.status == 404
    asked = {name for name, _ in api.service.calls}
    assert asked == ({"view", "events", "decide"} if id == "nope" else set())


@pytest.mark.parametrize("path", ["/v1/requests/r1?wiat=3", "/v1/requests?aprover=x"])
async def test_an_unknown_parameter_is_refused_with_the_nearest_name(api: Api, path: str) -> None:
    reply = await api.get(path)
    assert reply.status == 422
    assert reply.json["errors"][0]["remedy"] in ("Did you mean wait?", "Did you mean approver?")


async def test_a_parameter_that_is_given_twice_is_refused(api: Api) -> None:
    reply = await api.get("/v1/requests?status=pending&status=approved")
    assert (reply.status, reply.fields) == (422, {"status": "is given twice"})


async def test_of_many_parameters_given_twice_only_some_are_told(api: Api) -> None:
    reply = await api.get(f"/v1/requests?{'&'.join(2 * [f'p{n}=' for n in range(50)])}")
    assert reply.status == 422
    assert len(reply.json["errors"]) == MAX_MISTAKES


async def test_a_list_is_filtered_and_paged(api: Api) -> None:
    query = (
        "status=pending&approver=Mara@example.com&requester=alice@example.com"
        "&category=review&limit=20&cursor=01abc"
    )
    reply = await api.get(f"/v1/requests?{query}")
    assert reply.json == {"items": [], "next_cursor": None}
    assert api.service.last[1] == ListFilter(
        status="pending",
        approver="mara@example.com",
        requester="alice@example.com",
        category="review",
        limit=20,
        cursor="01abc",
    )


async def test_a_list_without_parameters_has_fifty_at_most(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    reply = await api.get("/v1/requests")
    assert [item["id"] for item in reply.json["items"]] == ["r1"]
    assert api.service.last[1] == ListFilter(limit=50)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=201", "limit"),
        ("limit=all", "limit"),
        ("status=open", "status"),
        ("status=null", "status"),
        ("status=", "status"),
        ("category=any", "category"),
        ("approver=mara", "approver"),
        ("requester=null", "requester"),
        ("cursor=a%20b", "cursor"),
        ("cursor=", "cursor"),
    ],
)
async def test_a_wrong_filter_is_422_and_never_lists_everything(
    api: Api, query: str, field: str
) -> None:
    reply = await api.get(f"/v1/requests?{query}")
    assert (reply.status, list(reply.fields)) == (422, [field])
    assert api.service.calls == []


async def test_the_trail_goes_out_as_it_was_stored_and_can_be_checked(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    reply = await api.get("/v1/requests/r1/events")
    assert [event["type"] for event in reply.json["items"]] == [
        "submitted",
        "rationale_recorded",
        "stage_opened",
    ]
    assert [event["seq"] for event in reply.json["items"]] == [1, 2, 3]
    assert reply.json["items"][0]["at"] == "2027-01-15T08:00:00.000Z"
    records = [
        json.dumps(e["record"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        for e in reply.json["items"]
    ]
    hashes = [event["hash"] for event in reply.json["items"]]
    assert [hashlib.sha256(record).hexdigest() for record in records] == hashes
    assert broken_at("r1", zip(records, hashes, strict=True)) is None
    assert reply.json["content"]["R1.r1"]["title"] == "New ERP system"
    assert reply.json["next_cursor"] is None
