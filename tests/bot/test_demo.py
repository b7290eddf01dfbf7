"""What `countersign demo` refuses before it starts, and the sample world it describes."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from adapters.slack.app import build
from adapters.slack.manifest import REGISTERED
from bot import demo
from bot.cli import app
from bot.demo import DemoError, run_demo
from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.sample.world import new_secrets, world
from playground import slack
from playground.app import start
from playground.world import parse
from tests.adapters.slack.conftest import Recording
from tests.ports import a_chat


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, int]]:
    """The ports of the demos that got as far as running."""
    found: list[dict[str, int]] = []

    async def run(self: Any) -> None:
        found.append({"page": self._ports.page, "server": self._ports.server})

    monkeypatch.setattr(demo._Demo, "run", run)
    return found


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def keep(folder: Path, page: int) -> None:
    folder.mkdir()
    (folder / "ports.json").write_text(json.dumps({"page": str(page), "server": str(page + 1)}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_wanted_port_is_used_and_kept(tmp_path: Path, started: list[dict[str, int]]) -> None:
    port = free_port()
    run_demo(tmp_path / "kept", fresh=False, port=port)
    run_demo(tmp_path / "kept", fresh=False, port=None)
    run_demo(tmp_path / "kept", fresh=False, port=port)
    assert [ports["page"] for ports in started] == [port] * 3
    assert started[0] == started[2]
    assert started[0]["server"] != port


def test_another_port_than_the_kept_one_is_refused(
    tmp_path: Path, started: list[dict[str, int]]
) -> None:
    keep(tmp_path / "kept", 18420)
    with pytest.raises(DemoError) as refused:
        run_demo(tmp_path / "kept", fresh=False, port=18555)
    assert str(refused.value) == (
        f"The demo kept in {tmp_path / 'kept'} is on port 18420, and its messages point there. "
        "Go on without --port, or start over on port 18555 with --fresh."
    )
    assert started == []


def test_fresh_takes_another_port(tmp_path: Path, started: list[dict[str, int]]) -> None:
    keep(tmp_path / "kept", 18420)
    port = free_port()
    run_demo(tmp_path / "kept", fresh=True, port=port)
    assert [ports["page"] for ports in started] == [port]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_taken_port_is_refused_before_anything_is_made_or_forgotten(
    tmp_path: Path, taken: int, fresh: bool
) -> None:
    folder = tmp_path / "kept"
    if fresh:
        keep(folder, 18420)
    with pytest.raises(DemoError, match=f"^Port {taken} is in use or not allowed"):
        run_demo(folder, fresh=fresh, port=taken)
    assert (folder / "ports.json").exists() is fresh


def test_the_last_port_of_all_leaves_one_for_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[dict[str, int]]
) -> None:
    monkeypatch.setattr(demo, "_is_free", lambda port: port >= 65400)
    run_demo(tmp_path / "kept", fresh=False, port=65535)
    assert started == [{"page": 65535, "server": 65435}]


@pytest.mark.parametrize("inner", ["", "below"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, inner: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    folder = tmp_path / "file" / inner
    outcome = CliRunner().invoke(app, ["demo", "--folder", str(folder)])
    assert outcome.exit_code == 1
    assert f"The demo's folder {folder} cannot be made: " in outcome.output
    assert "Traceback" not in outcome.output


def test_fresh_deletes_only_what_a_demo_made(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match="holds no demo"):
        run_demo(tmp_path, fresh=True, port=None)
    assert (tmp_path / "thesis.txt").exists()


def test_fresh_does_not_pull_the_folder_from_under_a_running_demo(
    tmp_path: Path, taken: int
) -> None:
    folder = tmp_path / "demo"
    keep(folder, taken)
    with pytest.raises(DemoError, match="is running"):
        run_demo(folder, fresh=True, port=None)
    assert (folder / "ports.json").exists()


def test_the_sample_world_says_each_thing_once_and_subscribes_as_the_manifest_does() -> None:
    policy, directory = load(POLICY, DIRECTORY)
    found = parse(world(directory, policy, new_secrets()))
    titles = {person.email: person.title for person in found.people}
    assert titles["finn@example.com"] == "Finance"
    assert titles["ada@example.com"] == "IT, admins"
    assert found.slack.events == REGISTERED.events


async def test_an_event_nobody_asked_for_is_acknowledged_without_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    policy, directory = load(POLICY, DIRECTORY)
    shared = new_secrets()
    chats = await start(parse(world(directory, policy, shared)), tmp_path / "chats")
    token, secret = shared["slack_bot_token"], shared["slack_signing_secret"]
    url = chats.slack_api_url
    platform = build(a_chat(Recording()), bot_token=token, signing_secret=secret, api_url=url)
    served = web.Application()
    served.add_routes(platform.routes)
    async with TestServer(served) as server:
        await platform.start()
        chats.place.slack_url = str(server.make_url("/slack/events"))
        for kind in ("message", "app_home_opened", "tokens_revoked"):
            event = {"type": kind, "user": "U0MARA", "channel": "D1", "text": "hello"}
            doing = {"user": "U0MARA", "do": "event", "event": event}
            answer = await slack.act(chats.place, doing)
            assert (answer["ok"], answer["status"]) == (True, 200)
        await platform.stop()
    await chats.aclose()
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


class Ended:
    """A child process that has ended."""

    def __init__(self, code: int) -> None:
        self.returncode = code

    async def wait(self) -> int:
        return self.returncode


async def test_a_history_is_made_only_before_anything_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[list[str]] = []
    code = 0

    async def child(self: Any, name: str, arguments: list[str], _: dict[str, str]) -> Ended:
        made.append(arguments)
        return Ended(code)

    monkeypatch.setattr(demo._Demo, "_child", child)
    one = demo._Demo(tmp_path, free_port(), history=True)
    one._write_world()
    await one._live()
    assert made == [["-m", "bot.sample.history"]]
    assert one._children == []
    code = 1
    with pytest.raises(DemoError, match=r"history\.log"):
        await one._live()
    (tmp_path / "countersign.db").touch()
    capsys.readouterr()
    await one._live()
    assert capsys.readouterr().out == (
        "This demo goes on with its data. With --fresh, the weeks are made first.\n"
    )
    assert len(made) == 2
