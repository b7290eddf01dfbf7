"""Buttons and forms, pressed in a simulated Slack: committed, acknowledged, never silent."""

import json
import time
from typing import Any

import pytest

from adapters.slack import desk
from adapters.slack.desk import FAILED, NOT_OPENED, OLD_BUTTON, OLD_FORM
from core.chat import Answer, Click
from core.directory import Identity
from core.ports import Delivered, Delivery, Recipient
from core.refusals import Reason
from core.request import Decision
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, TEAM, Rig
from tests.adapters.slack.limits import assert_view

Json = dict[str, Any]

PERSON = Recipient(platform="slack", id="finn@example.com")
CHANNEL = Recipient(platform="slack", id=FINANCE, kind="channel")
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)


async def posted(rig: Rig, to: Recipient = PERSON) -> dict[str, str]:
    """Post a card and return where it stands."""
    card = cards.card()
    delivery = Delivery(request=card.request, to=to, wanted=4, shown=0, attempts=0)
    account = ACCOUNT if to is PERSON else None
    outcome = await rig.platform.channel.show(card, to, account, delivery)
    assert isinstance(outcome, Delivered)
    assert outcome.ref is not None
    return outcome.ref.fields


async def press(rig: Rig, what: str, user: str = FINN, to: Recipient = PERSON) -> Json:
    """Press a button of a card that was just posted."""
    where = await posted(rig, to)
    return await rig.act(
        user, "click", channel=where["channel"], ts=where["ts"], action_id=f"countersign_{what}"
    )


def told(rig: Rig, user: str = FINN) -> list[str]:
    """What this person alone was told, as the text of its one block."""
    found = [e for e in rig.ephemerals if e["user"] == user]
    return [e["blocks"][0]["text"]["text"] for e in found]


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
        decision=Decision.APPROVE,
        evidence={"team": TEAM, **place, "action_ts": action_ts},
        answer_to={**place, "user": FINN},
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


# --- reject --------------------------------------------------------------------------------


async def form(rig: Rig, to: Recipient = PERSON) -> Json:
    """Press Reject and return the form that opened."""
    assert (await press(rig, "reject", to=to))["status"] == 200
    found = rig.modal(FINN)
    assert found is not None
    return found


def reason(text: str) -> Json:
    value = {"type": "plain_text_input", "value": text}
    return {"countersign_reason": {"countersign_reason_text": value}}


async def test_reject_opens_a_form_that_asks_for_the_reason_and_decides_nothing(rig: Rig) -> None:
    found = await form(rig)
    assert found["title"]["text"] == "Reject request"
    assert found["blocks"][0]["text"]["text"] == "New ERP system"
    element = found["blocks"][1]["element"]
    assert (element["multiline"], element["min_length"], element["max_length"]) == (True, 1, 2000)
    assert found["blocks"][1].get("optional", False) is False
    assert rig.conversations.asked == [("may_reject", ACCOUNT, cards.BINDING)]
    assert rig.conversations.clicks == []
    (opened,) = rig.calls("views.open")
    assert_view(opened["view"])


async def test_the_forms_reason_reaches_the_core_and_the_form_closes(rig: Rig) -> None:
    found = await form(rig)
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason("  No budget. "))
    assert answer["body"] == {"response_action": "clear"}
    assert rig.modal(FINN) is None
    (click,) = rig.conversations.clicks
    assert click.decision is Decision.REJECT
    assert click.binding == cards.BINDING
    assert click.reason == "No budget."
    assert click.identity == ACCOUNT
    assert click.answer_to is None
    assert click.evidence["channel"].startswith("D")


async def test_a_blank_reason_keeps_the_form_and_says_why(rig: Rig) -> None:
    found = await form(rig)
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason(" \n "))
    assert answer["errors"] == {"countersign_reason": "Please say why: a rejection needs a reason."}
    assert rig.modal(FINN) is not None
    assert rig.conversations.clicks == []


async def test_a_form_without_its_input_counts_as_blank(rig: Rig) -> None:
    found = await form(rig)
    status, text = await rig.send(submitted("countersign_reject_form", found["private_metadata"]))
    assert status == 200
    assert json.loads(text)["response_action"] == "errors"


@pytest.mark.parametrize("refusal", [Reason.TEXT_TOO_LONG, Reason.REASON_REQUIRED])
async def test_a_reason_the_core_does_not_take_is_told_at_the_input(
    rig: Rig, refusal: Reason
) -> None:
    found = await form(rig)
    rig.conversations.click_answer = Answer(text="Not like that.", refused=refusal)
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason("x"))
    assert answer["errors"] == {"countersign_reason": "Not like that."}


async def test_a_refused_rejection_is_told_in_the_forms_place(rig: Rig) -> None:
    found = await form(rig)
    rig.conversations.click_answer = Answer(
        text="Approved by <Dana>. Nothing was changed.", refused=Reason.FINISHED
    )
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason("Too expensive"))
    assert answer["ok"] is True
    assert_view(answer["body"]["view"])
    shown = rig.modal(FINN)
    assert shown is not None
    assert shown["blocks"][0]["text"]["text"] == "Approved by &lt;Dana&gt;. Nothing was changed."
    assert shown["submit"] is None


async def test_when_the_core_fails_the_form_says_so(rig: Rig) -> None:
    found = await form(rig)
    rig.conversations.breaks = True
    await rig.act(FINN, "submit", view_id=found["id"], values=reason("x"))
    shown = rig.modal(FINN)
    assert shown is not None
    assert shown["blocks"][0]["text"]["text"] == FAILED


async def test_a_rejection_that_would_not_count_is_told_and_opens_no_form(rig: Rig) -> None:
    rig.conversations.reject_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
    assert (await press(rig, "reject"))["status"] == 200
    assert told(rig) == ["Not yours."]
    assert rig.calls("views.open") == []


@pytest.mark.parametrize("error", ["expired_trigger_id", "internal_error", "invalid_auth"])
async def test_a_form_that_slack_does_not_open_is_told(rig: Rig, error: str) -> None:
    where = await posted(rig)
    rig.fault("views.open", do="error", error=error)
    answer = await rig.act(
        FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_reject"
    )
    assert answer["status"] == 200
    assert told(rig) == [NOT_OPENED]


async def test_a_form_that_slack_never_answers_for_is_given_up_in_time(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.desk.OPEN_SECONDS", 0.05)
    where = await posted(rig)
    rig.fault("views.open", do="hang")
    answer = await rig.act(
        FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_reject"
    )
    assert answer["status"] == 200
    assert told(rig) == [NOT_OPENED]


def test_a_forms_time_and_a_sentences_time_fit_into_slacks_three_seconds() -> None:
    assert desk.OPEN_SECONDS == 2.0
    assert desk.OPEN_SECONDS + desk.TELL_SECONDS < 3.0


async def test_a_sentence_that_slack_takes_slowly_does_not_hold_the_click(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.desk.TELL_SECONDS", 0.01)
    rig.conversations.reject_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
    where = await posted(rig)
    rig.fault("chat.postEphemeral", do="slow", seconds=0.2)
    answer = await rig.act(
        FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_reject"
    )
    assert answer["ms"] < 200
    assert told(rig) == []
    await rig.platform.stop()
    assert told(rig) == ["Not yours."]


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


async def test_a_rejection_on_a_channels_card_names_the_channel_before_and_after_the_form(
    rig: Rig,
) -> None:
    found = await form(rig, CHANNEL)
    assert rig.conversations.places == [FINANCE]
    await rig.act(FINN, "submit", view_id=found["id"], values=reason("No budget."))
    assert [click.place for click in rig.conversations.clicks] == [FINANCE]


async def test_a_direct_message_is_no_place_that_others_see(rig: Rig) -> None:
    found = await form(rig)
    await rig.act(FINN, "submit", view_id=found["id"], values=reason("No budget."))
    await press(rig, "view")
    await press(rig, "approve")
    assert rig.conversations.places == ["", ""]
    assert [click.place for click in rig.conversations.clicks] == ["", ""]


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


def pressed(action: str, value: str, where: dict[str, str]) -> Json:
    return {
        "type": "block_actions",
        "user": {"id": FINN, "team_id": TEAM},
        "team": {"id": TEAM},
        "container": {"type": "message", "message_ts": where["ts"], "channel_id": where["channel"]},
        "channel": {"id": where["channel"]},
        "trigger_id": "1.2.3",
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "block_id": "b",
                "value": value,
                "action_ts": "1",
            }
        ],
    }


def submitted(callback_id: str, metadata: str) -> Json:
    view = {"type": "modal", "callback_id": callback_id, "private_metadata": metadata}
    return {"type": "view_submission", "user": {"id": FINN, "team_id": TEAM}, "view": view}


async def test_a_form_nobody_knows_is_answered_honestly(rig: Rig) -> None:
    status, text = await rig.send(submitted("delegate_form", ""))
    assert status == 200
    assert OLD_FORM in text


async def test_a_form_with_damaged_metadata_decides_nothing(rig: Rig) -> None:
    payload = submitted("countersign_reject_form", "[1,2]")
    payload["view"]["state"] = {"values": reason("No.")}
    status, text = await rig.send(payload)
    assert status == 200
    assert OLD_FORM in text
    assert rig.conversations.clicks == []


async def test_a_payload_that_names_nobody_is_a_stranger_to_the_core(rig: Rig) -> None:
    where = await posted(rig)
    payload = pressed("countersign_approve", '[1,["r",1,"c",1,0]]', where)
    del payload["user"], payload["team"]
    assert (await rig.send(payload))[0] == 200
    assert rig.conversations.clicks[0].identity == Identity(platform="slack", realm="", account="")


async def test_a_sentence_reaches_a_person_who_is_not_in_the_channel_directly(rig: Rig) -> None:
    rig.conversations.reject_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
    where = await posted(rig, CHANNEL)
    payload = pressed("countersign_reject", '[1,["r",1,"c",1,0]]', where)
    payload["user"]["id"] = EVE
    await rig.send(payload)
    assert told(rig, EVE) == []
    assert [m["blocks"][0]["text"]["text"] for m in rig.messages(EVE)] == ["Not yours."]
