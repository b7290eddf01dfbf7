"""Text from outside reaches Slack letter by letter, never as markup, mention or link."""

import pytest

from adapters.slack.text import Bold, Piece, Quoted, When, fitted, is_literal, lay, plain

MARKUP = [
    "*bold*",
    "_italic_",
    "~struck~",
    "`code`",
    "> quoted",
    "- item",
    "• item",
    "1. first",
    ":white_check_mark:",
    "<!channel>",
    "<@U00FINN>",
    "<https://evil.example|Bank>",
    "https://evil.example",
    "www.evil.example",
    "@here",
    "#general",
    "two\nlines",
    " leading",
    "trailing ",
]


@pytest.mark.parametrize("text", MARKUP)
def test_text_that_slack_could_read_as_markup_is_never_laid_out_as_mrkdwn(text: str) -> None:
    assert lay([Bold("Title:"), " ", Quoted(text)], 3000)["type"] == "plain_text"


@pytest.mark.parametrize(
    "text",
    [
        "Acme GmbH",
        "purchase_order",
        "ann@example.com",
        "120,000 EUR",
        "R&D",
        "14:00",
        "Ünïcödé 漢字",
    ],
)
def test_harmless_text_is_laid_out_with_our_markup(text: str) -> None:
    made = lay([Bold("Who"), "\n", Quoted(text, bold=True)], 3000)
    shown = text.replace("&", "&amp;")
    assert made == {"type": "mrkdwn", "text": f"*Who*\n*{shown}*", "verbatim": True}


def test_control_characters_of_slack_are_escaped_in_plain_text_too() -> None:
    assert plain("a < b && c > d", 100) == {
        "type": "plain_text",
        "text": "a &lt; b &amp;&amp; c &gt; d",
        "emoji": False,
    }


def test_an_entity_typed_by_a_person_stays_as_typed() -> None:
    assert plain("&lt;!channel&gt;", 100)["text"] == "&amp;lt;!channel&amp;gt;"


def test_hidden_and_reordering_characters_are_shown() -> None:
    assert plain("pay \u202e001", 100)["text"] == "pay ⟦U+202E⟧001"


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert plain("a\ud800b", 100)["text"] == "a\ufffdb"


def test_empty_text_is_shown_as_a_dash_because_slack_refuses_it() -> None:
    assert plain("  ", 100)["text"] == "–"


def test_a_cut_counts_the_escaped_length_and_says_that_it_cut() -> None:
    assert fitted("&&&&&", 11) == "&&…"
    assert plain("&&&&&", 11)["text"] == "&amp;&amp;…"


def test_text_that_just_fits_is_not_cut() -> None:
    assert fitted("abcde", 5) == "abcde"
    assert fitted("abcdef", 5) == "abcd…"


def test_a_cut_never_splits_a_combined_character() -> None:
    assert fitted("abe\u0301xyz", 4) == "ab…"


def test_a_moment_is_slacks_date_with_the_viewers_zone_written_out() -> None:
    made = lay([When(1_795_233_600_000, "Europe/Berlin")], 100)["text"]
    assert made == ("<!date^1795233600^{date_short_pretty} {time}|21 Nov 2026 05:00 Europe/Berlin>")


def test_a_moment_beside_hostile_text_is_written_out() -> None:
    made = lay([Quoted("*x*"), " ", When(1_795_233_600_000, "Europe/Berlin")], 100)
    assert made["text"] == "*x* 21 Nov 2026 05:00 Europe/Berlin"


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "Europe", "a\0b"])
def test_an_unknown_time_zone_is_utc(zone: str) -> None:
    made = lay([When(1_795_233_600_000, zone)], 100)["text"]
    assert made == "<!date^1795233600^{date_short_pretty} {time}|21 Nov 2026 04:00 UTC>"


def test_mrkdwn_that_would_be_too_long_becomes_a_cut_plain_text() -> None:
    made = lay([Bold("T"), Quoted("x" * 50)], 20)
    assert made == {"type": "plain_text", "text": "T" + "x" * 18 + "…", "emoji": False}


@pytest.mark.parametrize("text", ["a_b", "a@b", "a#b", "C#"])
def test_a_sign_inside_or_after_a_word_is_literal(text: str) -> None:
    assert is_literal(text)


@pytest.mark.parametrize("text", ["_a", "a_", "(@a)", "a #b"])
def test_a_sign_at_the_edge_of_a_word_is_not_literal(text: str) -> None:
    assert not is_literal(text)


@pytest.mark.parametrize("pieces", [[Quoted(":0"), ": why"], ["By:", Quoted("0: x")]])
def test_no_sign_comes_about_where_two_pieces_meet(pieces: list[Piece]) -> None:
    assert lay(pieces, 3000)["type"] == "plain_text"
