"""People looked up in Slack by their addresses: in which workspaces, and what gives no answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.finding import NO_SCOPE
from adapters.slack.manifest import MATCH_SCOPE
from core.chat.finding_port import Finder, Later
from core.chat.linking_port import Member
from core.directory.people import Identity
from tests.adapters.slack.conftest import FINN, TEAM, Rig
from tests.adapters.slack.installing import OLGA, ORG, OTHER, Office, Server, opened

FINNS = Identity(platform="slack", realm=TEAM, account=FINN)
EMAIL = "finn@example.com"
BOTH = (TEAM, OTHER)


async def find(rig: Rig, email: str = EMAIL) -> tuple[Member, ...] | Later:
    finder = rig.platform.finder
    assert finder is not None
    return await finder.find(email)


async def change(rig: Rig, **fields: Any) -> None:
    rig.slack.place.store.section("slack.members")[FINN] = fields


# --- one workspace -------------------------------------------------------------------------


async def test_a_member_is_found_by_their_address(rig: Rig) -> None:
    assert await find(rig) == (Member(identity=FINNS, email=EMAIL, confirmed=True),)
    assert rig.calls("users.lookupByEmail") == [{"email": EMAIL}]


async def test_which_workspace_it_is_is_asked_once(rig: Rig) -> None:
    await find(rig)
    await find(rig, "eve@example.com")
    assert len(rig.calls("auth.test")) == 1


async def test_who_is_not_there_or_was_deactivated_is_nobody(rig: Rig) -> None:
    assert await find(rig, "nobody@example.com") == ()
    await change(rig, deleted=True)
    assert await find(rig) == ()


@pytest.mark.parametrize("field", ["is_restricted", "is_ultra_restricted", "is_bot"])
async def test_guests_and_bots_are_not_sure(rig: Rig, field: str) -> None:
    await change(rig, **{field: True})
    found = await find(rig)
    assert isinstance(found, tuple)
    assert [member.is_sure for member in found] == [False]


async def test_an_address_that_was_not_confirmed_is_not_sure(rig: Rig) -> None:
    await change(rig, is_email_confirmed=False)
    found = await find(rig)
    assert isinstance(found, tuple)
    assert [member.is_sure for member in found] == [False]


async def test_a_member_of_another_organisation_is_nobody(rig: Rig) -> None:
    await change(rig, team_id=OTHER)
    assert await find(rig) == ()


@pytest.mark.parametrize("method", ["users.lookupByEmail", "auth.test"])
async def test_slack_says_how_long_it_wants_quiet(rig: Rig, method: str) -> None:
    rig.fault(method, do="429", retry_after=30)
    assert await find(rig) == Later(reason="Slack limits our rate (429)", after=30_000)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"do": "500"}, "Slack answered HTTP 500"),
        ({"do": "slow", "seconds": 3}, "Slack did not answer in time"),
        ({"do": "error", "error": "service_unavailable"}, "Slack answered service_unavailable"),
    ],
)
async def test_what_passes_by_itself_is_asked_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], reason: str
) -> None:
    monkeypatch.setattr("adapters.slack.finding.SECONDS", 0.5)
    rig.fault("users.lookupByEmail", **fault)
    assert await find(rig) == Later(reason=reason)


async def test_without_the_scope_the_operator_is_told_which_manifest(rig: Rig) -> None:
    slack = rig.slack.place.world.slack
    object.__setattr__(slack, "scopes", tuple(s for s in slack.scopes or () if s != MATCH_SCOPE))
    assert await find(rig) == Later(reason=NO_SCOPE, lasting=True)


async def test_a_token_that_does_not_work_lasts_and_says_what_to_do(rig: Rig) -> None:
    rig.fault("users.lookupByEmail", do="error", error="invalid_auth")
    found = await find(rig)
    assert isinstance(found, Later)
    assert found.lasting
    assert found.reason.startswith("Slack answered invalid_auth: set SLACK_BOT_TOKEN")


# --- several workspaces --------------------------------------------------------------------


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Installed in both workspaces, in each of which Finn's address is somebody's."""
    async with opened(tmp_path) as found:
        await found.serve(allowed=BOTH)
        await found.install(TEAM)
        await found.install(OTHER)
        olga = found.slack.place.store.section(f"slack.{OTHER}.members")
        olga[OLGA] = {"email": EMAIL}
        yield found


async def realms(server: Server) -> list[str]:
    finder: Finder | None = server.platform.finder
    assert finder is not None
    found = await finder.find(EMAIL)
    assert isinstance(found, tuple), found
    return [member.identity.realm for member in found]


async def test_all_that_are_listed_are_asked(office: Office) -> None:
    assert sorted(await realms(office.first)) == sorted(BOTH)


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [((TEAM,), [TEAM]), ((), []), ((ORG,), sorted(BOTH)), (("T0NEW",), [])],
)
async def test_what_was_installed_before_there_was_a_list_does_not_count(
    office: Office, allowed: tuple[str, ...], expected: list[str]
) -> None:
    again = await office.serve(allowed=allowed)
    assert sorted(await realms(again)) == expected
    trusted = [team for team in BOTH if await again.workspaces.trusts(team)]
    assert sorted(trusted) == expected


async def test_where_the_app_was_removed_nobody_is_looked_for(office: Office) -> None:
    await office.act(OLGA, "remove_app", silently=True)
    assert await realms(office.first) == [TEAM]


async def test_without_an_answer_of_one_there_is_no_answer(office: Office) -> None:
    office.fault("users.lookupByEmail", do="429", retry_after=7)
    finder = office.first.platform.finder
    assert finder is not None
    assert await finder.find(EMAIL) == Later(reason="Slack limits our rate (429)", after=7_000)
