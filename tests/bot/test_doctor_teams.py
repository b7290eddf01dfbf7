"""`countersign doctor` with Teams switched on: beside Slack, and whom it looks for where."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.sample import DIRECTORY, POLICY
from playground.app import Running, start
from playground.world import parse
from tests.adapters.teams.conftest import APP, SECRET, WORLD

Json = dict[str, Any]
SAMPLE_TENANT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
async def teams(tmp_path: Path) -> AsyncIterator[Running]:
    world = {**WORLD, "teams": {**WORLD["teams"], "tenant": SAMPLE_TENANT}}
    running = await start(parse(world), tmp_path / "teams")
    yield running
    await running.aclose()


def settings(teams: Running, folder: Path) -> dict[str, str]:
    at = f"{teams.base_url}/teams"
    return {
        "COUNTERSIGN_DATABASE_URL": f"sqlite:///{folder}/countersign.db",
        "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
        "COUNTERSIGN_POLICY": str(POLICY),
        "MICROSOFT_APP_ID": APP,
        "MICROSOFT_APP_PASSWORD": SECRET,
        "MICROSOFT_APP_TENANT_ID": SAMPLE_TENANT,
        "MICROSOFT_OPENID_METADATA_URL": f"{at}/v1/.well-known/openidconfiguration",
        "MICROSOFT_LOGIN_URL": f"{at}/login",
        "TEAMS_SERVICE_URL": f"{at}/connector",
    }


async def looked(**env: str) -> tuple[int, list[Json]]:
    run = CliRunner().invoke
    told = await asyncio.to_thread(run, app, ["doctor", "--json"], env=env)
    assert SECRET not in told.output
    return told.exit_code, json.loads(told.stdout)["items"]


async def test_with_teams_alone_it_names_who_cannot_be_reached_there(
    teams: Running, tmp_path: Path
) -> None:
    code, items = await looked(**settings(teams, tmp_path))
    assert code == 0
    levels = {(one["check"], one["level"]) for one in items}
    for check in ("teams keys", "teams login", "teams service", "clock"):
        assert (check, "ok") in levels
    (people,) = [one for one in items if one["check"] == "teams people"]
    assert people["said"] == (
        "Alice Adams, Mara Miller, Dev Deputy, Ada Admin have no Teams account that is known."
    )


async def test_who_is_reached_in_slack_is_not_looked_for_in_teams(
    teams: Running, tmp_path: Path
) -> None:
    slack = {
        "SLACK_BOT_TOKEN": "xoxb-0",
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
        "SLACK_API_URL": teams.slack_api_url,
    }
    _, items = await looked(**settings(teams, tmp_path), **slack)
    (people,) = [one for one in items if one["check"] == "teams people"]
    assert people["level"] == "ok"


async def test_a_secret_that_is_wrong_ends_with_exit_code_1(teams: Running, tmp_path: Path) -> None:
    wrong = {**settings(teams, tmp_path), "MICROSOFT_APP_PASSWORD": "another"}
    code, items = await looked(**wrong)
    assert code == 1
    (login,) = [one for one in items if one["check"] == "teams login"]
    assert "AADSTS7000215" in login["said"]
