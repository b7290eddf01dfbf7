"""Slack's text objects: text from outside shown letter by letter, ours with a little markup.

Slack documents no way to write `*` or `_` literally in mrkdwn, only the escapes for `&`, `<`
and `>`. So text from outside stands in mrkdwn only when it holds nothing that Slack could
read as markup; otherwise the whole object becomes `plain_text`, which has no markup.
Mentions and links need a raw `<`, which is always escaped.
https://docs.slack.dev/messaging/formatting-message-text#escaping
https://docs.slack.dev/reference/block-kit/composition-objects/text-object
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from core.text import cut_at, visible
from core.value import Millis

Json = dict[str, Any]

ELLIPSIS = "…"
NOTHING = "–"

_SURROGATES = re.compile("[\ud800-\udfff]")

# Anything Slack might take for bold, italics, code, a quote, a list, an emoji, a mention or a
# link. A sign inside a word ("purchase_order", "ann@example.com") has no meaning to it,
# since `verbatim` switches its automatic links off.
_MARKUP = re.compile(
    r"[*~`<>\n]|(?<!\w)[_@#]|_(?!\w)|:[^\s:]+:|\w://|\bwww\.|^\s|\s$|^[-+•◦‣]|^\d+[.)]\s",
    re.IGNORECASE,
)

# A name of a sign that only comes about where two pieces meet: ":0" before our own ": ".
_SIGN = re.compile(r":[^\s:]+:")


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text from outside: names, titles, comments. `lines`: it may have several."""

    text: str
    bold: bool = False
    lines: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether Slack shows it in mrkdwn exactly as it stands."""
        shown = clean(self.text)
        return all(map(is_literal, shown.split("\n"))) if self.lines else is_literal(shown)


@dataclass(frozen=True, slots=True)
class Bold:
    """Our own words in bold."""

    text: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment, shown by Slack in the reader's zone, or written out in `timezone`."""

    at: Millis
    timezone: str


Piece = str | Bold | Quoted | When


def clean(text: str) -> str:
    """Text from outside with hidden characters made visible and half characters replaced."""
    return visible(_SURROGATES.sub("\ufffd", text))


def escape(text: str) -> str:
    """The three characters that Slack parses, as the entities it documents."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_literal(text: str) -> bool:
    """Whether Slack shows this text in mrkdwn exactly as it stands."""
    return _MARKUP.search(text) is None


def fitted(text: str, limit: int) -> str:
    """The text, cut on a character and marked "…" if its escaped form is beyond the limit."""
    if len(escape(text)) <= limit:
        return text
    room, end = limit - len(ELLIPSIS), 0
    while end < len(text) and (room := room - len(escape(text[end]))) >= 0:
        end += 1
    return text[: cut_at(text, end)].rstrip() + ELLIPSIS


def plain(text: str, limit: int) -> Json:
    """A plain_text object, at most `limit` characters as Slack counts them (escaped)."""
    shown = fitted(clean(text[: limit + 1]), limit).strip() or NOTHING  # Slack refuses empty texts
    # Without `emoji: false` Slack would turn ":white_check_mark:" into the sign itself.
    return {"type": "plain_text", "text": escape(shown), "emoji": False}


def lay(pieces: Sequence[Piece], limit: int) -> Json:
    """A mrkdwn object if all text from outside is literal and it fits, else plain_text."""
    if all(p.is_literal for p in pieces if isinstance(p, Quoted)):
        marked = "".join(_marked(p) for p in pieces)
        if 0 < len(marked) <= limit and _SIGN.search(marked) is None:
            return {"type": "mrkdwn", "text": marked, "verbatim": True}
    return plain("".join(_unmarked(p) for p in pieces), limit)


def _marked(piece: Piece) -> str:
    match piece:
        case str():
            return escape(piece)
        case Bold(text):
            return f"*{escape(text)}*"
        case Quoted(text=text, bold=bold):
            shown = escape(clean(text))
            return f"*{shown}*" if bold and shown else shown
        case When():
            return date(piece)


def _unmarked(piece: Piece) -> str:
    match piece:
        case str():
            return piece
        case Bold(text) | Quoted(text=text):
            return text
        case When():
            return written(piece)


def date(moment: When) -> str:
    """Slack's own date token, with the moment written out for where it cannot be drawn."""
    # https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    return f"<!date^{moment.at // 1000}^{{date_short_pretty}} {{time}}|{written(moment)}>"


def written(moment: When) -> str:
    """The moment in its zone: "21 Nov 2026 14:00 Europe/Berlin"; an unknown zone is UTC."""
    name, clock = zone(moment.timezone)
    local = datetime.fromtimestamp(moment.at / 1000, clock)
    return f"{local.day} {local:%b %Y %H:%M} {name}"


def zone(name: str) -> tuple[str, tzinfo]:
    """A time zone by name, as what to call it and itself; UTC for one that is unknown."""
    try:
        return name, ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a directory
        return "UTC", UTC
