"""chat.* and conversations.history as Slack answers them."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground.app import Running
from tests.playground.conftest import Act, Clock, State, refused

Json = dict[str, Any]
SECTION: Json = {"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}}
BUTTON: Json = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "value": "v1"}


def message(state: Json, channel: str, ts: str) -> Json:
    """Return one message of the drawn state."""
    found: list[Json] = state["conversations"][channel]["messages"]
    return next(one for one in found if one["ts"] == ts)


async def test_post_to_a_person_opens_the_direct_message(
    client: AsyncWebClient, state: State
) -> None:
    posted = await client.chat_postMessage(channel="U00ALICE", text="hello", blocks=[SECTION])
    channel = posted["channel"]
    assert channel == (await client.conversations_open(users="U00ALICE"))["channel"]["id"]
    assert posted["message"]["bot_id"] == "B0BOT"
    drawn = state()["conversations"][channel]
    assert (drawn["kind"], drawn["user"], drawn["name"]) == ("im", "U00ALICE", "Alice Hill")
    assert message(state(), channel, posted["ts"])["user"] == "U0BOT"
    assert await refused(client.chat_postMessage(channel="C0NONE", text="x")) == "channel_not_found"
    silent = client.api_call("chat.postMessage", json={"channel": "C0FINANCE"})
    assert await refused(silent) == "no_text"


async def test_block_and_action_ids_left_out_are_filled_in(client: AsyncWebClient) -> None:
    blocks: list[Json] = [
        {"type": "actions", "elements": [BUTTON]},
        {"type": "divider", "block_id": "mine"},
    ]
    posted = await client.chat_postMessage(channel="C0FINANCE", text="x", blocks=blocks)
    actions, divider = posted["message"]["blocks"]
    assert actions["block_id"]
    assert actions["elements"][0]["action_id"]
    assert actions["elements"][0]["text"] == {"type": "plain_text", "text": "Go", "emoji": True}
    assert divider["block_id"] == "mine"


async def test_text_is_cut_at_40000_characters(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0FINANCE", text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000


async def test_reply_is_counted_on_its_parent(client: AsyncWebClient, state: State) -> None:
    parent = (await client.chat_postMessage(channel="C0FINANCE", text="card"))["ts"]
    reply = await client.chat_postMessage(channel="C0FINANCE", text="re", thread_ts=parent)
    assert reply["message"]["thread_ts"] == parent
    assert reply["message"]["parent_user_id"] == "U0BOT"
    assert message(state(), "C0FINANCE", parent)["reply_count"] == 1
    assert message(state(), "C0FINANCE", parent)["thread_ts"] is None
    assert message(state(), "C0FINANCE", reply["ts"])["thread_ts"] == parent
    unknown = client.chat_postMessage(channel="C0FINANCE", text="re", thread_ts="1.000001")
    assert await refused(unknown) == "cannot_reply_to_message"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ("not json", "invalid_metadata_format"),
        ([1], "invalid_metadata_format"),
        ({"event_type": "x"}, "invalid_metadata_schema"),
        ({"event_type": 1, "event_payload": {}}, "invalid_metadata_schema"),
    ],
)
async def test_metadata_of_another_shape_is_refused(
    client: AsyncWebClient, metadata: object, error: str
) -> None:
    body = {"channel": "C0FINANCE", "text": "x", "metadata": metadata}
    assert await refused(client.api_call("chat.postMessage", json=body)) == error


async def test_update_with_blocks_replaces_and_is_not_marked_as_edited(
    client: AsyncWebClient, state: State
) -> None:
    posted = await client.chat_postMessage(channel="U00ALICE", text="old", blocks=[SECTION])
    other = {"type": "header", "text": {"type": "plain_text", "text": "Approved"}}
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="new", blocks=[other])
    drawn = message(state(), posted["channel"], posted["ts"])
    assert [block["type"] for block in drawn["blocks"]] == ["header"]
    assert (drawn["text"], drawn["edited"]) == ("new", False)


async def test_update_with_text_only_removes_the_blocks(
    client: AsyncWebClient, state: State
) -> None:
    posted = await client.chat_postMessage(channel="C0FINANCE", text="old", blocks=[SECTION])
    answer = await client.chat_update(channel="C0FINANCE", ts=posted["ts"], text="new")
    assert answer["text"] == "new"
    drawn = message(state(), "C0FINANCE", posted["ts"])
    assert (drawn["text"], drawn["blocks"], drawn["edited"]) == ("new", [], True)


async def test_update_keeps_metadata_unless_it_is_given(client: AsyncWebClient) -> None:
    metadata: Json = {"event_type": "card", "event_payload": {"id": "r1"}}
    ts = (await client.chat_postMessage(channel="C0FINANCE", text="a", metadata=metadata))["ts"]
    kept = await client.chat_update(channel="C0FINANCE", ts=ts, text="b")
    assert kept["message"]["metadata"] == metadata
    gone = await client.chat_update(channel="C0FINANCE", ts=ts, text="c", metadata={})
    assert "metadata" not in gone["message"]


async def test_update_refuses(client: AsyncWebClient, act: Act) -> None:
    posted = await client.chat_postMessage(channel="U00ALICE", text="card")
    theirs = await act("U00ALICE", "message", channel="C0FINANCE", text="mine")
    at = {"channel": posted["channel"], "ts": posted["ts"]}

    # A person's id is no place to edit in, though one may post to it.
    by_user = client.chat_update(channel="U00ALICE", ts=posted["ts"], text="x")
    assert await refused(by_user) == "channel_not_found"
    assert await refused(client.chat_update(**{**at, "ts": "1.1"}, text="x")) == "message_not_found"
    foreign = client.chat_update(channel="C0FINANCE", ts=theirs["ts"], text="x")
    assert await refused(foreign) == "cant_update_message"
    assert await refused(client.chat_update(**at, text="x" * 4001)) == "msg_too_long"
    assert (await client.chat_update(**at, text="x" * 4000))["ok"] is True
    assert await refused(client.api_call("chat.update", json=at)) == "no_text"
    bad = {**at, "blocks": [{"type": "nonsense"}]}
    assert await refused(client.api_call("chat.update", json=bad)) == "invalid_blocks"


async def test_delete_removes_own_messages_only(
    client: AsyncWebClient, act: Act, state: State
) -> None:
    ts = (await client.chat_postMessage(channel="C0FINANCE", text="card"))["ts"]
    theirs = await act("U00ALICE", "message", channel="C0FINANCE", text="mine")
    await client.chat_delete(channel="C0FINANCE", ts=ts)
    left = [one["ts"] for one in state()["conversations"]["C0FINANCE"]["messages"]]
    assert left == [theirs["ts"]]
    again = client.chat_delete(channel="C0FINANCE", ts=ts)
    assert await refused(again) == "message_not_found"
    foreign = client.chat_delete(channel="C0FINANCE", ts=theirs["ts"])
    assert await refused(foreign) == "cant_delete_message"
    assert await refused(client.chat_delete(channel="C0NONE", ts=ts)) == "channel_not_found"


async def test_ephemeral_is_shown_to_one_member_and_not_stored(
    client: AsyncWebClient, state: State
) -> None:
    answer = await client.chat_postEphemeral(channel="C0FINANCE", user="U00ALICE", text="psst")
    (shown,) = state()["ephemerals"]
    assert (shown["id"], shown["user"], shown["channel"]) == (
        answer["message_ts"],
        "U00ALICE",
        "C0FINANCE",
    )
    assert shown["text"] == "psst"
    assert state()["conversations"]["C0FINANCE"]["messages"] == []

    async def error(**fields: Any) -> str:
        body = {"channel": "C0FINANCE", "user": "U00ALICE", "text": "x", **fields}
        return await refused(client.api_call("chat.postEphemeral", json=body))

    assert await error(user="U00BOB") == "user_not_in_channel"
    assert await error(channel="C0NONE") == "channel_not_found"
    assert await error(text="") == "no_text"
    assert await error(text="x" * 40_001) == "msg_too_long"
    assert await error(blocks=[{"type": "nonsense"}]) == "invalid_blocks"


async def test_permalink_opens_the_page_at_the_message(
    client: AsyncWebClient, running: Running
) -> None:
    ts = (await client.chat_postMessage(channel="C0FINANCE", text="card"))["ts"]
    link = (await client.chat_getPermalink(channel="C0FINANCE", message_ts=ts))["permalink"]
    assert link == f"{running.base_url}/slack/archives/C0FINANCE/p{ts.replace('.', '')}"
    async with aiohttp.ClientSession() as session:
        answer = await session.get(link, allow_redirects=False)
    assert answer.headers["Location"] == f"/#slack=C0FINANCE&ts={ts}"
    missing = client.chat_getPermalink(channel="C0FINANCE", message_ts="1.1")
    assert await refused(missing) == "message_not_found"
    nowhere = client.chat_getPermalink(channel="C0NONE", message_ts=ts)
    assert await refused(nowhere) == "channel_not_found"


async def test_history_finds_a_message_by_its_metadata(client: AsyncWebClient) -> None:
    metadata: Json = {"event_type": "card", "event_payload": {"request": "r1"}}
    posted = await client.chat_postMessage(channel="U00ALICE", text="card", metadata=metadata)
    channel = posted["channel"]
    plain = await client.conversations_history(channel=channel)
    assert "metadata" not in plain["messages"][0]
    full = await client.conversations_history(channel=channel, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata
    assert full["messages"][0]["ts"] == posted["ts"]
    unopened = client.conversations_history(channel="D0UNOPENED")
    assert await refused(unopened) == "channel_not_found"


async def test_newest_two_hundred_messages_are_drawn(client: AsyncWebClient, state: State) -> None:
    for number in range(202):
        await client.chat_postMessage(channel="C0LEGAL", text=str(number))
    drawn = state()["conversations"]["C0LEGAL"]
    assert (len(drawn["messages"]), drawn["earlier"]) == (200, 2)
    assert (drawn["messages"][0]["text"], drawn["messages"][-1]["text"]) == ("2", "201")


async def test_history_pages_newest_first(client: AsyncWebClient, clock: Clock) -> None:
    stamps = []
    for number in range(5):
        clock.at += 1
        posted = await client.chat_postMessage(channel="C0FINANCE", text=str(number))
        stamps.append(posted["ts"])
    await client.chat_postMessage(channel="C0FINANCE", text="reply", thread_ts=stamps[4])

    async def texts(**fields: Any) -> list[str]:
        answer = await client.conversations_history(channel="C0FINANCE", **fields)
        return [one["text"] for one in answer["messages"]]

    assert await texts() == ["4", "3", "2", "1", "0"]
    first = await client.conversations_history(channel="C0FINANCE", limit=2)
    assert [one["text"] for one in first["messages"]] == ["4", "3"]
    assert first["has_more"] is True
    cursor = first["response_metadata"]["next_cursor"]
    assert await texts(limit=3, cursor=cursor) == ["2", "1", "0"]
    assert await texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert await texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    for name, error in (
        ("oldest", "invalid_ts_oldest"),
        ("latest", "invalid_ts_latest"),
        ("cursor", "invalid_cursor"),
    ):
        asked = {"channel": "C0FINANCE", name: "yesterday"}
        wrong = client.api_call("conversations.history", params=asked)
        assert await refused(wrong) == error
