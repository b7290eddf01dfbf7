"""Faults switched on for the simulated Web API, as the SDK meets them."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from playground.app import Running
from playground.faults import FaultError
from tests.playground.conftest import Act, Bot, Clock, State, refused


def texts(state: State) -> list[str]:
    """Return what stands in the channel."""
    return [one["text"] for one in state()["conversations"]["C0FINANCE"]["messages"]]


async def test_429_carries_retry_after_and_does_nothing(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    running.place.faults.add("slack", "chat.postMessage", "429", retry_after=7, times=1)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0FINANCE", text="one")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "7"
    assert texts(state) == []
    await client.chat_postMessage(channel="C0FINANCE", text="two")
    assert texts(state) == ["two"]
    assert [c["error"] for c in running.place.store.calls()] == ["fault:429", None]


async def test_sdk_retries_a_429_by_itself(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    running.place.faults.add("slack", "*", "429", retry_after=0, times=2)
    await client.chat_postMessage(channel="C0FINANCE", text="one")
    assert texts(state) == ["one"]
    assert len(running.place.store.calls()) == 3


async def test_500_does_nothing(client: AsyncWebClient, running: Running, state: State) -> None:
    running.place.faults.add("slack", "chat.postMessage", "500")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0FINANCE", text="one")
    assert caught.value.response.status_code == 500
    assert texts(state) == []


async def test_5xx_after_accept_has_done_it(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    running.place.faults.add("slack", "chat.postMessage", "5xx_after_accept", status=503)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0FINANCE", text="one")
    assert caught.value.response.status_code == 503
    assert texts(state) == ["one"]


async def test_error_is_answered_as_asked(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    running.place.faults.add("slack", "chat.update", "error", error="edit_window_closed")
    update = client.chat_update(channel="C0FINANCE", ts="1.1", text="x")
    assert await refused(update) == "edit_window_closed"
    other = client.chat_update(channel="C0FINANCE", ts="1.1", text="x")
    assert await refused(other) == "message_not_found"


async def test_drop_answer_has_done_it_and_cuts_the_connection(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    client.retry_handlers.clear()
    running.place.faults.add("slack", "chat.postMessage", "drop_answer")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel="C0FINANCE", text="one")
    assert texts(state) == ["one"]


async def test_slow_does_it_late(client: AsyncWebClient, running: Running, state: State) -> None:
    running.place.faults.add("slack", "chat.postMessage", "slow", seconds=0.05)
    call = asyncio.ensure_future(client.chat_postMessage(channel="C0FINANCE", text="one"))
    await asyncio.sleep(0.01)
    assert texts(state) == []
    assert (await call)["ok"] is True
    assert texts(state) == ["one"]


async def test_hang_is_never_answered_and_ends_when_faults_are_cleared(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    client.retry_handlers.clear()
    running.place.faults.add("slack", "chat.postMessage", "hang")
    call = asyncio.ensure_future(client.chat_postMessage(channel="C0FINANCE", text="one"))
    await asyncio.sleep(0.05)
    assert not call.done()
    running.place.faults.clear()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asyncio.wait_for(call, 2)
    assert texts(state) == []


async def test_hanging_call_does_not_hold_up_the_end(running: Running) -> None:
    running.place.faults.add("slack", "auth.test", "hang")
    client = AsyncWebClient(token="xoxb-playground-1", base_url=running.slack_api_url)
    client.retry_handlers.clear()
    call = asyncio.ensure_future(client.auth_test())
    await asyncio.sleep(0.05)
    await asyncio.wait_for(running.aclose(), 2)
    with pytest.raises(aiohttp.ClientError):
        await call


async def test_pace_allows_a_burst_then_one_a_second_per_channel(
    client: AsyncWebClient, running: Running, clock: Clock, state: State
) -> None:
    running.place.faults.add("slack", "chat.postMessage", "pace")
    for number in range(3):
        await client.chat_postMessage(channel="C0FINANCE", text=str(number))
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0FINANCE", text="too fast")
    assert caught.value.response.headers["Retry-After"] == "1"
    # Another channel has a pace of its own.
    await client.chat_postMessage(channel="C0LEGAL", text="other")
    clock.at += 1
    await client.chat_postMessage(channel="C0FINANCE", text="3")
    fifth = client.chat_postMessage(channel="C0FINANCE", text="too fast again")
    assert await refused(fifth) == "ratelimited"
    assert texts(state) == ["0", "1", "2", "3"]


async def test_response_url_has_faults_too(
    client: AsyncWebClient, act: Act, bot: Bot, running: Running, state: State
) -> None:
    await act("U00ALICE", "command", command="/approvals", channel="C0FINANCE")
    url = bot.got[-1].form["response_url"]
    running.place.faults.add("slack", "response_url", "500")
    async with aiohttp.ClientSession() as session:
        assert (await session.post(url, json={"text": "x"})).status == 500
        assert (await session.post(url, json={"text": "x"})).status == 200
    assert len(state()["ephemerals"]) == 1


async def test_fault_for_a_method_that_is_not_simulated_is_refused(running: Running) -> None:
    with pytest.raises(FaultError, match=r"slack\.chat\.postMesage: no such operation"):
        running.place.faults.add("slack", "chat.postMesage", "429")
