"""A reader of Slack's text objects, written from Slack's pages alone: what a person would see,
and what Slack would make of it besides letters.

Where the pages leave room it takes the reading that gives the sender more power.
https://docs.slack.dev/messaging/formatting-message-text
https://docs.slack.dev/reference/block-kit/composition-objects/text-object
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_CONTROL = re.compile(r"<([^<>]*)>")
_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_EMPHASIS = {
    "bold": re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*[^\s*])\*(?![\w*])"),
    "italic": re.compile(r"(?<![\w_])_(?=\S)([^_\n]*[^\s_])_(?![\w_])"),
    "struck": re.compile(r"(?<![\w~])~(?=\S)([^~\n]*[^\s~])~(?![\w~])"),
}
_QUOTE = re.compile(r"^(?:>|&gt;)", re.MULTILINE)
_EMOJI = re.compile(r":[a-z0-9_+'-]{1,100}:(?::skin-tone-[2-6]:)?", re.IGNORECASE)
# What Slack turns into links and mentions by itself, where `verbatim` does not forbid it.
_AUTOMATIC = re.compile(r"\bhttps?://|\bwww\.|\S@\S+\.\S|(?<!\w)[@#][\w-]+", re.IGNORECASE)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@dataclass(frozen=True)
class Reading:
    """What is seen, as letters, and each effect as (kind, what it is about)."""

    seen: str
    effects: tuple[tuple[str, str], ...]


def read(text: Json) -> Reading:
    """A text object as Slack shows it."""
    if text["type"] == "plain_text":
        effects = [] if text.get("emoji") is False else _emoji(text["text"])
        return Reading(decoded(text["text"]), tuple(effects))
    assert text["type"] == "mrkdwn", text["type"]
    return _mrkdwn(text["text"], verbatim=text.get("verbatim") is True)


def fallback(text: str) -> Reading:
    """The top-level text of a message: what pings and links there does so in notifications."""
    effects = [_control(found) for found in _CONTROL.findall(text)]
    return Reading(decoded(_CONTROL.sub("", text)), tuple(effects))


def _mrkdwn(text: str, *, verbatim: bool) -> Reading:
    effects = [_control(found) for found in _CONTROL.findall(text)]
    rest = _CONTROL.sub(lambda m: m[1].partition("|")[2], text)
    rest, fenced = _FENCE.subn(lambda m: m[1].strip("\n"), rest)
    effects += [("code", "")] * fenced
    if fenced:
        return Reading(decoded(rest), tuple(effects))
    rest, coded = _CODE.subn(r"\1", rest)
    effects += [("code", "")] * coded
    for kind, marks in _EMPHASIS.items():
        effects += [(kind, decoded(inner)) for inner in marks.findall(rest)]
        rest = marks.sub(r"\1", rest)
    effects += [("quote", "")] * len(_QUOTE.findall(rest)) + _emoji(rest)
    if not verbatim:
        effects += [("automatic", found) for found in _AUTOMATIC.findall(rest)]
    return Reading(decoded(rest), tuple(effects))


def _control(inside: str) -> tuple[str, str]:
    name = inside.partition("|")[0]
    if name.startswith("!date^"):
        return "date", name
    kinds = {"@": "mention", "#": "channel", "!": "broadcast"}
    return kinds.get(name[:1], "link"), name


def _emoji(text: str) -> list[tuple[str, str]]:
    return [("emoji", found) for found in _EMOJI.findall(text)]


def decoded(text: str) -> str:
    """The three entities as the characters they stand for; once, as Slack does it."""
    return re.sub("&lt;|&gt;|&amp;", lambda m: _ENTITIES[m[0]], text)


def texts(value: object) -> Iterator[Json]:
    """Every text object, wherever it stands; a view's metadata and values are no texts."""
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        if value.get("type") in {"plain_text", "mrkdwn"} and isinstance(value.get("text"), str):
            yield value
        for item in value.values():
            yield from texts(item)
