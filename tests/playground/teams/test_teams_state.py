"""What the page is told, and what outlives a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground import teams

if TYPE_CHECKING:
    from pathlib import Path

    from playground.world import World
    from tests.playground.teams.conftest import Bot, Kit, Open, Tenant

HELLO = {"type": "message", "text": "hello", "summary": "a greeting"}


async def test_the_state_lists_channels_and_chats_with_their_members(
    tenant: Tenant, kit: Kit
) -> None:
    state = tenant.state()
    assert state["bot"] == {"id": f"28:{kit.app}", "name": "Countersign"}
    assert state["conversations"][kit.finance] == {
        "id": kit.finance,
        "kind": "channel",
        "oid": None,
        "name": "Finance",
        "members": [kit.ann, kit.ben],
        "activities": [],
    }
    chats = [one for one in state["conversations"].values() if one["kind"] == "personal"]
    assert [(one["oid"], one["members"]) for one in chats] == [
        (kit.ann, [kit.ann]),
        (kit.ben, [kit.ben]),
    ]


async def test_every_visible_change_grows_the_revision(tenant: Tenant, kit: Kit, bot: Bot) -> None:
    store, chat = tenant.place.store, await tenant.chat(kit.ann)
    seen = [store.revision]
    message = await tenant.post(chat, HELLO)
    seen.append(store.revision)
    await tenant.call("PUT", f"/{chat}/activities/{message}", kit.with_card(kit.card()))
    seen.append(store.revision)
    bot.answers_card(kit.card())
    await tenant.act(kit.ann, "execute", activity=message, action={"id": "approve"})
    seen.append(store.revision)
    await tenant.call("DELETE", f"/{chat}/activities/{message}")
    seen.append(store.revision)
    await tenant.act(kit.ann, "uninstall")
    seen.append(store.revision)
    assert seen == sorted(set(seen))


async def test_a_restart_keeps_messages_tokens_and_installations_and_changes_no_ids(
    open_tenant: Open, world: World, tmp_path: Path, kit: Kit, bot: Bot
) -> None:
    before = await open_tenant(world, tmp_path)
    chat = await before.chat(kit.ann)
    message = await before.post(chat, HELLO)
    await before.act(kit.cem, "install")
    seen = before.state()
    await before.place.close()
    after = await open_tenant(world, tmp_path)
    assert after.state() == seen
    assert await after.chat(kit.ann) == chat
    path = f"/{chat}/activities/{message}"
    assert (await after.call("PUT", path, HELLO, token=before.access))[0] == 200
    assert int(await after.post(chat, HELLO)) > int(message)


async def test_ids_grow_even_when_the_clock_stands_still(tenant: Tenant, kit: Kit) -> None:
    tenant.place.now = lambda: 1772449200.0
    tenant.access = (await tenant.login())[1]["access_token"]
    chat = await tenant.chat(kit.ann)
    ids = [await tenant.post(chat, HELLO) for _ in range(3)]
    assert ids == ["1772449200000", "1772449200001", "1772449200002"]


async def test_a_reset_empties_the_conversations_but_not_the_tenant(
    tenant: Tenant, kit: Kit
) -> None:
    await tenant.post(kit.finance, HELLO)
    await tenant.act(kit.ann, "uninstall")
    tenant.place.store.reset()
    assert tenant.activities(kit.finance) == []
    assert tenant.state()["installed"] == [kit.ann, kit.ben]
    assert teams.state(tenant.place)["views"] == {}


async def test_only_the_newest_hundred_notices_are_kept(tenant: Tenant, kit: Kit, bot: Bot) -> None:
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, kit.with_card(kit.card()))
    for number in range(102):
        bot.body = {
            "statusCode": 200,
            "type": "application/vnd.microsoft.activity.message",
            "value": f"note {number}",
        }
        await tenant.act(kit.ann, "execute", activity=message, action={"id": "approve"})
    notices = tenant.state()["notices"]
    assert (len(notices), notices[0]["text"], notices[-1]["text"]) == (100, "note 2", "note 101")
