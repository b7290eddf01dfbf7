"""Hidden characters become visible, long text says that it was cut, emoji stay emoji."""

import pytest

from core.text import CUT, cut, cut_at, grouped, has_hidden, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay \u202e001", "pay ⟦U+202E⟧001"),
        ("a\u200bb", "a⟦U+200B⟧b"),
        ("pay\u200dpal", "pay⟦U+200D⟧pal"),
        ("a\ufe0fb", "a⟦U+FE0F⟧b"),
        ("\U000e0041", "⟦U+E0041⟧"),
        ("nul\x00", "nul⟦U+0000⟧"),
        ("\u2066x\u2069", "⟦U+2066⟧x⟦U+2069⟧"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("déjà vu, 日本", "déjà vu, 日本"),
    ],
)
def test_hidden_characters_are_shown_and_emoji_stay_whole(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert has_hidden(text) == (shown != text)


def test_text_is_cut_on_characters_and_says_so() -> None:
    assert cut("x" * 100, 100) == "x" * 100
    assert cut("x" * 101, 100) == "x" * (100 - len(CUT)) + CUT
    assert len(cut("e\u0301" * 100, 100)) <= 100


def test_a_combining_mark_is_not_split_from_its_letter() -> None:
    room = 10 + len(CUT)
    text = "x" * 9 + "e\u0301" + "y" * 100
    assert cut(text, room) == "x" * 9 + CUT


@pytest.mark.parametrize(
    ("text", "end", "place"),
    [
        ("xe\u0301y", 2, 1),
        ("x👩\u200d💻y", 2, 1),
        ("x👩\u200d💻y", 3, 1),
        ("x❤\ufe0fy", 2, 1),
        ("x👍\U0001f3fdy", 2, 1),
        ("🇩🇪🇫🇷", 1, 0),
        ("🇩🇪🇫🇷", 2, 2),
        ("🇩🇪🇫🇷", 3, 2),
        ("नि", 1, 0),
        ("a⟦U+202E⟧b", 5, 1),
        ("a⟦U+202E⟧b", 9, 9),
        ("plain", 3, 3),
        ("plain", 9, 9),
        ("plain", 0, 0),
    ],
)
def test_what_people_see_as_one_character_is_not_split(text: str, end: int, place: int) -> None:
    assert cut_at(text, end) == place


def test_a_letter_with_endless_accents_is_split_rather_than_left_out() -> None:
    assert cut_at("x" + "\u0301" * 500, 300) == 300


def test_white_space_folds_to_one_line() -> None:
    assert one_line(" a\n\tb  c ") == "a b c"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("120000", "120,000"), ("999", "999"), ("1234.50", "1,234.50"), ("0.5", "0.5")],
)
def test_amounts_are_grouped_by_thousands(amount: str, shown: str) -> None:
    assert grouped(amount) == shown
