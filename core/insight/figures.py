"""Figures of a period: what can be asked for, and what comes back.

`storage.figures` implements `Totals` from sums by day, which a follower of the events keeps. Days
are those of UTC, numbered from 1970-01-01. Each thing is counted on the day on which it happened:
a submission when it was made, a decision when it was taken. So the ends of a period need not be
those of its submissions. Nothing here holds content: rules, agents and stages are named as in the
events, people by their ids.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from core.insight.histogram import Times
from core.value import Millis, Value

DAY: Final[Millis] = 86_400_000

LONGEST_DAYS: Final = 366
"""The longest period."""

DAILY: Final = 62
"""Up to so many days a series has a point for each day, beyond that one for each week."""

MOST_NAMED: Final = 200
"""Rules, agents, stages, and people that are named: those with the most."""

AGE_BOUNDS: Final[tuple[Millis, ...]] = (
    3_600_000,
    4 * 3_600_000,
    DAY,
    3 * DAY,
    7 * DAY,
    30 * DAY,
)
"""Where ages of open requests are told apart: younger than an hour, than four, a day, ..."""


class Asked(Value, frozen=True, kw_only=True):
    """The days from `first` to `last`, both included, narrowed by what is given.

    A `stage` narrows only the figures of stages and of what is open, an `agent` only those of
    requests and of what is open. What people decided is not narrowed by anything, what they have
    open by all of it. Without `people` nothing is told about persons.
    """

    first: int
    last: int
    rule: str | None = None
    category: str | None = None
    agent: str | None = None
    stage: str | None = None
    people: bool = False

    @property
    def since(self) -> Millis:
        """The first moment of the period."""
        return self.first * DAY

    @property
    def until(self) -> Millis:
        """The first moment after it."""
        return (self.last + 1) * DAY


class Advised(Value, frozen=True):
    """Requests that people decided after advice that took a side, and in how many as it said."""

    cases: int = 0
    agreed: int = 0


class RequestFigures(Value, frozen=True, kw_only=True):
    """How requests went.

    `submitted` (of them `uncategorised`: no rule named their action) and how they ended:
    `approved` by people's votes, `passed` without, by the kind of bypass ("auto_approve",
    "auto_approve_when", "model_grant", "break_glass"); `rejected` by people, `refused` by a rule
    or because nobody answered; `expired`, `cancelled`, `prohibited`. `took` is from being
    submitted to the decision, of those approved or rejected by people.

    `edits` are revisions that a person made before approving, `edited` the approved requests that
    had one; `revised` the agents' own revisions. `by_rules` and `by_model` are what the advice was
    worth that stood when people decided. `succeeded` and `failed` are what agents reported, and
    `incidents` how often somebody reported that an approval turned out wrong.
    """

    submitted: int = 0
    uncategorised: int = 0
    approved: int = 0
    passed: Mapping[str, int] = {}
    rejected: int = 0
    refused: int = 0
    expired: int = 0
    cancelled: int = 0
    prohibited: int = 0
    edits: int = 0
    edited: int = 0
    revised: int = 0
    succeeded: int = 0
    failed: int = 0
    incidents: int = 0
    by_rules: Advised = Advised()
    by_model: Advised = Advised()
    took: Times = Times()

    @property
    def ended(self) -> int:
        """All that ended, in whatever way."""
        others = (self.rejected, self.refused, self.expired, self.cancelled, self.prohibited)
        return self.all_approved + sum(others)

    @property
    def all_approved(self) -> int:
        """Approved with or without votes."""
        return self.approved + sum(self.passed.values())

    @property
    def automatic(self) -> int:
        """Approved though nobody looked at it: no vote, and nobody who broke the glass."""
        return sum(count for how, count in self.passed.items() if how != "break_glass")


class StageFigures(Value, frozen=True, kw_only=True):
    """How a stage went. It was `opened` so often, and ended: `approved` or `rejected` by votes,
    `passed` without, `refused` by a rule or because nobody answered, `sent_back` for changes or by
    a new revision, and still open when its request was `expired`, `cancelled` or otherwise ended
    (`overtaken`). `skipped` were never opened, as their request ended before.

    Of those that ended, `escalated` had more people asked than the policy's own; `kept` and
    `breached` are those with a deadline, in or after the time that they opened with (one that was
    sent back, cancelled or overtaken in time is neither). `escalations` says how often more people
    were asked, `reminders` were sent, `nudges` asked for. `took` is elapsed time from opening to
    closing, of those that votes ended.
    """

    opened: int = 0
    approved: int = 0
    passed: int = 0
    rejected: int = 0
    refused: int = 0
    sent_back: int = 0
    expired: int = 0
    cancelled: int = 0
    overtaken: int = 0
    skipped: int = 0
    escalated: int = 0
    kept: int = 0
    breached: int = 0
    escalations: int = 0
    reminders: int = 0
    nudges: int = 0
    took: Times = Times()

    @property
    def ended(self) -> int:
        """All that were opened, or passed by themselves, and ended."""
        by_votes = self.approved + self.rejected + self.sent_back
        return by_votes + self.passed + self.refused + self.unfinished

    @property
    def unfinished(self) -> int:
        """Those whose request ended first."""
        return self.expired + self.cancelled + self.overtaken


class PersonFigures(Value, frozen=True, kw_only=True):
    """What a person decided in the period, each vote counted as it was cast (of a vote that was
    changed both, and `withdrawn` those taken back), how long after they were asked, and what waits
    for them now: `open`, the `oldest` asked at that moment, `overdue` past its deadline."""

    approved: int = 0
    rejected: int = 0
    changes: int = 0
    withdrawn: int = 0
    took: Times = Times()
    open: int = 0
    overdue: int = 0
    oldest: Millis | None = None

    @property
    def decided(self) -> int:
        """All decisions."""
        return self.approved + self.rejected + self.changes


class Point(Value, frozen=True):
    """The figures of the days from `first` to `last`, both included, of a period."""

    first: int
    last: int
    figures: RequestFigures


class OpenFigures(Value, frozen=True, kw_only=True):
    """What is open: how many, past their deadline now, the moment at which the oldest was
    submitted, and `ages`: how many are younger than each of `AGE_BOUNDS`, and no younger than the
    one before; the last number are all others."""

    open: int = 0
    overdue: int = 0
    oldest: Millis | None = None
    ages: tuple[int, ...] = (0,) * (len(AGE_BOUNDS) + 1)


StageKey = tuple[str, str]
"""A rule, and the name of its stage; the name is "" where no stage is open, as when an agent is to
make changes."""


class Figures(Value, frozen=True, kw_only=True):
    """What came back, the names with the most first and at most `MOST_NAMED` of each.

    `followed` is the moment of the newest event that is counted, None where there are none, and
    `behind` how many events are numbered and not counted yet.
    """

    asked: Asked
    total: RequestFigures = RequestFigures()
    series: tuple[Point, ...] = ()
    by_rule: Mapping[str, RequestFigures] = {}
    by_category: Mapping[str, RequestFigures] = {}
    by_agent: Mapping[str, RequestFigures] = {}
    stages: Mapping[StageKey, StageFigures] = {}
    people: Mapping[str, PersonFigures] = {}
    open: OpenFigures = OpenFigures()
    open_stages: Mapping[StageKey, OpenFigures] = {}
    followed: Millis | None = None
    behind: int = 0


class Totals(Protocol):
    """Where the figures are kept."""

    async def figures(self, asked: Asked, now: Millis) -> Figures:
        """The figures of a period of at most `LONGEST_DAYS`; ValueError for one that is longer or
        ends before it begins. Raises StorageError."""
        ...


def day_of(moment: Millis) -> int:
    """The number of the UTC day of a moment."""
    return moment // DAY


def last_days(now: Millis, days: int) -> tuple[int, int]:
    """The first and last of the newest so many days, today being the last."""
    today = day_of(now)
    return today - days + 1, today
