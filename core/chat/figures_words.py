"""Figures as sentences: what is not known is said to be unknown. Pure."""

from typing import Final

from core.chat.figures_port import Decided, Overview
from core.value import Millis

TITLE: Final = "How it goes"
UNKNOWN: Final = "unknown"

_MINUTE: Final = 60_000
_UNITS: Final = ((24 * 60, "day", "days"), (60, "hour", "hours"), (1, "minute", "minutes"))


def in_short(found: Overview) -> str:
    """The most important of it on one line."""
    return f"{found.waiting:,} wait for you, {found.overdue:,} overdue; {found.open:,} open in all"


def mine(found: Overview) -> tuple[str, ...]:
    """A person's own figures, one on each line."""
    took = UNKNOWN if found.median is None else lasting(found.median)
    return (
        f"Waiting for you now: {found.waiting:,}",
        f"Overdue of these: {found.overdue:,}",
        f"Decided in the last 7 days: {_decided(found.week)}",
        f"Decided in the last 30 days: {_decided(found.month)}",
        f"Usual time until you decide (median of 30 days): {took}",
    )


def everybodys(found: Overview) -> tuple[str, ...]:
    """Everybody's, one on each line."""
    open_ = f"{found.open:,}" + (" or more" if found.open_more else "")
    share = UNKNOWN if found.automatic is None else f"{found.automatic}%"
    lines = (
        f"Open requests: {open_}",
        f"Ended in the last 7 days: {found.approved:,} approved, {found.rejected:,} rejected, "
        f"{found.expired:,} expired",
        f"Approvals that the policy gave by itself: {share}",
    )
    if not found.advised:
        return lines
    times = f"{found.agreed:,} of {found.advised:,} times"
    return (*lines, f"People decided as a model had advised: {times}")


def _decided(found: Decided) -> str:
    if not found.total:
        return "nothing"
    parts = [f"{found.approved:,} approved", f"{found.rejected:,} rejected"]
    parts += [f"{found.changes:,} sent back for changes"] if found.changes else []
    return ", ".join(parts)


def lasting(milliseconds: Millis) -> str:
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
