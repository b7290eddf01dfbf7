"""`countersign doctor` where several workspaces install the app: each one's token is tried."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.slack.manifest import REGISTERED
from adapters.slack.sealing import Grant, Seal
from bot.cli import app
from bot.sample import DIRECTORY, POLICY
from core.installs import Installation
from playground.app import Running, start
from playground.world import parse
from storage.database import open_storage
from storage.migrate import upgrade
from tests.adapters.slack.conftest import TEAM, TOKEN, WORLD

Json = dict[str, Any]
Doctor = Callable[..., Awaitable[dict[str, Json]]]
KEY, OTHER = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Running]:
    world = {**WORLD, "slack": {**WORLD["slack"], "scopes": list(REGISTERED.scopes)}}
    running = await start(parse(world), tmp_path / "slack")
    yield running
    await running.aclose()


@pytest.fixture
def doctor(slack: Running, tmp_path: Path) -> Doctor:
    """What is found, by what was looked at, with that encryption key in the settings."""

    async def run(key: str, **more: str) -> dict[str, Json]:
        env = {
            "COUNTERSIGN_DATABASE_URL": f"sqlite:///{tmp_path}/countersign.db",
            "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
            "COUNTERSIGN_POLICY": str(POLICY),
            "COUNTERSIGN_PUBLIC_URL": "http://127.0.0.1:9",
            "COUNTERSIGN_ENCRYPTION_KEY": key,
            "SLACK_CLIENT_ID": "1.1",
            "SLACK_CLIENT_SECRET": "client-secret",
            "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
            "SLACK_API_URL": slack.slack_api_url,
            **more,
        }
        told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"], env=env)
        assert told.stdout, told.output
        return {one["check"]: one for one in json.loads(told.stdout)["items"]}

    return run


async def installed(folder: Path, key: str) -> None:
    """The app in one workspace, as the server keeps it."""
    url = f"sqlite:///{folder}/countersign.db"
    await asyncio.to_thread(upgrade, url)
    storage = open_storage(url)
    sealed = Seal([key]).close_grant(Grant(id=TEAM, bot_token=TOKEN))
    row = Installation(platform="slack", team=TEAM, enterprise="", body=sealed, at=1)
    await storage.installations.install(row)
    await storage.close()


async def test_before_the_first_install_it_says_where_to_install(doctor: Doctor) -> None:
    told = (await doctor(KEY))["slack installs"]
    assert told["level"] == "warning"
    assert "http://127.0.0.1:9/slack/install" in told["remedy"]


async def test_that_any_workspace_may_install_is_warned_of(doctor: Doctor) -> None:
    told = (await doctor(KEY))["slack allowed teams"]
    assert told["level"] == "warning"
    assert "SLACK_ALLOWED_TEAMS" in told["remedy"]
    assert "slack allowed teams" not in await doctor(KEY, SLACK_ALLOWED_TEAMS=TEAM)


async def test_the_token_of_a_workspace_is_tried(doctor: Doctor, tmp_path: Path) -> None:
    await installed(tmp_path, KEY)
    found = await doctor(KEY)
    assert found["slack token"]["level"] == "ok"
    assert found["slack scopes"]["level"] == "ok"
    assert TOKEN not in json.dumps(found)


async def test_a_key_that_opens_nothing_is_a_problem(doctor: Doctor, tmp_path: Path) -> None:
    await installed(tmp_path, KEY)
    told = (await doctor(OTHER))["slack installs"]
    assert told["level"] == "problem"
    assert f"The token of {TEAM} does not open." in told["said"]


async def test_a_key_file_that_is_gone_is_a_problem_and_none_is_made(
    doctor: Doctor, tmp_path: Path
) -> None:
    await installed(tmp_path, KEY)
    told = (await doctor(""))["slack installs"]
    assert told["level"] == "problem"
    assert told["remedy"] == "Restore that file."
    assert not (tmp_path / "countersign.encryption-key").exists()
