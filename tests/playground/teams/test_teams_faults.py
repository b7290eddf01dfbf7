"""The connector and the login when they are told to misbehave."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Kit, Tenant

HELLO = {"type": "message", "text": "hello"}


async def test_throttling_says_when_to_come_back_and_does_nothing(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    tenant.place.faults.add("teams", "POST activities", "429", retry_after=2, times=1)
    url = f"{tenant.connector}/v3/conversations/{chat}/activities"
    headers = {"Authorization": f"Bearer {tenant.access}"}
    async with tenant.http.post(url, json=HELLO, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
        assert (await answer.json())["error"]["code"] == "Throttled"
    assert tenant.activities(chat) == []
    await tenant.post(chat, HELLO)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"do": "500"}, 500, "ServiceError"),
        ({"do": "500", "status": 502}, 502, "ServiceError"),
        ({"do": "500", "status": 504}, 504, "ServiceError"),
        ({"do": "error", "error": "PreconditionFailed"}, 412, "PreconditionFailed"),
        ({"do": "error", "error": "ConversationBlockedByUser"}, 403, "ConversationBlockedByUser"),
        ({"do": "error", "error": "BotDisabledByAdmin"}, 403, "BotDisabledByAdmin"),
        ({"do": "error", "error": "BotNotRegistered"}, 401, "BotNotRegistered"),
        ({"do": "error", "error": "Odd", "status": 418}, 418, "Odd"),
    ],
)
async def test_a_failing_update_changes_nothing(
    tenant: Tenant, kit: Kit, fault: dict[str, Any], status: int, code: str
) -> None:
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, HELLO)
    tenant.place.faults.add("teams", "PUT activities", **fault)
    path, changed = f"/{chat}/activities/{message}", {"type": "message", "text": "changed"}
    answered, body = await tenant.call("PUT", path, changed)
    assert (answered, body["error"]["code"]) == (status, code)
    assert tenant.activities(chat)[0]["text"] == "hello"
    assert (await tenant.call("PUT", path, changed))[0] == 200


async def test_an_accepted_message_may_be_answered_with_an_error(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    tenant.place.faults.add("teams", "POST activities", "5xx_after_accept", status=504)
    assert (await tenant.call("POST", f"/{chat}/activities", HELLO))[0] == 504
    assert [one["text"] for one in tenant.activities(chat)] == ["hello"]
    assert tenant.place.store.calls()[-1]["error"] == "ServiceError"


async def test_an_accepted_message_may_have_its_answer_cut_off(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    tenant.place.faults.add("teams", "POST activities", "drop_answer")
    with pytest.raises(aiohttp.ClientError):
        await tenant.call("POST", f"/{chat}/activities", HELLO)
    assert [one["text"] for one in tenant.activities(chat)] == ["hello"]


async def test_a_slow_answer_comes_late_and_a_hanging_one_never(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    tenant.place.faults.add("teams", "*", "slow", seconds=0.1)
    started = time.perf_counter()
    await tenant.post(chat, HELLO)
    assert time.perf_counter() - started >= 0.1
    tenant.place.faults.add("teams", "POST activities", "hang")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(tenant.call("POST", f"/{chat}/activities", HELLO), 0.1)
    assert len(tenant.activities(chat)) == 1


async def test_the_pace_switch_limits_each_conversation_by_itself(tenant: Tenant, kit: Kit) -> None:
    ann, ben = await tenant.chat(kit.ann), await tenant.chat(kit.ben)
    now = tenant.place.now()
    tenant.place.now = lambda: now
    tenant.place.faults.add("teams", "POST activities", "pace", per_second=2, burst=7)
    statuses = [(await tenant.call("POST", f"/{ann}/activities", HELLO))[0] for _ in range(8)]
    assert statuses == [201] * 7 + [429]
    await tenant.post(ben, HELLO)
    tenant.place.now = lambda: now + 1
    statuses = [(await tenant.call("POST", f"/{ann}/activities", HELLO))[0] for _ in range(3)]
    assert statuses == [201, 201, 429]
    assert len(tenant.activities(ann)) == 9


async def test_the_pace_switch_counts_the_threads_of_a_channel_together(
    tenant: Tenant, kit: Kit
) -> None:
    root = await tenant.post(kit.finance, HELLO)
    now = tenant.place.now()
    tenant.place.now = lambda: now
    tenant.place.faults.add("teams", "POST activities", "pace", per_second=1, burst=1)
    await tenant.post(f"{kit.finance};messageid={root}", HELLO)
    assert (await tenant.call("POST", f"/{kit.finance}/activities", HELLO))[0] == 429


async def test_the_login_may_be_throttled_down_or_slow_to_come_back(tenant: Tenant) -> None:
    tenant.place.faults.add("teams", "token", "429", retry_after=3)
    tenant.place.faults.add("teams", "token", "500", status=503)
    busy, down, well = await tenant.login(), await tenant.login(), await tenant.login()
    assert (busy[0], busy[1]["error_codes"]) == (429, [90055])
    assert (down[0], down[1]["error"]) == (503, "temporarily_unavailable")
    assert well[0] == 200


async def test_the_keys_may_be_unreachable(tenant: Tenant) -> None:
    tenant.place.faults.add("teams", "keys", "500", status=503)
    async with tenant.http.get(f"{tenant.place.base_url}/teams/keys") as answer:
        assert answer.status == 503
