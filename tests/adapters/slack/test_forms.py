"""The core's forms as modals: within Slack's limits, and no value changed by merely looking."""

from typing import Any

import pytest

from adapters.slack import forms
from adapters.slack.actions import Where
from core.card import Verb
from core.chat.form import Field, FieldKind
from core.directory.people import Identity
from tests.adapters.slack import cards
from tests.adapters.slack.limits import assert_view

Json = dict[str, Any]

WHERE = Where(channel="D1", ts="1.2")
ANN = Identity(platform="slack", realm="T1", account="U1")


def edit(*fields: Field) -> Json:
    made = forms.view(cards.form(Verb.EDIT, fields=fields), "New ERP system", WHERE)
    assert_view(made)
    return made


def inputs(view: Json) -> list[Json]:
    return [b for b in view["blocks"] if b["type"] == "input"]


def back(view: Json, *entered: str) -> forms.Filled:
    """The form as it comes back with these texts in its inputs."""
    values = {
        b["block_id"]: {b["element"]["action_id"]: {"type": "plain_text_input", "value": text}}
        for b, text in zip(inputs(view), entered, strict=True)
    }
    found = forms.read(view | {"id": "V1", "state": {"values": values}})
    assert found is not None
    return found


@pytest.mark.parametrize("verb", sorted(Verb))
def test_the_form_of_every_act_is_one_that_slack_takes(verb: Verb) -> None:
    assert_view(forms.view(cards.form(verb, intro="This passes it alone."), "Title", WHERE))


@pytest.mark.parametrize("text", ["x" * 5000, "<!channel> *b*", "", "&" * 5000, "\u202e", "a\nb"])
def test_texts_of_any_kind_are_within_the_limits(text: str) -> None:
    fields = tuple(
        Field(name=f"f{n}", label=text or "F", kind=kind, value=text, hint=text or None)
        for n, kind in enumerate(FieldKind)
    )
    made = forms.view(
        cards.form(Verb.EDIT, title=text, submit=text, intro=text, fields=fields), text, WHERE
    )
    assert_view(made)


def test_the_title_and_what_will_happen_stand_above_the_inputs() -> None:
    intro = "You approve this alone. Everyone asked is told."
    made = forms.view(cards.form(Verb.BREAK_GLASS, intro=intro), "New ERP system", WHERE)
    assert [b["text"]["text"] for b in made["blocks"][:2]] == ["New ERP system", intro]


def test_present_values_stand_in_their_inputs_as_they_are() -> None:
    made = edit(
        Field(name="amount", label="Amount", kind=FieldKind.LINE, value="120000"),
        Field(name="note", label="Note", value="<b> & *x*\nsecond", required=False),
        Field(name="memo", label="Memo", kind=FieldKind.LINE, value="one\ntwo"),
        Field(name="empty", label="Empty", kind=FieldKind.LINE, required=False),
    )
    found = [b["element"] for b in inputs(made)]
    assert [e.get("initial_value") for e in found] == [
        "120000",
        "<b> & *x*\nsecond",
        "one\ntwo",
        None,
    ]
    assert [e["multiline"] for e in found] == [False, True, True, False]
    assert [b["optional"] for b in inputs(made)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("x" * 3001, "Note is too long, so it cannot be changed in Slack. It stays as it is."),
        (
            "a\u202eb",
            "Note holds hidden characters, so it cannot be changed in Slack. It stays as it is.",
        ),
        (
            "a\r\nb",
            "Note holds hidden characters, so it cannot be changed in Slack. It stays as it is.",
        ),
    ],
)
def test_a_value_that_slack_might_change_is_not_offered_and_it_says_so(
    value: str, why: str
) -> None:
    made = edit(Field(name="note", label="Note", value=value, limit=20_000), cards.OPTIONAL)
    assert made["blocks"][1]["text"]["text"] == why
    assert [b["element"]["action_id"] for b in inputs(made)] == ["reason"]


def test_a_value_beyond_its_own_limit_is_not_offered() -> None:
    made = edit(Field(name="note", label="Note", value="x" * 11, limit=10), cards.OPTIONAL)
    assert len(inputs(made)) == 1


def test_a_person_is_chosen_among_the_workspaces_people() -> None:
    made, by_hand = inputs(
        edit(Field(name="to", label="To whom", kind=FieldKind.PERSON, value="U0123ABC"))
    )
    assert made["element"]["type"] == "users_select"
    assert made["element"]["initial_user"] == "U0123ABC"
    assert (made["optional"], by_hand["optional"]) == (True, True)
    assert by_hand["label"]["text"] == "Or their e-mail address"
    other, _ = inputs(
        edit(Field(name="to", label="To whom", kind=FieldKind.PERSON, value="ann@example.com"))
    )
    assert "initial_user" not in other["element"]


def test_a_policys_fields_may_be_called_like_our_own() -> None:
    names = ("to", "text", "reason", "reason")
    made = edit(*(Field(name=n, label=n, kind=FieldKind.LINE, required=False) for n in names))
    click = back(made, "A", "B", "C", "My comment").click(ANN)
    assert click.edits == {"to": "A", "text": "B", "reason": "C"}
    assert (click.to, click.reason) == (None, "My comment")


def test_the_inputs_keep_their_order_however_slack_sends_them() -> None:
    values = {f"countersign_field_{n}": {"reason": {"value": f"r{n}"}} for n in (10, 2, 0)}
    view = forms.view(cards.form(Verb.COMMENT), "", WHERE) | {"state": {"values": values}}
    found = forms.read(view)
    assert found is not None
    assert [e.text for e in found.entries] == ["r0", "r2", "r10"]
    assert found.click(ANN).reason == "r10"


def test_a_form_from_a_direct_message_is_in_no_channel_and_one_from_a_channel_is() -> None:
    for channel, place in (("D1", ""), ("C1", "C1"), ("G1", "G1")):
        made = forms.view(cards.form(Verb.COMMENT), "", Where(channel=channel, ts="1.2"))
        click = back(made, "x").click(ANN)
        assert click.place == place
        assert click.evidence == {"team": "T1", "channel": channel, "ts": "1.2", "view": "V1"}
