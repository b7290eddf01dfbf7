"""What each act asks for before it counts; nothing of a form decides anything."""

import pytest

from core.card import Verb, Viewer
from core.chat.form import FieldKind, Form
from core.chat.forms import WORDS, form, has_form
from core.content import Action
from core.service.approvals import MAX_TEXT
from tests.core.builders import MANAGER, MARA, a_revision, a_route, shown
from tests.core.shown import BOB, Told, asked


def asks(verb: Verb, story: Told | None = None, viewer: str = MARA) -> Form:
    story = story or asked()
    seen_by = Viewer(person=viewer)
    return form(story.state, story.contents, verb, seen_by, story.directory, shown(story.state))


def names(found: Form) -> list[tuple[str, bool]]:
    return [(field.name, field.required) for field in found.fields]


@pytest.mark.parametrize(
    ("verb", "required"),
    [
        (Verb.REJECT, True),
        (Verb.REQUEST_CHANGES, True),
        (Verb.ASK, True),
        (Verb.COMMENT, True),
        (Verb.BREAK_GLASS, True),
        (Verb.ESCALATE, False),
        (Verb.CANCEL, False),
    ],
)
def test_an_act_that_concerns_others_asks_for_words(verb: Verb, required: bool) -> None:
    found = asks(verb)
    assert (found.verb, names(found)) == (verb, [("reason", required)])


def test_a_form_is_about_exactly_what_was_shown() -> None:
    story = asked()
    assert asks(Verb.REJECT, story).binding == shown(story.state)


def test_delegating_asks_for_a_person_and_why() -> None:
    found = asks(Verb.DELEGATE)
    assert names(found) == [("to", True), ("reason", False)]
    assert found.fields[0].kind is FieldKind.PERSON
    assert found.fields[0].label == "Who should act for you?"
    assert found.intro == "They act for you on this request only. You may still decide it."


def test_who_passes_a_seat_on_reads_whose_it_is() -> None:
    found = asks(Verb.DELEGATE, asked().delegates(MARA, BOB), viewer=BOB)
    assert found.intro is not None
    assert found.intro.startswith("They act for you and Mara on this request only.")


def test_breaking_glass_says_loudly_what_it_is() -> None:
    found = asks(Verb.BREAK_GLASS)
    assert found.intro is not None
    assert found.intro.startswith("EMERGENCY ONLY.")
    assert found.submit == "Approve alone"


def test_escalating_says_who_is_waited_for() -> None:
    assert asks(Verb.ESCALATE).intro == (
        "Manager (stage 1 of 3) waits for Mara. The next level is asked as well."
    )


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.WITHDRAW, Verb.NUDGE, Verb.VIEW, Verb.HISTORY])
def test_a_click_that_says_everything_has_no_form(verb: Verb) -> None:
    assert not has_form(verb)


@pytest.mark.parametrize("verb", sorted(WORDS))
def test_titles_and_buttons_fit_on_both_platforms(verb: Verb) -> None:
    # Slack: 24 characters of a modal's title and of its button.
    # https://docs.slack.dev/reference/views/modal-views
    found = asks(verb)
    assert 0 < len(found.title) <= 24
    assert 0 < len(found.submit) <= 24


# --- edit and approve ------------------------------------------------------------------------


def editing(*editable: str, **params: object) -> Form:
    action = Action(type="purchase_order", params={"amount": 120000} | params)
    route = a_route(MANAGER, editable=editable)
    return asks(Verb.EDIT, asked(route=route, revision=a_revision(action=action)))


def test_editing_has_one_field_for_each_listed_value_and_a_comment() -> None:
    found = editing("amount", "vendor", vendor="Acme")
    fields = [(f.name, f.label, f.value, f.kind, f.required) for f in found.fields]
    assert fields == [
        ("amount", "Amount", "120000", FieldKind.LINE, False),
        ("vendor", "Vendor", "Acme", FieldKind.LINE, False),
        ("reason", "Comment", "", FieldKind.TEXT, False),
    ]


def test_what_is_written_on_several_lines_is_edited_on_several() -> None:
    found = editing("title", "description", "terms", terms="one\ntwo")
    kinds = [f.kind for f in found.fields]
    assert kinds[:3] == [FieldKind.LINE, FieldKind.TEXT, FieldKind.TEXT]


def test_a_value_that_is_not_there_yet_is_empty() -> None:
    assert [f.value for f in editing("vendor").fields] == ["", ""]


def test_other_values_than_text_stand_as_json() -> None:
    found = editing("urgent", "rate", urgent=True, rate=1.5)
    assert [f.value for f in found.fields] == ["true", "1.5", ""]


def test_what_no_field_can_hold_is_not_offered() -> None:
    found = editing("lines", "terms", "vendor", lines=[1], terms="x" * (MAX_TEXT + 1))
    assert [f.name for f in found.fields] == ["vendor", "reason"]


def test_hidden_characters_in_a_value_are_said_beside_the_field() -> None:
    (field, _) = editing("vendor", vendor="a\u202eb").fields
    assert (field.value, field.hint) == ("a\u202eb", "Holds hidden characters: a⟦U+202E⟧b")


@pytest.mark.parametrize(
    ("amount", "written"),
    [(120000, "120000"), (1e15, "1000000000000000"), (0.00001, "0.00001"), (12.5, "12.5")],
)
def test_a_number_stands_in_its_field_as_it_may_be_written_back(
    amount: float, written: str
) -> None:
    assert editing("price", price=amount).fields[0].value == written
