"""Buttons of a card, pressed in a simulated Slack: committed, acknowledged, never silent."""

import time
from typing import Any

import pytest

from adapters.slack.desk import FAILED, NOT_OPENED, OLD_BUTTON
from core.card import Verb
from core.chat.port import Answer, Click
from core.directory.people import Identity
from core.refusals import Reason
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, TEAM, Rig
from tests.adapters.slack.pressing import (
    ACCOUNT,
    CHANNEL,
    posted,
    press,
    pressed,
    told,
)

Json = dict[str, Any]


# --- approve -------------------------------------------------------------------------------


async def test_approve_reaches_the_core_with_all_it_needs(rig: Rig) -> None:
    where = await posted(rig)
    answer = await rig.act(
        FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_approve"
    )
    assert (answer["status"], answer["body"]) == (200, "")
    (click,) = rig.conversations.clicks
    action_ts = click.evidence["action_ts"]
    assert abs(float(action_ts) - time.time()) < 60
    place = {"channel": where["channel"], "ts": where["ts"]}
    assert click == Click(
        identity=Identity(platform="slack", realm=TEAM, account=FINN),
        binding=cards.BINDING,
        verb=Verb.APPROVE,
        once=f"{TEAM}|{FINN}|{where['channel']}|{where['ts']}||{action_ts}",
        evidence={"team": TEAM, **place, "action_ts": action_ts},
        answer_to={"team": TEAM, **place, "user": FINN},
    )


async def test_a_refused_approval_is_left_to_the_relay(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(text="Too late.", refused=Reason.FINISHED)
    assert (await press(rig, "approve"))["status"] == 200
    assert rig.ephemerals == []


async def test_a_second_click_is_a_click_of_its_own(rig: Rig) -> None:
    where = await posted(rig)
    for _ in range(2):
        await rig.act(
            FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_approve"
        )
    first, second = rig.conversations.clicks
    assert first.binding == second.binding
    assert first.evidence["action_ts"] != second.evidence["action_ts"]


async def test_a_click_in_a_channel_carries_the_channel(rig: Rig) -> None:
    await press(rig, "approve", to=CHANNEL)
    (click,) = rig.conversations.clicks
    assert (click.place, click.evidence["channel"]) == (FINANCE, FINANCE)


async def test_no_call_to_slack_is_made_on_the_way_of_an_approval(rig: Rig) -> None:
    await press(rig, "approve")
    assert [c["method"] for c in rig.slack.place.store.calls()] == ["chat.postMessage"]


async def test_when_the_core_fails_the_clicker_hears_of_it_and_slack_gets_no_error(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.conversations.breaks = True
    assert (await press(rig, "approve"))["status"] == 200
    assert told(rig) == [FAILED]
    assert "the disk is full" in caplog.text
    assert "xoxb" not in caplog.text


# --- looking -------------------------------------------------------------------------------


async def test_view_shows_the_whole_action_in_a_form(rig: Rig) -> None:
    assert (await press(rig, "view"))["status"] == 200
    shown = rig.modal(FINN)
    assert shown is not None
    assert shown["title"]["text"] == "Full action"
    assert shown["blocks"][-1]["text"]["text"] == f"```\n{cards.WHOLE_ACTION}\n```"
    assert rig.conversations.asked == [("status", ACCOUNT, cards.REQUEST)]


async def test_view_on_a_channels_card_is_asked_for_in_the_channels_name(rig: Rig) -> None:
    assert (await press(rig, "view", to=CHANNEL))["status"] == 200
    assert rig.conversations.places == [FINANCE]
    assert rig.modal(FINN) is not None


async def test_view_is_told_to_who_may_not_see_it(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(
        text="There is no such request.", refused=Reason.UNKNOWN_REQUEST
    )
    await press(rig, "view")
    assert told(rig) == ["There is no such request."]
    assert rig.modal(FINN) is None


async def test_view_that_slack_does_not_open_is_told(rig: Rig) -> None:
    where = await posted(rig)
    rig.fault("views.open", do="error", error="exchanged_trigger_id")
    await rig.act(
        FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_view"
    )
    assert told(rig) == [NOT_OPENED]


# --- old, foreign and made-up buttons ------------------------------------------------------


@pytest.mark.parametrize("what", ["approve", "reject", "view", "show"])
@pytest.mark.parametrize("value", ["", "approve:req_1", '[2,"req_1"]', "[[[[", "\u0000"])
async def test_a_button_of_another_version_is_answered_honestly(
    rig: Rig, what: str, value: str
) -> None:
    where = await posted(rig)
    status, _ = await rig.send(pressed(f"countersign_{what}", value, where))
    assert status == 200
    assert told(rig) == [OLD_BUTTON]
    assert rig.conversations.clicks == []


@pytest.mark.parametrize("action", ["approve_request", "", "countersign_delegate"])
async def test_a_button_nobody_knows_is_answered_honestly(rig: Rig, action: str) -> None:
    where = await posted(rig)
    status, _ = await rig.send(pressed(action, "x", where))
    assert status == 200
    assert told(rig) == [OLD_BUTTON]


async def test_a_payload_that_names_nobody_is_a_stranger_to_the_core(rig: Rig) -> None:
    where = await posted(rig)
    payload = pressed("countersign_approve", '[1,["r",1,"c",1,0]]', where)
    del payload["user"], payload["team"]
    assert (await rig.send(payload))[0] == 200
    assert rig.conversations.clicks[0].identity == Identity(platform="slack", realm="", account="")


async def test_a_sentence_reaches_a_person_who_is_not_in_the_channel_directly(rig: Rig) -> None:
    rig.conversations.form_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
    where = await posted(rig, CHANNEL)
    payload = pressed("countersign_reject", '[1,["r",1,"c",1,0]]', where)
    payload["user"]["id"] = EVE
    await rig.send(payload)
    assert told(rig, EVE) == []
    assert [m["blocks"][0]["text"]["text"] for m in rig.messages(EVE)] == ["Not yours."]
