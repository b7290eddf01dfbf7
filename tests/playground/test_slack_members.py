"""What becomes of members of the simulated workspace: the user object, events, who may act."""

import json
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.refusal import BadAct
from playground.world import World, parse
from tests.playground.conftest import WORLD, Act, Bot, refused

Json = dict[str, Any]
ALICE = "U00ALICE"


@pytest.fixture
def world() -> World:
    """A workspace whose app listens to user_change."""
    return parse({**WORLD, "slack": {**WORLD["slack"], "events": ["user_change"]}})


async def user(client: AsyncWebClient) -> Json:
    found: Json = (await client.users_info(user=ALICE))["user"]
    return found


async def test_a_member_is_a_full_one_with_a_confirmed_address(client: AsyncWebClient) -> None:
    found = await user(client)
    assert found["profile"]["email"] == "alice@example.com"
    assert (found["deleted"], found["is_email_confirmed"], found["is_stranger"]) == (
        False,
        True,
        False,
    )
    assert (found["is_restricted"], found["is_ultra_restricted"], found["is_bot"]) == (False,) * 3


async def test_a_change_is_seen_and_told(client: AsyncWebClient, act: Act, bot: Bot) -> None:
    told = await act(ALICE, "member", is_restricted=True, email="al@example.com", name="al")
    assert told["ok"] is True
    found = await user(client)
    assert (found["is_restricted"], found["profile"]["email"]) == (True, "al@example.com")
    event = json.loads(bot.got[-1].body)["event"]
    assert (event["type"], event["user"]) == ("user_change", found)


async def test_who_was_deactivated_does_nothing_and_is_not_written_to(
    client: AsyncWebClient, act: Act
) -> None:
    await act(ALICE, "member", deleted=True)
    found = await user(client)
    assert found["deleted"] is True
    assert "is_restricted" not in found
    with pytest.raises(BadAct):
        await act(ALICE, "command", command="/approvals")
    assert await refused(client.chat_postMessage(channel=ALICE, text="x")) == "user_disabled"
    assert await refused(client.conversations_open(users=ALICE)) == "user_disabled"


async def test_who_comes_from_another_organisation_says_so(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    await act(ALICE, "member", team_id="T0OTHER")
    found = await user(client)
    assert (found["team_id"], found["is_stranger"]) == ("T0OTHER", True)


@pytest.mark.parametrize("wrong", [{}, {"deleted": "yes"}, {"email": 1}])
async def test_what_nobody_could_change_is_refused(act: Act, wrong: Json) -> None:
    with pytest.raises(BadAct):
        await act(ALICE, "member", **wrong)


async def test_a_token_without_the_scope_is_told_no_address(
    client: AsyncWebClient, world: World, running: Any
) -> None:
    object.__setattr__(running.place.world.slack, "scopes", ("users:read",))
    assert "email" not in (await user(client))["profile"]


async def test_a_member_is_looked_up_by_their_present_address(
    client: AsyncWebClient, act: Act
) -> None:
    await act(ALICE, "member", email="al@example.com")
    found = await client.users_lookupByEmail(email="AL@example.com")
    assert found["user"] == await user(client)
    assert await refused(client.users_lookupByEmail(email="alice@example.com")) == "users_not_found"


async def test_who_was_deactivated_is_not_found_by_address(
    client: AsyncWebClient, act: Act
) -> None:
    await act(ALICE, "member", deleted=True)
    assert await refused(client.users_lookupByEmail(email="alice@example.com")) == "users_not_found"
