"""Two servers on one PostgreSQL: what may happen once, happens once, wherever it is asked for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import Json
from tests.e2e.test_rules_freeze import Headers, Site, pair
from tests.e2e.test_two_servers import ANN, BOB

DORA = "dora@example.com"
POLICY = f"""\
version: 1
rules:
  - name: payment
    when: request.action.type == "payment"
    category: review
    stages: [{{name: Finance, approvers: [{ANN}]}}]
fallback: {{category: review, stages: [{{name: Review, approvers: ["group:admins"]}}]}}
last_resort: group:admins
"""
DIRECTORY = f"""\
people:
  - {{email: {ANN}, name: Ann Able}}
  - {{email: {BOB}, name: Bob Baker}}
  - {{email: {DORA}, name: Dora Dale, groups: [admins]}}
"""
ROUNDS = 25


async def ask(there: Site, at: int, number: int, **fields: object) -> tuple[int, Json]:
    action = {"type": "payment", "params": {"number": number}}
    body = {"title": f"Payment {number}", "action": action} | fields
    return await there.call(at, "POST", "/v1/requests", there.agent, body)


async def away(there: Site, at: int, who: Headers, taker: str) -> tuple[int, Json]:
    return await there.call(at, "POST", "/v1/delegations", who, {"to": taker})


async def back(there: Site, id: str, who: Headers) -> None:
    status, told = await there.call(0, "DELETE", f"/v1/delegations/{id}", who)
    assert status == 200, told


async def see(there: Site, at: int, request: Json) -> Json:
    _, found = await there.call(at, "GET", f"/v1/requests/{request['id']}", there.agent)
    return found


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Site]:
    async with pair(tmp_path, POLICY, DIRECTORY) as running:
        yield running


@pytest.fixture
async def bob(there: Site) -> Headers:
    return await there.key("decide", "read", person=BOB)


async def test_an_absence_covers_what_is_asked_in_the_same_moment(there: Site) -> None:
    for number in range(8):
        (_, made), *asked = await asyncio.gather(
            away(there, number, there.ann, BOB),
            *(ask(there, number + n, number * 8 + n) for n in range(8)),
        )
        for status, request in asked:
            assert status == 201, request
            found = (await see(there, 0, request))["delegations"]
            assert [d["to"] for d in found if not d["ended"]] == [BOB]
        await back(there, made["id"], there.ann)
        for _, request in asked:
            found = (await see(there, 1, request))["delegations"]
            assert [d["ended"] for d in found] == [True]


async def test_two_who_leave_at_once_make_no_circle(there: Site, bob: Headers) -> None:
    for _ in range(4):
        both = await asyncio.gather(away(there, 0, there.ann, BOB), away(there, 1, bob, ANN))
        assert sorted(status for status, _ in both) == [201, 409], both
        for (status, told), giver in zip(both, (there.ann, bob), strict=True):
            if status == 201:
                await back(there, told["id"], giver)
            else:
                assert told["reason"] == "delegation_cycle"


async def test_a_rejected_request_is_followed_by_one_attempt(there: Site) -> None:
    for number in range(ROUNDS):
        _, first = await ask(there, 0, number)
        no = {"decision": "reject", "comment": "No"}
        path = f"/v1/requests/{first['id']}/decisions"
        assert (await there.call(1, "POST", path, there.ann, no))[0] == 200
        follow = {"previous_request_id": first["id"]}
        answers = await asyncio.gather(*(ask(there, n, number, **follow) for n in range(6)))
        assert sorted(status for status, _ in answers) == [201] + [409] * 5, answers
        assert {told["reason"] for s, told in answers if s == 409} == {"already_followed"}


async def test_a_seat_with_a_stand_in_has_one_vote(there: Site, bob: Headers) -> None:
    """Ann approves here while Bob, who stands in for her, rejects there."""
    await away(there, 0, there.ann, BOB)
    for number in range(ROUNDS):
        _, asked = await ask(there, 0, number)
        path, no = f"/v1/requests/{asked['id']}/decisions", {"decision": "reject", "comment": "No"}
        answers = await asyncio.gather(
            there.call(number, "POST", path, there.ann, {"decision": "approve"}),
            there.call(number + 1, "POST", path, bob, no),
        )
        assert sorted(status for status, _ in answers) == [200, 409], answers
        assert len((await see(there, 0, asked))["stages"][0]["votes"]) == 1
