"""How stages went: how long they took, what became of them, and where it waits. Pure."""

from collections.abc import Iterator, Mapping

from adapters.web.charts.bars import Amount, BarChart, Part, bars, shares
from adapters.web.charts.table import Frame, Table, named
from adapters.web.dashboard.words import briefly, counted, share, took
from core.insight.figures import Figures, OpenFigures, StageFigures, StageKey
from core.value import Millis

DRAWN = 6
"""Bars in a chart, the first of all."""
LISTED = 8
"""Rows in the table behind it, where no other number is asked for."""


def charts(found: Figures, now: Millis, listed: int = LISTED) -> Iterator[BarChart]:
    """Those for which there is anything to show; their tables have so many rows."""
    stages = found.stages
    if any(each.took.count for each in stages.values()):
        yield _times(stages, listed)
    if any(each.kept + each.breached for each in stages.values()):
        yield _deadlines(stages, listed)
    if any(_voted(each) for each in stages.values()):
        yield _rejections(stages, listed)
    if any(each.ended for each in stages.values()):
        yield _escalations(stages, listed)
    if found.open_stages:
        yield _waiting(found.open_stages, now, listed)


def name_of(key: StageKey) -> str:
    """A stage with its rule: "Finance · purchase-order"."""
    rule, stage = key
    return f"{named(stage)} · {named(rule)}" if stage else f"waits for changes · {named(rule)}"


def _times(stages: Mapping[StageKey, StageFigures], listed: int) -> BarChart:
    slowest = sorted(stages.items(), key=lambda each: -(each[1].took.slow or 0))
    found = [(key, each.took) for key, each in slowest if each.took.count]
    title = "Time of stages"
    (first, its), *_ = found
    return bars(
        Frame(
            name="stage-times",
            title=title,
            said=f"Slowest is {name_of(first)}: half within {took(its.median)}, nine of ten "
            f"within {took(its.slow)}.",
            note="From opening to closing, of stages that votes ended. The bar is where half, the "
            "stroke where nine of ten were done.",
            table=Table(
                caption=title,
                headings=("Stage", "Half within", "Nine of ten within", "Cases"),
                rows=tuple(
                    (name_of(key), took(each.median), took(each.slow), f"{each.count:,}")
                    for key, each in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name_of(key),
                text=f"{briefly(each.median)} ({each.count:,})",
                parts=(Part("first", each.median or 0),),
                mark=each.slow,
            )
            for key, each in found[:DRAWN]
        ],
    )


def _deadlines(stages: Mapping[StageKey, StageFigures], listed: int) -> BarChart:
    found = [(key, each) for key, each in stages.items() if each.kept + each.breached]
    title = "Deadlines of stages"
    kept, breached = (sum(s.kept for _, s in found), sum(s.breached for _, s in found))
    return shares(
        Frame(
            name="stage-deadlines",
            title=title,
            said=f"Kept in {share(kept, kept + breached)}.",
            note="Stages that ended in the period and had a deadline.",
            table=Table(
                caption=title,
                headings=("Stage", "Kept", "Missed", "Reminders", "Nudges"),
                rows=tuple(
                    (
                        name_of(key),
                        share(each.kept, each.kept + each.breached),
                        f"{each.breached:,}",
                        f"{each.reminders:,}",
                        f"{each.nudges:,}",
                    )
                    for key, each in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name_of(key),
                text=share(each.kept, each.kept + each.breached),
                parts=(Part("good", each.kept), Part("bad", each.breached)),
            )
            for key, each in found[:DRAWN]
        ],
        (("good", "kept"), ("bad", "missed")),
    )


def _voted(each: StageFigures) -> int:
    return each.approved + each.rejected + each.sent_back


def _rejections(stages: Mapping[StageKey, StageFigures], listed: int) -> BarChart:
    found = [(key, each) for key, each in stages.items() if _voted(each)]
    title = "What votes decided, by stage"
    rejected, voted = sum(s.rejected for _, s in found), sum(_voted(s) for _, s in found)
    return shares(
        Frame(
            name="stage-votes",
            title=title,
            said=f"Rejected: {share(rejected, voted)}.",
            note="Stages that votes ended; beside each how many of them were rejected.",
            table=Table(
                caption=title,
                headings=("Stage", "Approved", "Rejected", "Sent back"),
                rows=tuple(
                    (
                        name_of(key),
                        f"{each.approved:,}",
                        share(each.rejected, _voted(each)),
                        f"{each.sent_back:,}",
                    )
                    for key, each in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name_of(key),
                text=share(each.rejected, _voted(each)),
                parts=(
                    Part("good", each.approved),
                    Part("warn", each.sent_back),
                    Part("bad", each.rejected),
                ),
            )
            for key, each in found[:DRAWN]
        ],
        (("good", "approved"), ("warn", "sent back"), ("bad", "rejected")),
    )


def _escalations(stages: Mapping[StageKey, StageFigures], listed: int) -> BarChart:
    found = [(key, each) for key, each in stages.items() if each.ended]
    found.sort(key=lambda each: -each[1].escalated)
    title = "Escalations, by stage"
    escalated, ended = sum(s.escalated for _, s in found), sum(s.ended for _, s in found)
    return bars(
        Frame(
            name="stage-escalations",
            title=title,
            said=f"Escalated: {share(escalated, ended)}.",
            note="Of the stages that ended, those for which more people were asked than the "
            "policy's own: nobody answered, or nobody was left.",
            table=Table(
                caption=title,
                headings=("Stage", "Escalated", "Times more were asked", "Ended without votes"),
                rows=tuple(
                    (
                        name_of(key),
                        share(each.escalated, each.ended),
                        f"{each.escalations:,}",
                        f"{each.passed + each.refused + each.unfinished:,}",
                    )
                    for key, each in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name_of(key),
                text=share(each.escalated, each.ended),
                parts=(Part("warn", each.escalated), Part("rest", each.ended - each.escalated)),
            )
            for key, each in found[:DRAWN]
        ],
        (("warn", "escalated"), ("rest", "others that ended")),
    )


def _waiting(stages: Mapping[StageKey, OpenFigures], now: Millis, listed: int) -> BarChart:
    found = sorted(stages.items(), key=lambda each: -each[1].open)
    title = "Where it waits now"
    (first, its), *_ = found
    return bars(
        Frame(
            name="stage-queues",
            title=title,
            said=f"Most wait for {name_of(first)}: {counted(its.open, 'request', 'requests')}, "
            f"{its.overdue:,} overdue.",
            note="Open requests by the stage that is asked now.",
            table=Table(
                caption=title,
                headings=("Stage", "Open", "Overdue", "Oldest since"),
                rows=tuple(
                    (name_of(key), f"{each.open:,}", f"{each.overdue:,}", since(each.oldest, now))
                    for key, each in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name_of(key),
                text=f"{each.open:,}, oldest {briefly(age(each.oldest, now))}",
                parts=(Part("bad", each.overdue), Part("first", each.open - each.overdue)),
            )
            for key, each in found[:DRAWN]
        ],
        (("bad", "overdue"), ("first", "in time")),
    )


def since(moment: Millis | None, now: Millis) -> str:
    """How long ago that was."""
    return took(age(moment, now))


def age(moment: Millis | None, now: Millis) -> Millis | None:
    return None if moment is None else max(now - moment, 0)
