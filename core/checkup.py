"""What a check of an installation finds: in words for the operator, each with what to do."""

from enum import StrEnum

from core.value import Value


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
