"""Which approvals people need not give any more, and which they must give again.

Pure, over counted values. More incidents, rejections or edits never make anything earn its
autonomy; a test holds that.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.insight.cases import Case
from core.insight.thresholds import THRESHOLDS, Thresholds
from core.value import Millis, Value

Z = 1.959964
"""Of the normal distribution: 95 % lie within as many standard deviations on both sides."""


class Counted(Value, frozen=True):
    """Requests of one kind. `decided` and what follows are of those that people decided: `approved`
    of them, `edited` and `opposed` among these, `rejected_at` the newest no. `amounts` are of the
    approved, `bare` counts the approved without one. `passed` were approved without a person;
    `incidents` are all that were reported, `after_passing` those of the `passed`, `failed` counts
    executions that failed."""

    decided: int = 0
    approved: int = 0
    edited: int = 0
    opposed: int = 0
    rejected_at: Millis | None = None
    amounts: tuple[str, ...] = ()
    bare: int = 0
    passed: int = 0
    incidents: int = 0
    after_passing: int = 0
    failed: int = 0

    @property
    def lower(self) -> int:
        """The lower end of the approval rate's interval, in thousandths."""
        return lower_bound(self.approved, self.decided)


def count(cases: Iterable[Case]) -> Counted:
    """Counted, in any order."""
    all_ = tuple(cases)
    decided = [case for case in all_ if case.by_people]
    approved = [case for case in decided if case.approved]
    passed = [case for case in all_ if case.approved and case.bypass is not None]
    against = [case.ended_at for case in decided if not case.approved or case.opposed]
    return Counted(
        decided=len(decided),
        approved=len(approved),
        edited=sum(case.edits > 0 for case in approved),
        opposed=sum(case.opposed for case in approved),
        rejected_at=max(against, default=None),
        amounts=tuple(case.amount for case in approved if case.amount is not None),
        bare=sum(case.amount is None for case in approved),
        passed=len(passed),
        incidents=sum(case.incidents for case in all_),
        after_passing=sum(case.incidents for case in passed),
        failed=sum(case.failed for case in all_),
    )


def lower_bound(good: int, of: int) -> int:
    """The lower end of Wilson's score interval at 95 %, two-sided, in thousandths rounded down:
    https://doi.org/10.1080/01621459.1927.10502953. 0 where nothing was counted."""
    if of <= 0:
        return 0
    share, z2 = good / of, Z * Z
    centre = share + z2 / (2 * of)
    margin = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0, math.floor(1000 * (centre - margin) / (1 + z2 / of)))


def earns(counted: Counted, now: Millis, at: Thresholds = THRESHOLDS) -> bool:
    """Whether the record speaks for approval without a person."""
    recent = counted.rejected_at is not None and counted.rejected_at > now - at.quiet
    return (
        counted.decided >= at.cases
        and counted.lower >= 10 * at.approved
        and 100 * (counted.edited + counted.opposed) <= at.edited * counted.approved
        and not recent
        and counted.incidents == 0
    )


def loses(counted: Counted, at: Thresholds = THRESHOLDS) -> bool:
    """Whether approval without a person turned out wrong."""
    return counted.passed > 0 and counted.after_passing >= at.incidents


def cap(amounts: Sequence[str], percent: int = THRESHOLDS.cap) -> str | None:
    """The amount that so many of a hundred do not exceed, by the nearest rank; None for none."""
    ordered = sorted(amounts, key=Decimal)
    if not ordered:
        return None
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
