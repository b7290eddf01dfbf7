"""What a person sees when the bot answers their click, well or badly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Kit, Tenant

MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
CARD = "application/vnd.microsoft.card.adaptive"
WRONG = "Something went wrong"


async def _click(tenant: Tenant, kit: Kit, **asked: Any) -> tuple[str, dict[str, Any]]:
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, kit.with_card(kit.card()))
    click = {"activity": message, "action": {"id": "approve"}, **asked}
    return message, await tenant.act(kit.ann, "execute", **click)


def _notices(tenant: Tenant) -> list[str]:
    return [notice["text"] for notice in tenant.state()["notices"]]


async def test_a_card_is_seen_by_the_one_who_clicked_only(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    done = kit.card(actions=[])
    bot.answers_card(done)
    message = await tenant.post(kit.finance, kit.with_card(kit.card()))
    here = {"conversation": kit.finance, "activity": message}
    told = await tenant.act(kit.ann, "execute", **here, action={"id": "approve"})
    assert (told["ok"], told["body"]["statusCode"]) == (True, 200)
    assert tenant.state()["views"] == {f"{message}|{kit.ann}": done}
    gone = await tenant.act(kit.ann, "execute", **here, action={"id": "approve"})
    assert gone["error"] == "action: the card shows no such button, or several"
    assert (await tenant.act(kit.ben, "execute", **here, action={"id": "approve"}))["ok"]
    assert _notices(tenant) == []


async def test_a_message_is_a_notice_for_the_one_who_clicked(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    bot.body = {"statusCode": 200, "type": MESSAGE, "value": "Already approved by Ben"}
    assert (await _click(tenant, kit))[1]["ok"]
    [notice] = tenant.state()["notices"]
    assert (notice["text"], notice["oid"]) == ("Already approved by Ben", kit.ann)
    assert notice["conversation"] == await tenant.chat(kit.ann)
    assert tenant.state()["views"] == {}


async def test_an_error_shows_its_message(tenant: Tenant, bot: Bot, kit: Kit) -> None:
    value = {"code": "NotAllowed", "message": "You may not decide this"}
    bot.body = {"statusCode": 400, "type": ERROR, "value": value}
    told = (await _click(tenant, kit))[1]
    assert (told["ok"], told["error"]) == (False, "error 400: You may not decide this")
    assert _notices(tenant) == ["You may not decide this"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        "text",
        {},
        {"statusCode": 200},
        {"statusCode": 200, "type": MESSAGE, "value": {"text": "x"}},
        {"statusCode": 200, "type": CARD, "value": {"type": "AdaptiveCard"}},
        {"statusCode": 200, "type": "text/html", "value": "x"},
        {"statusCode": 500, "type": ERROR, "value": {"code": "x", "message": "secret stack"}},
        {"statusCode": 400, "type": ERROR, "value": "x"},
        {"statusCode": 401, "type": "application/vnd.microsoft.activity.loginRequest"},
        {"statusCode": "200", "type": MESSAGE, "value": "x"},
    ],
)
async def test_an_answer_teams_cannot_show_is_something_went_wrong(
    tenant: Tenant, bot: Bot, kit: Kit, body: Any
) -> None:
    bot.body = body
    told = (await _click(tenant, kit))[1]
    assert told["ok"] is False
    assert _notices(tenant) == [WRONG]
    assert tenant.state()["views"] == {}


@pytest.mark.parametrize("status", [201, 401, 404, 500, 503])
async def test_a_status_that_is_not_200_is_something_went_wrong(
    tenant: Tenant, bot: Bot, kit: Kit, status: int
) -> None:
    bot.answers_card(kit.card())
    bot.status = status
    told = (await _click(tenant, kit))[1]
    assert (told["ok"], told["status"]) == (False, status)
    assert _notices(tenant) == [WRONG]


async def test_no_answer_in_time_is_something_went_wrong(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    bot.answers_card(kit.card())
    bot.seconds = 0.5
    told = (await _click(tenant, kit, patience=0.05))[1]
    assert (told["ok"], told["status"]) == (False, None)
    assert told["error"] == "no answer within 0.05 s"
    assert _notices(tenant) == [WRONG]


async def test_a_view_for_a_message_deleted_meanwhile_is_dropped(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, kit.with_card(kit.card()))
    bot.answers_card(kit.card())
    handle = bot.received

    class Deleting(list[Any]):
        def append(self, activity: Any) -> None:
            handle.append(activity)
            tenant.place.store.section("teams.activities").pop(message)

    bot.received = Deleting()
    click = {"activity": message, "action": {"id": "approve"}}
    assert (await tenant.act(kit.ann, "execute", **click))["ok"]
    assert tenant.state()["views"] == {}
