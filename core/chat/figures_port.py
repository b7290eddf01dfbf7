"""What chat adapters ask for figures: a person's own, and those of everybody together.

`core.chat.figures.FiguresService` implements `Figures`. Nothing here raises for what a person
did.
"""

from typing import Protocol

from core.directory.people import Identity
from core.value import Millis, Value


class Decided(Value, frozen=True):
    """How many decisions of each kind a person made."""

    approved: int = 0
    rejected: int = 0
    changes: int = 0

    @property
    def total(self) -> int:
        return self.approved + self.rejected + self.changes


class Overview(Value, frozen=True):
    """The figures as of `at`, in the person's time zone; `refused` says why there are none.

    `waiting` waits for the person and `overdue` of it is past its deadline; `week` and `month` are
    the last 7 and 30 days. `median` is how long the person took from being asked to deciding, in
    the month; None is unknown. `open` are everybody's requests that are not decided (`open_more`:
    there are more), the others ended in the week; `automatic` is how many percent of the approvals
    needed nobody's vote, None where there were no approvals. Of all time, people decided `advised`
    requests after a model had taken a side, and `agreed` with it in so many.
    """

    at: Millis = 0
    timezone: str = "UTC"
    waiting: int = 0
    overdue: int = 0
    week: Decided = Decided()
    month: Decided = Decided()
    median: Millis | None = None
    open: int = 0
    open_more: bool = False
    approved: int = 0
    rejected: int = 0
    expired: int = 0
    automatic: int | None = None
    advised: int = 0
    agreed: int = 0
    refused: str | None = None


class Figures(Protocol):
    """The service as people see it who want to know how it goes."""

    async def overview(self, identity: Identity) -> Overview:
        """The figures for the person with this account."""
        ...
