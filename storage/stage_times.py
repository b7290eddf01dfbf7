"""How long people take to decide a stage, as a moving mean for each stage of each rule."""

from collections.abc import Iterable, Sequence
from zlib import crc32

from sqlalchemy import Connection, Dialect, Integer, bindparam, case, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from core.events import Recorded, StageApproved, StageRejected
from core.request import RequestState
from core.value import Millis
from storage import rule_tables as tables
from storage.statements import Statement

Durations = dict[tuple[str, str], tuple[int, Millis]]
"""By (rule, stage name): how many stages closed, and their times added up."""

Samples = dict[tuple[str, str, int], Millis]
"""Single times by (rule, stage name, slot)."""

SLOTS = 32
"""So many times are kept of each stage."""

LATELY = 20
"""About so many of the newest times make the mean."""


def durations(
    times: Durations, samples: Samples, state: RequestState, events: Iterable[Recorded]
) -> None:
    """Add the times of the stages that people's votes closed in these events."""
    for recorded in events:
        match recorded.event:
            case StageApproved(level=level, bypass=None) | StageRejected(level=level, cause=None):
                _add(times, samples, state, level)


def _add(times: Durations, samples: Samples, state: RequestState, level: int) -> None:
    # A rejection may have sent the request back, and with that undone the stage.
    if state.route is None or level > len(state.stages):
        return
    stage = state.stages[level - 1]
    if stage.opened_at is None or stage.closed_at is None:
        return
    if all(vote.carried for vote in stage.votes):
        return  # nobody decided it in this time
    key = (state.route.rule, stage.plan.name)
    count, total = times.get(key, (0, 0))
    # Replicas' clocks differ a little.
    took = max(0, stage.closed_at - stage.opened_at)
    times[key] = (count + 1, total + took)
    samples[*key, crc32(state.id.encode()) % SLOTS] = took


class StageTimes:
    """The statements on `stage_times`, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self.updated = _updated(dialect)
        self.sampled = _sampled(dialect)
        times = tables.stage_times.c
        self._all = Statement(select(times.rule, times.stage, times.mean), (), dialect)
        kept = tables.stage_samples.c
        some = select(kept.rule, kept.stage, kept.took).order_by(kept.rule, kept.stage, kept.took)
        self._samples = Statement(some, (), dialect)

    def all(self, connection: Connection) -> dict[tuple[str, str], Millis]:
        """The means, by (rule, stage name)."""
        return {(rule, stage): mean for rule, stage, mean in self._all.one(connection)}

    def samples(self, connection: Connection) -> dict[tuple[str, str], Sequence[Millis]]:
        """Some of the times, by (rule, stage name), the shortest first."""
        found: dict[tuple[str, str], list[Millis]] = {}
        for rule, stage, took in self._samples.one(connection):
            found.setdefault((rule, stage), []).append(took)
        return dict(found)


def _sampled(dialect: Dialect) -> Statement:
    """(rule, stage, slot, took): this time in the place of the one before."""
    table = tables.stage_samples
    names = table.c.keys()
    fresh = (sqlite if dialect.name == "sqlite" else postgresql).insert(table)
    fresh = fresh.values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["rule", "stage", "slot"], set_={"took": fresh.excluded.took}
    )
    return Statement(statement, names, dialect)


def _updated(dialect: Dialect) -> Statement:
    """(rule, stage, count, mean): so many more times, of this mean."""
    table = tables.stage_times
    names = ("rule", "stage", "count", "mean")
    fresh = (sqlite if dialect.name == "sqlite" else postgresql).insert(table)
    fresh = fresh.values({name: bindparam(name) for name in names})
    count = table.c["count"] + fresh.excluded["count"]
    lately = literal_column(str(LATELY), Integer)
    weight = case(
        (count < lately, count),
        (fresh.excluded["count"] > lately, fresh.excluded["count"]),
        else_=lately,
    )
    moved = (fresh.excluded.mean - table.c.mean) * fresh.excluded["count"] // weight
    statement = fresh.on_conflict_do_update(
        index_elements=["rule", "stage"],
        set_={"count": count, "mean": table.c.mean + moved},
    )
    return Statement(statement, names, dialect)
