"""response_url: who sees the answer, what it replaces, and how long the address lives."""

from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from playground import slack
from playground.app import Running, start
from tests.playground.conftest import Act, Bot, Clock, Json, State

CARD: Json = {
    "type": "actions",
    "block_id": "b1",
    "elements": [
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    ],
}


@pytest.fixture
async def clicked(client: AsyncWebClient, act: Act, bot: Bot) -> Json:
    """Click a button in a channel; returns {url, ts}."""
    posted = await client.chat_postMessage(channel="C0FINANCE", text="card", blocks=[CARD])
    await act("U00ALICE", "click", channel="C0FINANCE", ts=posted["ts"], action_id="go")
    return {"url": bot.got[-1].payload["response_url"], "ts": posted["ts"]}


async def post(url: str, body: object) -> tuple[int, Json]:
    """Post JSON to a response_url and return status and answer."""
    async with aiohttp.ClientSession() as session:
        answer = await session.post(url, json=body)
        return answer.status, await answer.json()


async def test_answer_is_shown_to_the_clicker_only(clicked: Json, state: State) -> None:
    sent = await AsyncWebhookClient(clicked["url"]).send(text="Already decided by Bob.")
    assert sent.status_code == 200
    (shown,) = state()["ephemerals"]
    assert (shown["text"], shown["user"], shown["channel"]) == (
        "Already decided by Bob.",
        "U00ALICE",
        "C0FINANCE",
    )
    assert len(state()["conversations"]["C0FINANCE"]["messages"]) == 1


async def test_answer_in_channel_is_a_message(clicked: Json, state: State) -> None:
    await post(clicked["url"], {"response_type": "in_channel", "text": "Bob approved."})
    assert [m["text"] for m in state()["conversations"]["C0FINANCE"]["messages"]] == [
        "card",
        "Bob approved.",
    ]


async def test_answer_can_replace_and_delete_the_message(clicked: Json, state: State) -> None:
    await post(clicked["url"], {"replace_original": True, "text": "done"})
    (message,) = state()["conversations"]["C0FINANCE"]["messages"]
    assert (message["text"], message["blocks"], message["edited"]) == ("done", [], False)
    assert (await post(clicked["url"], {"delete_original": "true"}))[0] == 200
    assert state()["conversations"]["C0FINANCE"]["messages"] == []
    gone = await post(clicked["url"], {"delete_original": True})
    assert gone == (400, {"ok": False, "error": "message_not_found"})


async def test_click_on_an_ephemeral_can_replace_it(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    shown = await client.chat_postEphemeral(
        channel="C0FINANCE", user="U00ALICE", text="sure?", blocks=[CARD]
    )
    ts = shown["message_ts"]
    await act("U00ALICE", "click", channel="C0FINANCE", ts=ts, action_id="go")
    payload = bot.got[-1].payload
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": "C0FINANCE",
        "is_ephemeral": True,
    }
    assert "message" not in payload
    await post(payload["response_url"], {"replace_original": True, "text": "gone"})
    assert [(one["id"], one["text"]) for one in state()["ephemerals"]] == [(ts, "gone")]
    await act("U00ALICE", "dismiss", ephemeral=ts)
    assert state()["ephemerals"] == []


async def test_address_works_five_times(clicked: Json, state: State) -> None:
    # What Slack refuses does not use it up.
    refused = await post(clicked["url"], {"text": ""})
    assert refused == (400, {"ok": False, "error": "no_text"})
    for number in range(5):
        assert await post(clicked["url"], {"text": str(number)}) == (200, {"ok": True})
    assert await post(clicked["url"], {"text": "6"}) == (404, {"ok": False, "error": "used_url"})
    assert len(state()["ephemerals"]) == 5


async def test_address_works_for_thirty_minutes(clicked: Json, clock: Clock) -> None:
    clock.at += 1800
    assert (await post(clicked["url"], {"text": "in time"}))[0] == 200
    clock.at += 0.001
    late = await post(clicked["url"], {"text": "late"})
    assert late == (404, {"ok": False, "error": "expired_url"})


async def test_address_and_card_survive_a_restart(
    clicked: Json, running: Running, bot: Bot, tmp_path: Path
) -> None:
    place = running.place
    await running.aclose()
    again = await start(place.world, tmp_path / "data", bot.url)
    again.place.now = place.now
    path = clicked["url"].removeprefix(running.base_url)
    assert (await post(again.base_url + path, {"text": "still here"}))[0] == 200
    click = {"user": "U00ALICE", "do": "click", "channel": "C0FINANCE", "ts": clicked["ts"]}
    assert (await slack.act(again.place, {**click, "action_id": "go"}))["ok"] is True
    assert [one["text"] for one in slack.state(again.place)["ephemerals"]] == ["still here"]
    await again.aclose()


async def test_address_nobody_gave_out_is_refused(running: Running) -> None:
    url = f"{running.base_url}/slack/response/1abc"
    assert await post(url, {"text": "x"}) == (404, {"ok": False, "error": "invalid_url"})


async def test_answers_are_logged(clicked: Json, running: Running) -> None:
    await post(clicked["url"], {"text": "hello"})
    last = running.place.store.calls()[-1]
    assert (last["method"], last["args"], last["error"]) == (
        "response_url",
        {"text": "hello"},
        None,
    )


async def test_blocks_of_an_answer_are_checked(clicked: Json) -> None:
    bad = await post(clicked["url"], {"text": "x", "blocks": [{"type": "nonsense"}]})
    assert bad == (400, {"ok": False, "error": "invalid_blocks"})
