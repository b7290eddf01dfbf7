"""How requests ended, by rule, category and agent, and how old those are that have not. Pure."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from adapters.web.charts.bars import Amount, BarChart, Part, bars, shares
from adapters.web.charts.table import Frame, Table, named
from adapters.web.dashboard.stages import DRAWN, LISTED, since
from adapters.web.dashboard.words import briefly, share, took
from core.insight.figures import AGE_BOUNDS, Figures, OpenFigures, RequestFigures
from core.value import Millis

LEGEND = (
    ("good", "by people"),
    ("auto", "by nobody's vote"),
    ("bad", "rejected"),
    ("rest", "ended otherwise"),
)
BYPASSES = {
    "auto_approve": "by a rule that approves",
    "auto_approve_when": "by stages that pass",
    "model_grant": "by a model's grant",
    "break_glass": "by break-glass",
}


def charts(found: Figures, now: Millis, listed: int = LISTED) -> Iterator[BarChart]:
    """Those for which there is anything to show; their tables have so many rows."""
    groups = (
        ("rule", "rules", found.by_rule),
        ("category", "categories", found.by_category),
        ("agent", "agents", found.by_agent),
    )
    for one, many, figures in groups:
        if any(each.ended for each in figures.values()):
            yield _ends(one, many, figures, listed)
    if found.total.all_approved:
        yield _how(found.total)
    if found.open.open:
        yield _ages(found.open, now)


def _ends(one: str, many: str, groups: Mapping[str, RequestFigures], listed: int) -> BarChart:
    title = f"How requests ended, by {one}"
    found = [(named(name), each) for name, each in groups.items() if each.ended]
    return shares(
        Frame(
            name=f"by-{one}",
            title=title,
            said=f"{len(found)} {many if len(found) > 1 else one}. Beside each: approved by "
            "nobody's vote, of all approved.",
            note="Requests that ended in the period. Beside each: how many of its approvals took "
            "nobody's vote.",
            table=Table(
                caption=title,
                headings=(
                    *(one.capitalize(), "Submitted", "Approved", "By nobody's vote", "Rejected"),
                    *(
                        "Expired",
                        "Ended otherwise",
                        "Incidents",
                        "Half within",
                        "Nine of ten within",
                    ),
                ),
                rows=tuple(_row(name, each) for name, each in found[:listed]),
                of=len(found),
            ),
        ),
        [
            Amount(
                name=name,
                text=share(each.automatic, each.all_approved),
                parts=_parts(each),
            )
            for name, each in found[:DRAWN]
        ],
        LEGEND,
    )


def _row(name: str, each: RequestFigures) -> tuple[str, ...]:
    counts = (each.expired, each.cancelled + each.prohibited, each.incidents)
    return (
        name,
        f"{each.submitted:,}",
        f"{each.all_approved:,}",
        share(each.automatic, each.all_approved),
        f"{each.rejected + each.refused:,}",
        *(f"{count:,}" for count in counts),
        briefly(each.took.median),
        briefly(each.took.slow),
    )


def _parts(each: RequestFigures) -> tuple[Part, ...]:
    by_people = each.all_approved - each.automatic
    rejected = each.rejected + each.refused
    others = each.ended - each.all_approved - rejected
    return (
        Part("good", by_people),
        Part("auto", each.automatic),
        Part("bad", rejected),
        Part("rest", others),
    )


def _how(total: RequestFigures) -> BarChart:
    title = "How approvals came about"
    ways = [("by people's votes", total.approved)]
    ways += [(BYPASSES.get(how, named(how)), count) for how, count in total.passed.items()]
    return bars(
        Frame(
            name="approvals",
            title=title,
            said=f"By nobody's vote: {share(total.automatic, total.all_approved)}.",
            note="Every approval without the votes that the policy asks for has a kind.",
            table=Table(
                caption=title,
                headings=("How", "Approvals"),
                rows=tuple((way, share(count, total.all_approved)) for way, count in ways),
            ),
        ),
        [
            Amount(name=way, text=share(count, total.all_approved), parts=(Part("first", count),))
            for way, count in ways
        ],
        whole=total.all_approved,
    )


def _ages(open_: OpenFigures, now: Millis) -> BarChart:
    title = "Age of what is open"
    bounds = [took(bound) for bound in AGE_BOUNDS]
    names = [f"under {bounds[0]}"]
    names += [f"{low} to {high}" for low, high in pairwise(bounds)]
    names.append(f"over {bounds[-1]}")
    found = list(zip(names, open_.ages, strict=True))
    return bars(
        Frame(
            name="ages",
            title=title,
            said=f"{open_.open:,} open, the oldest since {since(open_.oldest, now)}.",
            note="Open requests, by how long ago they were submitted.",
            table=Table(
                caption=title,
                headings=("Submitted", "Open"),
                rows=tuple((f"{name} ago", f"{count:,}") for name, count in found),
            ),
        ),
        [Amount(name=name, text=f"{n:,}", parts=(Part("first", n),)) for name, n in found],
    )
