"""Starting and ending the playground: as a process, on loopback only, with its memory."""

import asyncio
import copy
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from playground.__main__ import main
from playground.app import Running, start
from playground.store import StoreBusy
from playground.world import World, WorldError, parse
from tests.playground.conftest import TOKEN, WORLD, Bot, Json

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(tmp_path: Path, *more: str) -> AsyncIterator[tuple[Any, str]]:
    """Run `python -m playground` and yield it with its address."""
    world = tmp_path / "world.json"
    world.write_text(json.dumps(WORLD), "utf-8")
    found = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "playground",
        *("--port", "0", "--world", str(world), "--data", str(tmp_path / "data"), *more),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert found.stdout is not None
    line = (await asyncio.wait_for(found.stdout.readline(), 20)).decode()
    assert line.startswith("playground ready on http://127.0.0.1:")
    try:
        yield found, line.split()[-1]
    finally:
        if found.returncode is None:
            found.kill()
        await found.communicate()


async def messages(url: str) -> list[Any]:
    """Return what is posted in the finance channel."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/_play/state") as answer:
        state = await answer.json()
    return [m["text"] for m in state["slack"]["conversations"]["C0FINANCE"]["messages"]]


def client(url: str) -> AsyncWebClient:
    """Return a client of a running playground."""
    return AsyncWebClient(token=TOKEN, base_url=f"{url}/slack/api/")


async def test_process_keeps_its_messages_over_sigterm_and_kill(tmp_path: Path) -> None:
    async with process(tmp_path) as (running, url):
        first = await client(url).chat_postMessage(channel="C0FINANCE", text="one")
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 5) == 0
        assert (await running.stderr.read()) == b""
    async with process(tmp_path) as (running, url):
        assert await messages(url) == ["one"]
        edit = await client(url).chat_update(channel="C0FINANCE", ts=first["ts"], text="two")
        assert edit["ok"] is True
        running.kill()
        await running.wait()
    async with process(tmp_path) as (_, url):
        assert await messages(url) == ["two"]
    async with process(tmp_path, "--fresh") as (_, url):
        assert await messages(url) == []


async def test_process_ends_at_once_on_sigint_while_a_page_waits(tmp_path: Path) -> None:
    async with process(tmp_path) as (running, url), aiohttp.ClientSession() as session:
        now = await (await session.get(f"{url}/_play/state")).json()
        since = now["revision"]
        waiting = asyncio.ensure_future(session.get(f"{url}/_play/state?since={since}"))
        await asyncio.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(running.wait(), 3) == 0
        assert (await waiting).status == 200


def test_wrong_world_is_named_and_nothing_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "world.json"
    path.write_text('{"company": "x"', "utf-8")
    assert main(["--world", str(path), "--data", str(tmp_path)]) == 2
    assert "world.json" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
async def test_other_than_loopback_is_refused(world: World, tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="listens on loopback only"):
        await start(world, tmp_path, host=host)


async def test_request_under_another_name_is_refused(running: Running) -> None:
    url = f"{running.slack_api_url}api.test"
    async with aiohttp.ClientSession() as session:
        for host in ("evil.example", "127.0.0.1.evil.example"):
            assert (await session.get(url, headers={"Host": host})).status == 403
        for host in ("localhost", "127.0.0.1:5", "[::1]:5"):
            assert (await session.get(url, headers={"Host": host})).status == 200


async def test_two_playgrounds_do_not_share_a_directory(
    running: Running, world: World, tmp_path: Path
) -> None:
    with pytest.raises(StoreBusy):
        await start(world, tmp_path / "data")


async def test_port_in_use_leaves_the_directory_free(
    running: Running, world: World, tmp_path: Path
) -> None:
    port = int(running.base_url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        await start(world, tmp_path / "other", port=port)
    await (await start(world, tmp_path / "other")).aclose()


async def test_bot_address_may_be_set_after_the_start(
    world: World, tmp_path: Path, bot: Bot
) -> None:
    running = await start(world, tmp_path / "other")
    running.place.slack_url = bot.url
    asked: Json = {"user": "U00ALICE", "do": "command", "command": "/approvals"}
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{running.base_url}/_play/slack/act", json=asked)
        assert (await answer.json())["ok"] is True
    assert len(bot.got) == 1
    await running.aclose()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("company",), "", "world.company: expected a non-empty string"),
        (("people", 0, "email"), 5, r"world.people\[0\].email: expected a non-empty string"),
        (("people", 0, "slack_user"), 5, r"people\[0\].slack_user: expected a string or null"),
        (("slack", "signing_secret"), "", "world.slack.signing_secret: expected a non-empty"),
        (("slack", "channels"), {}, "world.slack.channels: expected a list"),
        (("slack", "channels", 0, "members"), [1], r"channels\[0\].members: expected a list of"),
        (("teams",), None, "world.teams: expected an object"),
    ],
)
def test_wrong_member_of_the_world_is_named(
    path: tuple[Any, ...], value: object, message: str
) -> None:
    changed: Any = copy.deepcopy(WORLD)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(WorldError, match=message):
        parse(changed)


async def test_app_that_declares_no_events_is_told_of_none(world: World, tmp_path: Path) -> None:
    assert "message.im" in world.slack.events
    described = copy.deepcopy(WORLD)
    described["slack"]["events"] = []
    running = await start(parse(described), tmp_path / "silent")
    written = await slack.act(running.place, {"user": "U00ALICE", "do": "message", "text": "hello"})
    assert (written["ok"], written["status"]) == (True, None)
    assert running.place.store.deliveries() == []
    assert slack.state(running.place)["events"] == []
    await running.aclose()


def test_secrets_are_not_shown(world: World) -> None:
    shown = repr(world)
    assert WORLD["slack"]["signing_secret"] not in shown
    assert WORLD["slack"]["bot_token"] not in shown
    assert WORLD["teams"]["app_password"] not in shown
