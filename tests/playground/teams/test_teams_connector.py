"""Posting, changing and deleting messages through the connector API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Kit, Tenant

HELLO = {"type": "message", "text": "hello"}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


async def test_a_personal_chat_opens_by_object_id_and_by_mri_and_stays_the_same(
    tenant: Tenant, kit: Kit
) -> None:
    by_oid = await tenant.call("POST", "", kit.opening(kit.ann))
    by_mri = await tenant.call("POST", "", kit.opening("29:1ann-mri"))
    assert by_oid == by_mri
    assert by_oid[0] == 201
    assert by_oid[1]["id"].startswith("a:1")
    assert await tenant.chat(kit.ben) != by_oid[1]["id"]


async def test_a_personal_chat_can_open_with_a_first_message(tenant: Tenant, kit: Kit) -> None:
    status, body = await tenant.call("POST", "", {**kit.opening(kit.ann), "activity": HELLO})
    assert (status, list(body)) == (201, ["id"])
    assert [one["text"] for one in tenant.activities(body["id"])] == ["hello"]


async def test_a_person_without_the_app_cannot_be_written_to(tenant: Tenant, kit: Kit) -> None:
    status, body = await tenant.call("POST", "", kit.opening(kit.cem))
    assert status == 403
    assert body["error"]["code"] == "ForbiddenOperationException"
    chat = await tenant.chat(kit.ann)
    await tenant.act(kit.ann, "uninstall")
    roster = _error("BotNotInConversationRoster", "The bot is not part of the conversation roster.")
    assert await tenant.call("POST", f"/{chat}/activities", HELLO) == (403, roster)


async def test_a_person_of_nowhere_is_not_found(tenant: Tenant, kit: Kit) -> None:
    status, body = await tenant.call("POST", "", kit.opening("29:1nobody"))
    assert (status, body["error"]["code"]) == (400, "MemberNotFoundInConversation")


async def test_a_channel_post_starts_a_thread(tenant: Tenant, kit: Kit) -> None:
    asked = {"isGroup": True, "channelData": {"channel": {"id": kit.finance}}, "activity": HELLO}
    status, body = await tenant.call("POST", "", asked)
    assert status == 201
    assert body["id"] == f"{kit.finance};messageid={body['activityId']}"
    answer = await tenant.post(body["id"], {"type": "message", "text": "below"})
    first, second = tenant.activities(kit.finance)
    assert (first["id"], first["root"], first["from"]) == (body["activityId"], None, "bot")
    assert (second["id"], second["root"]) == (answer, body["activityId"])


@pytest.mark.parametrize(
    "changes",
    [
        {"isGroup": True},
        {"isGroup": True, "activity": HELLO, "topicName": "Group"},
        {"isGroup": True, "channelData": {"channel": {"id": "19:finance@thread.tacv2"}}},
        {"isGroup": True, "channelData": {"channel": {"id": "19:other"}}, "activity": HELLO},
        {"tenantId": None},
        {"tenantId": "another"},
        {"members": []},
        {"members": [{"id": "29:1ann-mri"}, {"id": "29:1ben-mri"}]},
        {"members": "29:1ann-mri"},
    ],
)
async def test_group_chats_and_odd_creations_are_refused(
    tenant: Tenant, kit: Kit, changes: dict[str, Any]
) -> None:
    asked = {**kit.opening(kit.ann), **changes}
    refused = _error("BadSyntax", "Incorrect conversation creation parameters")
    assert await tenant.call("POST", "", asked) == (400, refused)


async def test_another_bots_id_is_refused(tenant: Tenant, kit: Kit) -> None:
    own = {**kit.opening(kit.ann), "bot": {"id": f"28:{kit.app}"}}
    assert (await tenant.call("POST", "", own))[0] == 201
    other = {**kit.opening(kit.ann), "bot": {"id": "28:other"}}
    assert (await tenant.call("POST", "", other))[0] == 400


async def test_a_message_is_kept_and_answered_with_its_id(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    first = await tenant.post(chat, HELLO)
    second = await tenant.post(chat, kit.with_card(kit.card()))
    kept = tenant.activities(chat)
    assert [one["id"] for one in kept] == [first, second]
    assert int(first) < int(second)
    assert kept[0]["text"] == "hello"
    assert kept[1]["attachments"][0]["content"] == kit.card()
    assert kept[1]["warnings"] == []


async def test_typing_is_taken_and_leaves_nothing(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    await tenant.post(chat, {"type": "typing"})
    assert tenant.activities(chat) == []


@pytest.mark.parametrize(
    ("activity", "code"),
    [
        ({"type": "message"}, "BadSyntax"),
        ({"type": "trace", "text": "x"}, "BadArgument"),
        ({"type": "message", "text": 7}, "BadArgument"),
        ({"type": "message", "text": "x", "textFormat": "html"}, "BadArgument"),
        ({"type": "message", "attachments": ["x"]}, "BadArgument"),
        ({"type": "message", "attachments": [{"contentType": "text/html"}]}, "BadArgument"),
        (["a list"], "BadSyntax"),
    ],
)
async def test_an_activity_teams_does_not_know_is_refused(
    tenant: Tenant, kit: Kit, activity: Any, code: str
) -> None:
    chat = await tenant.chat(kit.ann)
    status, body = await tenant.call("POST", f"/{chat}/activities", activity)
    assert (status, body["error"]["code"]) == (400, code)
    assert tenant.activities(chat) == []


async def test_a_bad_card_is_refused_with_the_path_of_the_mistake(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    card = kit.card(body=[{"type": "TextBlok", "text": "x"}])
    status, body = await tenant.call("POST", f"/{chat}/activities", kit.with_card(card))
    refused = _error("BadArgument", "Invalid card: card.body[0]: unknown type TextBlok")
    assert (status, body) == (400, refused)


async def test_a_message_over_100_kb_is_refused(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    empty = len('{"type":"message","text":""}')
    fits = {"type": "message", "text": "x" * (51200 - empty)}
    assert (await tenant.call("POST", f"/{chat}/activities", fits))[0] == 201
    assert tenant.activities(chat)[0]["warnings"] == [
        "message: 102400 bytes in UTF-16, over the safe 81920"
    ]
    too_big = {"type": "message", "text": "x" * (51201 - empty)}
    refused = _error("MessageSizeTooBig", "Message size too large.")
    assert await tenant.call("POST", f"/{chat}/activities", too_big) == (413, refused)


async def test_text_and_card_together_are_split_and_have_no_id(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    both = {**kit.with_card(kit.card()), "text": "Please look"}
    assert await tenant.call("POST", f"/{chat}/activities", both) == (201, {})
    text, card = tenant.activities(chat)
    assert (text["text"], text["attachments"]) == ("Please look", [])
    assert (card["text"], len(card["attachments"])) == ("", 1)


async def test_a_reply_joins_the_thread_in_a_channel_and_is_plain_in_a_chat(
    tenant: Tenant, kit: Kit
) -> None:
    root = await tenant.post(kit.finance, HELLO)
    below = await tenant.call("POST", f"/{kit.finance}/activities/{root}", HELLO)
    deeper = await tenant.call("POST", f"/{kit.finance}/activities/{below[1]['id']}", HELLO)
    assert [one["root"] for one in tenant.activities(kit.finance)] == [None, root, root]
    assert deeper[0] == 201
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, HELLO)
    assert (await tenant.call("POST", f"/{chat}/activities/{message}", HELLO))[0] == 201
    assert [one["root"] for one in tenant.activities(chat)] == [None, None]


async def test_an_update_replaces_the_message_and_ends_personal_views(
    tenant: Tenant, kit: Kit, bot: Any
) -> None:
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, kit.with_card(kit.card()))
    bot.answers_card(kit.card(body=[]))
    assert (await tenant.act(kit.ann, "execute", activity=message, action={"id": "approve"}))["ok"]
    assert tenant.state()["views"] == {f"{message}|{kit.ann}": kit.card(body=[])}
    final = kit.card(actions=[])
    updated = await tenant.call("PUT", f"/{chat}/activities/{message}", kit.with_card(final))
    assert updated == (200, {"id": message})
    [kept] = tenant.activities(chat)
    assert (kept["edited"], kept["attachments"][0]["content"]) == (True, final)
    assert tenant.state()["views"] == {}


async def test_a_thread_message_is_changed_under_the_threads_id_or_the_channels(
    tenant: Tenant, kit: Kit
) -> None:
    root = await tenant.post(kit.finance, HELLO)
    for conversation in (kit.finance, f"{kit.finance};messageid={root}"):
        path = f"/{conversation}/activities/{root}"
        assert (await tenant.call("PUT", path, HELLO))[0] == 200


async def test_a_deleted_message_is_gone_for_later_calls(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    path = f"/{chat}/activities/{await tenant.post(chat, HELLO)}"
    assert await tenant.call("DELETE", path) == (200, None)
    assert tenant.activities(chat) == []
    gone = (404, _error("ActivityNotFoundInConversation", "Conversation not found."))
    assert await tenant.call("DELETE", path) == gone
    assert await tenant.call("PUT", path, HELLO) == gone
    assert await tenant.call("POST", path, HELLO) == gone


async def test_a_persons_message_cannot_be_changed_by_the_bot(tenant: Tenant, kit: Kit) -> None:
    chat = await tenant.chat(kit.ann)
    await tenant.act(kit.ann, "message", text="mine")
    path = f"/{chat}/activities/{tenant.activities(chat)[0]['id']}"
    for method in ("PUT", "DELETE"):
        status, body = await tenant.call(method, path, HELLO)
        assert (status, body["error"]["code"]) == (403, "NotEnoughPermissions")
    assert tenant.activities(chat)[0]["text"] == "mine"


async def test_an_unknown_conversation_is_not_found(tenant: Tenant, kit: Kit) -> None:
    gone = (404, _error("ConversationNotFound", "Conversation not found."))
    assert await tenant.call("POST", "/a:1unknown/activities", HELLO) == gone
    assert await tenant.call("PUT", "/a:1unknown/activities/1", HELLO) == gone
    thread = f"/{kit.finance};messageid=1/activities"
    assert (await tenant.call("POST", thread, HELLO))[0] == 404


@pytest.mark.parametrize(
    "text", ["{", '{"a": NaN}', "[" * 100000, f'{{"a": {"[" * 500}{"]" * 500}}}', "\udcff"]
)
async def test_a_body_that_cannot_be_read_is_refused(tenant: Tenant, kit: Kit, text: str) -> None:
    url = f"{tenant.connector}/v3/conversations"
    headers = {"Authorization": f"Bearer {tenant.access}", "Content-Type": "application/json"}
    sent = text.encode("utf-8", "surrogateescape")
    async with tenant.http.post(url, data=sent, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "BadSyntax")


async def test_the_log_counts_calls_with_their_arguments_and_answers(
    tenant: Tenant, kit: Kit
) -> None:
    chat = await tenant.chat(kit.ann)
    message = await tenant.post(chat, HELLO)
    await tenant.call("PUT", f"/{chat}/activities/{message}", HELLO)
    await tenant.call("PUT", f"/{chat}/activities/1", HELLO)
    calls = [call for call in tenant.place.store.calls() if call["method"] == "PUT activities"]
    assert [(call["status"], call["error"]) for call in calls] == [
        (200, None),
        (404, "ActivityNotFoundInConversation"),
    ]
    assert calls[0]["args"] == {"conversation": chat, "activity": message, "body": HELLO}
    assert tenant.access not in str(tenant.place.store.calls())
