"""An approval is used once, whoever calls where; and it is checked without the server."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import jwt
import pytest
import rfc8785

from bot.signing_keys import new_pem
from storage.database import open_storage
from storage.migrate import upgrade
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.e2e.company import SMALL, Json
from tests.e2e.served import Served, served
from tests.e2e.test_two_servers import ANN, DIRECTORY, POLICY, key, serving

MARA = "mara@example.com"
CALLERS = 20
Headers = dict[str, str]


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


class Pair:
    """Two server processes on one PostgreSQL, an agent, and services that run actions."""

    def __init__(self, http: aiohttp.ClientSession, urls: tuple[str, str]) -> None:
        self.http, self.urls = http, urls
        self.agent: Headers = {}
        self.ann: Headers = {}
        self.executors: list[Headers] = []
        self.turn = 0

    async def post(self, at: int, path: str, who: Headers, body: Json) -> tuple[int, Json]:
        url = f"{self.urls[at % 2]}/v1/{path}"
        async with self.http.post(url, json=body, headers=who) as answer:
            return answer.status, json.loads(await answer.text())

    async def approved(self, **params: int) -> Json:
        """A request of its own, approved, as its agent sees it."""
        body = {"title": "Payment", "action": {"type": "payment", "params": params}}
        status, made = await self.post(0, "requests", self.agent, body)
        assert status == 201, made
        vote = {"decision": "approve"}
        status, _ = await self.post(1, f"requests/{made['id']}/decisions", self.ann, vote)
        assert status == 200
        async with self.http.get(
            f"{self.urls[0]}/v1/requests/{made['id']}", headers=self.agent
        ) as answer:
            found: Json = await answer.json()
            return found

    async def redeem_all(
        self, approved: Json, callers: list[Headers], run: Json | None = None
    ) -> list[tuple[int, Json]]:
        """Everybody at once, by turns on either server."""
        body = {"token": approved["token"], "action": run or approved["action"]}
        calls = [self.post(n, "tokens/redeem", who, body) for n, who in enumerate(callers)]
        return list(await asyncio.gather(*calls))

    async def types(self, request: Json) -> Counter[str]:
        url = f"{self.urls[1]}/v1/requests/{request['id']}/events"
        async with self.http.get(url, headers=self.agent) as answer:
            return Counter(e["type"] for e in (await answer.json())["items"])


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "directory.yaml").write_text(DIRECTORY)
    (tmp_path / "key.pem").write_text(new_pem())
    (tmp_path / "key.pem").chmod(0o600)
    try:
        with server() as cluster:
            url = make_database(cluster)
            await asyncio.to_thread(upgrade, url)
            async with (
                serving(tmp_path, 1, url) as first,
                serving(tmp_path, 2, url) as second,
                aiohttp.ClientSession() as http,
            ):
                made = Pair(http, (first, second))
                storage = open_storage(url)
                made.agent = await key(storage, "submit", "read")
                made.ann = await key(storage, "decide", person=ANN)
                made.executors = [await key(storage, "redeem") for _ in range(CALLERS)]
                await storage.close()
                yield made
            drop_database(cluster, url)
    except NoServer as reason:
        pytest.skip(str(reason))


async def test_of_twenty_callers_on_two_servers_one_uses_the_approval(pair: Pair) -> None:
    for number in range(5):
        approved = await pair.approved(number=number)
        callers = [who | {"Idempotency-Key": f"run-{number}"} for who in pair.executors]
        first = await pair.redeem_all(approved, callers)
        assert sorted(status for status, _ in first) == [200] + [409] * (CALLERS - 1)
        assert {told["reason"] for status, told in first if status == 409} == {"token_used"}
        # Sent again, each hears what it heard before.
        again = await pair.redeem_all(approved, callers)
        assert [status for status, _ in again] == [status for status, _ in first]
        (one,), (same,) = ([b for s, b in all_ if s == 200] for all_ in (first, again))
        assert (one["id"], one["action"]) == (approved["id"], approved["action"])
        assert lasting(same) == lasting(one)
        assert (await pair.types(approved))["token_redeemed"] == 1


async def test_one_caller_who_retries_twenty_times_at_once_gets_one_answer(pair: Pair) -> None:
    approved = await pair.approved(number=1)
    mine = pair.executors[0] | {"Idempotency-Key": "run"}
    answers = await pair.redeem_all(approved, [mine] * CALLERS)
    assert {status for status, _ in answers} == {200}, answers
    assert all(lasting(body) == lasting(answers[0][1]) for _, body in answers)
    assert (await pair.types(approved))["token_redeemed"] == 1
    other = {"type": "payment", "params": {"number": 2}}
    ((status, told),) = await pair.redeem_all(approved, [mine], other)
    assert (status, told["reason"]) == (403, "other_action")


async def test_another_action_never_passes_though_it_races_the_approved_one(pair: Pair) -> None:
    approved = await pair.approved(number=1)
    other = {"type": "payment", "params": {"number": 10}}
    good, bad = pair.executors[:10], pair.executors[10:]
    right, wrong = await asyncio.gather(
        pair.redeem_all(approved, good), pair.redeem_all(approved, bad, other)
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
