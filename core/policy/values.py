"""Reads the small values that the parts of a policy document share."""

from collections.abc import Callable
from typing import TypeVar

from core.calendars.duration import parse_duration, written
from core.calendars.localtime import DAY
from core.policy.conditions import ConditionSyntaxError, compile_condition
from core.policy.policy import Condition
from core.route import ChannelRef, OnTimeout
from core.source import Fields, Kind, Mistake, Node, Reader, nearest, said
from core.value import Millis

T = TypeVar("T")

PLATFORMS = ("slack", "teams")

LONGEST = 366 * DAY
"""The longest time of a stage, and until a reminder, in ms."""

NO_APPROVAL = "Nothing is approved because nobody answered: write escalate, reject or hold"


def unique_name(fields: Fields, name: str, seen: dict[str, Node], what: str) -> None:
    """Note a mistake when the name was used before; `seen` holds where each one stands."""
    node = fields.get("name")
    if node is None or not name:
        return
    first = seen.setdefault(name, node)
    if first is not node:
        message = f"another {what} is called '{name}' (line {first.line})"
        fields.reader.wrong(node, message, "Give each its own name")


def read_condition(fields: Fields, key: str = "when") -> Condition | None:
    """A compiled condition; mistakes are noted where they stand inside it."""
    node, text = fields.get(key), fields.text(key)
    if node is None or text is None:
        return None
    try:
        return compile_condition(text)
    except ConditionSyntaxError as error:
        for mistake in (error, *error.others):
            line, column = node.place(mistake.line, mistake.column)
            noted = Mistake(line, column, f"'{key}': {mistake.message}", mistake.remedy)
            fields.reader.mistakes.append(noted)
        return None


def read_duration(fields: Fields, key: str) -> Millis | None:
    """A duration in milliseconds, None when the key is absent."""
    node, text = fields.get(key), fields.text(key)
    if node is None or text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        fields.reader.wrong(node, f"'{key}' is {said(node)}, not a duration", str(error))
        return None


def read_sla(fields: Fields) -> Millis | None:
    """The time of a stage: a duration of at most a year."""
    sla = read_duration(fields, "sla")
    if sla is None or sla <= LONGEST:
        return sla
    message = f"'sla' is {written(sla)}, more than a year"
    fields.reader.wrong(fields.values["sla"], message, "Write at most 366d")
    return None


def read_word(fields: Fields, key: str, read: Callable[[str], T]) -> T | None:
    """What `read` makes of a text; its ValueError is the remedy. None when the key is absent."""
    node, text = fields.get(key), fields.name(key)
    return None if node is None or text is None else read_text(fields.reader, node, text, key, read)


def read_text(
    reader: Reader, node: Node, text: str, key: str, read: Callable[[str], T]
) -> T | None:
    """As `read_word`, of a node that holds this text."""
    try:
        return read(text)
    except ValueError as error:
        reader.wrong(node, f"'{key}' is {said(node)}", str(error))
        return None


def read_whole(fields: Fields, key: str, default: int, low: int, high: int) -> int:
    """A whole number between two; the default when the key is absent or not readable."""
    node = fields.get(key)
    read = None if node is None else fields.reader.whole(node, f"'{key}'", low, high)
    return default if read is None else read


def read_one_of(fields: Fields, key: str, choices: tuple[str, ...]) -> str | None:
    """One of these words, None when the key is absent."""
    node = fields.get(key)
    return None if node is None else fields.reader.one_of(node, f"'{key}'", choices)


def read_on_timeout(fields: Fields) -> OnTimeout | None:
    """What a stage does whose time has run out; approving is refused in so many words."""
    node = fields.get("on_timeout")
    if node is not None and node.kind is Kind.TEXT and node.value == "approve":
        fields.reader.wrong(node, "'on_timeout' is 'approve'", NO_APPROVAL)
        return None
    word = read_one_of(fields, "on_timeout", tuple(OnTimeout))
    return None if word is None else OnTimeout(word)


def read_channels(fields: Fields) -> tuple[ChannelRef, ...]:
    """The rule's channels."""
    node = fields.get("channel")
    items = () if node is None else fields.reader.one_or_more(node, "'channel'")
    read = (read_channel(fields.reader, item) for item in items)
    return tuple(channel for channel in read if channel is not None)


def read_channel(reader: Reader, node: Node) -> ChannelRef | None:
    """A chat channel: `slack:` or `teams:` and the platform's id."""
    text = reader.name(node, "a channel")
    if text is None:
        return None
    platform, _, channel = text.partition(":")
    if platform not in PLATFORMS:
        otherwise = "Write slack:C0123456789 or teams:19:...@thread.tacv2"
        remedy = nearest(platform, PLATFORMS, otherwise)
        reader.wrong(node, f"channel '{text}' is on no known platform", remedy)
        return None
    if not channel or " " in channel or channel.endswith("/"):
        remedy = f"Write the channel's id after {platform}:"
        reader.wrong(node, f"channel '{text}' has no id", remedy)
        return None
    return ChannelRef(platform=platform, id=channel)
