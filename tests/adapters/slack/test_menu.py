"""The menu beside a card's buttons: five entries, the list of all behind them, and no more."""

from typing import Any

import pytest

from adapters.slack import actions, menu, modals
from adapters.slack.actions import Where
from adapters.slack.desk import NOT_OPENED, OLD_BUTTON
from core.card import Button, Card, Verb
from core.chat.port import Answer
from core.commands import Binding
from core.refusals import Reason
from core.request import Status
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINANCE, FINN, TOKEN, Rig
from tests.adapters.slack.limits import assert_message, assert_view
from tests.adapters.slack.pressing import (
    ACCOUNT,
    CHANNEL,
    choose,
    entry,
    posted,
    pressed,
    sentence,
    told,
)

Json = dict[str, Any]

WHERE = Where(channel="D1", ts="1.2")
ENDED = [s for s in Status if s not in ("pending", "changes_requested")]


def elements(card: Card) -> list[Json]:
    made = menu.block(card)
    return [] if made is None else list(made["elements"])


def labels(card: Card) -> list[str]:
    """What the entries of the menu say."""
    return [
        o["text"]["text"] for e in elements(card) if e["type"] == "overflow" for o in e["options"]
    ]


# --- what stands there ---------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5])
def test_up_to_five_entries_stand_in_the_menu_themselves(count: int) -> None:
    card = cards.card(more=cards.MORE[:count])
    assert labels(card) == [b.label for b in cards.MORE[:count]]


@pytest.mark.parametrize("count", [6, 11])
def test_more_than_five_end_in_an_entry_that_opens_the_list(count: int) -> None:
    card = cards.card(more=cards.MORE[:count])
    assert labels(card) == [*(b.label for b in cards.MORE[:4]), "More…"]


def test_while_there_is_something_to_decide_the_whole_action_is_one_click_away() -> None:
    card = cards.card(buttons=(), more=cards.MORE[-2:])
    assert labels(card) == ["History"]
    assert [e["action_id"] for e in elements(card)] == ["countersign_view", "countersign_menu"]


def test_without_entries_there_is_no_menu() -> None:
    assert [e["type"] for e in elements(cards.card())] == ["button"] * 3


def test_entries_carry_what_they_are_about() -> None:
    more = (cards.MORE[2], Button(verb=Verb.HISTORY, label="History"))
    options = elements(cards.card(buttons=(), more=more))[0]["options"]
    assert [o["value"] for o in options] == [
        '[1,"delegate",["req_01J9ZK4T7QX2",1,"4be1c0ffee4be1c0",2,0]]',
        '[1,"history","req_01J9ZK4T7QX2"]',
    ]


def test_without_a_stage_that_is_open_only_decisions_are_left_out() -> None:
    card = cards.card(binding=None, status=Status.CHANGES_REQUESTED, more=cards.MORE)
    assert labels(card) == ["Delegate", "Ask a question", "Comment", "Escalate", "More…"]
    found = actions.read(actions.MENU, elements(card)[-1]["options"][0]["value"])
    assert found is not None
    assert found.binding == Binding(
        request=cards.REQUEST, revision=1, commitment="", level=0, round=0
    )


@pytest.mark.parametrize("status", ENDED)
def test_after_the_end_the_menu_only_shows_whatever_the_card_says(status: Status) -> None:
    card = cards.card(status=status, more=cards.MORE)
    assert labels(card) == ["History", "View full action"]
    assert [e["type"] for e in elements(card)] == ["overflow"]


def test_an_act_that_asks_once_more_is_a_button_of_its_own() -> None:
    nudge = Button(verb=Verb.NUDGE, label="Nudge", confirm=cards.ASK_TWICE)
    made = elements(cards.card(buttons=(), more=(nudge, cards.MORE[-2])))
    assert [e["type"] for e in made] == ["button", "overflow"]
    assert made[0]["confirm"]["title"]["text"] == cards.ASK_TWICE.title


@pytest.mark.parametrize("label", ["x" * 500, "<!channel>", "*b*", "\u202e", ":tada:"])
def test_labels_of_any_kind_are_within_the_limits_and_harmless(label: str) -> None:
    more = tuple(Button(verb=b.verb, label=label) for b in cards.MORE)
    made = menu.block(cards.card(more=more))
    assert made is not None
    assert_message([made])
    assert_view(menu.choices(cards.card(more=more), WHERE))


def test_the_list_of_all_shows_all() -> None:
    view = menu.choices(cards.card(more=cards.MORE), WHERE)
    assert_view(view)
    row = view["blocks"][1]["elements"]
    assert [e["text"]["text"] for e in row] == [b.label for b in cards.MORE]


def test_a_list_of_nothing_says_so() -> None:
    view = menu.choices(cards.card(more=()), WHERE)
    assert_view(view)
    assert view["blocks"][0]["text"]["text"] == "There is nothing more to do here now."


# --- what follows --------------------------------------------------------------------------


async def test_history_shows_what_happened(rig: Rig) -> None:
    rig.conversations.history_answer = Answer(text="1 Jan 10:00 Alice asked.\n2 Jan: <Bob> *said*")
    await choose(rig, "History", card=cards.card(more=cards.MORE[-2:-1]))
    assert rig.conversations.asked == [("history", ACCOUNT, cards.REQUEST)]
    assert sentence(rig) == "1 Jan 10:00 Alice asked.\n2 Jan: &lt;Bob&gt; *said*"
    (opened,) = rig.calls("views.open")
    assert_view(opened["view"])


async def test_history_is_not_told_to_who_may_not_see_it(rig: Rig) -> None:
    rig.conversations.history_answer = Answer(text="No such.", refused=Reason.UNKNOWN_REQUEST)
    await choose(rig, "History", card=cards.card(more=cards.MORE[-2:-1]))
    assert told(rig) == ["No such."]
    assert rig.modal(FINN) is None


async def test_the_whole_action_can_be_chosen_too(rig: Rig) -> None:
    await choose(rig, "View full action", card=cards.approved(more=cards.MORE))
    shown = rig.modal(FINN)
    assert shown is not None
    assert shown["title"]["text"] == "Full action"


@pytest.mark.parametrize("label", ["Nudge", "Take my vote back"])
async def test_an_act_without_a_form_counts_at_once_and_is_told(rig: Rig, label: str) -> None:
    (button,) = (b for b in cards.MORE if b.label == label)
    await choose(rig, label, card=cards.card(more=(button,)))
    (click,) = rig.conversations.clicks
    assert (click.verb, click.binding, click.answer_to) == (button.verb, cards.BINDING, None)
    assert told(rig) == ["Recorded."]


async def test_an_act_that_needs_more_after_all_opens_its_form(rig: Rig) -> None:
    asked = Answer(text="Why?", refused=Reason.REASON_REQUIRED, form=cards.form(Verb.WITHDRAW))
    rig.conversations.click_answer = asked
    (button,) = (b for b in cards.MORE if b.verb is Verb.WITHDRAW)
    await choose(rig, button.label, card=cards.card(more=(button,)))
    assert sentence(rig) == "Why?"
    assert told(rig) == []


async def listed(rig: Rig) -> Json:
    """Open the list of all from the menu and return it."""
    rig.conversations.status_answer = Answer(text="", card=cards.card(more=cards.MORE))
    await choose(rig, "More…", card=cards.card(more=cards.MORE))
    shown = rig.modal(FINN)
    assert shown is not None
    return shown


async def test_the_list_asks_what_this_person_may_do_now(rig: Rig) -> None:
    shown = await listed(rig)
    assert rig.conversations.asked == [("status", ACCOUNT, cards.REQUEST)]
    assert shown["title"]["text"] == "What to do"


async def test_the_list_is_not_shown_to_who_may_not_see_the_request(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(text="No such.", refused=Reason.UNKNOWN_REQUEST)
    await choose(rig, "More…", card=cards.card(more=cards.MORE))
    assert told(rig) == ["No such."]


async def test_a_form_takes_the_place_of_the_list(rig: Rig) -> None:
    shown = await listed(rig)
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_comment")
    form = rig.modal(FINN)
    assert form is not None
    assert (form["id"], form["previous_view_id"]) == (shown["id"], None)
    assert form["callback_id"] == "countersign_form"
    value = {"countersign_field_0": {"reason": {"value": "Which budget?"}}}
    await rig.act(FINN, "submit", view_id=form["id"], values=value)
    assert rig.modal(FINN) is None
    (click,) = rig.conversations.clicks
    assert (click.verb, click.reason, click.place) == (Verb.COMMENT, "Which budget?", "")


async def test_an_act_from_the_list_is_told_in_its_place(rig: Rig) -> None:
    shown = await listed(rig)
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_nudge")
    (click,) = rig.conversations.clicks
    assert click.verb is Verb.NUDGE
    assert click.evidence["channel"].startswith("D")
    assert sentence(rig) == "Recorded."
    assert told(rig) == []


async def test_an_act_from_the_list_of_an_ephemeral_card_replaces_that_too(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(text="", card=cards.card(more=cards.MORE))
    await rig.act(FINN, "command", command="/approvals", text="status req_1", channel=FINANCE)
    (shown,) = rig.ephemerals
    (value,) = (
        o["value"]
        for b in shown["blocks"]
        for e in b.get("elements", [])
        if e["type"] == "overflow"
        for o in e["options"]
        if o["text"]["text"] == "More…"
    )
    await rig.act(FINN, "select", ephemeral=shown["id"], action_id="countersign_menu", value=value)
    opened = rig.modal(FINN)
    assert opened is not None
    rig.conversations.click_answer = Answer(text="Taken back.", card=cards.card())
    await rig.act(FINN, "click", view_id=opened["id"], action_id="countersign_withdraw")
    assert sentence(rig) == "Taken back."
    assert rig.ephemerals[0]["blocks"][0]["text"]["text"] == "Taken back."
    assert [click.place for click in rig.conversations.clicks] == [""]


async def test_a_channels_card_stands_in_its_channel_through_menu_list_and_form(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(text="", card=cards.card(more=cards.MORE))
    await choose(rig, "More…", to=CHANNEL, card=cards.card(more=cards.MORE))
    shown = rig.modal(FINN)
    assert shown is not None
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_ask")
    form = rig.modal(FINN)
    assert form is not None
    value = {"countersign_field_0": {"reason": {"value": "Why?"}}}
    await rig.act(FINN, "submit", view_id=form["id"], values=value)
    assert rig.conversations.places == [FINANCE, FINANCE]
    assert [click.place for click in rig.conversations.clicks] == [FINANCE]


async def test_a_second_press_on_the_list_leaves_the_form_of_the_first_as_it_is(rig: Rig) -> None:
    shown = await listed(rig)
    rig.fault("views.update", do="error", error="hash_conflict")
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_comment")
    (asked,) = rig.calls("views.update")
    assert asked["hash"] == shown["hash"]
    assert told(rig) == []


async def test_what_shows_lies_upon_a_card_and_never_more_than_two_upon_each_other(
    rig: Rig,
) -> None:
    rig.conversations.status_answer = Answer(text="", card=cards.card(more=cards.MORE))
    shown = await listed(rig)
    card = modals.card(cards.card(more=cards.MORE), WHERE)
    url, head = f"{rig.slack.slack_api_url}views.update", {"Authorization": f"Bearer {TOKEN}"}
    async with rig.http.post(url, json={"view_id": shown["id"], "view": card}, headers=head) as did:
        assert (await did.json())["ok"]
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_view")
    whole = rig.modal(FINN)
    assert whole is not None
    assert (whole["title"]["text"], whole["previous_view_id"]) == ("Full action", shown["id"])
    await rig.act(FINN, "close")
    value = actions.write_option("more", cards.REQUEST)
    await rig.act(FINN, "select", view_id=shown["id"], action_id="countersign_menu", value=value)
    above = rig.modal(FINN)
    assert above is not None
    assert above["previous_view_id"] == shown["id"]
    await rig.act(FINN, "click", view_id=above["id"], action_id="countersign_history")
    history = rig.modal(FINN)
    assert history is not None
    assert (history["id"], history["title"]["text"]) == (above["id"], "History")


async def test_a_press_in_a_list_that_is_out_of_date_shows_the_present_card_there(
    rig: Rig,
) -> None:
    shown = await listed(rig)
    rig.conversations.form_answer = Answer(
        text="Rejected by Finn Fischer. Nothing was changed.",
        refused=Reason.FINISHED,
        card=cards.rejected(),
    )
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_ask")
    assert sentence(rig) == "Rejected by Finn Fischer. Nothing was changed."
    found = rig.modal(FINN)
    assert found is not None
    assert (found["id"], found["clear_on_close"]) == (shown["id"], True)
    assert "Rejected by Finn Fischer" in str(found["blocks"][2])
    assert all(block["type"] != "actions" for block in found["blocks"])


async def test_a_form_that_does_not_open_in_the_lists_place_is_told(rig: Rig) -> None:
    shown = await listed(rig)
    rig.fault("views.update", do="error", error="internal_error")
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_comment")
    assert sentence(rig) == NOT_OPENED


async def test_what_cannot_be_told_in_the_list_is_told_where_the_card_stands(rig: Rig) -> None:
    shown = await listed(rig)
    rig.fault("views.update", do="error", error="not_found")
    await rig.act(FINN, "click", view_id=shown["id"], action_id="countersign_nudge")
    assert told(rig) == ["Recorded."]


@pytest.mark.parametrize("value", ["", "delegate", '[1,"delegate"]', '[1,"x",["r",1,"c",1,0]]'])
async def test_an_entry_of_another_version_is_answered_honestly(rig: Rig, value: str) -> None:
    where = await posted(rig)
    payload = pressed("countersign_menu", "", where)
    payload["actions"][0] |= {"type": "overflow", "selected_option": {"value": value}}
    status, _ = await rig.send(payload)
    assert status == 200
    assert told(rig) == [OLD_BUTTON]
    assert rig.conversations.clicks == []


async def test_an_entry_keeps_its_meaning_while_the_card_changes(rig: Rig) -> None:
    where = await posted(rig, card=cards.card(more=cards.MORE[:5]))
    old = entry(rig, where, "Delegate")
    payload = pressed("countersign_menu", "", where)
    payload["actions"][0] |= {"type": "overflow", "selected_option": {"value": old}}
    await rig.send(payload)
    assert rig.conversations.asked == [("form", ACCOUNT, (Verb.DELEGATE, cards.BINDING))]
