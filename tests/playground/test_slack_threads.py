"""Replies of people in the simulated Slack: their events, and the threads they join."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack import BadAct
from tests.playground.conftest import Act, Bot, Json, State


async def posted(client: AsyncWebClient, **fields: Any) -> Json:
    answer = await client.chat_postMessage(channel="U00ALICE", text="card", **fields)
    return {"channel": answer["channel"], "ts": answer["ts"]}


async def test_a_reply_is_an_event_that_names_its_thread_and_who_began_it(
    act: Act, bot: Bot, client: AsyncWebClient, state: State
) -> None:
    card = await posted(client)
    where = {"channel": card["channel"], "thread_ts": card["ts"]}
    reply = await act("U00ALICE", "message", text="Why?", **where)
    event = bot.got[-1].payload["event"]
    assert (event["thread_ts"], event["parent_user_id"]) == (card["ts"], "U0BOT")
    assert (event["channel_type"], event["ts"]) == ("im", reply["ts"])
    shown = {m["ts"]: m for m in state()["conversations"][card["channel"]]["messages"]}
    assert shown[reply["ts"]]["thread_ts"] == card["ts"]
    assert shown[card["ts"]]["reply_count"] == 1


async def test_a_reply_to_a_reply_joins_the_same_thread(
    act: Act, bot: Bot, client: AsyncWebClient
) -> None:
    card = await posted(client)
    first = await act("U00ALICE", "message", text="1", thread_ts=card["ts"])
    await act("U00ALICE", "message", text="2", thread_ts=first["ts"])
    assert bot.got[-1].payload["event"]["thread_ts"] == card["ts"]


async def test_nobody_replies_to_what_is_not_there(act: Act) -> None:
    with pytest.raises(BadAct, match="no such message"):
        await act("U00ALICE", "message", text="Why?", thread_ts="1.000001")


async def test_an_answer_to_one_person_stands_in_the_thread(
    act: Act, client: AsyncWebClient, state: State
) -> None:
    card = await posted(client)
    where = {"channel": card["channel"], "thread_ts": card["ts"]}
    await client.chat_postEphemeral(user="U00ALICE", text="Not kept.", **where)
    (shown,) = state()["ephemerals"]
    assert shown["thread_ts"] == card["ts"]
