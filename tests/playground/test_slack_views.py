"""Modals and home tabs: triggers, stack, hashes, submissions and what the answers do."""

from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from tests.playground.conftest import Act, Bot, Clock, Json, Received, State, refused


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def modal(title: str = "Reject", **fields: object) -> Json:
    """A modal that asks for a reason."""
    typed = {"type": "plain_text_input", "action_id": "why", "min_length": 3, "multiline": True}
    ask = {"type": "input", "block_id": "reason", "label": plain("Reason"), "element": typed}
    more = {"type": "button", "action_id": "more", "text": plain("More")}
    return {
        "type": "modal",
        "callback_id": "reject",
        "title": plain(title),
        "submit": plain("Send"),
        "private_metadata": "r1",
        "blocks": [ask, {"type": "actions", "elements": [more]}],
        **fields,
    }


HOME: Json = {
    "type": "home",
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Queue"}}],
}


async def trigger(act: Act, bot: Bot, **where: object) -> str:
    """Return a fresh trigger id, from a command or from a click somewhere."""
    if where:
        await act("U00ALICE", "click", **where)
        return str(bot.got[-1].payload["trigger_id"])
    await act("U00ALICE", "command", command="/approvals", channel="C0FINANCE")
    return bot.got[-1].form["trigger_id"]


async def opened(client: AsyncWebClient, act: Act, bot: Bot, **fields: Any) -> Any:
    """Open the modal and return the view."""
    answer = await client.views_open(trigger_id=await trigger(act, bot), view=modal(**fields))
    return answer["view"]


async def test_trigger_opens_one_modal(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    ticket = await trigger(act, bot)
    view = (await client.views_open(trigger_id=ticket, view=modal()))["view"]
    assert view["id"].startswith("V")
    assert (view["type"], view["callback_id"], view["private_metadata"]) == (
        "modal",
        "reject",
        "r1",
    )
    assert (view["root_view_id"], view["previous_view_id"]) == (view["id"], None)
    assert (view["app_id"], view["bot_id"], view["team_id"]) == ("A0APP", "B0BOT", "T0EXAMPLE")
    assert [one["id"] for one in state()["modals"]["U00ALICE"]] == [view["id"]]
    again = client.views_open(trigger_id=ticket, view=modal())
    assert await refused(again) == "exchanged_trigger_id"
    unknown = client.views_open(trigger_id="1.2.abc", view=modal())
    assert await refused(unknown) == "invalid_trigger_id"


async def test_trigger_dies_after_three_seconds(
    client: AsyncWebClient, act: Act, bot: Bot, clock: Clock
) -> None:
    early, late = await trigger(act, bot), await trigger(act, bot)
    clock.at += 3.0
    assert (await client.views_open(trigger_id=early, view=modal()))["ok"] is True
    clock.at += 0.001
    assert await refused(client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"


async def test_view_that_slack_would_refuse_costs_no_trigger(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    ticket = await trigger(act, bot)
    long = client.views_open(trigger_id=ticket, view=modal("x" * 25))
    assert await refused(long) == "invalid_arguments"
    large = modal(blocks=[{**HOME["blocks"][0], "text": plain("x" * 3000)}] * 90)
    assert await refused(client.views_open(trigger_id=ticket, view=large)) == "view_too_large"
    assert await refused(client.views_open(trigger_id=ticket, view=HOME)) == "invalid_arguments"
    assert (await client.views_open(trigger_id=ticket, view=modal(external_id="e1")))["ok"] is True
    other = client.views_open(trigger_id=await trigger(act, bot), view=modal(external_id="e1"))
    assert await refused(other) == "duplicate_external_id"


async def test_update_view_by_hash(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    view = await opened(client, act, bot, external_id="e1")
    new = await client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Second"))
    assert new["view"]["id"] == view["id"]
    assert new["view"]["hash"] != view["hash"]
    stale = client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Third"))
    assert await refused(stale) == "hash_conflict"
    (drawn,) = state()["modals"]["U00ALICE"]
    assert drawn["title"]["text"] == "Second"
    assert await refused(client.views_update(view_id="V0", view=modal())) == "not_found"
    long = client.views_update(view_id=view["id"], view=modal("x" * 25))
    assert await refused(long) == "invalid_arguments"
    large = modal(blocks=[{**HOME["blocks"][0], "text": plain("x" * 3000)}] * 90)
    assert await refused(client.views_update(view_id=view["id"], view=large)) == "view_too_large"
    await client.views_update(view_id=view["id"], view=modal(external_id="e2"))
    found = await client.views_update(external_id="e2", view=modal("By name", external_id="e2"))
    assert found["view"]["title"]["text"] == "By name"
    await act("U00ALICE", "close")
    assert await refused(client.views_update(view_id=view["id"], view=modal())) == "not_found"


async def test_push_stops_at_three_views(
    client: AsyncWebClient, act: Act, bot: Bot, clock: Clock, state: State
) -> None:
    view = await opened(client, act, bot)

    async def from_top() -> str:
        top = state()["modals"]["U00ALICE"][-1]["id"]
        return await trigger(act, bot, view_id=top, action_id="more")

    for title in ("Second", "Third"):
        pushed = (await client.views_push(trigger_id=await from_top(), view=modal(title)))["view"]
        assert pushed["previous_view_id"] == state()["modals"]["U00ALICE"][-2]["id"]
        assert pushed["root_view_id"] == view["id"]
    fourth = client.views_push(trigger_id=await from_top(), view=modal("Fourth"))
    assert await refused(fourth) == "push_limit_reached"
    assert len(state()["modals"]["U00ALICE"]) == 3
    outside = client.views_push(trigger_id=await trigger(act, bot), view=modal())
    assert await refused(outside) == "not_found"
    assert await refused(client.views_push(trigger_id="x", view=modal())) == "invalid_trigger_id"
    used = await from_top()
    await refused(client.views_push(trigger_id=used, view=modal()))
    assert await refused(client.views_push(trigger_id=used, view=modal())) == "exchanged_trigger_id"
    late = await from_top()
    clock.at += 4
    assert await refused(client.views_push(trigger_id=late, view=modal())) == "expired_trigger_id"


async def test_push_checks_the_view_as_open_does(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    view = await opened(client, act, bot, external_id="e1")
    ticket = await trigger(act, bot, view_id=view["id"], action_id="more")
    long = client.views_push(trigger_id=ticket, view=modal("x" * 25))
    assert await refused(long) == "invalid_arguments"
    large = modal(blocks=[{**HOME["blocks"][0], "text": plain("x" * 3000)}] * 90)
    assert await refused(client.views_push(trigger_id=ticket, view=large)) == "view_too_large"
    same = client.views_push(trigger_id=ticket, view=modal(external_id="e1"))
    assert await refused(same) == "duplicate_external_id"


async def test_publish_replaces_the_home_tab(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    view = (await client.views_publish(user_id="U00ALICE", view=HOME))["view"]
    assert state()["homes"]["U00ALICE"]["id"] == view["id"]
    new = {**HOME, "private_metadata": "2"}
    again = await client.views_publish(user_id="U00ALICE", view=new, hash=view["hash"])
    assert again["view"]["id"] == view["id"]
    assert state()["homes"]["U00ALICE"]["private_metadata"] == "2"
    stale = client.views_publish(user_id="U00ALICE", view=new, hash=view["hash"])
    assert await refused(stale) == "hash_conflict"
    unknown = client.views_publish(user_id="U0NOBODY", view=HOME)
    assert await refused(unknown) == "invalid_arguments"
    large = {**HOME, "blocks": [{"type": "section", "text": plain("x" * 3000)}] * 90}
    too_large = client.views_publish(user_id="U00ALICE", view=large)
    assert await refused(too_large) == "view_too_large"
    await client.views_publish(user_id="U00BOB", view={**HOME, "external_id": "e1"})
    same = client.views_publish(user_id="U00ALICE", view={**HOME, "external_id": "e1"})
    assert await refused(same) == "duplicate_external_id"


async def test_submission_carries_the_view_with_what_was_entered(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    view = await opened(client, act, bot)
    answer = await act(
        "U00ALICE", "submit", view_id=view["id"], values={"reason": {"why": "Too dear"}}
    )
    assert answer["ok"] is True
    payload = bot.got[-1].payload
    assert payload["type"] == "view_submission"
    assert payload["user"]["id"] == "U00ALICE"
    assert payload["view"]["private_metadata"] == "r1"
    typed = {"type": "plain_text_input", "value": "Too dear"}
    assert payload["view"]["state"] == {"values": {"reason": {"why": typed}}}
    assert (payload["response_urls"], payload["is_enterprise_install"]) == ([], False)
    # An empty answer closes the view.
    assert state()["modals"] == {}


async def test_form_keeps_a_person_from_submitting_what_slack_would_not(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    view = await opened(client, act, bot)
    sent = len(bot.got)
    empty = await act("U00ALICE", "submit", view_id=view["id"], values={})
    assert (empty["ok"], empty["error"]) == (False, "invalid_input")
    assert empty["errors"] == {"reason": "Please complete this required field."}
    short = {"reason": {"why": {"type": "plain_text_input", "value": "no"}}}
    answer = await act("U00ALICE", "submit", view_id=view["id"], values=short)
    assert answer["errors"] == {"reason": "Must be 3 to 3000 characters."}
    assert len(bot.got) == sent
    # A test may still send what no honest client would.
    await act("U00ALICE", "submit", view_id=view["id"], values={}, unchecked=True)
    values = bot.got[-1].payload["view"]["state"]["values"]
    assert values == {"reason": {"why": {"type": "plain_text_input", "value": None}}}


REASON = {"reason": {"why": "Too dear"}}


async def test_answer_with_errors_keeps_the_form_open(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    view = await opened(client, act, bot)
    bot.says({"response_action": "errors", "errors": {"reason": "Say more."}})
    answer = await act("U00ALICE", "submit", view_id=view["id"], values=REASON)
    assert (answer["ok"], answer["errors"]) == (True, {"reason": "Say more."})
    assert [one["id"] for one in state()["modals"]["U00ALICE"]] == [view["id"]]


async def test_answer_with_update_push_and_clear_moves_the_stack(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    view = await opened(client, act, bot)

    async def submit(answer: Json) -> list[str]:
        bot.says(answer)
        top = state()["modals"]["U00ALICE"][-1]["id"]
        assert (await act("U00ALICE", "submit", view_id=top, values=REASON))["ok"] is True
        return [one["title"]["text"] for one in state()["modals"].get("U00ALICE", [])]

    assert await submit({"response_action": "update", "view": modal("Updated")}) == ["Updated"]
    assert state()["modals"]["U00ALICE"][0]["id"] == view["id"]
    pushed = {"response_action": "push", "view": modal("On top")}
    assert await submit(pushed) == ["Updated", "On top"]
    assert await submit({"response_action": "clear"}) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "explode"},
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "update", "view": HOME},
        {"something": "else"},
    ],
)
async def test_answer_that_slack_cannot_use_shows_trouble_and_keeps_the_form(
    client: AsyncWebClient, act: Act, bot: Bot, state: State, answer: Json
) -> None:
    view = await opened(client, act, bot)
    bot.says(answer)
    told = await act("U00ALICE", "submit", view_id=view["id"], values=REASON)
    assert told["ok"] is False
    assert told["shown"] == "We had some trouble connecting. Try again?"
    assert [one["id"] for one in state()["modals"]["U00ALICE"]] == [view["id"]]


async def test_closing_is_told_when_the_view_asks_for_it(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    await opened(client, act, bot)
    before = len(bot.got)
    assert (await act("U00ALICE", "close"))["status"] is None
    assert len(bot.got) == before
    view = await opened(client, act, bot, notify_on_close=True)
    await act("U00ALICE", "close")
    payload = bot.got[-1].payload
    assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
    assert payload["view"]["id"] == view["id"]
    assert state()["modals"] == {}
    with pytest.raises(slack.BadAct, match="no modal is open"):
        await act("U00ALICE", "close")


async def test_click_in_a_modal_names_the_view(client: AsyncWebClient, act: Act, bot: Bot) -> None:
    view = await opened(client, act, bot)
    state = {"reason": {"why": "half a"}}
    await act("U00ALICE", "click", view_id=view["id"], action_id="more", state=state)
    payload = bot.got[-1].payload
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["state"]["values"]["reason"]["why"]["value"] == "half a"
    assert "message" not in payload
    assert "response_url" not in payload
    with pytest.raises(slack.BadAct, match="U00BOB has no view"):
        await act("U00BOB", "click", view_id=view["id"], action_id="more")


async def test_bot_may_change_the_view_before_it_answers(
    client: AsyncWebClient, act: Act, bot: Bot, state: State
) -> None:
    view = await opened(client, act, bot)

    async def answer(_: Received) -> Any:
        await client.views_update(view_id=view["id"], view=modal("Working"))
        return web.json_response({"response_action": "errors", "errors": {"reason": "No."}})

    bot.answer = answer
    await act("U00ALICE", "submit", view_id=view["id"], values=REASON)
    assert state()["modals"]["U00ALICE"][0]["title"]["text"] == "Working"
