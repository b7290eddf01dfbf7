"""Which status may follow which: the whole lifecycle of a request and of a stage as tables.

`evolve` fires every change of status through them, and the diagrams in
docs/architecture.md are drawn from them. A final status has no way out.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from core.request import StageStatus, Status

S = TypeVar("S", bound=StrEnum)

REQUEST_MOVES: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(
        {
            Status.APPROVED,
            Status.REJECTED,
            Status.EXPIRED,
            Status.CANCELLED,
            Status.PROHIBITED,
        }
    ),
    Status.APPROVED: frozenset(),
    Status.REJECTED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.PROHIBITED: frozenset(),
}

STAGE_MOVES: Mapping[StageStatus, frozenset[StageStatus]] = {
    StageStatus.WAITING: frozenset({StageStatus.PENDING, StageStatus.SKIPPED}),
    StageStatus.PENDING: frozenset(
        {StageStatus.APPROVED, StageStatus.REJECTED, StageStatus.SKIPPED}
    ),
    StageStatus.APPROVED: frozenset(),
    StageStatus.REJECTED: frozenset(),
    StageStatus.SKIPPED: frozenset(),
}


class ImpossibleMoveError(Exception):
    """An event that no command can lead to: the stream is not ours, or there is a bug."""


def move(table: Mapping[S, frozenset[S]], old: S, new: S) -> None:
    """Check one change of status; staying where one is, is no change."""
    if new is not old and new not in table[old]:
        raise ImpossibleMoveError(f"{old.value} cannot become {new.value}")
