"""What changed since the revision before, by whom and why; and what was said meanwhile."""

from core.content import Action
from core.request import Decision
from tests.core.builders import ALICE, MANAGER, MARA, NOW, a_revision, a_route
from tests.core.shown import Told, asked

EDITABLE = a_route(MANAGER, editable=("amount", "vendor"))


def note(story: Told) -> str | None:
    return story.card(MARA).note


def order(vendor: str | None, amount: int = 120000, **params: object) -> Action:
    given = {"amount": amount} | ({} if vendor is None else {"vendor": vendor})
    return Action(type="purchase_order", params=given | params)


def sent_back(wish: str = "Another vendor") -> Told:
    story = asked(revision=a_revision(action=order("Acme")))
    story.votes(MARA, Decision.REQUEST_CHANGES, reason=wish)
    return story


def test_a_first_revision_of_a_first_attempt_needs_no_note() -> None:
    assert note(asked()) is None


def test_an_edit_says_who_changed_which_field_from_what_to_what() -> None:
    story = asked(revision=a_revision(action=order("Acme")), route=EDITABLE)
    changed = order("Other", amount=90000)
    story.edits(MARA, "amount", "vendor", action=changed, amount="90000", route=EDITABLE)
    assert note(story) == (
        "Revision 2: Mara changed amount from 120,000 to 90,000, vendor from “Acme” to “Other”."
    )


def test_an_edit_of_erased_content_still_says_which_fields() -> None:
    story = asked(revision=a_revision(action=order("Acme")), route=EDITABLE)
    story.edits(MARA, "vendor", action=order("Other"), route=EDITABLE)
    story.contents.clear()
    assert note(story) == "Revision 2: Mara changed vendor (erased)."


def test_while_a_revision_is_waited_for_the_wish_stands_on_the_card() -> None:
    assert (note(sent_back()) or "").startswith("Mara asks: “Another vendor”. Without a new")


def test_the_agents_revision_says_what_it_answers_and_what_it_changed() -> None:
    story = sent_back().revises(action=order("Other", note="as asked"))
    assert note(story) == (
        "Revision 2 by agent purchasing, after Mara asked: “Another vendor”. "
        "It changed vendor from “Acme” to “Other”, note from nothing to “as asked”. "
        "Attempt 2 of 5."
    )


def test_a_later_wish_is_not_what_an_earlier_revision_answered() -> None:
    story = sent_back("Another vendor").revises(action=order("Other"))
    story.at(NOW + 1).votes(MARA, Decision.REQUEST_CHANGES, reason="And cheaper")
    text = note(story)
    assert text is not None
    assert text.startswith("Mara asks: “And cheaper”. Revision 2 by agent purchasing. It changed")


def test_many_changes_are_counted() -> None:
    many = {f"p{i}": i for i in range(8)}
    story = sent_back().revises(action=order("Acme", **many))
    text = note(story)
    assert text is not None
    assert "p4 from nothing to 4 and 3 more." in text


def test_a_change_of_the_amount_is_told_once() -> None:
    story = sent_back().revises(action=order("Acme", amount=90000), amount="90000")
    text = note(story)
    assert text is not None
    assert "It changed amount from 120,000 to 90,000. Attempt" in text


def test_another_attempt_names_the_request_before() -> None:
    story = asked(previous="R0", attempt=2)
    assert note(story) == "Attempt 2 of 5, after request R0."


def test_hidden_characters_in_what_changed_are_visible() -> None:
    story = sent_back(wish="a\u202eb").revises(action=order("x\u200by"))
    text = note(story)
    assert text is not None
    assert "“a⟦U+202E⟧b”" in text
    assert "“x⟦U+200B⟧y”" in text


# --- remarks -------------------------------------------------------------------------------


def test_the_last_comments_stand_on_the_card_with_their_writers() -> None:
    story = asked().comments(MARA, "Which vendor?", question=True).comments(ALICE, "Ac\u202eme")
    lines = [(r.name, r.text, r.question, r.at) for r in story.card(MARA).remarks]
    assert lines == [
        ("Mara", "Which vendor?", True, NOW),
        ("Alice", "Ac⟦U+202E⟧me", False, NOW),
    ]


def test_an_erased_comment_is_shown_as_such() -> None:
    story = asked().comments(MARA, "Which vendor?")
    story.contents.clear()
    assert [r.text for r in story.card(MARA).remarks] == ["(erased)"]
