"""An agent whose key is limited, and whose secret is changed, against the real server."""

import asyncio
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from countersign_client import Action, Approved, Ask, AsyncCountersign, Unavailable, aio
from tests.client.test_against_server import CHAIRS, ask, decide, meanwhile
from tests.e2e.company import Company, Time, company

SECRET = "cs_test_rotated"


async def agent(co: Company, **fields: object) -> str:
    return await co.key("submit", "read", "redeem", name="limited", **fields)


async def key_id(co: Company) -> str:
    return next(key.id for key in await co.storage.keys.all_keys() if key.name == "limited")


async def test_an_agent_that_calls_too_often_waits_as_long_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, waited = Time(), list[float]()

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        time.ahead += int(seconds * 1000)

    monkeypatch.setattr(aio, "asyncio", SimpleNamespace(sleep=sleep))
    async with company(tmp_path, at=time) as co:
        key = await agent(co, rate="6/m burst 2", per_day=3)
        async with AsyncCountersign(co.base_url, key) as client:
            made = [await client.submit(a_purchase(number)) for number in (1, 2, 3)]
            assert len({request.id for request in made}) == 3
            [wait] = waited
            assert 10 <= wait <= 11, "one call more every ten seconds"
            with pytest.raises(Unavailable, match=r"3 requests a day.*\(5 tries\)"):
                await client.submit(a_purchase(4))
            assert (await client.get(made[0].id)).id == made[0].id, "reading goes on"


def a_purchase(amount: int) -> Ask:
    return ask(Action("purchase_order", {"vendor": "Office Example", "amount": amount}))


async def test_what_was_asked_with_the_old_secret_is_used_with_the_new_one(tmp_path: Path) -> None:
    async with company(tmp_path) as co:
        old = await agent(co)
        async with AsyncCountersign(co.base_url, old) as client:
            asking = client.request_approval(ask())
            await rotate_once_asked(co)
            outcome = await meanwhile(asking, decide(co, decision="approve"))
        assert isinstance(outcome, Approved)
        async with AsyncCountersign(co.base_url, SECRET) as client:
            found = await client.get(outcome.request.id)
            assert (found.status, found.token) == ("approved", outcome.token)
            assert (await client.redeem(outcome.token, CHAIRS)).id == found.id
        headers = {"Authorization": f"Bearer {old}"}
        url = f"{co.base_url}/v1/requests/{outcome.request.id}"
        async with co.http.get(url, headers=headers) as answer:
            assert (answer.status, "Countersign-Key-Expires" in answer.headers) == (200, True)
        await co.app.oversight.stop()
        links = await co.storage.store.links(f"key:{await key_id(co)}")
        used = [json.loads(link.body)["event"] for link in links if link.type == "key_used"]
        assert sum(each["calls"].get("redeemToken", {}).get("200", 0) for each in used) == 1
        assert sum(each.get("older", 0) for each in used) >= 1
        assert await co.storage.keys.revoke_key(await key_id(co), co.app.approvals.world.clock())
        for secret in (old, SECRET):
            for method, path in (("GET", "/v1/requests"), ("POST", "/v1/requests")):
                status, said = await co.call(method, path, secret, {})
                assert (status, said["reason"]) == (401, "key_revoked")


async def rotate_once_asked(co: Company) -> None:
    now = co.app.approvals.world.clock()
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    done = co.storage.keys.rotate_key(await key_id(co), digest, now, now + 3_600_000, None)
    assert await asyncio.wait_for(done, 10)
