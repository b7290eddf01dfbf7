"""`countersign doctor` beyond this machine: the public address, and all of it together."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from typer.testing import CliRunner

from adapters.slack.manifest import PATH, REGISTERED
from bot.cli import app
from bot.doctor import reach
from bot.sample import DIRECTORY, POLICY
from core.checkup import Found, Level
from playground.app import Running, start
from playground.world import parse
from tests.adapters.slack.conftest import SECRET, TEAM, TOKEN, WORLD
from tests.bot.cli_office import Office

Json = dict[str, Any]
DOORS = (PATH,)


@asynccontextmanager
async def server(**answers: tuple[int, Any]) -> AsyncIterator[str]:
    """What answers at an address; "health", "ready" and "door" as told, else as it should."""
    said = {"health": (200, {"status": "ok"}), "ready": (200, {}), "door": (401, {}), **answers}

    def route(name: str) -> Any:
        async def answer(_: web.Request) -> web.Response:
            status, body = said[name]
            headers = {"Location": "https://elsewhere.example"} if status == 302 else {}
            return web.json_response(body, status=status, headers=headers)

        return answer

    made = web.Application()
    made.router.add_get("/healthz", route("health"))
    made.router.add_get("/readyz", route("ready"))
    made.router.add_post(PATH, route("door"))
    async with TestServer(made) as running:
        yield str(running.make_url("")).rstrip("/")


async def looked(url: str | None, doors: tuple[str, ...] = DOORS) -> list[Found]:
    """What is said of the address, but for its lack of TLS."""
    told = await reach.public(url, doors)
    return [one for one in told if "has no TLS" not in one.said]


async def test_a_server_that_is_reached_and_lets_in_nobody_unsigned_is_good() -> None:
    async with server() as url:
        assert await looked(url) == []
        (told,) = await reach.public(url, ())
    assert told.level is Level.OK
    assert "not from this machine" in told.said


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"health": (404, {})}, "/healthz answered 404"),
        ({"health": (200, {"hello": 1})}, "not as Countersign does"),
        ({"health": (302, {})}, "leads to another address"),
        ({"ready": (503, {})}, "is not ready"),
        ({"door": (404, {})}, f"{PATH} is not there"),
        ({"door": (200, {})}, "takes calls that nobody signed"),
        ({"door": (502, {})}, "answered 502 to a call that nobody signed"),
    ],
)
async def test_whatever_else_answers_is_a_problem(answers: Json, said: str) -> None:
    async with server(**answers) as url:
        (told,) = await looked(url)
    assert told.level is Level.PROBLEM
    assert said in told.said
    assert told.remedy.endswith(".")


async def test_what_the_server_finds_wrong_with_itself_is_a_warning_in_its_words() -> None:
    said = "Request r1 has been due for 5 minutes."
    async with server(ready=(200, {"status": "ready", "warnings": [said]})) as url:
        (told,) = await looked(url)
    assert (told.level, told.check, told.said) == (Level.WARNING, reach.WORK, said)
    assert f"{url}/readyz" in told.remedy


@pytest.mark.parametrize("body", [[], {"warnings": "x"}, {"warnings": None}, "ready"])
async def test_an_odd_answer_about_readiness_is_no_warning(body: Any) -> None:
    async with server(ready=(200, body)) as url:
        assert await looked(url) == []


async def test_an_address_where_nothing_answers_is_a_problem() -> None:
    (told,) = await looked(f"http://127.0.0.1:{unused_port()}")
    assert told.level is Level.PROBLEM
    assert "cannot be reached" in told.said


async def test_without_an_address_it_is_said_that_none_was_tried() -> None:
    (told,) = await looked(None)
    assert told.level is Level.WARNING
    assert await looked(None, ()) == []


async def test_chat_platforms_call_nothing_without_tls() -> None:
    async with server() as url:
        (told,) = await reach.public(url, DOORS)
    assert told.level is Level.PROBLEM
    assert "Put TLS in front" in told.remedy


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Running]:
    world = {**WORLD, "slack": {**WORLD["slack"], "scopes": list(REGISTERED.scopes)}}
    running = await start(parse(world), tmp_path / "slack")
    yield running
    await running.aclose()


async def test_everything_together_with_slack_switched_on(
    slack: Running, desk: Office, tmp_path: Path
) -> None:
    directory = DIRECTORY.read_text().replace("T0EXAMPLE", TEAM)
    (tmp_path / "directory.yaml").write_text(directory)
    env = {
        "COUNTERSIGN_DATABASE_URL": desk.database,
        "COUNTERSIGN_POLICY": str(POLICY),
        "COUNTERSIGN_DIRECTORY": str(tmp_path / "directory.yaml"),
        "COUNTERSIGN_PUBLIC_URL": desk.url,
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": slack.slack_api_url,
    }
    run = CliRunner().invoke
    told = await asyncio.to_thread(run, app, ["doctor", "--json"], env=env)
    items: list[Json] = json.loads(told.stdout)["items"]
    levels = {(one["check"], one["level"]) for one in items}
    assert ("slack token", "ok") in levels
    assert ("slack scopes", "ok") in levels
    assert ("clock", "ok") in levels
    assert ("slack signing secret", "warning") in levels
    # The server beside it serves no Slack, and has no TLS.
    assert told.exit_code == 1
    assert {one["check"] for one in items if one["level"] == "problem"} == {"public address"}
    assert not any(secret in told.output for secret in (TOKEN, SECRET))


async def test_in_socket_mode_slack_needs_no_address(slack: Running) -> None:
    env = {
        "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
        "COUNTERSIGN_POLICY": str(POLICY),
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_APP_TOKEN": slack.place.world.slack.app_token,
        "SLACK_API_URL": slack.slack_api_url,
    }
    told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"], env=env)
    found = {one["check"]: one["level"] for one in json.loads(told.stdout)["items"]}
    assert found["slack socket mode"] == "ok"
    assert not {"public address", "slack signing secret"} & set(found)


async def test_a_wrong_token_ends_with_exit_code_1_and_what_to_do(slack: Running) -> None:
    env = {
        "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
        "COUNTERSIGN_POLICY": str(POLICY),
        "SLACK_BOT_TOKEN": "xoxb-wrong",
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
        "SLACK_API_URL": slack.slack_api_url,
    }
    told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"], env=env)
    assert told.exit_code == 1
    (line,) = [said for said in told.stdout.splitlines() if said.startswith("PROBLEM")]
    assert "Slack answered invalid_auth. Set SLACK_BOT_TOKEN to" in line
