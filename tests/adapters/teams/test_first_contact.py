"""Somebody who has not got the app: it is installed for them where that is permitted, through a
simulated Microsoft Graph, and otherwise the reason says what to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from adapters.teams.app import TeamsPlatform, build
from adapters.teams.replies import NO_CHAT
from adapters.teams.settings import TeamsSettings
from core.ports import Dead, Delivered, Notice, Outcome, RetryAt
from core.rows import Recipient
from tests.adapters.teams.cards import NOW, a_card
from tests.adapters.teams.conftest import (
    EVE,
    FINANCE,
    FINN,
    TENANT,
    Rig,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Shelf
from tests.ports import EverybodyKnown

CATALOG = "55555555-eeee-4eee-8eee-000000000005"
PERMISSION = "TeamsAppInstallation.ReadWriteSelfForUser.All"
TO_EVE = Recipient(platform="teams", id="eve@example.com")
NOTICE = Notice(kind="result", request="R1", title="ERP", text="Approved by Mara.")


@pytest.fixture
def settings(settings: TeamsSettings) -> TeamsSettings:
    graph = settings.login_url.replace("/login", "/graph")
    return replace(settings, catalog_app=CATALOG, graph_url=graph)


def permit(rig: Rig, *permissions: str, catalog: str = CATALOG) -> None:
    """What an administrator granted in Entra, and the app's id in the catalogue."""
    world = rig.teams.place.world
    teams = replace(world.teams, catalog_app=catalog, graph_permissions=permissions)
    rig.teams.place.world = replace(world, teams=teams)


async def shown(rig: Rig, oid: str = EVE) -> Outcome:
    return await rig.platform.channel.show(a_card(), TO_EVE, person(oid), delivery())


def graph_calls(rig: Rig) -> list[tuple[str, int]]:
    names = ("POST installedApps", "GET installedApps", "GET chat")
    return [(c["method"], c["status"]) for name in names for c in rig.calls(name)]


async def test_the_app_is_installed_and_the_card_posted_in_its_chat(rig: Rig, shelf: Shelf) -> None:
    permit(rig, PERMISSION)
    ref = reference(await shown(rig))
    (message,) = rig.said(rig.chat(EVE))
    assert ref.fields["activity"] == message["id"]
    assert [status for _, status in graph_calls(rig)] == [201, 200, 200]
    assert shelf.kept[person(EVE)]["conversation"] == ref.fields["conversation"]
    # From now on the chat is known.
    assert isinstance(await rig.platform.channel.tell(NOTICE, TO_EVE, person(EVE)), Delivered)
    assert len(graph_calls(rig)) == 3
    edited = await rig.platform.channel.show(a_card(), TO_EVE, person(EVE), delivery(ref))
    assert edited == Delivered(ref=ref)


async def test_who_has_the_app_is_asked_of_nobody(rig: Rig) -> None:
    permit(rig, PERMISSION)
    assert isinstance(await shown(rig, FINN), Delivered)
    assert graph_calls(rig) == []


async def test_somebody_who_removed_the_app_unnoticed_gets_it_again(rig: Rig) -> None:
    permit(rig, PERMISSION)
    reference(await shown(rig))
    rig.teams.place.store.section("teams.installed")[EVE] = {"installed": False}
    assert isinstance(await shown(rig), Delivered)
    assert [c["status"] for c in rig.calls("POST installedApps")] == [201, 201]


async def test_an_installation_that_teams_does_not_know_yet_is_tried_again(rig: Rig) -> None:
    permit(rig, PERMISSION)
    rig.fault("POST activities", "error", error="BotNotInConversationRoster")
    outcome = await shown(rig)
    assert isinstance(outcome, RetryAt)
    assert not outcome.uncertain
    assert isinstance(await shown(rig), Delivered)


@pytest.mark.parametrize(
    ("permissions", "catalog", "says"),
    [
        ((), CATALOG, "403 (Forbidden): the app is not installed for this person, and Count"),
        ((PERMISSION,), "another", "404 (NotFound): check TEAMS_CATALOG_APP_ID"),
    ],
)
async def test_what_is_not_permitted_is_dead_with_the_remedy(
    rig: Rig, permissions: tuple[str, ...], catalog: str, says: str
) -> None:
    permit(rig, *permissions, catalog=catalog)
    for outcome in (
        await shown(rig),
        await rig.platform.channel.tell(NOTICE, TO_EVE, person(EVE)),
    ):
        assert isinstance(outcome, Dead)
        assert f"Microsoft Graph answered {says}" in outcome.reason


@pytest.mark.parametrize(
    ("fault", "fields", "after"),
    [
        ("429", {"retry_after": 9}, 9000),
        ("500", {"status": 503}, None),
        ("500", {"status": 500}, None),
    ],
)
@pytest.mark.parametrize("call", ["POST installedApps", "GET installedApps", "GET chat"])
async def test_what_passes_is_tried_again_and_then_nothing_stands_twice(
    rig: Rig, call: str, fault: str, fields: dict[str, int], after: int | None
) -> None:
    permit(rig, PERMISSION)
    rig.fault(call, fault, **fields)
    outcome = await shown(rig)
    assert isinstance(outcome, RetryAt), outcome
    assert (outcome.after, outcome.uncertain) == (after, False)
    assert isinstance(await shown(rig), Delivered)
    assert len(rig.said(rig.chat(EVE))) == 1


async def test_an_installation_whose_answer_is_lost_is_tried_again(rig: Rig) -> None:
    permit(rig, PERMISSION)
    rig.fault("POST installedApps", "drop_answer")
    assert isinstance(await shown(rig), RetryAt)
    assert isinstance(await shown(rig), Delivered)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("ConversationBlockedByUser", "ask them to unblock it"),
        ("BotDisabledByAdmin", "have them allow it in the Teams admin center"),
    ],
)
async def test_where_installing_helps_nobody_it_is_not_tried(
    rig: Rig, error: str, remedy: str
) -> None:
    permit(rig, PERMISSION)
    rig.fault("POST conversations", "error", error=error)
    outcome = await shown(rig)
    assert isinstance(outcome, Dead)
    assert remedy in outcome.reason
    assert graph_calls(rig) == []


async def test_graph_has_a_token_of_its_own_that_is_asked_for_once(rig: Rig) -> None:
    permit(rig, PERMISSION)
    for _ in range(3):
        rig.teams.place.store.section("teams.installed")[EVE] = {"installed": False}
        await shown(rig)
    scopes = [c["args"]["scope"] for c in rig.calls("token")]
    assert scopes == [
        "https://api.botframework.com/.default",
        f"{rig.settings.graph_url}/.default",
    ]
    assert all(rig.settings.app_password not in str(c) for c in rig.calls("token"))


async def test_a_login_that_gives_no_token_for_graph_is_dead_with_the_remedy(rig: Rig) -> None:
    settings = replace(rig.settings, graph_url="https://graph.example.com")
    async with started(rig, settings) as platform:
        outcome = await platform.channel.show(a_card(), TO_EVE, person(EVE), delivery())
    assert isinstance(outcome, Dead)
    assert "AADSTS500011" in outcome.reason


async def test_without_a_catalogue_id_nothing_is_installed(rig: Rig) -> None:
    permit(rig, PERMISSION)
    async with started(rig, replace(rig.settings, catalog_app="")) as platform:
        outcome = await platform.channel.show(a_card(), TO_EVE, person(EVE), delivery())
    assert isinstance(outcome, Dead)
    assert "ask them to add it, or have an administrator install it" in outcome.reason
    assert graph_calls(rig) == []


async def test_for_somebody_whom_the_directory_does_not_know_it_is_not_installed(rig: Rig) -> None:
    """Anybody of a channel may ask there for something that is answered in one's own chat."""
    permit(rig, PERMISSION)
    linking = rig.ports.linking
    assert isinstance(linking, EverybodyKnown)
    linking.strangers = {EVE}
    outcome = await shown(rig)
    assert isinstance(outcome, Dead)
    assert "have an administrator install it" in outcome.reason
    asked: dict[str, object] = {"conversation": FINANCE, "text": "/help", "targeted": True}
    await rig.act(EVE, "message", **asked)
    assert (await rig.replies(FINANCE, 1))[0]["text"] == NO_CHAT
    assert graph_calls(rig) == []
    linking.strangers = set()
    await rig.act(EVE, "message", **asked)
    await rig.platform.stop()
    assert len(rig.said(rig.chat(EVE))) == 1
    assert [status for _, status in graph_calls(rig)] == [201, 200, 200]


async def test_a_stranger_to_the_tenant_is_dead_with_the_remedy(rig: Rig) -> None:
    outcome = await shown(rig, "33333333-cccc-4ccc-8ccc-0000000000ff")
    assert isinstance(outcome, Dead)
    assert "correct identities.teams of this person" in outcome.reason


@asynccontextmanager
async def started(rig: Rig, settings: TeamsSettings) -> AsyncIterator[TeamsPlatform]:
    platform = build(rig.ports, rig.shelf, settings, clock=lambda: NOW)
    await platform.start()
    yield platform
    await platform.stop()


async def test_a_group_chat_gets_a_message_that_is_edited_later(rig: Rig) -> None:
    world = rig.teams.place.world
    group = replace(world.teams.channels[0], id="19:project@thread.v2", name="Project")
    teams = replace(world.teams, channels=(*world.teams.channels, group))
    rig.teams.place.world = replace(world, teams=teams)
    to = Recipient(platform="teams", id=group.id, kind="channel")
    ref = reference(await rig.platform.channel.show(a_card(), to, None, delivery()))
    assert ref.fields["conversation"] == group.id
    assert ref.fields["tenant"] == TENANT
    again = await rig.platform.channel.show(a_card(), to, None, delivery(ref))
    assert again == Delivered(ref=ref)
    assert len(rig.said(group.id)) == 1
