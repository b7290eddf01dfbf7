"""What reaches the bot when a person does something, in the shapes that Teams documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Kit, Tenant

# 2026-03-02 11:00:00.250 UTC, noon in Berlin.
NOW = 1772449200.25


async def _card_in_chat(tenant: Tenant, kit: Kit, **changes: Any) -> tuple[str, str]:
    chat = await tenant.chat(kit.ann)
    return chat, await tenant.post(chat, kit.with_card(kit.card(**changes)))


async def test_a_message_in_the_chat_arrives_whole(tenant: Tenant, bot: Bot, kit: Kit) -> None:
    tenant.place.now = lambda: NOW
    told = await tenant.act(kit.ann, "message", text="status <R1>")
    assert (told["ok"], told["status"]) == (True, 200)
    [activity] = bot.received
    chat = activity["conversation"]["id"]
    assert activity == {
        "type": "message",
        "id": "1772449200250",
        "timestamp": "2026-03-02T11:00:00.250Z",
        "localTimestamp": "2026-03-02T12:00:00.250+01:00",
        "localTimezone": "Europe/Berlin",
        "serviceUrl": tenant.connector,
        "channelId": "msteams",
        "from": {"id": "29:1ann-mri", "name": "Ann Archer", "aadObjectId": kit.ann},
        "conversation": {"conversationType": "personal", "tenantId": kit.tenant_id, "id": chat},
        "recipient": {"id": f"28:{kit.app}", "name": "Countersign"},
        "entities": [
            {
                "type": "clientInfo",
                "locale": "en-US",
                "country": "US",
                "platform": "Web",
                "timezone": "Europe/Berlin",
            }
        ],
        "channelData": {"tenant": {"id": kit.tenant_id}},
        "locale": "en-US",
        "text": "status <R1>",
        "textFormat": "plain",
        "attachments": [{"contentType": "text/html", "content": "<p>status &lt;R1&gt;</p>"}],
    }
    [kept] = tenant.activities(chat)
    assert (kept["from"], kept["text"], kept["at"]) == (kit.ann, "status <R1>", NOW)


async def test_a_channel_message_reaches_the_bot_only_with_a_mention(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    told = await tenant.act(kit.ann, "message", conversation=kit.finance, text="hello all")
    assert (told["ok"], told["delivered"], bot.received) == (True, False, [])
    told = await tenant.act(kit.ann, "message", conversation=kit.finance, text="@countersign queue")
    assert told["ok"]
    [activity] = bot.received
    assert activity["text"] == "<at>Countersign</at> queue"
    mentioned = {"id": f"28:{kit.app}", "name": "Countersign"}
    assert activity["entities"][0] == {
        "type": "mention",
        "mentioned": mentioned,
        "text": "<at>Countersign</at>",
    }
    assert activity["conversation"] == {
        "isGroup": True,
        "conversationType": "channel",
        "tenantId": kit.tenant_id,
        "id": f"{kit.finance};messageid={activity['id']}",
    }
    assert activity["channelData"] == {
        "teamsChannelId": kit.finance,
        "teamsTeamId": "19:team@thread.tacv2",
        "channel": {"id": kit.finance},
        "team": {"id": "19:team@thread.tacv2"},
        "tenant": {"id": kit.tenant_id},
    }
    assert [one["text"] for one in tenant.activities(kit.finance)] == [
        "hello all",
        "<at>Countersign</at> queue",
    ]


async def test_a_mention_can_be_asked_for_and_a_thread_stays_a_thread(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    root = await tenant.post(kit.finance, {"type": "message", "text": "root"})
    thread = f"{kit.finance};messageid={root}"
    await tenant.act(kit.ann, "message", conversation=thread, text="queue", mention=True)
    assert bot.received[0]["text"] == "<at>Countersign</at> queue"
    assert bot.received[0]["conversation"]["id"] == thread
    assert tenant.activities(kit.finance)[1]["root"] == root


async def test_execute_arrives_as_an_invoke_with_the_inputs_in_its_data(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    chat, message = await _card_in_chat(tenant, kit)
    reject = kit.card()["actions"][1]
    await tenant.act(
        kit.ann,
        "execute",
        conversation=chat,
        activity=message,
        action=reject,
        inputs={"reason": "too dear"},
    )
    [activity] = bot.received
    assert (activity["type"], activity["name"]) == ("invoke", "adaptiveCard/action")
    assert activity["id"].startswith("f:")
    assert activity["replyToId"] == message
    assert activity["value"] == {
        "action": {
            "type": "Action.Execute",
            "id": "reject",
            "verb": "reject",
            "data": {"request": "R1", "reason": "too dear"},
        },
        "trigger": "manual",
    }


async def test_a_click_in_a_channel_names_the_thread_of_the_card(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    message = await tenant.post(kit.finance, kit.with_card(kit.card()))
    click = {"conversation": kit.finance, "activity": message, "action": {"id": "approve"}}
    await tenant.act(kit.ben, "execute", **click)
    assert bot.received[0]["conversation"]["id"] == f"{kit.finance};messageid={message}"
    assert bot.received[0]["from"]["aadObjectId"] == kit.ben


async def test_a_required_input_holds_the_click_up_unless_the_action_takes_no_inputs(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    _, message = await _card_in_chat(tenant, kit)
    told = await tenant.act(kit.ann, "execute", activity=message, action={"id": "reject"})
    assert (told["ok"], told["error"], told["status"]) == (False, "A reason is required", None)
    assert bot.received == []
    await tenant.act(kit.ann, "execute", activity=message, action={"id": "approve"})
    assert bot.received[0]["value"]["action"]["data"] == {"request": "R1"}


async def test_a_click_on_a_card_that_has_changed_goes_out_as_it_was(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    chat, message = await _card_in_chat(tenant, kit)
    await tenant.call("PUT", f"/{chat}/activities/{message}", kit.with_card(kit.card(actions=[])))
    old = kit.card()["actions"][1]
    click = {"activity": message, "action": old, "inputs": {"reason": "late"}}
    await tenant.act(kit.ann, "execute", **click)
    assert bot.received[0]["value"]["action"]["data"] == {"request": "R1", "reason": "late"}
    told = await tenant.act(kit.ann, "execute", activity=message, action={"id": "reject"})
    assert told["error"] == "action: the card shows no such button, or several"


async def test_submit_arrives_as_a_message_with_a_value(tenant: Tenant, bot: Bot, kit: Kit) -> None:
    _, message = await _card_in_chat(tenant, kit)
    fallback = kit.card()["actions"][0]["fallback"]
    click = {"activity": message, "action": fallback, "inputs": {"reason": "fine"}}
    assert (await tenant.act(kit.ann, "submit", **click))["ok"]
    [activity] = bot.received
    assert (activity["type"], activity["replyToId"]) == ("message", message)
    assert activity["value"] == {"verb": "approve", "reason": "fine"}
    assert "text" not in activity


async def test_refresh_is_automatic_and_only_for_the_people_named(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    refresh = {
        "action": {"type": "Action.Execute", "verb": "refresh", "data": {"request": "R1"}},
        "userIds": ["29:1ann-mri"],
    }
    card = kit.with_card(kit.card(refresh=refresh))
    message = await tenant.post(kit.finance, card)
    here = {"conversation": kit.finance, "activity": message}
    assert (await tenant.act(kit.ben, "refresh", **here))["ok"] is False
    assert bot.received == []
    await tenant.act(kit.ann, "refresh", **here)
    assert bot.received[0]["value"] == {
        "action": {"type": "Action.Execute", "verb": "refresh", "data": {"request": "R1"}},
        "trigger": "automatic",
    }


async def test_installing_tells_the_bot_and_opens_the_chat(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    told = await tenant.act(kit.cem, "message", text="hi")
    assert told["error"] == "The app is not installed for this person"
    assert (await tenant.act(kit.cem, "install"))["ok"]
    added, installed = bot.received
    assert (added["type"], added["membersAdded"]) == (
        "conversationUpdate",
        [{"id": f"28:{kit.app}", "name": "Countersign"}],
    )
    assert (installed["type"], installed["action"]) == ("installationUpdate", "add")
    assert installed["from"]["aadObjectId"] == kit.cem
    assert await tenant.chat(kit.cem) == installed["conversation"]["id"]
    assert tenant.state()["installed"] == [kit.ann, kit.ben, kit.cem]


async def test_uninstalling_tells_the_bot_and_keeps_the_messages(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    chat, _ = await _card_in_chat(tenant, kit)
    await tenant.act(kit.ann, "uninstall")
    [removed] = bot.received
    assert (removed["type"], removed["action"]) == ("installationUpdate", "remove")
    assert tenant.state()["installed"] == [kit.ben]
    assert len(tenant.activities(chat)) == 1


async def test_an_activity_can_arrive_twice_under_one_id(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    _, message = await _card_in_chat(tenant, kit)
    click = {"activity": message, "action": {"id": "approve"}, "to_bot": ["twice"]}
    told = await tenant.act(kit.ann, "execute", **click)
    first, second = bot.received
    assert first == second
    assert told["again"]["status"] == 200


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (
            {"do": "dance"},
            "do: expected one of execute, submit, fetch, send, message, refresh, install, "
            "uninstall",
        ),
        ({"oid": "nobody"}, "oid: nobody in Teams has this id"),
        ({"conversation": "a:1x"}, "conversation: this person is in no such conversation"),
        ({"text": ""}, "text: expected a text"),
        ({"do": "execute"}, "activity: expected a text"),
        (
            {"do": "execute", "activity": "1"},
            "activity: there is no such message in this conversation",
        ),
        ({"patience": 11}, "patience: expected seconds, at most 10"),
        ({"to_bot": "twice"}, None),
        ({"to_bot": ["odd"]}, None),
        ({"do": "install", "conversation": "19:finance@thread.tacv2"}, None),
    ],
)
async def test_what_a_person_cannot_do_is_said_and_not_sent(
    tenant: Tenant, bot: Bot, kit: Kit, asked: dict[str, Any], error: str | None
) -> None:
    usual = {"oid": kit.ann, "do": "message", "text": "hi"}
    told = await tenant.act(**{**usual, **asked})
    assert told["ok"] is False
    assert told["error"] == (error or told["error"])
    assert bot.received == []


async def test_someone_outside_a_channel_cannot_act_in_it(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    told = await tenant.act(kit.cem, "message", conversation=kit.finance, text="@Countersign hi")
    assert told["error"] == "conversation: this person is in no such conversation"
    assert bot.received == []


async def test_what_is_sent_to_the_bot_is_listed_with_its_answer(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    bot.status = 500
    told = await tenant.act(kit.ann, "message", text="queue")
    assert (told["ok"], told["error"]) == (False, "the bot answered 500")
    tenant.place.teams_url = "http://127.0.0.1:9/api/messages"
    told = await tenant.act(kit.ann, "install")
    assert (told["ok"], told["status"]) == (False, None)
    rows = tenant.place.store.deliveries()
    assert [(row["kind"], row["status"]) for row in rows] == [
        ("message", 500),
        ("conversationUpdate", None),
        ("installationUpdate", None),
    ]
    assert rows[2]["error"] == "no answer: ClientConnectorError"
