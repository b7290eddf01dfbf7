"""Changing the policy and the directory of a server that runs, by file, by API and by signal."""

import asyncio
import hashlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bot import ids
from core.rows import ApiKey
from storage.database import open_storage
from storage.migrate import upgrade
from tests.e2e.company import WITHIN, Json
from tests.e2e.served import READY_WITHIN, _address, inherited

ANN, BOB, CARO = (f"{name}@example.com" for name in ("ann", "bob", "caro"))
DIRECTORY = f"""\
people:
  - {{email: {ANN}, name: Ann Able, manager: {CARO}}}
  - {{email: {BOB}, name: Bob Baker, groups: [admins]}}
  - {{email: {CARO}, name: Caro Chief, groups: [admins]}}
"""
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
OTHER = POLICY.replace("[ann@example.com]", "[bob@example.com]").replace("payment\n", "paying\n")
APPROVE = {"decision": "approve"}
BODY = {"title": "Pay ACME", "action": {"type": "payment", "params": {"amount": 5}}}


class Server:
    """`countersign serve` with these files, which a test may change."""

    def __init__(self, folder: Path, http: aiohttp.ClientSession, *, file: bool) -> None:
        self.folder, self.http = folder, http
        self.database = f"sqlite:///{folder}/countersign.db"
        self.people = folder / "directory.yaml"
        self.policy = folder / "policy-in-use.yaml"
        self.env = inherited() | {
            "COUNTERSIGN_DATABASE_URL": self.database,
            "COUNTERSIGN_DIRECTORY": str(self.people),
        }
        if file:
            self.env["COUNTERSIGN_POLICY"] = str(self.policy)
        self.url = ""
        self.log = folder / "none.log"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, name: str = "server") -> None:
        self.log = self.folder / f"{name}-{ids.new_id()}.log"
        with self.log.open("wb") as out:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve", "--port", "0", "--log-json"),
                env=self.env,
                stdout=out,
                stderr=out,
            )
        async with asyncio.timeout(READY_WITHIN):
            while (found := _address(self.log)) is None:
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.02)
        self.url = found

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.send_signal(number)
            await process.wait()

    def hang_up(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    async def call(self, method: str, path: str, key: str, body: object = None) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.text())

    async def good(self, method: str, path: str, key: str, body: object = None) -> Json:
        status, found = await self.call(method, path, key, body)
        assert status < 300, found
        return found

    async def put(self, key: str, text: str) -> tuple[int, Json]:
        return await self.call("PUT", "/v1/policy", key, {"text": text})

    async def key(self, *scopes: str, person: str | None = None) -> str:
        secret = f"cs_test_{ids.new_id()}"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        row = ApiKey(id=ids.new_id(), name="test", scopes=scopes, hash=digest, person=person)
        storage = open_storage(self.database)
        await storage.keys.add_key(row)
        await storage.close()
        return secret

    async def logged(self, event: str) -> Json:
        """The log line of this event, waiting until there is one."""

        async def line() -> Json | None:
            lines = [json.loads(each) for each in self.log.read_text().splitlines() if each]
            return next((each for each in lines if each["event"] == event), None)

        return await until(line)


async def until(look: Callable[[], Awaitable[Json | None]]) -> Json:
    """What `look` gives as soon as it gives anything; fails after a while."""
    deadline = asyncio.get_running_loop().time() + WITHIN
    while asyncio.get_running_loop().time() < deadline:
        if (found := await look()) is not None:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Callable[[bool], Server]]:
    """Makes servers in one folder, not started; all are ended with the test."""
    (tmp_path / "directory.yaml").write_text(DIRECTORY)
    (tmp_path / "policy-in-use.yaml").write_text(POLICY)
    await asyncio.to_thread(upgrade, f"sqlite:///{tmp_path}/countersign.db")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())

        def make(file: bool) -> Server:
            server = Server(tmp_path, http, file=file)
            stack.push_async_callback(server.kill)
            return server

        yield make


async def test_without_a_file_it_starts_and_put_changes_what_comes_next_only(
    made: Callable[[bool], Server],
) -> None:
    server = made(False)
    await server.start()
    await server.logged("no_policy_yet")
    agent, admin, bob = (
        await server.key("submit", "read"),
        await server.key("admin"),
        await server.key("decide", "read", person=BOB),
    )
    first = await server.good("POST", "/v1/requests", agent, BODY)
    assert (first["policy"]["rule"], first["stages"][0]["name"]) == ("fallback", "Review")
    status, refused = await server.put(agent, POLICY)
    assert (status, refused["reason"]) == (403, "scope_missing")
    for text in (POLICY, OTHER):
        assert (await server.put(admin, text))[0] == 200
        asked = await server.good("POST", "/v1/requests", agent, BODY)
        assert asked["policy"]["rule"] == ("payment" if text == POLICY else "paying")
        if text == POLICY:
            second = asked
    status, refused = await server.put(admin, POLICY.replace(ANN, "nobody@example.com"))
    assert (status, refused["reason"]) == (422, "policy_invalid")

    await server.kill()
    await server.start()
    listed = await server.good("GET", "/v1/policy/versions", admin)
    versions = [item["version"] for item in listed["items"]]
    assert [item["in_force"] for item in listed["items"]] == [True, False, False]
    assert versions[1:] == [second["policy"]["version"], first["policy"]["version"]]
    assert (await server.good("GET", "/v1/policy", admin))["text"] == OTHER
    # What was asked before goes on by the version that routed it.
    for before in (first, second):
        seen = await server.good("GET", f"/v1/requests/{before['id']}", agent)
        assert (seen["policy"], seen["stages"]) == (before["policy"], before["stages"])
    path = f"/v1/requests/{second['id']}/decisions"
    assert (await server.call("POST", path, bob, APPROVE))[1]["reason"] == "not_an_approver"
    ann = await server.key("decide", person=ANN)
    assert (await server.good("POST", path, ann, APPROVE))["status"] == "approved"
    path = f"/v1/requests/{first['id']}/revisions"
    revised = await server.good("POST", path, agent, {"title": "Pay ACME now"})
    in_force = {"rule": "paying", "version": versions[0]}
    assert revised["policy"] == in_force, "what is asked anew is routed by what holds now"


async def test_another_server_follows_what_was_put(made: Callable[[bool], Server]) -> None:
    one, two = made(False), made(False)
    await one.start("one")
    await two.start("two")
    admin = await one.key("admin")
    _, put = await one.put(admin, POLICY)
    await two.logged("policy_changed")
    assert (await two.good("GET", "/v1/policy", admin))["version"] == put["version"]
    agent = await two.key("submit")
    asked = await two.good("POST", "/v1/requests", agent, BODY)
    assert asked["policy"] == {"rule": "payment", "version": put["version"]}


async def test_with_a_file_put_is_refused_and_the_file_is_read_again(
    made: Callable[[bool], Server],
) -> None:
    server = made(True)
    await server.start()
    agent, admin = await server.key("submit", "read"), await server.key("admin")
    before = await server.good("POST", "/v1/requests", agent, BODY)
    status, refused = await server.put(admin, OTHER)
    assert (status, refused["reason"]) == (409, "policy_from_file")
    assert "COUNTERSIGN_POLICY" in refused["detail"]

    server.policy.write_text(POLICY.replace("Finance", "Fina: [nce"))
    server.hang_up()
    told = await server.logged("files_have_mistakes")
    assert "policy-in-use.yaml" in told["said"], told
    assert told["kept"] == before["policy"]["version"]
    again = await server.good("POST", "/v1/requests", agent, BODY)
    assert again["policy"] == before["policy"]

    server.policy.write_text(OTHER)
    server.hang_up()
    await server.logged("files_reloaded")
    after = await server.good("POST", "/v1/requests", agent, BODY)
    assert after["policy"]["rule"] == "paying"
    seen = await server.good("GET", f"/v1/requests/{before['id']}", agent)
    assert seen["policy"] == before["policy"]
    listed = await server.good("GET", "/v1/policy/versions", admin)
    assert [item["by"] for item in listed["items"]] == ["file", "file"]


async def test_when_the_only_one_asked_has_left_others_are_asked_at_once(
    made: Callable[[bool], Server],
) -> None:
    server = made(True)
    await server.start()
    agent = await server.key("submit", "read")
    ann, caro = await server.key("decide", person=ANN), await server.key("decide", person=CARO)
    asked = await server.good("POST", "/v1/requests", agent, BODY)
    assert asked["stages"][0]["assigned_to"] == [ANN]
    path = f"/v1/requests/{asked['id']}"
    # The people first: a policy that still names her is refused, and all is kept.
    server.people.write_text(DIRECTORY.replace(f"{ANN}, name: Ann Able", f"z{ANN}, name: Zoe"))
    server.hang_up()
    told = await server.logged("files_have_mistakes")
    assert ANN in told["said"]
    assert (await server.good("GET", path, agent))["stages"][0]["assigned_to"] == [ANN]
    server.policy.write_text(OTHER)
    server.hang_up()
    await server.logged("files_reloaded")

    async def asked_anew() -> Json | None:
        (found,) = (await server.good("GET", path, agent))["stages"]
        return None if found["assigned_to"] == [ANN] else dict(found)

    stage = await until(asked_anew)
    assert {BOB, CARO} <= set(stage["assigned_to"]), stage
    assert (stage["escalated"], stage["status"]) == (True, "pending")
    assert stage["escalated_because"]
    status, refused = await server.call("POST", f"{path}/decisions", ann, APPROVE)
    assert status in (403, 404), refused
    assert (await server.good("POST", f"{path}/decisions", caro, APPROVE))["status"] == "approved"
