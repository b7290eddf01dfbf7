"""Statistics for whoever may see every request."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from core.advice.calibration import Cases
from core.refusals import Reason, Refused
from core.service.access import Caller
from core.statistics import Ends, Summary, summary
from core.value import Millis, Value

DAY: Final[Millis] = 86_400_000
USUAL: Final[Millis] = 30 * DAY
"""The period, where none is named, up to now."""

LONGEST: Final[Millis] = 366 * DAY
"""The longest period."""


class Period(Value, frozen=True):
    """What was asked for: requests that ended from `since` until just before `until`."""

    since: Millis
    until: Millis


class Report(Value, frozen=True):
    """The figures of a period. `counted` is the moment from which on all was counted; `stages`
    are how long stages took of late, by (rule, stage name), and `advice` how often a model's was
    right, whatever the period."""

    period: Period
    counted: Millis
    figures: Summary
    stages: Mapping[tuple[str, str], Millis]
    advice: tuple[Cases, ...] = ()


class Statistics(Protocol):
    """What the API asks for statistics."""

    async def report(self, caller: Caller, since: Millis | None, until: Millis | None) -> Report:
        """The figures of a period; raises Refused for one that there cannot be."""
        ...


class StatisticsService:
    """Implements `Statistics`."""

    def __init__(
        self,
        ends: Ends,
        stage_times: Callable[[], Mapping[tuple[str, str], Millis]],
        clock: Callable[[], Millis],
        advice: Callable[[], Awaitable[Sequence[Cases]]] | None = None,
    ) -> None:
        self._ends = ends
        self._stage_times = stage_times
        self._clock = clock
        self._advice = advice

    async def report(self, caller: Caller, since: Millis | None, until: Millis | None) -> Report:
        """The figures of a period, without limits the last `USUAL`. Raises Refused."""
        if not caller.has("read_all", "admin"):
            raise Refused(Reason.SCOPE_MISSING, scope="read_all")
        period = _period(since, until, self._clock())
        found = await self._ends.counted(period.since, period.until)
        return Report(
            period=period,
            counted=found.since,
            figures=summary(found),
            stages=self._stage_times(),
            advice=() if self._advice is None else tuple(await self._advice()),
        )


def _period(since: Millis | None, until: Millis | None, now: Millis) -> Period:
    # What ends in this very moment belongs to a period up to now.
    end = now + 1 if until is None else until
    start = max(0, end - USUAL) if since is None else since
    if start >= end:
        raise _mistake("is not before until", "Send a time before `until`.")
    if end - start > LONGEST:
        raise _mistake("is more than 366 days before until", "Ask for a shorter period.")
    return Period(since=start, until=end)


def _mistake(problem: str, remedy: str) -> Refused:
    return Refused(Reason.INVALID_FIELD, field="since", problem=problem, remedy=remedy)
