"""What the check of an installation says of login, keys, clock, people and installing."""

import time
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.teams import checks
from adapters.teams.settings import TeamsSettings
from core.checkup import CLOCK, Found, Level
from core.directory.people import Identity
from playground.app import Running
from playground.teams.graph import PERMISSION
from tests.adapters.teams.conftest import APP, EVE, FINN, SECRET, TENANT, person

CATALOG = "44444444-dddd-4ddd-8ddd-000000000004"
NOWHERE = "http://127.0.0.1:9"
PEOPLE = {"Finn": person(FINN), "Eve": person(EVE)}


def _now() -> int:
    return int(time.time() * 1000)


async def asked(
    settings: TeamsSettings, accounts: dict[str, Identity | None] | None = None, ahead: int = 0
) -> dict[str, list[Found]]:
    """The findings by what was looked at; `ahead` are seconds of this machine's clock."""

    def clock() -> int:
        return _now() + ahead * 1000

    by_name: dict[str, list[Found]] = {}
    for one in await checks.everything(settings, PEOPLE | (accounts or {}), clock):
        by_name.setdefault(one.check, []).append(one)
    return by_name


def installing(teams: Running, settings: TeamsSettings, *permissions: str) -> TeamsSettings:
    """With the app in the catalogue, and what an administrator let it do."""
    world = teams.place.world
    changed = replace(world.teams, catalog_app=CATALOG, graph_permissions=permissions)
    teams.place.world = replace(world, teams=changed)
    graph = settings.login_url.replace("/login", "/graph")
    return replace(settings, catalog_app=CATALOG, graph_url=graph)


async def test_with_all_as_it_should_be_nothing_is_to_be_done(settings: TeamsSettings) -> None:
    found = await asked(settings)
    assert list(found) == [checks.KEYS, CLOCK, checks.LOGIN, checks.SERVICE, checks.PEOPLE]
    assert {one.level for each in found.values() for one in each} == {Level.OK}


async def test_a_secret_that_is_wrong_is_told_with_a_remedy(settings: TeamsSettings) -> None:
    (told,) = (await asked(replace(settings, app_password="wrong")))[checks.LOGIN]
    assert told.level is Level.PROBLEM
    assert "AADSTS7000215" in told.said
    assert "MICROSOFT_APP_PASSWORD" in told.remedy
    assert "wrong" not in f"{told.said} {told.remedy}"


async def test_what_does_not_answer_is_no_matter_of_settings() -> None:
    silent = TeamsSettings(
        app_id=APP,
        app_password=SECRET,
        tenant=TENANT,
        login_url=NOWHERE,
        metadata_url=NOWHERE,
        service_url=NOWHERE,
    )
    found = await asked(silent)
    for check in (checks.KEYS, checks.LOGIN, checks.SERVICE):
        (told,) = found[check]
        assert told.level is Level.PROBLEM
        assert told.remedy.startswith("See that this machine can reach 127.0.0.1")
    assert CLOCK not in found


async def test_an_open_door_is_warned_of(settings: TeamsSettings) -> None:
    (told,) = (await asked(replace(settings, app_id="")))[checks.LOGIN]
    assert told.level is Level.WARNING


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, Level.OK), (90, Level.WARNING), (-301, Level.PROBLEM)]
)
async def test_a_clock_that_is_wrong_is_found_by_microsofts(
    settings: TeamsSettings, ahead: int, level: Level
) -> None:
    (told,) = (await asked(settings, ahead=ahead))[CLOCK]
    assert told.level is level
    assert "Microsoft's" in told.said


async def test_a_place_without_keys_is_a_problem(settings: TeamsSettings) -> None:
    async def keys(request: web.Request) -> web.Response:
        made: dict[str, Any] = {"jwks_uri": str(request.url), "keys": []}
        return web.json_response(made)

    place = web.Application()
    place.router.add_get("/", keys)
    async with TestServer(place) as server:
        found = await asked(replace(settings, metadata_url=str(server.make_url("/"))))
    (told,) = found[checks.KEYS]
    assert told.level is Level.PROBLEM
    assert "every call is refused" in told.said


async def test_ids_that_are_none_are_warned_of(settings: TeamsSettings) -> None:
    (told,) = (await asked(replace(settings, tenant="example.onmicrosoft.com")))[checks.APP]
    assert told.level is Level.WARNING
    assert "MICROSOFT_APP_TENANT_ID" in told.said


async def test_people_without_an_account_or_with_one_elsewhere_are_named(
    settings: TeamsSettings,
) -> None:
    elsewhere = Identity("teams", "99999999-aaaa-4aaa-8aaa-000000000009", EVE)
    without, other = (await asked(settings, {"Nora": None, "Olaf": elsewhere}))[checks.PEOPLE]
    assert without.said == "Nora has no Teams account that is known."
    assert "countersign people link" in without.remedy
    assert other.said == "Olaf has an account of another tenant."
    assert TENANT in other.remedy


async def test_who_has_not_got_the_app_is_told_where_it_is_installed_by_itself(
    teams: Running, settings: TeamsSettings
) -> None:
    (told,) = (await asked(installing(teams, settings, PERMISSION)))[checks.INSTALLING]
    assert told.level is Level.OK
    assert told.said.endswith("Eve has not got the app: their first card brings it.")
    assert not [c for c in teams.place.store.calls() if c["method"] == "POST installedApps"]


async def test_a_permission_that_is_missing_is_a_problem(
    teams: Running, settings: TeamsSettings
) -> None:
    (told,) = (await asked(installing(teams, settings)))[checks.INSTALLING]
    assert told.level is Level.PROBLEM
    assert told.said == "Microsoft Graph answered 403 (Forbidden), about Finn."
    assert PERMISSION in told.remedy
