"""Text from outside reaches a reader letter by letter, in every place, whatever it says: read
by a reader of Slack's rules that knows nothing of how it was written."""

import json
import re
import unicodedata
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import render
from adapters.slack.render import Message
from tests.adapters.slack.limits import assert_message, assert_view
from tests.adapters.slack.mrkdwn import Reading, fallback, read, texts
from tests.adapters.slack.slots import SLOTS, Shown, everywhere
from tests.depth import parts

DATA = Path(__file__).parents[4] / "shared" / "data"
NAUGHTY, INJECTIONS = DATA / "naughty-strings.json", DATA / "injections.jsonl"
needs_data = pytest.mark.skipif(
    not (NAUGHTY.exists() and INJECTIONS.exists()),
    reason="the hostile strings (../shared/data) are not on this machine",
)

NASTY = (
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U00FINN>",
    "<@U00FINN|Finn>",
    "<#C0FINANCE|finance>",
    "<!subteam^S1|@admins>",
    "<https://evil.example|Approve>",
    "<mailto:a@evil.example|Ann>",
    "<!date^0^{date}^https://evil.example|now>",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    "@here @channel @everyone #general",
    "https://evil.example and www.evil.example",
    "evil.example/login?a=b",
    "*bold* _italic_ ~struck~ `code`",
    "*Decide by* tomorrow",
    "a* and b* and _c_",
    "*",
    "_",
    "```\nfence\n```",
    "`",
    "> quoted",
    "&gt; quoted",
    ">>> all of it",
    "• item",
    "1. first",
    "- item",
    ":white_check_mark: Approved",
    ":+1::skin-tone-3:",
    "Ann\n✅ *Approved* by Dana",
    "Ann\r\nApproved",
    "\u202edevorppa",
    "a\u200bb\u2060c",
    "x\ud800y",
    "nul\x00",
    "\u2028line",
    "‮<!channel>",
    "*" * 50,
    "<" * 50,
    "&" * 50,
)
"""What Slack would make something of."""

# What cards, lists and forms do by themselves: their labels are bold, their moments dates.
OURS = {"bold", "date"}
FENCED = {"whole action"}


def strings() -> list[str]:
    """All naughty strings, and as many injections."""
    found: list[str] = json.loads(NAUGHTY.read_text("utf-8"))
    lines = INJECTIONS.read_text("utf-8").splitlines()
    return found + [json.loads(line)["text"] for line in lines]


def readings(shown: Shown) -> list[Reading]:
    if isinstance(shown, Message):
        return [fallback(shown.text), *map(read, texts(shown.blocks))]
    return [read(text) for text in texts(shown)]


def folded(text: str) -> str:
    """The letters alone: white space as single blanks, as titles are shown."""
    return " ".join(text.split())


def unmasked(seen: str) -> str:
    """What was seen, with the characters that were written out put back."""
    return re.sub(r"⟦U\+([0-9A-F]{4,6})⟧", lambda m: chr(int(m[1], 16)), seen)


def as_sent(text: str) -> str:
    """Half a surrogate pair cannot be sent at all."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def check(name: str, shown: Shown, text: str) -> None:
    """Nothing but letters came of it, all of its beginning is there, and Slack takes it."""
    if isinstance(shown, Message):
        assert_message(shown.blocks)
    else:
        assert_view(shown)
    found = readings(shown)
    allowed = OURS | ({"code"} if name in FENCED else set())
    others = [e for reading in found for e in reading.effects if e[0] not in allowed]
    assert others == [], (name, text, others)
    for reading in found:
        hidden = {c for c in reading.seen if unicodedata.category(c) in {"Cc", "Cs"}} - {"\n", "\t"}
        assert not hidden, (name, text)


def check_letters(name: str, shown: Shown, text: str) -> None:
    """The beginning of the text stands there, letter by letter."""
    wanted = folded(as_sent(text))[:4].strip()
    seen = [folded(unmasked(r.seen)) for r in readings(shown)]
    if name in FENCED:  # a backtick in JSON is shown as its escape
        seen = [s.replace("\\u0060", "`") for s in seen]
    if isinstance(shown, dict):  # what is in an input is a value, not a text
        elements = [block.get("element", {}) for block in shown["blocks"]]
        seen += [folded(element.get("initial_value", "")) for element in elements]
    said = any("cannot be changed in Slack" in s for s in seen)
    assert said or any(wanted in s for s in seen), (name, text, wanted)


@pytest.mark.parametrize("name", SLOTS)
def test_nothing_nasty_becomes_more_than_letters_in_any_place(name: str) -> None:
    for text in NASTY:
        shown = SLOTS[name](text)
        check(name, shown, text)
        check_letters(name, shown, text)


@pytest.mark.parametrize("name", SLOTS)
def test_every_place_shows_what_is_put_into_it(name: str) -> None:
    assert "Zebra" in json.dumps(SLOTS[name]("Zebra"), default=lambda m: [m.text, m.blocks])


@needs_data
@pytest.mark.parametrize("part", parts(4))
def test_hundreds_of_hostile_strings_are_letters_in_all_places_at_once(part: int) -> None:
    found = strings()[part::4]
    assert len(found) > 250
    for text, name in zip(found, cycle(SLOTS), strict=False):
        whole = render.message(everywhere(text))
        check("card", whole, text)
        check(name, SLOTS[name](text), text)
        if text.isprintable() and text.strip():
            check_letters("card", whole, text)


any_text = st.text(st.characters(exclude_categories=()), max_size=400) | st.text(
    "<>@#!&;*_~`:|\n\r •-1.) \u202e\u200bab/", max_size=60
)


@given(any_text, st.sampled_from(sorted(SLOTS)))
@settings(max_examples=300, deadline=None)
def test_no_text_at_all_becomes_more_than_letters(text: str, name: str) -> None:
    check(name, SLOTS[name](text), text)


@given(any_text, st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_no_text_however_long_makes_a_message_that_slack_refuses(text: str, times: int) -> None:
    check("card", render.message(everywhere(text * times), lead=text), text)


def test_the_reader_sees_what_slack_would_make_of_markup() -> None:
    made = read(
        {"type": "mrkdwn", "text": "*a* _b_ ~c~ `d` <!channel> <@U1> <https://e.x|f> :tada:"}
    )
    kinds = [kind for kind, _ in made.effects]
    expected = ["broadcast", "mention", "link", "code", "bold", "italic", "struck", "emoji"]
    assert kinds == expected
    assert read({"type": "mrkdwn", "text": "&gt; a"}).effects == (("quote", ""),)
    assert read({"type": "mrkdwn", "text": "see www.e.x"}).effects == (("automatic", "www."),)
    assert read({"type": "plain_text", "text": "*a* :tada:"}).effects == (("emoji", ":tada:"),)
    assert fallback("hi <!here>").effects == (("broadcast", "!here"),)
