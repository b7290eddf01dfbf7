"""Keeping and erasing content: how long it is kept, what is held, and what is said about it."""

from core.content import Content
from core.events import Actor
from core.value import Millis, Value

REQUEST = "request"
RULE = "rule"

DAY: Millis = 86_400_000
HOUR: Millis = 3_600_000


class Hold(Value, frozen=True):
    """A legal hold on a request, or on everything that a rule routed. `by` is who set it."""

    scope: str
    name: str
    at: Millis
    by: str


class Holding(Value, frozen=True):
    """Who sets or lifts a hold, when, and why: `reason` is a content row of the system's stream.
    `by` names them for a list."""

    actor: Actor
    at: Millis
    by: str
    reason: Content


def over(rule: str, retention: Millis) -> str:
    """Why content of requests of this rule is erased."""
    return f"The rule {rule} keeps texts and params for {_length(retention)} after the end."


def _length(retention: Millis) -> str:
    for size, name in ((DAY, "day"), (HOUR, "hour"), (60_000, "minute")):
        count, rest = divmod(retention, size)
        if count and not rest:
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return f"{retention // 1000:,} seconds"
