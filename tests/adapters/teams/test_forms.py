"""Forms: what an act asks for, what of it reaches the service, and what is said when it fails."""

from dataclasses import replace

import pytest

from adapters.teams import forms, inputs
from adapters.teams.inputs import Filled
from adapters.teams.limits import MOST
from adapters.teams.render import size
from adapters.teams.settings import TeamsSettings
from core.card import Verb
from core.chat.form import Field, FieldKind
from core.chat.forms import ONE_PERSON, PERSON_NEEDED
from core.chat.port import Answer, Click
from core.refusals import Reason
from playground.teams.cards import check
from tests.adapters.teams.cards import (
    BINDING,
    DATA,
    REQUEST,
    VIEW,
    a_card,
    a_form,
    actions,
    parts,
    texts,
)
from tests.adapters.teams.conftest import EVE, FINANCE, FINN, Json, Rig, content, person
from tests.adapters.teams.fakes import Recording
from tests.adapters.teams.test_menu import FULL
from tests.adapters.teams.test_render import assert_valid, naughty

CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE = "application/vnd.microsoft.activity.message"
ASKED = sorted(set(Verb) - {Verb.VIEW, Verb.HISTORY, Verb.APPROVE, Verb.NUDGE, Verb.WITHDRAW})


@pytest.fixture
def settings(settings: TeamsSettings) -> TeamsSettings:
    """Of a client that opens no dialogs."""
    return replace(settings, dialogs=False)


def fields(card: Json) -> list[str]:
    return [p["id"] for p in card["body"] if str(p["type"]).startswith("Input.")]


def assert_good(card: Json) -> None:
    report = check(card)
    assert (report.problems, report.warnings) == ([], [])
    assert size(card) <= MOST


async def opened(rig: Rig, conversations: Recording, verb: Verb, label: str) -> tuple[Json, Json]:
    """Choose an entry of the menu: where the card is, and the form that took its place."""
    conversations.form_answer = Answer(text="", form=a_form(verb))
    ref = await rig.shown(FULL)
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    answer = await rig.act(FINN, "execute", **where, action={"title": label})
    assert answer["ok"], answer
    assert conversations.clicks == []
    return where, answer["body"]["value"]


@pytest.mark.parametrize("verb", ASKED)
def test_every_form_is_a_card_that_teams_can_draw(verb: Verb) -> None:
    card = forms.card(a_form(verb))
    assert_good(card)
    for picker in parts(card, "Input.ChoiceSet"):
        # Newer than the schema: see the page named in inputs.py.
        assert picker.pop("choices.data")["dataset"] == "graph.microsoft.com/users"
    assert_valid(card)
    assert texts(card)[:2] == [f"{verb.value} it", "Finn, this is final."]
    send, back = card["actions"]
    assert (send["title"], send["verb"], send["associatedInputs"]) == ("Send", verb.value, "auto")
    assert send["data"].items() >= {**DATA, "verb": verb.value}.items()
    assert (back["title"], back["data"]["verb"]) == ("Back to the request", "show")


async def test_a_choice_in_the_menu_asks_for_its_form_and_decides_nothing(
    rig: Rig, conversations: Recording
) -> None:
    _, card = await opened(rig, conversations, Verb.COMMENT, "Comment")
    assert conversations.asked == [("form comment", person(FINN), BINDING)]
    assert fields(card) == ["reason"]
    assert parts(card, "Input.Text")[0]["placeholder"] == "The requester will read this"


async def test_a_comment_is_sent_with_what_was_written(rig: Rig, conversations: Recording) -> None:
    where, _ = await opened(rig, conversations, Verb.COMMENT, "Comment")
    conversations.click_answer = Answer(text="Your comment is kept.", card=a_card())
    inputs = {"reason": " Who asked?\r\nI did not "}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=inputs)
    assert texts(answer["body"]["value"])[0] == "Your comment is kept."
    assert conversations.clicks == [
        Click(
            identity=person(FINN),
            binding=BINDING,
            verb=Verb.COMMENT,
            once=conversations.onces[0],
            reason="Who asked?\nI did not",
            evidence=where,
        )
    ]


async def test_an_edit_carries_every_field_of_the_form_also_one_that_was_emptied(
    rig: Rig, conversations: Recording
) -> None:
    where, card = await opened(rig, conversations, Verb.EDIT, "Edit and approve")
    assert fields(card) == ["edit:amount", "edit:to", "edit:text", "reason"]
    inputs = {"edit:amount": "90", "edit:to": "", "edit:text": "two\r\nlines", "reason": "Less"}
    await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=inputs)
    (click,) = conversations.clicks
    assert click.edits == {"amount": "90", "to": "", "text": "two\nlines"}
    assert (click.verb, click.reason, click.to) == (Verb.EDIT, "Less", None)


@pytest.mark.parametrize(
    ("given", "to"),
    [({"to": EVE}, EVE), ({"to_address": " eve@example.com "}, "eve@example.com")],
)
async def test_a_delegate_is_picked_or_named_by_address(
    rig: Rig, conversations: Recording, given: dict[str, str], to: str
) -> None:
    where, card = await opened(rig, conversations, Verb.DELEGATE, "Delegate")
    assert fields(card) == ["to", "to_address", "reason"]
    await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=given)
    assert [click.to for click in conversations.clicks] == [to]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, PERSON_NEEDED),
        ({"to_address": "  "}, PERSON_NEEDED),
        ({"to": EVE, "to_address": "finn@example.com"}, ONE_PERSON),
    ],
)
async def test_a_delegation_to_nobody_or_to_two_is_asked_again(
    rig: Rig, conversations: Recording, given: dict[str, str], said: str
) -> None:
    where, _ = await opened(rig, conversations, Verb.DELEGATE, "Delegate")
    inputs = {**given, "reason": "On leave"}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=inputs)
    card = answer["body"]["value"]
    assert texts(card)[0] == said
    assert conversations.clicks == []
    assert parts(card, "Input.Text")[1]["value"] == "On leave"
    assert parts(card, "Input.Text")[0]["value"] == given.get("to_address", "").strip()
    assert "value" not in parts(card, "Input.ChoiceSet")[0]


async def test_what_the_service_refuses_is_said_in_the_form_with_what_was_written(
    rig: Rig, conversations: Recording
) -> None:
    where, _ = await opened(rig, conversations, Verb.EDIT, "Edit and approve")
    conversations.click_answer = Answer(
        text="amount: is no number.", refused=Reason.INVALID_FIELD, card=a_card()
    )
    inputs = {"edit:amount": "much", "edit:to": "", "reason": "Less"}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=inputs)
    card = answer["body"]["value"]
    assert texts(card)[0] == "Amount: is no number."
    assert "edit it" in texts(card)
    written = {p["id"]: p["value"] for p in parts(card, "Input.Text")}
    assert written == {"edit:amount": "much", "edit:to": "", "edit:text": "two\nlines"} | {
        "reason": "Less"
    }
    conversations.click_answer = Answer(text="Changed.", card=a_card())
    again = {"edit:amount": "90"}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=again)
    assert texts(answer["body"]["value"])[0] == "Changed."


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "edits.amount: is no number. Write 1.",
            "Amount: is no number. Write 1.",
        ),
        ("edits.other: is too long. Cut it.", "other: is too long. Cut it."),
        ("Nothing was changed.", "Nothing was changed."),
    ],
)
def test_a_wrong_value_is_named_by_its_label(said: str, shown: str) -> None:
    assert texts(forms.card(a_form(Verb.EDIT), problem=said))[0] == shown


@pytest.mark.parametrize("verb", ASKED)
def test_a_form_names_the_request_on_top(verb: Verb) -> None:
    card = forms.card(a_form(verb), about=a_card())
    assert_good(card)
    assert texts(card)[:4] == ["New ERP system", " · ", "120,000 EUR", f"{verb.value} it"]


async def test_a_form_that_was_opened_names_the_request(rig: Rig, conversations: Recording) -> None:
    conversations.form_answer = Answer(text="", form=a_form(Verb.BREAK_GLASS), card=a_card())
    ref = await rig.shown(FULL)
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Break glass"})
    assert texts(answer["body"]["value"])[0] == "New ERP system"


async def test_a_form_to_mend_names_the_request_still(rig: Rig, conversations: Recording) -> None:
    where, _ = await opened(rig, conversations, Verb.DELEGATE, "Delegate")
    form = a_form(Verb.DELEGATE)
    conversations.form_answer = Answer(text="", form=form, card=a_card())
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs={})
    assert texts(answer["body"]["value"])[:2] == [PERSON_NEEDED, "New ERP system"]


async def test_a_form_that_came_too_late_ends_in_what_is_true_now(
    rig: Rig, conversations: Recording
) -> None:
    where, _ = await opened(rig, conversations, Verb.COMMENT, "Comment")
    refused = Answer(text="Already rejected.", refused=Reason.FINISHED, card=a_card(buttons=()))
    conversations.click_answer = conversations.form_answer = refused
    inputs = {"reason": "x"}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=inputs)
    assert texts(answer["body"]["value"])[0] == "Already rejected."
    assert parts(answer["body"]["value"], "Input.Text") == []


async def test_who_may_not_act_gets_the_sentence_instead_of_a_form(
    rig: Rig, conversations: Recording
) -> None:
    conversations.form_answer = Answer(text="It waits for others.", refused=Reason.NOT_AN_APPROVER)
    data = {**DATA, "verb": "form", "act": "delegate"}
    _, body = await rig.post(rig.invoke({"verb": "form"}, data))
    assert body == {"statusCode": 200, "type": MESSAGE, "value": "It waits for others."}


@pytest.mark.parametrize("act", [None, "", "view", "history", "delete", 5, ["reject"], "form"])
async def test_a_form_for_no_act_is_answered_honestly(
    rig: Rig, conversations: Recording, act: object
) -> None:
    data = {**DATA, "verb": "form", "act": act}
    _, body = await rig.post(rig.invoke({"verb": "form"}, data))
    assert "nothing was changed" in body["value"]
    assert conversations.asked == []


# --- once ----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [Verb.COMMENT, Verb.ESCALATE, Verb.DELEGATE, Verb.EDIT])
async def test_an_act_that_teams_delivers_twice_is_told_to_be_the_same_and_answered_the_same(
    rig: Rig, conversations: Recording, verb: Verb
) -> None:
    where, _ = await opened(rig, conversations, verb, _label(verb))
    inputs = {"reason": "x"} | ({"to": EVE} if verb is Verb.DELEGATE else {})
    answer = await rig.act(
        FINN, "execute", **where, action={"title": "Send"}, inputs=inputs, to_bot=["twice"]
    )
    first, again = conversations.clicks
    assert first == again
    assert first.once != ""
    assert answer["again"]["body"] == answer["body"]


async def test_the_same_words_sent_again_by_a_person_count_again(
    rig: Rig, conversations: Recording
) -> None:
    where, _ = await opened(rig, conversations, Verb.COMMENT, "Comment")
    for _ in range(2):
        data = {**DATA, "verb": "comment"}
        action = {"type": "Action.Execute", "verb": "comment", "data": data}
        await rig.act(FINN, "execute", **where, action=action, inputs={"reason": "ping"})
    assert [click.reason for click in conversations.clicks] == ["ping", "ping"]
    assert len(set(conversations.onces)) == 2


async def test_an_activity_without_an_id_is_told_from_no_other(
    rig: Rig, conversations: Recording
) -> None:
    press = rig.invoke({"verb": "approve"}, {**DATA, "verb": "approve"}, {"id": None})
    assert (await rig.post(press))[0] == 200
    assert conversations.onces == [""]


def _label(verb: Verb) -> str:
    return next(button.label for button in FULL.more if button.verb is verb)


# --- elsewhere -----------------------------------------------------------------------------


async def test_a_form_in_a_message_that_nobody_edits_comes_back_there_without_a_decision(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="", card=FULL)
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    reply = (await rig.replies(rig.chat(FINN), 1))[0]
    titles = [a["title"] for a in actions(content(reply))]
    assert "Approve" not in titles
    assert "Edit and approve" not in titles
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    conversations.form_answer = Answer(text="", form=a_form(Verb.COMMENT))
    await rig.act(FINN, "execute", **where, action={"title": "Comment"})
    conversations.click_answer = Answer(text="Kept.", card=FULL)
    inputs = {"reason": "x"}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Send"}, inputs=inputs)
    card = answer["body"]["value"]
    assert texts(card)[0] == "Kept."
    assert {a["verb"] for a in parts(card, "Action.Execute")} & {"approve", "reject"} == set()


async def test_a_client_without_execute_gets_the_form_as_a_message_to_itself(
    rig: Rig, conversations: Recording
) -> None:
    value = {**DATA, "verb": "form", "act": "delegate"}
    message = rig.invoke({}, None, {"type": "message", "name": None, "value": value})
    thread = {"id": f"{FINANCE};messageid=1", "conversationType": "channel", "isGroup": True}
    await rig.post({**message, "conversation": {**message["conversation"], **thread}})
    reply = (await rig.replies(rig.chat(FINN), 1))[0]
    assert reply["summary"] == "reject it"
    assert content(reply)["actions"][0]["fallback"]["type"] == "Action.Submit"


async def test_a_form_sent_by_a_client_without_execute_is_confirmed_in_words(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(text="Your comment is kept.", card=a_card(buttons=(VIEW,)))
    value = {**DATA, "verb": "comment", "reason": "Hm"}
    await rig.post(rig.invoke({}, None, {"type": "message", "name": None, "value": value}))
    assert (await rig.replies(rig.chat(FINN), 1))[0]["text"] == "Your comment is kept."
    assert conversations.clicks[0].reason == "Hm"


# --- hostile -------------------------------------------------------------------------------


def test_names_in_the_data_are_only_what_was_asked_for() -> None:
    lies: list[object] = [None, "amount", [5], ["x" * 200], ["a"] * 51, [["a"]]]
    for names in lies:
        assert inputs.filled({"fields": names, "edit:amount": "1"}).edits == {}
    odd: dict[object, object] = {
        "fields": ["a"],
        "edit:a": 5,
        "edit:b": "2",
        "reason": 5,
        "to": ["x"],
        "to_address": {},
    }
    assert inputs.filled(odd) == Filled()


def test_outside_text_in_a_form_is_text_and_a_value_is_never_cut() -> None:
    for text in naughty():
        # What is kept is UTF-8, so half a character is in no value.
        value = text[:100].encode("utf-8", "ignore").decode()
        field = Field(name=value or "n", label=text, hint=text, value=value)
        card = forms.card(a_form(Verb.EDIT, title=text, intro=text, fields=(field,)), problem=text)
        assert_good(card)
        assert parts(card, "TextBlock") == []
        assert [p["value"] for p in parts(card, "Input.Text")] == [value]


def test_values_without_room_are_left_as_they_are_and_named() -> None:
    many = tuple(
        Field(name=f"f{n}", label=f"Field {n}", kind=FieldKind.TEXT, value="漢" * 1900)
        for n in range(6)
    )
    long = Field(name="long", label="Long", value="x" * 2001)
    card = forms.card(a_form(Verb.EDIT, fields=(long, *many)))
    assert_good(card)
    shown = [p["id"].removeprefix("edit:") for p in parts(card, "Input.Text")]
    assert card["actions"][0]["data"]["fields"] == shown
    assert 0 < len(shown) < 6
    (said,) = (text for text in texts(card) if text.startswith("Too long to edit here"))
    assert all(name in said for name in ("Long", "Field 5"))
