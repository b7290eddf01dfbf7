"""Dialogs: what takes longer opens above the conversation, and the card below may change."""

import pytest

from adapters.teams import dialogs, pages
from adapters.teams.actions import FORM, HISTORY, PAGE, REVISE
from adapters.teams.answers import BROKEN, NOBODY
from adapters.teams.buttons import execute
from adapters.teams.render import render, wrapped
from adapters.teams.text import Element, label
from core.card import Verb
from core.chat.port import Answer
from core.refusals import Reason
from core.rows import MessageRef, Recipient
from tests.adapters.teams.cards import (
    BINDING,
    DATA,
    MORE,
    REQUEST,
    a_card,
    a_form,
    a_rejected_card,
    actions,
    parts,
    texts,
)
from tests.adapters.teams.conftest import (
    EVE,
    FINANCE,
    FINN,
    TENANT,
    Json,
    Rig,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Recording
from tests.adapters.teams.slots import SLOTS
from tests.adapters.teams.test_pages import MANY, joined

FULL = a_card(more=MORE)
LONGER = {
    Verb.EDIT: "Edit and approve",
    Verb.REQUEST_CHANGES: "Request changes",
    Verb.DELEGATE: "Delegate",
    Verb.ASK: "Ask a question",
    Verb.COMMENT: "Comment",
    Verb.ESCALATE: "Escalate",
    Verb.BREAK_GLASS: "Break glass",
    Verb.CANCEL: "Withdraw the request",
}


async def posted(rig: Rig) -> dict[str, str]:
    ref = await rig.shown(FULL)
    return {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}


async def opened(rig: Rig, verb: Verb) -> tuple[dict[str, str], Json]:
    """Press an entry of the menu: where its card is, and the dialog that opened."""
    rig.conversations.form_answer = Answer(text="", form=a_form(verb), card=FULL)
    where = await posted(rig)
    answer = await rig.act(FINN, "fetch", **where, action={"title": LONGER[verb]})
    assert answer["ok"], answer
    return where, answer["body"]["task"]["value"]


def invoked(rig: Rig, name: str, data: object) -> Json:
    return rig.invoke({}, None, {"name": name, "value": {"data": data, "context": {}}})


@pytest.mark.parametrize("verb", LONGER)
async def test_every_longer_act_opens_its_form_in_a_dialog_and_decides_nothing(
    rig: Rig, verb: Verb
) -> None:
    _, shown = await opened(rig, verb)
    card = shown["card"]["content"]
    assert shown["title"] == f"{verb.value} it"
    # What leads back to the card is not needed: it is still there.
    assert [action["title"] for action in actions(card)] == ["Send"]
    assert texts(card)[0] == "New ERP system"
    assert rig.conversations.asked == [(f"form {verb.value}", person(FINN), BINDING)]
    assert rig.conversations.clicks == []


async def test_what_was_filled_in_counts_and_the_dialog_ends_in_what_came_of_it(rig: Rig) -> None:
    where, _ = await opened(rig, Verb.DELEGATE)
    rig.conversations.click_answer = Answer(text="You delegated this to Eve.", card=a_card())
    written = {"to": EVE, "reason": "On leave"}
    answer = await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs=written)
    assert answer["body"] == {"task": {"type": "message", "value": "You delegated this to Eve."}}
    (click,) = rig.conversations.clicks
    assert (click.verb, click.to, click.reason) == (Verb.DELEGATE, EVE, "On leave")
    assert (click.binding, click.identity, click.evidence) == (BINDING, person(FINN), where)


async def test_a_form_survives_that_its_card_is_edited_meanwhile(rig: Rig) -> None:
    where, _ = await opened(rig, Verb.COMMENT)
    fields = {"service_url": rig.settings.service_url, "tenant": TENANT, **where}
    before = MessageRef(platform="teams", fields=fields)
    to = Recipient(platform="teams", id="finn@example.com")
    await rig.platform.channel.show(a_card(version=5), to, person(FINN), delivery(before))
    sent = await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs={"reason": "x"})
    assert sent["ok"], sent
    assert [click.reason for click in rig.conversations.clicks] == ["x"]


async def test_what_is_wrong_is_said_in_the_dialog_with_what_was_written(rig: Rig) -> None:
    where, _ = await opened(rig, Verb.EDIT)
    rig.conversations.click_answer = Answer(
        text="amount: is no number.", refused=Reason.INVALID_FIELD, card=FULL
    )
    written = {"edit:amount": "much", "reason": "Less"}
    answer = await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs=written)
    card = answer["body"]["task"]["value"]["card"]["content"]
    assert texts(card)[0] == "Amount: is no number."
    values = {each["id"]: each["value"] for each in parts(card, "Input.Text")}
    assert (values["edit:amount"], values["reason"]) == ("much", "Less")
    rig.conversations.click_answer = Answer(text="Changed.", card=FULL)
    again = await rig.act(FINN, "send", **where, action={"title": "Send"})
    assert again["body"]["task"]["value"] == "Changed."


async def test_nobody_is_named_twice_or_not_at_all(rig: Rig) -> None:
    where, _ = await opened(rig, Verb.DELEGATE)
    answer = await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs={"reason": "x"})
    card = answer["body"]["task"]["value"]["card"]["content"]
    assert texts(card)[0] == "Choose a person, or write their e-mail address."
    assert rig.conversations.clicks == []


async def test_who_is_too_late_sees_the_present_card_without_a_button(rig: Rig) -> None:
    where, _ = await opened(rig, Verb.REQUEST_CHANGES)
    over = Answer(
        text="Already rejected by Eve.", refused=Reason.FINISHED, card=a_rejected_card(more=MORE)
    )
    rig.conversations.click_answer = rig.conversations.form_answer = over
    written = {"reason": "Smaller"}
    answer = await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs=written)
    shown = answer["body"]["task"]["value"]
    assert texts(shown["card"]["content"])[0] == "Already rejected by Eve."
    assert actions(shown["card"]["content"]) == []


async def test_who_may_not_act_is_told_so_in_the_dialog(rig: Rig) -> None:
    where = await posted(rig)
    rig.conversations.form_answer = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER)
    answer = await rig.act(FINN, "fetch", **where, action={"title": "Delegate"})
    assert answer["body"]["task"] == {"type": "message", "value": "Not yours."}


async def test_a_dialogs_act_that_teams_delivers_twice_is_told_to_be_the_same(rig: Rig) -> None:
    where, _ = await opened(rig, Verb.COMMENT)
    answer = await rig.act(
        FINN,
        "send",
        **where,
        action={"title": "Send"},
        inputs={"reason": "x"},
        to_bot=["twice"],
    )
    first, again = rig.conversations.clicks
    assert first == again
    assert first.once != ""
    assert answer["again"]["body"] == answer["body"]


async def test_the_whole_action_is_read_in_the_dialog_part_by_part(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(text="", card=MANY)
    ref = await rig.shown(MANY)
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    answer = await rig.act(FINN, "fetch", **where, action={"title": "View full action"})
    read = []
    while True:
        shown = answer["body"]["task"]["value"]
        assert (shown["title"], shown["height"]) == ("Full action", "large")
        read.append(shown["card"]["content"])
        onward = [a for a in actions(read[-1]) if a["title"].startswith("Next")]
        if not onward:
            break
        answer = await rig.act(FINN, "send", **where, action={"title": onward[0]["title"]})
    assert len(read) > 1
    assert joined(read) == MANY.whole_action


async def test_the_history_opens_in_a_dialog(rig: Rig) -> None:
    rig.conversations.history_answer = Answer(text="Asked by Alice.\nReminded Finn.")
    where = await posted(rig)
    answer = await rig.act(FINN, "fetch", **where, action={"title": "History"})
    shown = answer["body"]["task"]["value"]
    assert shown["title"] == "History"
    assert texts(shown["card"]["content"]) == ["History", "Asked by Alice.", "Reminded Finn."]


async def test_a_dialog_opened_in_a_channel_says_which_channel_it_was(rig: Rig) -> None:
    to = Recipient(platform="teams", id=FINANCE, kind="channel")
    ref = reference(await rig.platform.channel.show(FULL, to, None, delivery()))
    where = {"conversation": FINANCE, "activity": ref.fields["activity"]}
    answer = await rig.act(FINN, "fetch", **where, action={"title": "Comment"})
    assert answer["ok"], answer
    await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs={"reason": "x"})
    assert rig.conversations.places == [FINANCE]
    assert [click.place for click in rig.conversations.clicks] == [FINANCE]


async def test_an_answer_that_takes_the_cards_place_opens_dialogs_too(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(text="Recorded.", card=FULL)
    rig.conversations.status_answer = Answer(text="", card=FULL)
    where = await posted(rig)
    answer = await rig.act(FINN, "execute", **where, action={"verb": "approve"})
    assert answer["ok"], answer
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    (*_, status) = await rig.replies(rig.chat(FINN), 2)
    for card in (answer["body"]["value"], status["attachments"][0]["content"]):
        (history,) = (a for a in actions(card) if a["title"] == "History")
        assert history["type"] == "Action.Submit"
        assert history["data"]["msteams"] == {"type": "task/fetch"}


# --- the change from a card to one with dialogs, and to a dialog -----------------------------


def test_what_decides_or_shows_at_once_stays_as_it_was() -> None:
    before, after = render(FULL), dialogs.opening(render(FULL))
    assert before == render(FULL)
    assert dialogs.opening(after) == after
    kept = {"Approve", "Reject", "Nudge", "Take my vote back"}
    for old, new in zip(actions(before), actions(after), strict=True):
        assert (old == new) == (old["title"] in kept), old["title"]
        assert new["title"] == old["title"]
        assert new.get("mode") == old.get("mode")
    assert "fallback" not in str([new for new in actions(after) if new["title"] not in kept])


def test_nothing_in_a_dialog_is_more_than_a_dialog_knows() -> None:
    for card in (render(FULL), pages.page(MANY, 2, 1)):
        shown = dialogs.inside(card)
        assert parts(shown, "Action.Execute") == []
        assert not any(action.get("data", {}).get("verb") == "show" for action in actions(shown))


def test_no_button_of_any_card_is_overlooked() -> None:
    seen = 0
    for name, make in SLOTS.items():
        shown = make("x")
        if isinstance(shown, str) or shown.get("type") != "AdaptiveCard":
            continue
        seen += len(parts(shown, "Action.Execute"))
        left = {button["verb"] for button in parts(dialogs.opening(shown), "Action.Execute")}
        assert left.isdisjoint({FORM, PAGE, HISTORY, REVISE}), name
        assert parts(dialogs.inside(shown), "Action.Execute") == [], name
    assert seen > 100


def test_a_button_is_found_in_every_element_that_may_hold_it() -> None:
    buttons: Element = {
        "type": "ActionSet",
        "actions": [execute("History", {"verb": HISTORY})],
    }
    column: Element = {"type": "Column", "items": [label("x"), buttons]}
    inner: Element = {"type": "AdaptiveCard", "body": [buttons], "actions": buttons["actions"]}
    asks = {"type": "Action.ShowCard", "title": "More", "card": inner}
    body: list[Element] = [
        {"type": "Container", "items": [{"type": "ColumnSet", "columns": [column]}, buttons]},
        {"type": "ActionSet", "actions": [asks]},
        label("x"),
    ]
    card = wrapped(body, [*buttons["actions"], asks], "status")
    found = dialogs.opening(card)
    assert (len(parts(card, "Action.Execute")), parts(found, "Action.Execute")) == (7, [])
    assert len(parts(found, "Action.Submit")) == 7
    assert found["body"][2] == label("x")


@pytest.mark.parametrize("name", [dialogs.FETCH, dialogs.SUBMIT])
@pytest.mark.parametrize("data", [None, 5, "x", [], {}, {"verb": "delete"}, {**DATA, "verb": 5}])
async def test_whatever_comes_for_a_dialog_is_answered(rig: Rig, name: str, data: object) -> None:
    status, body = await rig.post(invoked(rig, name, data))
    assert (status, body["task"]["type"]) == (200, "message")
    assert "nothing was changed" in body["task"]["value"]
    status, body = await rig.post(rig.invoke({}, None, {"name": name, "value": data}))
    assert (status, body["task"]["type"]) == (200, "message")


async def test_without_the_persons_object_id_no_dialog_opens(rig: Rig) -> None:
    data = {**DATA, "verb": "form", "act": "delegate"}
    sender = {"id": "29:1finn", "name": "Finn Fischer"}
    _, body = await rig.post({**invoked(rig, dialogs.FETCH, data), "from": sender})
    assert body["task"] == {"type": "message", "value": NOBODY}
    assert rig.conversations.asked == []


async def test_what_fails_inside_is_said_in_the_dialog(
    rig: Rig, conversations: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    conversations.breaks = True
    _, body = await rig.post(invoked(rig, dialogs.SUBMIT, {**DATA, "verb": "comment"}))
    assert body["task"] == {"type": "message", "value": BROKEN}
    assert "the disk is full" in caplog.text
