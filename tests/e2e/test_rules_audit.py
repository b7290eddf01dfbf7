"""The trail as evidence: exported from a live server, erased in parts, and after crashes."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.company import SMALL, Company, Json, Time, company
from tests.e2e.looking import buttons, ephemerals, trail_holds
from tests.e2e.rulebook import ADA, ALICE, DANA, DEV, FINN, MARA, POLICY, Desk, body_of
from tests.e2e.served import Served, command, served

SECRET = "Zebra-4711"
"""Stands in every text of the request that is erased."""

GONE = (aiohttp.ClientError, ConnectionError, json.JSONDecodeError)


async def exported(town: Served | Company, folder: Path, reader: str, since: int = 0) -> Path:
    """The export of the running server, in a file."""
    path, url = folder / "export.jsonl", f"{town.base_url}/v1/audit/export?since={since}"
    async with town.http.get(url, headers={"Authorization": f"Bearer {reader}"}) as answer:
        assert answer.status == 200, await answer.text()
        path.write_bytes(await answer.read())
    _, jwks = await town.call("GET", "/.well-known/jwks.json")
    (folder / "jwks.json").write_text(json.dumps(jwks))
    return path


async def verified(folder: Path, export: Path, *more: str) -> tuple[int, str]:
    """What `audit verify` says; it knows no database and no server."""
    nowhere = f"sqlite:///{folder}/no-database.db"
    found = await command(
        nowhere, "audit", "verify", str(export), "--key", str(folder / "jwks.json"), *more
    )
    assert not (folder / "no-database.db").exists()
    return found


# --- a live server ---------------------------------------------------------------------------


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running


async def test_an_export_of_a_live_server_verifies_offline_and_a_change_is_named(
    town: Served, tmp_path: Path
) -> None:
    agent, reader = await town.key("submit", "read"), await town.key("read_all")
    stop = asyncio.Event()

    async def asking() -> int:
        made = 0
        while not stop.is_set():
            await town.submit(agent, {**SMALL, "title": f"Chairs {made}"})
            made += 1
        return made

    work = [asyncio.create_task(asking()) for _ in range(4)]
    for _ in range(3):
        export = await exported(town, tmp_path, reader)
        code, said = await verified(tmp_path, export)
        assert (code, "all there, in order and unchanged" in said) == (0, True), said
    stop.set()
    assert sum(await asyncio.gather(*work)) > 0

    export = await exported(town, tmp_path, reader)
    lines = export.read_bytes().splitlines(keepends=True)
    number = len(lines) // 2
    for wrong in (
        [*lines[:number], *lines[number + 1 :]],
        [*lines[:number], lines[number].replace(b"1", b"2", 1), *lines[number + 1 :]],
        [*lines[:number], lines[number + 1], lines[number], *lines[number + 2 :]],
        lines[:-1],
    ):
        export.write_bytes(b"".join(wrong))
        code, said = await verified(tmp_path, export)
        assert code != 0, said
        assert "line " in said or "export.jsonl" in said


async def test_the_command_beside_the_server_and_the_server_export_the_same(
    town: Served, tmp_path: Path
) -> None:
    agent, reader = await town.key("submit", "read"), await town.key("read_all")
    await town.submit(agent, SMALL)
    code, said = await town.command("audit", "export", "--out", str(tmp_path / "mine.jsonl"))
    assert code == 0, said
    theirs = await exported(town, tmp_path, reader)
    code, said = await verified(tmp_path, tmp_path / "mine.jsonl")
    assert code == 0, said
    mine = (tmp_path / "mine.jsonl").read_bytes().splitlines()
    assert theirs.read_bytes().splitlines()[: len(mine) - 1] == mine[:-1]


async def test_killed_in_the_middle_of_checkpoints_the_next_start_goes_on(
    town: Served, tmp_path: Path
) -> None:
    agent, reader = await town.key("submit", "read"), await town.key("read_all")
    received = tmp_path / "received.jsonl"
    received.write_text("")

    async def asking() -> None:
        with suppress(*GONE):
            while True:
                await town.submit(agent, SMALL)

    async def checkpointing() -> None:
        """Each export first brings all there is under a new checkpoint."""
        with suppress(*GONE, AssertionError):
            while True:
                await exported(town, tmp_path, reader)

    for pause in (0.25, 0.4, 0.55):
        work = [asyncio.create_task(each()) for each in (asking, asking, checkpointing)]
        await asyncio.sleep(pause)
        _, page = await town.call("GET", "/v1/audit/checkpoints?limit=200", reader)
        await town.kill()
        await asyncio.gather(*work)
        kept = (json.dumps(each, separators=(",", ":")) for each in page["items"])
        received.write_text("".join(f"{each}\n" for each in kept))
        await town.restart()
        export = await exported(town, tmp_path, reader)
        code, said = await verified(tmp_path, export, "--checkpoints", str(received))
        assert code == 0, said
    assert page["items"], "there were checkpoints to be killed in"
    with sqlite3.connect(f"{tmp_path}/countersign.db") as database:
        ((events,),) = database.execute("SELECT count(*) FROM events").fetchall()
    assert said.startswith(f"{events:d} events at positions 1 to {events:d},"), said


# --- erasure ---------------------------------------------------------------------------------


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, at=time) as co:
        yield Desk(co, await co.key("submit", "read"))


def secretly(kind: str = "expense", **fields: object) -> Json:
    params = {"amount": 900, "vendor": SECRET, "items": 3, SECRET: [SECRET]}
    body = body_of(kind, title=f"Pay {SECRET}", description=SECRET, labels=[SECRET])
    body["action"] = {"type": kind, "params": params}
    body["context"] = {"reasoning": SECRET, "links": [f"https://x.example/{SECRET}"]}
    return body | fields


async def lived(desk: Desk) -> list[Json]:
    """Requests that ended in every way, with the secret in everything that somebody wrote."""
    co, agent = desk.co, desk.agent
    why = {"reason": SECRET}
    approved = await co.submit(agent, secretly())
    await desk.done(MARA, approved, "comments", {"text": SECRET, "question": True})
    await desk.done(MARA, approved, "delegations", {"to": DEV, **why})
    await desk.done(agent, approved, "escalate", why)
    await desk.done(agent, approved, "revisions", {"title": f"Now {SECRET}"})
    edits = {"decision": "approve", "comment": SECRET, "edits": {"vendor": f"{SECRET}!"}}
    await desk.done(MARA, approved, "decisions", edits | {"revision": 2})
    used, rejected = await co.submit(agent, secretly()), await co.submit(agent, secretly())
    await desk.done(MARA, rejected, "decisions", {"decision": "reject", "comment": SECRET})
    cancelled = await co.submit(agent, secretly("contract"))
    wish = {"decision": "request_changes", "comment": SECRET}
    await desk.done(FINN, cancelled, "decisions", wish)
    await desk.done(agent, cancelled, "cancel", why)
    broken = await co.submit(agent, secretly("deploy"))
    dana = await co.key("decide", "read_all", person=DANA)
    await desk.done(dana, broken, "break-glass", why)
    await desk.done(MARA, used, "decisions", {"decision": "approve", "comment": SECRET})
    found = await desk.see(used)
    body = {"token": found["token"], "action": found["action"]}
    assert (await co.call("POST", "/v1/tokens/redeem", await co.key("redeem"), body))[0] == 200
    report = {"outcome": "failed", "detail": SECRET}
    await desk.done(agent, used, "execution", report)
    return [approved, rejected, cancelled, broken, used]


async def test_what_was_erased_is_said_to_be_everywhere_and_the_chain_holds(
    desk: Desk, tmp_path: Path
) -> None:
    co, agent = desk.co, desk.agent
    requests = await lived(desk)
    before = [await desk.see(each) for each in requests]
    reader = await co.key("read_all")
    received = await exported(co, tmp_path, reader)
    early = tmp_path / "early.jsonl"
    received.rename(early)
    for each in requests:
        code, said = await command(
            co.database, "audit", "erase", "--request", each["id"], "--reason", "She asked", "--yes"
        )
        assert code == 0, said
    for was in before:
        await check_erased(desk, was)
    status, listed = await co.call("GET", "/v1/requests?limit=200", agent)
    assert (status, SECRET in json.dumps(listed)) == (200, False)
    assert {item["title"] for item in listed["items"]} == {None}
    for path in ("/v1/stats", "/v1/policy/versions", "/metrics"):
        async with co.http.get(
            co.base_url + path, headers={"Authorization": f"Bearer {reader}"}
        ) as answer:
            assert answer.status < 500
            assert SECRET not in await answer.text()
    export = await exported(co, tmp_path, reader)
    assert SECRET.encode() not in export.read_bytes()
    code, said = await verified(tmp_path, export, "--checkpoints", str(early))
    assert code == 0, said
    for each in requests:
        assert await trail_holds(co, each["id"])


async def check_erased(desk: Desk, was: Json) -> None:
    co, path = desk.co, f"/v1/requests/{was['id']}"
    now = await desk.see(was)
    assert SECRET not in json.dumps(now)
    assert (now["title"], now["action"]["params"], now["description"]) == (None, None, None)
    lasting = ("id", "status", "category", "policy", "requester", "amount", "decided_at")
    assert {n: now[n] for n in lasting} == {n: was[n] for n in lasting}
    for more in ("/events", "/attempts"):
        status, found = await co.call("GET", path + more, desk.agent)
        assert (status, SECRET in json.dumps(found)) == (200, False)
    told = await co.slack(ADA, "command", command="/approvals", text=f"status {was['id']}")
    assert told["status"] == 200, told
    (*_, shown) = ephemerals(await co.state(), co.people[ADA]["slack_user"])
    assert "(erased)" in shown
    assert SECRET not in shown


async def test_acts_on_what_was_erased_are_answered_and_reveal_nothing(desk: Desk) -> None:
    co, agent = desk.co, desk.agent
    approved, rejected, *_ = await lived(desk)
    token = (await desk.see(approved))["token"]
    action = (await desk.see(approved))["action"]
    executor = await co.key("redeem")
    for each in (approved, rejected):
        arguments = ("audit", "erase", "--request", each["id"], "--reason", "She asked", "--yes")
        assert (await command(co.database, *arguments))[0] == 0
    answers = [
        await desk.act(MARA, approved, "decisions", {"decision": "approve"}),
        await desk.act(
            MARA, approved, "decisions", {"decision": "approve", "edits": {"amount": 1}}
        ),
        await desk.act(agent, approved, "revisions", {"title": "New"}),
        await desk.act(agent, approved, "comments", {"text": "Hello?"}),
        await desk.act(agent, approved, "cancel"),
        await desk.act(agent, approved, "execution", {"outcome": "succeeded"}),
        await co.call("POST", "/v1/tokens/redeem", executor, {"token": token, "action": action}),
        await co.call("POST", "/v1/requests", agent, secretly()),
        await co.call("POST", "/v1/requests", agent, body_of(previous_request_id=rejected["id"])),
        await co.call("POST", "/v1/policy/backtest", await co.key("admin"), {"text": POLICY}),
    ]
    assert [status for status, _ in answers if status >= 500] == [], answers
    told = [body for status, body in answers if status >= 400]
    assert all(body["reason"] for body in told)
    assert SECRET not in json.dumps(told)
    assert answers[6][0] in (200, 409, 422), answers[6]


async def test_buttons_on_cards_from_before_the_erasure_answer_honestly(desk: Desk) -> None:
    co = desk.co
    asked = await co.submit(desk.agent, secretly())
    card = await co.slack_card(MARA, SECRET)
    assert "Approve" in buttons(card)
    code, said = await command(
        co.database, "audit", "erase", "--request", asked["id"], "--reason", "She asked", "--yes"
    )
    assert code != 0, "what waits for a decision is needed for it"
    assert "still has to decide" in said
    await desk.done(desk.agent, asked, "cancel")
    code, said = await command(
        co.database, "audit", "erase", "--person", ALICE, "--reason", "She asked", "--yes"
    )
    assert code == 0, said
    await co.slack_click(MARA, card, "Approve")
    user = co.people[MARA]["slack_user"]

    async def answered() -> bool:
        return bool(ephemerals(await co.state(), user))

    await co.until(answered)
    assert SECRET not in str(ephemerals(await co.state(), user))
    assert (await desk.see(asked))["status"] == "cancelled"


async def test_what_is_sent_only_after_the_erasure_says_so(desk: Desk, time: Time) -> None:
    co = desk.co
    await co.faults(slack={"chat.postMessage": [{"do": "500", "times": None}]})
    asked = await co.submit(desk.agent, secretly())
    await desk.done(MARA, asked, "decisions", {"decision": "reject", "comment": SECRET})
    code, said = await command(
        co.database, "audit", "erase", "--request", asked["id"], "--reason", "She asked", "--yes"
    )
    assert code == 0, said
    await co.faults()
    time.ahead += 3_600_000
    co.app.relay.changed([])
    for person in (MARA, ALICE):
        assert SECRET not in json.dumps(await co.slack_card(person, "(erased)"))
        assert SECRET not in json.dumps(await co.slack_messages(person))
