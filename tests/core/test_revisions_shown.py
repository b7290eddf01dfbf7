"""Revisions side by side: every difference once, bounded, and nothing hidden in it."""

from hypothesis import given
from hypothesis import strategies as st

from core.content import Action
from core.events import Recorded
from core.web.inbox_port import Change, Difference
from core.web.revisions import FIELDS, MOST, _difference, changes
from tests.core.builders import a_route
from tests.core.shown import COMPANY, Told, asked


def shown(story: Told) -> list[Change]:
    trail: list[Recorded] = list(story.history)
    return list(changes(story.found, trail, COMPANY, "UTC"))


def test_each_revision_says_who_made_it_and_what_it_changed() -> None:
    story = asked().revises(description="One\nTwo", amount="10")
    [only] = shown(story)
    assert (only.number, only.by) == (2, "Agent purchasing")
    assert [each.name for each in only.differences] == ["Description", "Amount"]


def test_a_first_revision_has_nothing_beside_it() -> None:
    assert shown(asked()) == []


def test_as_many_are_compared_as_there_is_room_for() -> None:
    story = asked(route=a_route(max_attempts=2 * MOST))
    for number in range(MOST + 3):
        story = story.revises(description=f"Try {number}")
    assert [each.number for each in shown(story)] == list(range(MOST + 4, 4, -1))


def test_more_fields_than_there_is_room_for_are_counted() -> None:
    params = {f"field {n}": "\u202ehidden" for n in range(FIELDS + 5)}
    story = asked().revises(action=Action(type="purchase_order", params=params))
    [only] = shown(story)
    assert (len(only.differences), only.more > 0) == (FIELDS, True)
    texts = [line.text for each in only.differences for line in each.after]
    assert "⟦U+202E⟧hidden" in texts
    assert not any("\u202e" in text for text in texts)


_LINES = st.lists(st.sampled_from("abc"), max_size=8)


@given(_LINES, _LINES)
def test_what_is_not_marked_is_on_both_sides_in_the_same_order(
    before: list[str], after: list[str]
) -> None:
    found: Difference = _difference("Field", before, after)
    assert [line.text for line in found.before] == before
    assert [line.text for line in found.after] == after
    same = [[line.text for line in side if not line.other] for side in (found.before, found.after)]
    assert same[0] == same[1]
    if before != after:
        assert any(line.other for line in (*found.before, *found.after))
