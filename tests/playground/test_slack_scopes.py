"""A token that may not do everything: what it is refused, and how it is told what it may."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.app import Running, start
from playground.slack.coverage import METHODS
from playground.slack.scopes import NEEDED
from playground.world import parse
from tests.playground.conftest import TOKEN, WORLD

MAY = ["chat:write", "im:history"]


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[Running]:
    running = await start(parse({**WORLD, "slack": {**WORLD["slack"], "scopes": MAY}}), tmp_path)
    yield running
    await running.aclose()


@pytest.fixture
def able(limited: Running) -> AsyncWebClient:
    return AsyncWebClient(token=TOKEN, base_url=limited.slack_api_url)


async def refused(able: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await able.api_call(method, data=arguments)
    answer: dict[str, Any] = caught.value.response.data
    return answer


async def test_the_missing_scope_is_named_beside_those_that_are_there(able: AsyncWebClient) -> None:
    answer = await refused(able, "conversations.open", users="U00ALICE")
    assert answer["error"] == "missing_scope"
    assert (answer["needed"], answer["provided"]) == ("im:write", "chat:write,im:history")


async def test_reading_a_channel_needs_another_scope_than_reading_a_direct_message(
    able: AsyncWebClient,
) -> None:
    sent = await able.chat_postMessage(channel="U00ALICE", text="x")
    read = await able.conversations_history(channel=sent["channel"])
    assert len(read["messages"]) == 1
    answer = await refused(able, "conversations.history", channel="C0FINANCE")
    assert answer["needed"] == "channels:history"


async def test_every_answer_to_a_token_says_what_it_may_do(able: AsyncWebClient) -> None:
    answer = await able.auth_test()
    assert answer.headers["x-oauth-scopes"] == "chat:write,im:history"
    assert answer.headers["Date"].endswith("GMT")


async def test_without_a_list_a_token_may_do_everything(client: AsyncWebClient) -> None:
    assert (await client.conversations_open(users="U00ALICE"))["ok"]
    assert "x-oauth-scopes" not in (await client.auth_test()).headers


def test_scopes_are_those_of_methods_that_are_simulated() -> None:
    assert set(NEEDED) <= set(METHODS)
