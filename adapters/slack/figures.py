"""`/approvals stats`: one's own figures, and those of everybody."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.slack import listing
from adapters.slack.commands import Asked, Word
from adapters.slack.parts import SECTION_CHARS, context, section
from adapters.slack.render import Message
from adapters.slack.text import Bold, Piece, When, lay, plain
from core.chat.figures_port import Decided, Figures, Overview

Json = dict[str, Any]

UNKNOWN: Final = "unknown"

_MINUTE: Final = 60_000
_UNITS: Final = ((24 * 60, "day", "days"), (60, "hour", "hours"), (1, "minute", "minutes"))


def words(figures: Figures) -> Mapping[str, Word]:
    """`stats`."""

    async def stats(asked: Asked) -> Message:
        return message(await figures.overview(asked.who))

    return {"stats": stats}


def message(found: Overview) -> Message:
    """The figures; what is not known is said to be unknown."""
    if found.refused is not None:
        return listing.sentence(found.refused)
    title = "How it goes"
    blocks = [
        {"type": "header", "block_id": "countersign_stats", "text": plain(title, 150)},
        section("stats_mine", lay(_mine(found), SECTION_CHARS)),
        section("stats_all", lay(_all(found), SECTION_CHARS)),
        context("stats_as_of", [lay(["As of ", When(found.at, found.timezone)], SECTION_CHARS)]),
    ]
    short = f"{found.waiting:,} wait for you, {found.overdue:,} overdue; {found.open:,} open in all"
    return Message(text=f"{title}: {short}", blocks=blocks)


def _mine(found: Overview) -> list[Piece]:
    took = UNKNOWN if found.median is None else lasting(found.median)
    return [
        Bold("You"),
        f"\nWaiting for you now: {found.waiting:,}"
        f"\nOverdue of these: {found.overdue:,}"
        f"\nDecided in the last 7 days: {_decided(found.week)}"
        f"\nDecided in the last 30 days: {_decided(found.month)}"
        f"\nUsual time until you decide (median of 30 days): {took}",
    ]


def _all(found: Overview) -> list[Piece]:
    open_ = f"{found.open:,}" + (" or more" if found.open_more else "")
    share = UNKNOWN if found.automatic is None else f"{found.automatic}%"
    return [
        Bold("Everybody"),
        f"\nOpen requests: {open_}"
        f"\nEnded in the last 7 days: {found.approved:,} approved, {found.rejected:,} rejected, "
        f"{found.expired:,} expired"
        f"\nApprovals that the policy gave by itself: {share}",
    ]


def _decided(found: Decided) -> str:
    if not found.total:
        return "nothing"
    parts = [f"{found.approved:,} approved", f"{found.rejected:,} rejected"]
    parts += [f"{found.changes:,} sent back for changes"] if found.changes else []
    return ", ".join(parts)


def lasting(milliseconds: int) -> str:
    """A length of time in its two largest units: "2 hours 5 minutes"."""
    minutes = milliseconds // _MINUTE
    if minutes == 0:
        return "less than a minute"
    said: list[str] = []
    for length, one, many in _UNITS:
        count, minutes = divmod(minutes, length)
        if count:
            said.append(f"{count:,} {one if count == 1 else many}")
        elif said:
            break
    return " ".join(said[:2])
