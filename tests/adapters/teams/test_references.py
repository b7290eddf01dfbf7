"""Where people and channels can be reached: learned from Teams, kept, forgotten."""

from adapters.teams.references import Book
from adapters.teams.settings import SERVICE_URL
from core.directory.people import Identity
from core.ports import Delivered
from core.rows import Recipient
from tests.adapters.teams.cards import DATA, NOW, a_card
from tests.adapters.teams.conftest import (
    APP,
    EVE,
    FINANCE,
    FINN,
    TENANT,
    Json,
    Rig,
    delivery,
    person,
)
from tests.adapters.teams.fakes import Recording, Shelf

CHANNEL = Identity(platform="teams", realm=TENANT, account=FINANCE)
ANYWHERE = Identity(platform="teams", realm=TENANT, account="*")


def chat(rig: Rig, oid: str, mri: str) -> dict[str, str]:
    return {
        "service_url": rig.settings.service_url,
        "conversation": rig.chat(oid),
        "bot": f"28:{APP}",
        "tenant": TENANT,
        "user": mri,
    }


async def test_installing_the_app_keeps_the_chat_with_the_person(rig: Rig, shelf: Shelf) -> None:
    answer = await rig.act(EVE, "install")
    assert answer["ok"], answer
    assert shelf.kept[person(EVE)] == chat(rig, EVE, "29:1eve")
    assert (EVE, NOW) in shelf.writes


async def test_who_installs_the_app_is_tried_again_once_the_chat_is_kept(
    rig: Rig, conversations: Recording, shelf: Shelf
) -> None:
    await rig.act(EVE, "install")
    assert set(conversations.reached) == {person(EVE)}
    before = len(conversations.reached)
    installed = {"type": "installationUpdate", "name": None, "value": None, "action": "add"}
    await rig.post(rig.invoke({}, None, installed))
    assert conversations.reached[before:] == [person(FINN)]
    assert person(FINN) in shelf.kept
    bot = {"membersAdded": [{"id": f"28:{APP}"}]}
    await rig.post(rig.invoke({}, None, {**installed, "type": "conversationUpdate", **bot}))
    assert conversations.reached[before:] == [person(FINN), person(FINN)]


async def test_neither_a_click_nor_a_removal_tries_anything_again(
    rig: Rig, conversations: Recording
) -> None:
    await rig.post(rig.invoke({"verb": "approve"}, {**DATA, "verb": "approve"}))
    await rig.act(FINN, "uninstall")
    assert conversations.reached == []


async def test_after_installing_a_card_is_posted_without_opening_a_chat(rig: Rig) -> None:
    await rig.act(EVE, "install")
    to = Recipient(platform="teams", id="eve@example.com")
    outcome = await rig.platform.channel.show(a_card(), to, person(EVE), delivery())
    assert isinstance(outcome, Delivered)
    assert rig.calls("POST conversations") == []


async def test_removing_the_app_forgets_the_chat(rig: Rig, shelf: Shelf) -> None:
    await rig.act(EVE, "install")
    answer = await rig.act(EVE, "uninstall")
    assert answer["ok"], answer
    assert person(EVE) not in shelf.kept


async def test_installing_again_keeps_the_same_chat_again(rig: Rig, shelf: Shelf) -> None:
    await rig.act(EVE, "install")
    shelf.kept.clear()
    await rig.act(EVE, "install")
    assert shelf.kept[person(EVE)] == chat(rig, EVE, "29:1eve")


async def test_a_click_keeps_the_chat_but_writes_it_only_once(rig: Rig, shelf: Shelf) -> None:
    for _ in range(3):
        await rig.post(rig.invoke({"verb": "approve"}, {**DATA, "verb": "approve"}))
    assert shelf.kept[person(FINN)] == chat(rig, FINN, "29:1finn")
    assert [account for account, _ in shelf.writes].count(FINN) == 1


async def test_a_chat_that_moved_to_another_address_is_kept_anew(rig: Rig, shelf: Shelf) -> None:
    data = {**DATA, "verb": "approve"}
    shelf.kept[person(FINN)] = {**chat(rig, FINN, "29:1finn"), "service_url": "https://old.example"}
    await rig.post(rig.invoke({"verb": "approve"}, data))
    assert shelf.kept[person(FINN)]["service_url"] == rig.settings.service_url


def in_team(kind: str, **changed: object) -> Json:
    made: Json = {
        "type": kind,
        "name": None,
        "value": None,
        "conversation": {
            "id": f"{FINANCE};messageid=1",
            "conversationType": "channel",
            "isGroup": True,
            "tenantId": TENANT,
        },
        "channelData": {
            "team": {"id": "19:team@thread.tacv2"},
            "channel": {"id": FINANCE},
            "tenant": {"id": TENANT},
        },
    }
    return {**made, **changed}


async def test_a_team_that_adds_the_bot_keeps_the_channel_and_one_that_removes_it_forgets(
    rig: Rig, shelf: Shelf
) -> None:
    bot = {"id": f"28:{APP}", "name": "Countersign"}
    added = in_team("conversationUpdate", membersAdded=[bot])
    assert (await rig.post(rig.invoke({}, None, added)))[0] == 200
    assert shelf.kept[CHANNEL] == {
        "service_url": rig.settings.service_url,
        "conversation": FINANCE,
        "bot": f"28:{APP}",
        "tenant": TENANT,
    }
    assert person(FINN) not in shelf.kept
    removed = in_team("conversationUpdate", membersRemoved=[bot])
    assert (await rig.post(rig.invoke({}, None, removed)))[0] == 200
    assert CHANNEL not in shelf.kept


async def test_an_installation_in_a_team_is_the_channels_not_the_persons(
    rig: Rig, shelf: Shelf
) -> None:
    await rig.post(rig.invoke({}, None, in_team("installationUpdate", action="add")))
    assert CHANNEL in shelf.kept
    assert person(FINN) not in shelf.kept
    await rig.post(rig.invoke({}, None, in_team("installationUpdate", action="remove")))
    assert CHANNEL not in shelf.kept


async def test_other_people_coming_and_going_is_nothing(rig: Rig, shelf: Shelf) -> None:
    others = [{"id": "29:1eve"}]
    for changed in ({"membersAdded": others}, {"membersRemoved": others}, {}):
        status, _ = await rig.post(rig.invoke({}, None, in_team("conversationUpdate", **changed)))
        assert status == 200
    assert shelf.writes == []


async def test_other_activities_are_taken_and_mean_nothing(rig: Rig, shelf: Shelf) -> None:
    for kind in ("typing", "messageReaction", "event", "endOfConversation", "surprise"):
        changed = {"type": kind, "name": None, "value": None}
        status, _ = await rig.post(rig.invoke({}, None, changed))
        assert status == 200, kind
    assert shelf.writes == []


async def test_someone_never_heard_from_is_reached_through_the_tenants_last_address(
    rig: Rig, shelf: Shelf
) -> None:
    book = Book(shelf, (TENANT,), APP, SERVICE_URL, lambda: NOW)
    assert (await book.anywhere(TENANT))["service_url"] == "https://smba.trafficmanager.net/teams/"
    await rig.post(rig.invoke({"verb": "approve"}, {**DATA, "verb": "approve"}))
    assert (await book.anywhere(TENANT))["service_url"] == rig.settings.service_url
    assert shelf.kept[ANYWHERE] == {
        "service_url": rig.settings.service_url,
        "bot": f"28:{APP}",
        "tenant": TENANT,
    }
