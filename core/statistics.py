"""How requests went in a period: counts and times, and what they are made of. Pure.

`storage.statistics` implements `Ends`. Nothing here names a person or one request.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol, TypeVar

from core.value import Millis, Value

MOST_ENDED: Final = 100_000
"""Of a period, the newest so many requests that ended are counted."""

MOST_OPEN: Final = 100_000
"""Open requests are counted up to here."""

MOST_TIMES: Final = 5_000
"""Medians are those of the newest so many decisions."""

MOST_AGENTS: Final = 100
"""Agents that are named, those with the most requests."""

PASSED: Final = "passed"
"""How a request ended that was approved without anybody's vote."""

T = TypeVar("T")


class Kind(Value, frozen=True):
    """What requests have in common: their rule, its category, and the agent that asked."""

    rule: str
    category: str
    agent: str


class Counted(Value, frozen=True):
    """What storage counted. `ended` has how many requests of a kind ended in which way: by their
    status, or `PASSED`. `times` are how long the newest took that were approved by votes or
    rejected, from being asked for. `open` are those that are not over now. `since` is the moment
    from which on all was counted, later than the one asked for where there was more than
    `MOST_ENDED`."""

    since: Millis
    ended: Sequence[tuple[Kind, str, int]] = ()
    times: Sequence[tuple[Kind, Millis]] = ()
    open: Sequence[tuple[Kind, int]] = ()


class Figures(Value, frozen=True):
    """How it went. `ended` is by how; `median` and `slow` are how long half, and nine of ten,
    of those took at most that were approved by votes or rejected; None where there were none."""

    open: int
    ended: Mapping[str, int]
    median: Millis | None
    slow: Millis | None

    @property
    def all(self) -> int:
        return self.open + sum(self.ended.values())


class Summary(Value, frozen=True):
    """The figures of everything, and by each member of `Kind`, the most requests first."""

    total: Figures
    by_rule: Mapping[str, Figures]
    by_category: Mapping[str, Figures]
    by_agent: Mapping[str, Figures]


class Ends(Protocol):
    """How requests ended, as storage knows it by index, without reading the events."""

    async def counted(self, since: Millis, until: Millis) -> Counted:
        """The counts of what ended from `since` until just before `until`."""
        ...


def summary(found: Counted) -> Summary:
    """The figures of what was counted."""
    return Summary(
        total=_figures(found, lambda _: "").get("", _NOTHING),
        by_rule=_figures(found, lambda kind: kind.rule),
        by_category=_figures(found, lambda kind: kind.category),
        by_agent=dict(
            islice(_figures(found, lambda kind: kind.agent).items(), MOST_AGENTS),
        ),
    )


_NOTHING: Final = Figures(open=0, ended={}, median=None, slow=None)


def _figures(found: Counted, of: Callable[[Kind], str]) -> dict[str, Figures]:
    """By name; the most requests first, and names in order where they have as many."""
    open_: Counter[str] = Counter()
    ended: dict[str, Counter[str]] = {}
    for kind, count in found.open:
        open_[of(kind)] += count
    for kind, what, count in found.ended:
        ended.setdefault(of(kind), Counter())[what] += count
    times = _grouped((of(kind), took) for kind, took in found.times)
    figures = {
        name: Figures(
            open=open_[name],
            ended=dict(ended.get(name, ())),
            median=_quantile(times.get(name, ()), 50),
            slow=_quantile(times.get(name, ()), 90),
        )
        for name in {*open_, *ended}
    }
    return dict(sorted(figures.items(), key=lambda item: (-item[1].all, item[0])))


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _quantile(times: Sequence[Millis], percent: int) -> Millis | None:
    """The time within which so many percent of them lie: one that really occurred."""
    if not times:
        return None
    return sorted(times)[-(-len(times) * percent // 100) - 1]
