"""How the simulated Web API is called: tokens, places for arguments, who and what is there."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.app import Running
from tests.playground.conftest import State, refused

Json = dict[str, Any]
AUTH = {"Authorization": "Bearer xoxb-playground-1"}


async def test_auth_test_names_the_app(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert answer["user_id"] == "U0BOT"
    assert answer["bot_id"] == "B0BOT"
    assert answer["team_id"] == "T0EXAMPLE"
    assert answer["team"] == "Example Corp"


async def test_api_test_echoes(client: AsyncWebClient) -> None:
    assert (await client.api_test(foo="bar"))["args"] == {"foo": "bar"}
    assert await refused(client.api_test(error="my_error")) == "my_error"


async def test_wrong_token_is_invalid_auth(running: Running) -> None:
    client = AsyncWebClient(token="xoxb-other", base_url=running.slack_api_url)
    assert await refused(client.auth_test()) == "invalid_auth"


async def test_no_token_is_not_authed(running: Running) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{running.slack_api_url}auth.test")
        assert await answer.json() == {"ok": False, "error": "not_authed"}


async def test_unknown_method_is_named(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("chat.postmessage")
    assert caught.value.response["error"] == "unknown_method"
    assert caught.value.response["req_method"] == "chat.postmessage"


async def test_argument_that_is_not_simulated_is_refused_not_ignored(
    client: AsyncWebClient,
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0FINANCE", text="x", attachments=[{"text": "y"}])
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] the playground does not simulate attachments"
    ]


@pytest.mark.parametrize(
    "how",
    [
        {"params": {"channel": "C0FINANCE"}},
        {"data": {"channel": "C0FINANCE"}},
        {"json": {"channel": "C0FINANCE"}},
    ],
    ids=["query", "form", "json"],
)
async def test_arguments_come_in_query_form_or_json(running: Running, how: Json) -> None:
    async with aiohttp.ClientSession(headers=AUTH) as session:
        answer = await session.post(f"{running.slack_api_url}conversations.info", **how)
        assert (await answer.json())["channel"]["name"] == "finance"


async def test_get_works_and_the_token_may_be_an_argument(running: Running) -> None:
    url = f"{running.slack_api_url}users.info"
    async with aiohttp.ClientSession() as session:
        answer = await session.get(url, params={"user": "U00BOB", "token": "xoxb-playground-1"})
        assert (await answer.json())["user"]["real_name"] == "Bob Reed"


@pytest.mark.parametrize("body", [b"[1]", b"{", b'"text"'])
async def test_json_that_is_no_object_is_refused(running: Running, body: bytes) -> None:
    headers = {**AUTH, "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        answer = await session.post(f"{running.slack_api_url}auth.test", data=body)
        assert await answer.json() == {"ok": False, "error": "json_not_object"}


async def test_body_of_another_type_is_refused(running: Running) -> None:
    headers = {**AUTH, "Content-Type": "text/csv"}
    async with aiohttp.ClientSession(headers=headers) as session:
        answer = await session.post(f"{running.slack_api_url}auth.test", data=b"a,b")
        assert await answer.json() == {"ok": False, "error": "invalid_post_type"}


async def test_missing_argument_is_named(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("chat.update", json={"channel": "C0FINANCE"})
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["errors"] == ["missing required field: ts"]


async def test_people_are_found(client: AsyncWebClient) -> None:
    found = (await client.users_lookupByEmail(email="Alice@Example.com"))["user"]
    assert found["id"] == "U00ALICE"
    assert found["profile"]["title"] == "Buyer"
    assert (await client.users_info(user="U00ALICE"))["user"] == found
    assert (await client.users_info(user="U0BOT"))["user"]["is_bot"] is True
    assert await refused(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await refused(client.users_lookupByEmail(email="x@example.com")) == "users_not_found"
    # Someone without a Slack account is not found by their address either.
    assert await refused(client.users_lookupByEmail(email="tess@example.com")) == "users_not_found"


async def test_open_gives_the_same_direct_message_each_time(client: AsyncWebClient) -> None:
    first = await client.conversations_open(users="U00ALICE")
    again = await client.conversations_open(users=["U00ALICE"], return_im=True)
    assert first["channel"]["id"].startswith("D")
    assert "already_open" not in first.data
    assert again["already_open"] is True
    assert again["channel"]["id"] == first["channel"]["id"]
    assert again["channel"]["user"] == "U00ALICE"
    assert await refused(client.conversations_open(users="U0NOBODY")) == "user_not_found"
    assert (
        await refused(client.api_call("conversations.open", json={})) == "users_list_not_supplied"
    )
    several = client.conversations_open(users=["U00ALICE", "U00BOB"])
    assert await refused(several) == "invalid_arguments"


async def test_conversation_info(client: AsyncWebClient) -> None:
    channel = (await client.conversations_info(channel="C0LEGAL", include_num_members=True))[
        "channel"
    ]
    assert channel["name"] == "legal"
    assert channel["is_member"] is True
    assert channel["num_members"] == 1
    assert await refused(client.conversations_info(channel="C0NONE")) == "channel_not_found"


async def test_calls_are_logged_without_the_token(
    client: AsyncWebClient, running: Running, state: State
) -> None:
    await client.chat_postMessage(channel="C0FINANCE", text="hello")
    await refused(client.api_call("chat.delete", json={"channel": "C0NONE", "ts": "1.1"}))
    posted, deleted = running.place.store.calls()
    assert posted["n"] < deleted["n"]
    assert (posted["platform"], posted["method"], posted["status"]) == (
        "slack",
        "chat.postMessage",
        200,
    )
    assert posted["args"] == {"channel": "C0FINANCE", "text": "hello"}
    assert posted["error"] is None
    assert deleted["error"] == "channel_not_found"
    assert running.place.store.calls(posted["n"]) == [deleted]
    assert "xoxb-playground-1" not in str(running.place.store.calls())
    assert "xoxb-playground-1" not in str(state())
