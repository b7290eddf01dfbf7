"""What a check of an installation finds: in words for the operator, each with what to do."""

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from core.value import Millis, Value

CLOCK: Final = "clock"
SKEW_MOST: Final = 300_000
"""Milliseconds: Slack's signatures and Microsoft's tokens are refused from there on.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""
SKEW_WARNS: Final = 60_000
NAMED: Final = 5
"""How many people a sentence names."""


class Level(StrEnum):
    """With a problem something does not work; with a warning it may not, or not for all."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Found(Value, frozen=True):
    """One thing that was looked at. `said` and `remedy` are sentences and hold no secret."""

    check: str
    level: Level
    said: str
    remedy: str = ""


def ok(check: str, said: str) -> Found:
    return Found(check, Level.OK, said)


def warning(check: str, said: str, remedy: str) -> Found:
    return Found(check, Level.WARNING, said, remedy)


def problem(check: str, said: str, remedy: str) -> Found:
    return Found(check, Level.PROBLEM, said, remedy)


def skew(date: str, now: Millis, whose: str) -> list[Found]:
    """How far this machine's clock is from a platform's ("Slack's"); nothing where that says none.

    `date` is an HTTP answer's Date, which is said to the second.
    """
    try:
        theirs = int(parsedate_to_datetime(date).timestamp() * 1000)
    except (ValueError, TypeError):
        return []
    return [_apart(now - theirs, whose)]


def _apart(away: Millis, whose: str) -> Found:
    seconds = round(abs(away) / 1000)
    if abs(away) < SKEW_WARNS:
        return ok(CLOCK, f"It is within {max(seconds, 1)} s of {whose}.")
    side = "ahead of" if away > 0 else "behind"
    said = f"It is {seconds} s {side} {whose}."
    remedy = "Set this machine's clock by a time server (NTP)"
    if abs(away) < SKEW_MOST:
        return warning(CLOCK, said, f"{remedy}: from 300 s on every click is refused.")
    return problem(CLOCK, f"{said} Every click is refused.", f"{remedy}.")


def named(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return shown if more <= 0 else f"{shown} and {more} more"


def have(names: Sequence[str]) -> str:
    """The verb that goes with so many names."""
    return "has" if len(names) == 1 else "have"
