"""Text from outside, made safe to look at: hidden characters become visible, long text is cut.

What stays the platform's business is its own markup; renderers escape that.
"""

import re
import unicodedata

# Bidirectional controls can make "100" read as "001", zero-width ones can hide words
# (Unicode Technical Report 36); both stand for themselves in brackets instead.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\x00-\x08\x0b-\x1f\x7f-\x9f]"
)

# What makes one emoji of several characters hides nothing: a variation selector after a
# symbol, a joiner between two symbols. Everywhere else both are shown.
_SYMBOL = "\u2049\u203c\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_PART_OF_EMOJI = re.compile(
    f"(?<=[{_SYMBOL}#*0-9])\ufe0f|(?<=[{_SYMBOL}\ufe0f])\u200d(?=[{_SYMBOL}])"
)

CUT = "… (cut, see the full action)"

# A joiner, a variation selector, the five skin tones.
_EXTENDS = frozenset("\u200d\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_LONGEST = 40
"""Characters in the longest thing that people see as one, with room to spare."""


def visible(text: str) -> str:
    """The text with hidden and bidirectional characters shown as ⟦U+XXXX⟧."""
    if text.isascii() and text.isprintable():
        return text
    harmless = {m.start() for m in _PART_OF_EMOJI.finditer(text)}
    return _HIDDEN.sub(
        lambda m: m.group() if m.start() in harmless else f"⟦U+{ord(m.group()):04X}⟧", text
    )


def has_hidden(text: str) -> bool:
    """Whether the text holds characters that a reader would not see."""
    return _HIDDEN.search(text) is not None and text != visible(text)


def is_blank(text: str) -> bool:
    """Whether the text holds nothing that a reader would see."""
    return not _HIDDEN.sub("", text).strip()


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, never splitting one as people see it, and saying that it cut."""
    if len(text) <= limit:
        return text
    return text[: cut_at(text, max(limit - len(CUT), 0))] + CUT


def cut_at(text: str, end: int) -> int:
    """The last place at or before `end` that splits neither a character as people see it (a
    letter with its accents, a flag, a family of joined emoji) nor a ⟦U+XXXX⟧."""
    start = end
    while 0 < end < len(text) and start - end < _LONGEST:
        if not _goes_on(text, end):
            break
        end -= 1
    # What goes on for longer than anything people write is split all the same.
    end = start if start - end == _LONGEST else end
    opened = text.rfind("⟦", max(0, end - len("⟦U+10FFFF")), end)
    return opened if opened >= 0 and "⟧" not in text[opened:end] else end


def _goes_on(text: str, at: int) -> bool:
    """Whether the character at this place belongs to what stands before it."""
    # The rules that matter here of https://www.unicode.org/reports/tr29/
    this, before = text[at], text[at - 1]
    if this in _EXTENDS or before == "\u200d" or unicodedata.category(this).startswith("M"):
        return True
    flags = 0
    while flags < at and _is_flag_letter(text[at - 1 - flags]):
        flags += 1
    return _is_flag_letter(this) and flags % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def one_line(text: str) -> str:
    """White space of any kind folded to single spaces."""
    return " ".join(text.split())


def grouped(amount: str) -> str:
    """A decimal string with thousands separated by commas: "120,000.50"."""
    whole, dot, fraction = amount.partition(".")
    return f"{int(whole):,}{dot}{fraction}"
