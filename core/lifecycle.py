"""Which status may follow which: the whole lifecycle of a request and of a stage as tables.

`evolve` fires every change of status through them, and the diagrams in
docs/architecture.md are drawn from them. A request's final status has no way out; a stage
waits again when a later rejection sends the request back or changes are asked for.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from core.request import StageStatus, Status

S = TypeVar("S", bound=StrEnum)

_ENDS = frozenset(
    {Status.APPROVED, Status.REJECTED, Status.EXPIRED, Status.CANCELLED, Status.PROHIBITED}
)

REQUEST_MOVES: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: _ENDS | {Status.CHANGES_REQUESTED},
    Status.CHANGES_REQUESTED: _ENDS | {Status.PENDING},
    **{status: frozenset[Status]() for status in sorted(_ENDS)},
}

STAGE_MOVES: Mapping[StageStatus, frozenset[StageStatus]] = {
    StageStatus.WAITING: frozenset(
        {StageStatus.PENDING, StageStatus.APPROVED, StageStatus.REJECTED, StageStatus.SKIPPED}
    ),
    StageStatus.PENDING: frozenset(
        {
            StageStatus.APPROVED,
            StageStatus.REJECTED,
            StageStatus.SKIPPED,
            StageStatus.WAITING,
        }
    ),
    StageStatus.APPROVED: frozenset({StageStatus.WAITING}),
    StageStatus.REJECTED: frozenset({StageStatus.WAITING}),
    StageStatus.SKIPPED: frozenset(),
}


class ImpossibleMoveError(Exception):
    """An event that no command can lead to: the stream is not ours, or there is a bug."""


def move(table: Mapping[S, frozenset[S]], old: S, new: S) -> None:
    """Check one change of status; staying where one is, is no change."""
    if new is not old and new not in table[old]:
        raise ImpossibleMoveError(f"{old.value} cannot become {new.value}")
