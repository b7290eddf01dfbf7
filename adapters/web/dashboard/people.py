"""What people have to decide and decided: for administrators only. Pure."""

from collections.abc import Iterator

from adapters.web.charts.bars import Amount, BarChart, Part, bars
from adapters.web.charts.table import Frame, Table, named
from adapters.web.dashboard.stages import DRAWN, LISTED, age, since
from adapters.web.dashboard.words import briefly, took
from core.directory.people import Directory
from core.insight.figures import Figures, PersonFigures
from core.value import Millis

ALL = "Counted over all rules and agents, whatever the filters are."


def charts(
    found: Figures, directory: Directory, now: Millis, listed: int = LISTED
) -> Iterator[BarChart]:
    """Those for which there is anything to show; their tables have so many rows."""
    people = [(named(directory.name(email)), each) for email, each in found.people.items()]
    if any(each.open for _, each in people):
        yield _load(people, now, listed)
    if any(each.decided for _, each in people):
        yield _decided(people, listed)


def _load(people: list[tuple[str, PersonFigures]], now: Millis, listed: int) -> BarChart:
    title = "What waits for whom"
    found = sorted((p for p in people if p[1].open), key=lambda p: (-p[1].open, p[0]))
    (first, its), *_ = found
    return bars(
        Frame(
            name="load",
            title=title,
            said=f"Most wait for {first}: {its.open:,}, {its.overdue:,} overdue.",
            note="Open requests that this person may decide now. One that several may decide is "
            "counted for each.",
            table=Table(
                caption=title,
                headings=("Person", "Open", "Overdue", "Oldest since"),
                rows=tuple(
                    (name, f"{p.open:,}", f"{p.overdue:,}", since(p.oldest, now))
                    for name, p in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name,
                text=f"{p.open:,}, oldest {briefly(age(p.oldest, now))}",
                parts=(Part("bad", p.overdue), Part("first", p.open - p.overdue)),
            )
            for name, p in found[:DRAWN]
        ],
        (("bad", "overdue"), ("first", "in time")),
    )


def _decided(people: list[tuple[str, PersonFigures]], listed: int) -> BarChart:
    title = "Who decided"
    found = sorted((p for p in people if p[1].decided), key=lambda p: (-p[1].decided, p[0]))
    total = sum(p.decided for _, p in found)
    return bars(
        Frame(
            name="decided",
            title=title,
            said=f"{total:,} decisions of {len(found):,} people.",
            note=f"Votes as they were cast in the period. {ALL}",
            table=Table(
                caption=title,
                headings=(
                    *("Person", "Approved", "Rejected", "Asked for changes", "Taken back"),
                    *("Half within", "Nine of ten within", "Timed"),
                ),
                rows=tuple(
                    (
                        name,
                        f"{p.approved:,}",
                        f"{p.rejected:,}",
                        f"{p.changes:,}",
                        f"{p.withdrawn:,}",
                        took(p.took.median),
                        took(p.took.slow),
                        f"{p.took.count:,}",
                    )
                    for name, p in found[:listed]
                ),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name,
                text=f"{p.decided:,}, half in {briefly(p.took.median)}",
                parts=(Part("good", p.approved), Part("warn", p.changes), Part("bad", p.rejected)),
            )
            for name, p in found[:DRAWN]
        ],
        (("good", "approved"), ("warn", "asked for changes"), ("bad", "rejected")),
    )
