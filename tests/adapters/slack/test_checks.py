"""What the check of an installation says, asked of a simulated Slack that has something wrong."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import checks
from adapters.slack.manifest import REGISTERED
from core.checkup import CLOCK, Found, Level
from core.directory.people import Identity
from playground.app import Running, start
from playground.world import parse
from tests.adapters.slack.conftest import EVE, FINN, TEAM, TOKEN, WORLD

SCOPES = list(REGISTERED.scopes)
FINNS = Identity("slack", TEAM, FINN)


def _now() -> int:
    return int(time.time() * 1000)


@asynccontextmanager
async def workspace(
    folder: Path, scopes: list[str] | None = SCOPES, people: list[dict[str, Any]] | None = None
) -> AsyncIterator[Running]:
    slack = {name: value for name, value in WORLD["slack"].items() if name != "scopes"}
    slack |= {} if scopes is None else {"scopes": scopes}
    world = {**WORLD, "slack": slack}
    running = await start(parse(world if people is None else {**world, "people": people}), folder)
    yield running
    await running.aclose()


async def asked(
    running: Running,
    accounts: Mapping[str, Identity | None] = {},
    *,
    token: str = TOKEN,
    ahead: int = 0,
) -> dict[str, list[Found]]:
    """The findings by what was looked at; `ahead` are seconds of this machine's clock."""

    def clock() -> int:
        return int((time.time() + ahead) * 1000)

    found = await checks.workspace(running.slack_api_url, token, accounts, clock)
    by_name: dict[str, list[Found]] = {}
    for one in found:
        by_name.setdefault(one.check, []).append(one)
    return by_name


async def test_with_all_as_it_should_be_nothing_is_to_be_done(tmp_path: Path) -> None:
    async with workspace(tmp_path) as slack:
        found = await asked(slack, {"Finn": FINNS, "Eve": Identity("slack", TEAM, EVE)})
    every = [one for some in found.values() for one in some]
    assert {one.level for one in every} == {Level.OK}
    assert list(found) == [checks.ACCESS, CLOCK, checks.SCOPES, checks.PEOPLE]
    assert TEAM in found[checks.ACCESS][0].said
    assert "2 accounts" in found[checks.PEOPLE][0].said


async def test_a_wrong_token_is_a_problem_and_is_not_repeated(tmp_path: Path) -> None:
    async with workspace(tmp_path) as slack:
        found = await asked(slack, {"Finn": None}, token="xoxb-wrong-123")
    (told,) = found[checks.ACCESS]
    assert told.level is Level.PROBLEM
    assert "invalid_auth" in told.said
    assert "SLACK_BOT_TOKEN" in told.remedy
    assert list(found) == [checks.ACCESS, CLOCK]
    assert "xoxb" not in str(found)


async def test_a_slack_that_cannot_be_reached_is_a_problem() -> None:
    (told,) = await checks.workspace("http://127.0.0.1:9/api/", TOKEN, {}, lambda: 0)
    assert told.level is Level.PROBLEM
    assert "HTTPS_PROXY" in told.remedy


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_missing_scope_is_named_with_what_stops_working(tmp_path: Path, scope: str) -> None:
    async with workspace(tmp_path, [s for s in SCOPES if s != scope]) as slack:
        (told,) = (await asked(slack))[checks.SCOPES]
    assert f"The token lacks {scope}: " in told.said
    assert "calls are refused" not in told.said, "say in _USES what it is for"
    assert told.level is (Level.PROBLEM if scope in {"chat:write", "commands"} else Level.WARNING)
    assert "countersign slack manifest" in told.remedy


async def test_where_people_are_found_by_address_one_more_scope_is_needed(tmp_path: Path) -> None:
    async with workspace(tmp_path) as slack:
        found = await checks.workspace(slack.slack_api_url, TOKEN, {}, _now, matching=True)
    (told,) = [one for one in found if one.check == checks.SCOPES]
    assert "The token lacks users:read.email: nobody is found by" in told.said
    assert "countersign slack manifest --match-email" in told.remedy


async def test_without_word_of_the_scopes_there_is_a_warning(tmp_path: Path) -> None:
    async with workspace(tmp_path, None) as slack:
        (told,) = (await asked(slack))[checks.SCOPES]
    assert told.level is Level.WARNING


@pytest.mark.parametrize(
    ("ahead", "level", "said"),
    [
        (30, Level.OK, "within"),
        (-30, Level.OK, "within"),
        (90, Level.WARNING, "ahead of"),
        (-90, Level.WARNING, "behind"),
        (-330, Level.PROBLEM, "Every click is refused"),
    ],
)
async def test_a_clock_that_is_wrong_is_told_before_clicks_are_refused(
    tmp_path: Path, ahead: int, level: Level, said: str
) -> None:
    async with workspace(tmp_path) as slack:
        (told,) = (await asked(slack, ahead=ahead))[CLOCK]
    assert told.level is level
    assert said in told.said


async def test_people_who_cannot_be_written_to_are_named(tmp_path: Path) -> None:
    accounts = {
        "Finn": FINNS,
        "Nora": None,
        "Otto": Identity("slack", "T0OTHER", "U0OTTO"),
        "Gone": Identity("slack", TEAM, "U0GONE"),
        "Bot": Identity("slack", TEAM, "U0BOT"),
    }
    async with workspace(tmp_path) as slack:
        told = (await asked(slack, accounts))[checks.PEOPLE]
    assert {one.level for one in told} == {Level.WARNING}
    assert [one.said for one in told] == [
        "Nora has no Slack account that is known.",
        "Otto has an account of another workspace.",
        "Gone: Slack knows no such account.",
        "Bot: this Slack account is an app's.",
    ]


async def test_only_some_accounts_are_looked_up_and_few_names_are_said(tmp_path: Path) -> None:
    many = {f"P{n}": FINNS for n in range(50)} | {f"N{n}": None for n in range(7)}
    async with workspace(tmp_path) as slack:
        told = (await asked(slack, many))[checks.PEOPLE]
        calls = [c for c in slack.place.store.calls() if c["method"] == "users.info"]
    assert len(calls) == checks.ASKED
    assert [one.said for one in told] == [
        "N0, N1, N2, N3, N4 and 2 more have no Slack account that is known.",
        "20 of 50 accounts were looked up, and all can be reached.",
    ]


async def test_without_the_scope_nobody_is_looked_up(tmp_path: Path) -> None:
    async with workspace(tmp_path, [s for s in SCOPES if s != "users:read"]) as slack:
        found = await asked(slack, {"Finn": FINNS})
        assert not [c for c in slack.place.store.calls() if c["method"] == "users.info"]
    assert checks.PEOPLE not in found


async def test_a_slack_that_limits_the_rate_ends_the_looking_up(tmp_path: Path) -> None:
    async with workspace(tmp_path) as slack:
        slack.place.faults.replace_all({"slack": {"users.info": [{"do": "429", "times": 9}]}})
        (told,) = (await asked(slack, {"Finn": FINNS, "Eve": FINNS}))[checks.PEOPLE]
    assert told.level is Level.WARNING
    assert "Try again in a minute" in told.remedy


async def test_an_app_token_connects_or_is_told_with_its_remedy(tmp_path: Path) -> None:
    async with workspace(tmp_path) as slack:
        (good,) = await checks.socket(slack.slack_api_url, slack.place.world.slack.app_token)
        (bad,) = await checks.socket(slack.slack_api_url, "xapp-other")
        (other,) = await checks.socket(slack.slack_api_url, TOKEN)
    assert good.level is Level.OK
    assert (bad.level, other.level) == (Level.PROBLEM, Level.PROBLEM)
    assert bad.remedy.startswith("Set SLACK_APP_TOKEN")
    assert "xapp-other" not in str(bad)


@pytest.mark.parametrize(
    ("secret", "level"),
    [("0123456789abcdef0123456789abcdef", Level.OK), ("0123456789ABCDEF", Level.WARNING)],
)
def test_a_signing_secret_is_known_by_its_shape_and_never_shown(secret: str, level: Level) -> None:
    (told,) = checks.settings(secret)
    assert told.level is level
    assert secret not in str(told)
