"""Forms, opened and sent in a simulated Slack: committed, answered, never silent."""

import json
from typing import Any

import pytest

from adapters.slack import actions, desk
from adapters.slack.actions import Where
from adapters.slack.desk import FAILED, NOT_OPENED, OLD_FORM
from core.card import Verb
from core.chat.forms import AT_ONCE, SHOWING
from core.chat.port import Answer
from core.refusals import Reason
from core.rows import Recipient
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, Rig
from tests.adapters.slack.limits import assert_view
from tests.adapters.slack.pressing import (
    ACCOUNT,
    CHANNEL,
    PERSON,
    choose,
    posted,
    press,
    reason,
    sentence,
    submitted,
    told,
    written,
)

Json = dict[str, Any]


# --- reject --------------------------------------------------------------------------------


async def form(rig: Rig, to: Recipient = PERSON) -> Json:
    """Press Reject and return the form that opened."""
    assert (await press(rig, "reject", to=to))["status"] == 200
    found = rig.modal(FINN)
    assert found is not None
    return found


async def test_reject_opens_a_form_that_asks_for_the_reason_and_decides_nothing(rig: Rig) -> None:
    found = await form(rig)
    assert found["title"]["text"] == "Reject request"
    assert found["blocks"][0]["text"]["text"] == "New ERP system · 120,000 EUR"
    element = found["blocks"][1]["element"]
    assert (element["multiline"], element["min_length"], element["max_length"]) == (True, 1, 2000)
    assert found["blocks"][1].get("optional", False) is False
    assert rig.conversations.asked == [("form", ACCOUNT, (Verb.REJECT, cards.BINDING))]
    assert rig.conversations.clicks == []
    (opened,) = rig.calls("views.open")
    assert_view(opened["view"])


async def test_the_forms_reason_reaches_the_core_and_the_form_closes(rig: Rig) -> None:
    found = await form(rig)
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason("  No budget. "))
    assert answer["body"] == {"response_action": "clear"}
    assert rig.modal(FINN) is None
    (click,) = rig.conversations.clicks
    assert click.verb is Verb.REJECT
    assert click.binding == cards.BINDING
    assert click.reason == "No budget."
    assert click.identity == ACCOUNT
    assert click.answer_to is None
    assert click.evidence["channel"].startswith("D")


async def test_a_blank_reason_keeps_the_form_and_says_why(rig: Rig) -> None:
    found = await form(rig)
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason(" \n "))
    said = "Please say why: a rejection needs a reason."
    assert answer["errors"] == {"countersign_field_0": said}
    assert rig.modal(FINN) is not None
    assert rig.conversations.clicks == []


async def test_a_form_without_its_input_counts_as_blank(rig: Rig) -> None:
    found = await form(rig)
    status, text = await rig.send(submitted("countersign_form", found["private_metadata"]))
    assert status == 200
    assert "Please say why" in text
    assert json.loads(text)["response_action"] == "update"
    assert rig.conversations.clicks == []


@pytest.mark.parametrize("refusal", [Reason.TEXT_TOO_LONG, Reason.REASON_REQUIRED])
async def test_a_reason_the_core_does_not_take_is_told_at_the_input(
    rig: Rig, refusal: Reason
) -> None:
    found = await form(rig)
    rig.conversations.click_answer = Answer(text="Not like that.", refused=refusal)
    answer = await rig.act(FINN, "submit", view_id=found["id"], values=reason("x"))
    assert answer["errors"] == {"countersign_field_0": "Not like that."}


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
    rig.conversations.form_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
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
    rig.conversations.form_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
    where = await posted(rig)
    rig.fault("chat.postEphemeral", do="slow", seconds=0.2)
    await rig.act(
        FINN, "click", channel=where["channel"], ts=where["ts"], action_id="countersign_reject"
    )
    assert told(rig) == []
    await rig.platform.stop()
    assert told(rig) == ["Not yours."]


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


# --- the other acts ------------------------------------------------------------------------

FORMED = sorted(set(Verb) - SHOWING - AT_ONCE)
PICKED = {"type": "users_select", "selected_user": EVE}


@pytest.mark.parametrize("verb", FORMED)
async def test_each_act_opens_its_own_form_from_a_button_or_a_menu(rig: Rig, verb: Verb) -> None:
    label = next((b.label for b in cards.MORE if b.verb is verb), "")
    if label:
        await choose(rig, label, card=cards.card(more=[b for b in cards.MORE if b.verb is verb]))
    else:
        await press(rig, verb)
    assert rig.conversations.asked == [("form", ACCOUNT, (verb, cards.BINDING))]
    (opened,) = rig.calls("views.open")
    assert_view(opened["view"])
    assert rig.conversations.clicks == []


async def fill(rig: Rig, label: str, values: Json) -> Json:
    """Choose from the menu, fill in the form and send it."""
    more = [b for b in cards.MORE if b.label == label]
    await choose(rig, label, card=cards.card(more=more))
    shown = rig.modal(FINN)
    assert shown is not None
    return await rig.act(FINN, "submit", view_id=shown["id"], values=values)


async def test_an_edit_carries_the_fields_as_written_and_the_comment(rig: Rig) -> None:
    values = {
        **written("amount", " 90,000"),
        **written("purpose", "New ERP\nsystem, 1st part ", 1),
        **written("reason", " Half of it. ", 2),
    }
    answer = await fill(rig, "Edit and approve", values)
    (click,) = rig.conversations.clicks
    assert click.verb is Verb.EDIT
    assert click.edits == {"amount": " 90,000", "purpose": "New ERP\nsystem, 1st part "}
    assert (click.reason, click.to) == ("Half of it.", None)
    assert answer["body"]["response_action"] == "update"
    assert sentence(rig) == "Recorded."


@pytest.mark.parametrize(
    ("label", "verb"),
    [
        ("Request changes", Verb.REQUEST_CHANGES),
        ("Ask a question", Verb.ASK),
        ("Comment", Verb.COMMENT),
    ],
)
async def test_an_act_that_the_card_shows_closes_its_form(rig: Rig, label: str, verb: Verb) -> None:
    answer = await fill(rig, label, reason("Which budget?"))
    assert answer["body"] == {"response_action": "clear"}
    (click,) = rig.conversations.clicks
    assert (click.verb, click.reason) == (verb, "Which budget?")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Request changes", "Please say what should change."),
        ("Ask a question", "Please write your question."),
        ("Comment", "Please write your comment."),
        ("Break glass", "Please say why: break-glass needs a reason."),
    ],
)
async def test_a_text_that_an_act_needs_is_asked_for_at_once(
    rig: Rig, label: str, said: str
) -> None:
    answer = await fill(rig, label, reason("  "))
    assert answer["errors"] == {"countersign_field_0": said}
    assert rig.conversations.clicks == []


@pytest.mark.parametrize("label", ["Escalate", "Withdraw the request"])
async def test_a_reason_that_may_be_left_out_is_none(rig: Rig, label: str) -> None:
    await fill(rig, label, reason("  "))
    (click,) = rig.conversations.clicks
    assert click.reason is None


@pytest.mark.parametrize(
    ("label", "refused", "block"),
    [
        ("Delegate", Reason.UNKNOWN_PERSON, "countersign_field_0"),
        ("Delegate", Reason.DELEGATION_CYCLE, "countersign_field_0"),
        ("Delegate", Reason.DELEGATE_NOT_QUALIFIED, "countersign_field_0"),
        ("Delegate", Reason.TEXT_TOO_LONG, "countersign_field_1"),
        ("Edit and approve", Reason.REVISION_UNCHANGED, "countersign_field_0"),
        ("Comment", Reason.TEXT_TOO_LONG, "countersign_field_0"),
    ],
)
async def test_what_can_be_mended_is_told_at_its_input(
    rig: Rig, label: str, refused: Reason, block: str
) -> None:
    rig.conversations.click_answer = Answer(text="Not so.", refused=refused)
    values: Json = {} if label != "Delegate" else {"countersign_field_0": {"to": PICKED}}
    answer = await fill(rig, label, values or (reason("x") if label == "Comment" else {}))
    assert answer["errors"] == {block: "Not so."}


async def test_a_wrong_value_is_told_at_its_own_field(rig: Rig) -> None:
    text = "edits.purpose: is not a number. Write a number, such as 1200 or 12.50."
    rig.conversations.click_answer = Answer(text=text, refused=Reason.INVALID_FIELD)
    answer = await fill(rig, "Edit and approve", {})
    said = "Is not a number. Write a number, such as 1200 or 12.50."
    assert answer["errors"] == {"countersign_field_1": said}


@pytest.mark.parametrize("refused", [Reason.STALE_CARD, Reason.FINISHED, Reason.FROZEN])
async def test_what_cannot_be_mended_takes_the_forms_place(rig: Rig, refused: Reason) -> None:
    rig.conversations.click_answer = Answer(text="Too late.", refused=refused)
    await fill(rig, "Delegate", {"countersign_field_0": {"to": PICKED}})
    assert sentence(rig) == "Too late."


# --- old, foreign and made-up forms ---------------------------------------------------------


async def test_a_form_nobody_knows_is_answered_honestly(rig: Rig) -> None:
    status, text = await rig.send(submitted("delegate_form", ""))
    assert status == 200
    assert OLD_FORM in text


async def test_a_form_with_damaged_metadata_decides_nothing(rig: Rig) -> None:
    payload = submitted("countersign_form", "[1,2]")
    payload["view"]["state"] = {"values": reason("No.")}
    status, text = await rig.send(payload)
    assert status == 200
    assert OLD_FORM in text
    assert rig.conversations.clicks == []


@pytest.mark.parametrize("verb", sorted(Verb))
async def test_a_made_up_form_acts_only_as_whoever_slack_says_sent_it(rig: Rig, verb: Verb) -> None:
    metadata = actions.write_form(verb, cards.BINDING, Where(channel="C0OTHER"))
    values = {
        "countersign_field_0": {"to": {"type": "users_select", "selected_user": EVE}},
        "countersign_field_1": {"reason": {"value": "Do it"}, "identity": {"value": EVE}},
        "countersign_field_x": {"reason": {"value": "hidden"}},
        "other": {"reason": {"value": "hidden"}},
    }
    await rig.send(submitted("countersign_form", metadata, values))
    assert len(rig.conversations.clicks) == (verb not in SHOWING)
    for click in rig.conversations.clicks:
        assert click.identity == ACCOUNT
        assert (click.verb, click.binding, click.reason) == (verb, cards.BINDING, "Do it")


@pytest.mark.parametrize("values", [{"countersign_field_0": 3}, {"countersign_field_0": []}, [], 7])
async def test_a_state_of_any_other_shape_is_an_empty_form(rig: Rig, values: Any) -> None:
    metadata = actions.write_form(Verb.ESCALATE, cards.BINDING, Where())
    status, _ = await rig.send(submitted("countersign_form", metadata, values))
    assert status == 200
    (click,) = rig.conversations.clicks
    assert (click.reason, click.to, click.edits) == (None, None, {})
