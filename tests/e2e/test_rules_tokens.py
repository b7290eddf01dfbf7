"""An approval is used once, whoever calls where; and it is checked without the server."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
import rfc8785

from tests.e2e.company import SMALL, Json
from tests.e2e.served import Served, served
from tests.e2e.test_rules_freeze import Headers, Site, pair

MARA = "mara@example.com"
CALLERS = 20


def decoded(token: str, jwks: Json) -> Json:
    """What the token states, as another library reads it with a published key set."""
    kid = jwt.get_unverified_header(token)["kid"]
    (public,) = (jwt.PyJWK(each) for each in jwks["keys"] if each["kid"] == kid)
    found: Json = jwt.decode(token, public, algorithms=["EdDSA"], issuer="countersign")
    return found


def lasting(request: Json) -> Json:
    """A request without how far its cards are, which goes on meanwhile."""
    return {name: value for name, value in request.items() if name != "deliveries"}


# --- two servers, one database ---------------------------------------------------------------


async def approved(there: Site, number: int) -> Json:
    """A request of its own, approved, as its agent sees it."""
    request = await there.submit(number)
    assert (await there.approve(number + 1, request))[0] == 200
    status, found = await there.call(0, "GET", f"/v1/requests/{request}", there.agent)
    assert status == 200
    return found


async def redeem_all(
    there: Site, approved: Json, callers: list[Headers], run: Json | None = None
) -> list[tuple[int, Json]]:
    """Everybody at once, by turns on either server."""
    body = {"token": approved["token"], "action": run or approved["action"]}
    path = "/v1/tokens/redeem"
    calls = [there.call(n, "POST", path, who, body) for n, who in enumerate(callers)]
    return list(await asyncio.gather(*calls))


async def types(there: Site, request: Json) -> Counter[str]:
    path = f"/v1/requests/{request['id']}/events"
    _, found = await there.call(1, "GET", path, there.agent)
    return Counter(event["type"] for event in found["items"])


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Site]:
    async with pair(tmp_path) as running:
        yield running


@pytest.fixture
async def executors(there: Site) -> list[Headers]:
    return [await there.key("redeem") for _ in range(CALLERS)]


async def test_of_twenty_callers_on_two_servers_one_uses_the_approval(
    there: Site, executors: list[Headers]
) -> None:
    for number in range(5):
        request = await approved(there, number)
        callers = [who | {"Idempotency-Key": f"run-{number}"} for who in executors]
        first = await redeem_all(there, request, callers)
        assert sorted(status for status, _ in first) == [200] + [409] * (CALLERS - 1)
        assert {told["reason"] for status, told in first if status == 409} == {"token_used"}
        # Sent again, each hears what it heard before.
        again = await redeem_all(there, request, callers)
        assert [status for status, _ in again] == [status for status, _ in first]
        (one,), (same,) = ([b for s, b in all_ if s == 200] for all_ in (first, again))
        assert (one["id"], one["action"]) == (request["id"], request["action"])
        assert lasting(same) == lasting(one)
        assert (await types(there, request))["token_redeemed"] == 1


async def test_one_caller_who_retries_twenty_times_at_once_gets_one_answer(there: Site) -> None:
    request = await approved(there, 1)
    mine = there.executor | {"Idempotency-Key": "run"}
    answers = await redeem_all(there, request, [mine] * CALLERS)
    assert {status for status, _ in answers} == {200}, answers
    assert all(lasting(body) == lasting(answers[0][1]) for _, body in answers)
    assert (await types(there, request))["token_redeemed"] == 1
    other = {"type": "payment", "params": {"n": 2}}
    ((status, told),) = await redeem_all(there, request, [mine], other)
    assert (status, told["reason"]) == (403, "other_action")


async def test_another_action_never_passes_though_it_races_the_approved_one(
    there: Site, executors: list[Headers]
) -> None:
    request = await approved(there, 1)
    other = {"type": "payment", "params": {"n": 10}}
    right, wrong = await asyncio.gather(
        redeem_all(there, request, executors[:10]),
        redeem_all(there, request, executors[10:], other),
    )
    assert {(status, told["reason"]) for status, told in wrong} == {(403, "other_action")}
    assert sorted(status for status, _ in right) == [200] + [409] * 9


# --- keys that change ------------------------------------------------------------------------


async def approve(town: Served, agent: str, title: str) -> Json:
    made = await town.submit(agent, {**SMALL, "title": title})
    mara = await town.key("decide", person=MARA)
    path = f"/v1/requests/{made['id']}/decisions"
    status, _ = await town.call("POST", path, mara, {"decision": "approve"})
    assert status == 200
    return await town.get(agent, made["id"])


async def test_tokens_outlive_the_rotation_of_the_key_that_signed_them(tmp_path: Path) -> None:
    async with served(tmp_path) as town:
        agent, executor = await town.key("submit", "read"), await town.key("redeem")
        old = await approve(town, agent, "Before")
        _, before = await town.call("GET", "/.well-known/jwks.json")
        stated = decoded(old["token"], before)
        assert stated["action_digest"] == hashlib.sha256(rfc8785.dumps(old["action"])).hexdigest()
        assert (stated["request"], stated["approvers"]) == (old["id"], [MARA])

        code, told = await town.command("signing-keys", "rotate")
        assert code == 0, told
        assert "From its next start" in told
        meanwhile = await approve(town, agent, "Meanwhile")
        decoded(meanwhile["token"], before)
        await town.stop()
        await town.start()

        _, published = await town.call("GET", "/.well-known/jwks.json")
        assert len(published["keys"]) == 2
        assert before["keys"][0] in published["keys"]
        assert not any("d" in each for each in published["keys"]), "only public parts"
        new = await approve(town, agent, "After")
        kids = [jwt.get_unverified_header(a["token"])["kid"] for a in (old, meanwhile, new)]
        assert kids[0] == kids[1] != kids[2] == published["keys"][0]["kid"]
        for approved in (old, meanwhile, new):
            found = await town.get(agent, approved["id"])
            assert found["token"] == approved["token"], "signed again, it is the same text"
            assert decoded(found["token"], published)["request"] == approved["id"]
            body = {"token": found["token"], "action": found["action"]}
            assert (await town.call("POST", "/v1/tokens/redeem", executor, body))[0] == 200
        with pytest.raises(ValueError, match="not enough values"):
            decoded(new["token"], before)


async def test_an_approval_taken_back_works_nowhere_also_after_a_crash(tmp_path: Path) -> None:
    async with served(tmp_path) as town:
        agent, executor = await town.key("submit", "read"), await town.key("redeem")
        approved = await approve(town, agent, "Chairs")
        admin = await town.key("admin")
        path = f"/v1/requests/{approved['id']}/token/revoke"
        assert (await town.call("POST", path, admin, {"reason": "Wrong vendor"}))[0] == 200
        body = {"token": approved["token"], "action": approved["action"]}
        status, refused = await town.call("POST", "/v1/tokens/redeem", executor, body)
        assert (status, refused["reason"]) == (409, "token_revoked")
        assert (await town.get(agent, approved["id"]))["token"] is None
        await town.kill()
        await town.restart()
        status, refused = await town.call("POST", "/v1/tokens/redeem", executor, body)
        assert (status, refused["reason"]) == (409, "token_revoked")
