"""Text from outside reaches a reader letter by letter, in every place, whatever it says: read
by a reader of Teams' rules that knows nothing of how it was written."""

import json
import re
import unicodedata
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import dialogs
from adapters.teams.limits import MOST
from adapters.teams.render import MOST_VIEWERS, render, size
from playground.teams.cards import check as simulated
from tests.adapters.teams.markdown import Reading, plain, read, readings, values
from tests.adapters.teams.slots import SLOTS, Shown, everywhere, listing
from tests.depth import parts
from tests.judges import card_schema

DATA = Path(__file__).parents[4] / "shared" / "data"
NAUGHTY, INJECTIONS = DATA / "naughty-strings.json", DATA / "injections.jsonl"
needs_data = pytest.mark.skipif(
    not (NAUGHTY.exists() and INJECTIONS.exists()),
    reason="the hostile strings (../shared/data) are not on this machine",
)
VIEWERS = [f"29:{n:0>90}" for n in range(MOST_VIEWERS)]

NASTY = (
    "<at>Everyone</at>",
    "<at id='28:b'>Countersign</at>",
    "< AT >x</ at>",
    "<at",
    "{{DATE(2020-01-01T00:00:00Z, SHORT)}}",
    "{{TIME(2020-01-01T00:00:00Z)}} {{{TIME(",
    "${title} {{name}} ${",
    "[Approve](https://evil.example)",
    "[Approve]\n(https://evil.example)",
    "[a]: https://evil.example",
    "![x](https://evil.example/a.png)",
    "<https://evil.example> <mailto:a@evil.example>",
    "https://evil.example www.evil.example",
    "**Approved** *by* __Dana__ _now_ ~~no~~ `code`",
    "***all***",
    "*",
    "_",
    "`",
    "```\nfence\n```",
    "> quoted",
    ">>> all of it",
    "# Heading",
    "- item",
    "+ item",
    "* item",
    "1. first",
    "2) second",
    "---",
    "===",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "    indented code",
    "\\*not escaped\\*",
    "\\",
    "&lt;at&gt;x&lt;/at&gt; &amp;lt; &#60;b&#62; &nbsp;",
    "<b>bold</b><br/><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment --> <?php ?>",
    "Ann\n\n✓ Approved by Dana",
    "Ann\r\nApproved",
    "\u202edevorppa",
    "a\u200bb\ufeffc\u00ad",
    "\u2028line",
    "\x00\x07\x1b[31m",
    "half \ud83d of one",
    "👩‍👩‍👧 é 漢 😀",
    "*" * 50,
    "<" * 50,
    "{" * 50,
    "&" * 50,
)
"""What Teams would make something of."""

# What our own words do: a deadline is written by the client.
OURS = {"date", "field"}


def strings() -> list[str]:
    """All naughty strings, and as many injections."""
    found: list[str] = json.loads(NAUGHTY.read_text("utf-8"))
    lines = INJECTIONS.read_text("utf-8").splitlines()
    return found + [json.loads(line)["text"] for line in lines]


def seen_in(shown: Shown) -> list[Reading]:
    return [plain(shown)] if isinstance(shown, str) else list(readings(shown))


def folded(text: str) -> str:
    """The letters alone: white space of any kind as single blanks."""
    return " ".join(text.split())


def unmasked(seen: str) -> str:
    """What was seen, with the characters that were written out put back."""
    bare = seen.replace("\u2060", "")
    return re.sub(r"⟦U\+([0-9A-F]{4,6})⟧", lambda m: chr(int(m[1], 16)), bare)


def effects(found: list[Reading]) -> list[tuple[str, str]]:
    """What came of it beyond letters, but for the deadline that cards write themselves."""
    return [
        effect
        for reading in found
        for effect in reading.effects
        if not (effect[0] in OURS and re.match(r"(Decide by|Overdue since) \{\{", reading.seen))
    ]


def judge(name: str, shown: Shown, text: str) -> None:
    """Nothing but letters came of it, and Teams takes it."""
    found = seen_in(shown)
    assert effects(found) == [], (name, text)
    for reading in found:
        hidden = {c for c in reading.seen if unicodedata.category(c) in {"Cc", "Cs"}} - {"\n", "\t"}
        assert not hidden, (name, text)
    if isinstance(shown, dict) and shown.get("type") == "AdaptiveCard":
        report = simulated(shown)
        assert (report.problems, report.warnings, size(shown) <= MOST) == ([], [], True), name
        assert "entities" not in shown["msteams"]


def judge_letters(name: str, shown: Shown, text: str) -> None:
    """The beginning of the text stands there, letter by letter."""
    wanted = folded(text)[:4].strip()
    seen = [folded(unmasked(reading.seen)) for reading in seen_in(shown)]
    seen += [] if isinstance(shown, str) else [folded(value) for value in values(shown)]
    assert any(wanted in s for s in seen), (name, text, wanted)


@pytest.mark.parametrize("name", SLOTS)
def test_nothing_nasty_becomes_more_than_letters_in_any_place(name: str) -> None:
    for text in NASTY:
        shown = SLOTS[name](text)
        judge(name, shown, text)
        if "\ud83d" not in text or name != "form value":
            judge_letters(name, shown, text)


@pytest.mark.parametrize("name", SLOTS)
def test_every_place_shows_what_is_put_into_it(name: str) -> None:
    assert "Zebra" in json.dumps(SLOTS[name]("Zebra"))


@needs_data
@pytest.mark.parametrize("part", parts(4))
def test_hundreds_of_hostile_strings_are_letters_in_all_places_at_once(part: int) -> None:
    found = strings()[part::4]
    assert len(found) > 250
    for text, name in zip(found, cycle(SLOTS), strict=False):
        whole = render(everywhere(text), viewers=VIEWERS)
        judge("card", whole, text)
        judge(name, SLOTS[name](text), text)
        judge("opening", dialogs.opening(whole), text)
        if text.isprintable() and text.strip():
            judge_letters("card", whole, text)
            judge_letters(name, SLOTS[name](text), text)


@needs_data
@pytest.mark.parametrize("part", parts(2))
def test_hostile_strings_leave_every_card_valid_by_microsofts_own_schema(part: int) -> None:
    # The schema takes its time: some of the strings, in as many kinds of cards.
    for text, name in zip(strings()[part::40], cycle(SLOTS), strict=False):
        for shown in (render(everywhere(text), viewers=VIEWERS), SLOTS[name](text)):
            if isinstance(shown, dict) and shown.get("type") == "AdaptiveCard":
                assert card_schema.found(shown) == [], (name, text)


any_text = st.text(st.characters(exclude_categories=()), max_size=400) | st.text(
    "<>@#!&;*_~`:|[]()\\{}$\n\r •-1.) \u202e\u200bat/DATE", max_size=60
)


@given(any_text, st.sampled_from(sorted(SLOTS)))
@settings(max_examples=300, deadline=None)
def test_no_text_at_all_becomes_more_than_letters(text: str, name: str) -> None:
    judge(name, SLOTS[name](text), text)


@given(any_text)
@settings(max_examples=200, deadline=None)
def test_a_message_of_several_lines_keeps_each_a_line_of_letters(text: str) -> None:
    assert effects([read(listing(text))]) == []


@given(any_text, st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_no_text_however_long_makes_a_card_that_teams_refuses(text: str, times: int) -> None:
    judge("card", render(everywhere(text * times), viewers=VIEWERS), text)


def test_the_reader_sees_what_teams_would_make_of_markup() -> None:
    made = read("**a** _b_ ~~c~~ `d` [e](https://f) <at>g</at> {{DATE(1)}} &copy;")
    kinds = {kind for kind, _ in made.effects}
    expected = {"bold", "italic", "struck", "code", "link", "mention", "date", "entity", "tag"}
    assert expected <= kinds
    for text in ("- a", "1. a", "# a", "> a", "---", "| a |", "```"):
        assert read(text).effects != (), text
    assert read("\\*a\\* 1\\. \\[b\\](c) &amp;copy; &lt;at>") == Reading(
        "*a* 1. [b](c) &copy; <at>", ()
    )
    assert plain("**a** [b](c)").effects == ()
    assert plain("<at>g</at>").effects != ()
    toggle = {"type": "Input.Toggle", "title": "*a*"}
    assert [r.effects for r in readings(toggle)] != [()]
    assert [r.effects for r in readings({"type": "Input.Text", "label": "*a*"})] == [()]
