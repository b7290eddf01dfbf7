"""Dialogs as Teams opens them: asked for by a button, filled in, sent, and kept while the card
below is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Json, Kit, Tenant

OPENS = {
    "type": "Action.Submit",
    "title": "Delegate",
    "associatedInputs": "none",
    "data": {"verb": "form", "msteams": {"type": "task/fetch"}},
}
SEND = {"type": "Action.Submit", "title": "Send", "data": {"verb": "delegate"}}
WHY = {
    "type": "Input.Text",
    "id": "why",
    "label": "Why?",
    "isRequired": True,
    "errorMessage": "Say why",
}


def dialog(*actions: Json, **changes: Any) -> Json:
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [WHY], "actions": list(actions)}
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    value = {"title": "Delegate", "height": "medium", "width": 500, "card": attached}
    return {"task": {"type": "continue", "value": value | changes}}


async def posted(tenant: Tenant, kit: Kit) -> Json:
    chat = await tenant.chat(kit.ann)
    card = kit.card(actions=[OPENS])
    return {
        "conversation": chat,
        "activity": await tenant.post(chat, kit.with_card(card)),
    }


async def test_a_button_asks_for_its_dialog_and_the_dialog_sends_what_was_filled_in(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    where = await posted(tenant, kit)
    bot.body = dialog(SEND)
    told = await tenant.act(kit.ann, "fetch", **where, action={"title": "Delegate"})
    assert told["ok"], told
    asked = bot.received[0]
    assert (asked["type"], asked["name"]) == ("invoke", "task/fetch")
    assert asked["value"] == {"data": OPENS["data"], "context": {"theme": "default"}}
    assert asked["replyToId"] == where["activity"]
    assert asked["from"]["aadObjectId"] == kit.ann
    empty = await tenant.act(kit.ann, "send", **where, action={"title": "Send"})
    assert (empty["error"], len(bot.received)) == ("Say why", 1)
    bot.body = {"task": {"type": "message", "value": "Delegated."}}
    given = {"why": "Leave"}
    told = await tenant.act(kit.ann, "send", **where, action={"title": "Send"}, inputs=given)
    assert (told["ok"], told["body"]) == (True, bot.body)
    assert bot.received[1]["name"] == "task/submit"
    assert bot.received[1]["value"]["data"] == {"verb": "delegate", "why": "Leave"}
    closed = await tenant.act(kit.ann, "send", **where, action={"title": "Send"}, inputs=given)
    assert "no such button" in closed["error"]


async def test_a_dialog_stays_when_its_card_is_edited_and_is_one_persons_own(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    where = await posted(tenant, kit)
    bot.body = dialog(SEND)
    await tenant.act(kit.ann, "fetch", **where, action={"title": "Delegate"})
    path = f"/{where['conversation']}/activities/{where['activity']}"
    edited = kit.with_card(kit.card(actions=[]))
    assert (await tenant.call("PUT", path, edited))[0] == 200
    given = {"why": "Leave"}
    told = await tenant.act(kit.ann, "send", **where, action={"title": "Send"}, inputs=given)
    assert told["ok"], told
    assert len(bot.received) == 2


async def test_what_opens_a_dialog_is_not_submitted_and_the_other_way_round(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    where = await posted(tenant, kit)
    told = await tenant.act(kit.ann, "submit", **where, action={"title": "Delegate"})
    assert "use fetch" in told["error"]
    action = {"type": "Action.Submit", "data": {"verb": "approve"}}
    told = await tenant.act(kit.ann, "fetch", **where, action=action)
    assert "use submit" in told["error"]
    assert bot.received == []


EXECUTE = {"type": "Action.Execute", "title": "Approve", "verb": "approve"}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (None, "no task"),
        ({"task": {"type": "later", "value": "x"}}, "cannot be shown"),
        ({"task": {"type": "message", "value": ""}}, "cannot be shown"),
        (dialog(SEND, height="huge"), "height"),
        (dialog(SEND, card={"contentType": "text/html", "content": {}}), "card: expected"),
        (dialog({**SEND, "type": "Action.Nothing"}), "unknown type"),
        (dialog(EXECUTE), "no Action.Execute"),
    ],
)
async def test_a_dialog_that_teams_could_not_show_is_said_to_be_wrong(
    tenant: Tenant, bot: Bot, kit: Kit, body: Json, wrong: str
) -> None:
    where = await posted(tenant, kit)
    bot.body = body
    told = await tenant.act(kit.ann, "fetch", **where, action={"title": "Delegate"})
    assert not told["ok"]
    assert wrong in told["error"]
    assert [n["text"] for n in tenant.state()["notices"]] == ["Something went wrong"]


async def test_a_bot_that_answers_no_invoke_opens_nothing(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    where = await posted(tenant, kit)
    bot.status = 501
    told = await tenant.act(kit.ann, "fetch", **where, action={"title": "Delegate"})
    assert told["error"] == "the bot answered 501"
