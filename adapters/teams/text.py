"""Outside text on a card: made visible, cut to length, and never read as markup.

Text from outside stands only in text runs. A text run knows no Markdown
(https://learn.microsoft.com/en-us/adaptive-cards/create/textfeatures), while the backslash
escapes that a TextBlock or a fact would need are not honoured by every Teams client
(https://github.com/microsoft/AdaptiveCards/issues/5590). TextBlocks hold only our own words.
"""

import re
from typing import Any

from core.text import one_line, visible

Element = dict[str, Any]

_JOINER = "\u2060"
_NOTABLE = 100
# Clients replace {{DATE(...)}} and {{TIME(...)}} wherever they stand, and <at> may name a
# mention. A word joiner inside takes the meaning and leaves the look.
_MEANT = re.compile(r"\{(?=\{)|<(?=\s*/?\s*at\b)", re.IGNORECASE)
# What Markdown reads anywhere in a line, and what makes a list or a heading at its start.
_MARKUP = re.compile(r"[\\`*_\[\]~|>]|^[#+-]")
_NUMBERED = re.compile(r"^(\d+)([.)])")
# The letters and signs of most of Europe, none of which hides or replaces anything.
_COMMON = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u20a0-\u20bf]*")
# White space of which clients show less, or none at the start of a line.
_FOLDED = re.compile(r"^ +| {2,}")
# Half a character cannot be encoded as UTF-8, so the whole card could not be sent.
_SURROGATE = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """The text with hidden characters shown and nothing in it that a client would replace."""
    if _is_harmless(text):
        return text
    whole = _SURROGATE.sub(lambda m: f"⟦U+{ord(m.group()):04X}⟧", text)
    return _MEANT.sub(lambda m: m.group() + _JOINER, visible(whole))


def _is_harmless(text: str) -> bool:
    """Whether nothing in the text need be made plain: most are so, and a card has dozens."""
    is_shown = text.isprintable() if text.isascii() else _COMMON.fullmatch(text) is not None
    return is_shown and "{{" not in text and "<" not in text


def _is_simple(text: str) -> bool:
    """Whether it is one line, too, with single spaces between its words."""
    return _is_harmless(text) and "  " not in text and text.strip(" ") == text


def fitted(text: str, limit: int) -> str:
    """The first `limit` characters made plain; what is longer ends in a note of its length."""
    # No more than can be shown is looked at: a text from outside may be very long.
    shown = plain(text[: limit + 1])
    if len(shown) <= limit:
        return shown
    if limit < _NOTABLE:
        return f"{shown[: max(limit - 1, 0)]}…"
    return f"{shown[:limit]}… [cut: {len(text):,} characters]"


def escaped(text: str) -> str:
    """Text for a Markdown message, nothing in it read as Markdown or as a tag."""
    marked = _MARKUP.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;"))
    return _NUMBERED.sub(r"\1\\\2", marked)


def run(text: str, limit: int = 300, **style: object) -> Element:
    """A text run of outside text, on one line."""
    if len(text) > limit or not _is_simple(text):
        text = fitted(one_line(text), limit)
    return {"type": "TextRun", "text": text, **style}


def begins(text: str, limit: int, **style: object) -> Element:
    """The beginning of a text on one line; the whole follows elsewhere, so nothing is lost."""
    # Much of a text may be white space: four times as much is looked at.
    shown = plain(one_line(text[: limit * 4]))
    is_whole = len(shown) <= limit and len(text) <= limit * 4
    return own(shown if is_whole else f"{shown[: limit - 1].rstrip()}…", **style)


def own(words: str, **style: object) -> Element:
    """A text run of our own words, white space at its ends kept."""
    return {"type": "TextRun", "text": words, **style}


def line(*runs: Element, **style: object) -> Element:
    """A paragraph of text runs."""
    return {"type": "RichTextBlock", "inlines": list(runs), **style}


def paragraphs(text: str, limit: int, lines: int, **style: object) -> list[Element]:
    """Outside text with its line ends kept, at most `lines` paragraphs and `limit` characters."""
    wanted = fitted(text, limit).split("\n")
    shown = wanted[:lines]
    if len(wanted) > lines:
        shown[-1] = f"… [cut: {len(wanted) - lines + 1:,} more lines]"
    made = []
    for number, words in enumerate(shown):
        spacing = {"spacing": "None"} if number else {}
        made.append(line(own(kept(words), **style), **spacing))
    return made


def kept(text: str) -> str:
    """One line with its white space, as no-break spaces where clients would fold it."""
    if "\t" in text or "  " in text or text[:1] == " ":
        text = _FOLDED.sub(lambda m: "\u00a0" * len(m.group()), text.replace("\t", "    "))
    return text or "\u00a0"


def label(text: str, **style: object) -> Element:
    """A TextBlock of our own words: Markdown and {{DATE()}} work in it, so no outside text."""
    return {"type": "TextBlock", "text": text, "wrap": True, **style}
