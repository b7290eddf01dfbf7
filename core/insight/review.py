"""The review of a quarter: how requests went, and who changed what around them.

Figures come from sums by day and the rest from a few streams, so a review reads no request.
"""

from core.directory.people import Directory
from core.insight.figures import Asked, Figures, Totals, day_of
from core.insight.governance import Governed, Records, governed
from core.insight.quarter import Quarter
from core.value import Millis, Value


class Review(Value, frozen=True):
    """A quarter as it stood at `at`; `over` says that it had ended by then. The figures are those
    of its days so far, with people; what they say of open requests is as of `at`."""

    quarter: Quarter
    at: Millis
    figures: Figures
    governed: Governed

    @property
    def over(self) -> bool:
        return self.at >= self.quarter.until


async def review(
    totals: Totals, records: Records, directory: Directory, quarter: Quarter, now: Millis
) -> Review:
    """The review of a quarter that has begun. Raises StorageError."""
    last = min(quarter.next_day - 1, max(day_of(now), quarter.first_day))
    asked = Asked(first=quarter.first_day, last=last, people=True)
    return Review(
        quarter=quarter,
        at=now,
        figures=await totals.figures(asked, now),
        governed=await governed(records, directory, quarter),
    )
