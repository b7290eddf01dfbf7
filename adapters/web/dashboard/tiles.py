"""The few numbers at the top of the dashboard, each with what it counts. Pure."""

from collections.abc import Iterable
from typing import Final

from adapters.web.dashboard.words import counted, share, took
from core.insight.figures import Figures
from core.value import Millis, Value

OPEN: Final = "Open now"
"""The one number that is of now and not of the period."""


class Tile(Value, frozen=True):
    """A number: its name, how much, and what was counted."""

    name: str
    value: str
    counts: str


def tiles(found: Figures, now: Millis) -> tuple[Tile, ...]:
    """The numbers of all that was asked for."""
    return (*_flow(found), *_open(found, now), *_quality(found))


def _flow(found: Figures) -> Iterable[Tile]:
    total = found.total
    yield Tile(
        "Submitted",
        f"{total.submitted:,}",
        f"Requests made in the period; {total.uncategorised:,} of them no rule named.",
    )
    yield Tile(
        "Half decided within",
        took(total.took.median),
        f"From submission, {counted(total.took.count, 'request', 'requests')} that people "
        "approved or rejected.",
    )
    yield Tile(
        "Nine of ten within",
        took(total.took.slow),
        "The slowest tenth took longer. Both are told to within 3%.",
    )
    yield Tile(
        "Approved by nobody's vote",
        share(total.automatic, total.all_approved),
        "Of all approvals, those that a rule or a grant gave. Break-glass is not among them.",
    )


def _open(found: Figures, now: Millis) -> Iterable[Tile]:
    open_ = found.open
    oldest = took(None if open_.oldest is None else max(now - open_.oldest, 0))
    yield Tile(
        OPEN,
        f"{open_.open:,}",
        f"Not decided yet, {open_.overdue:,} past the deadline. The oldest since: {oldest}.",
    )


def _quality(found: Figures) -> Iterable[Tile]:
    stages = found.stages.values()
    kept, breached = sum(s.kept for s in stages), sum(s.breached for s in stages)
    total = found.total
    # Stages are not told apart by agent, whatever was asked for.
    whose = " Of all agents." if found.asked.agent is not None else ""
    decided = total.approved + total.rejected
    yield Tile(
        "Deadlines kept",
        share(kept, kept + breached),
        f"Stages that ended in the period and had a deadline.{whose}",
    )
    yield Tile(
        "Escalated",
        share(sum(s.escalated for s in stages), sum(s.ended for s in stages)),
        f"Stages that ended, for which more people were asked than the policy's own.{whose}",
    )
    yield Tile(
        "Rejected by people",
        share(total.rejected, decided),
        "Of the requests that votes approved or rejected.",
    )
    yield Tile(
        "Edited before approval",
        share(total.edited, total.all_approved),
        "Approved requests of which a person changed something first.",
    )
    yield Tile(
        "Incidents",
        f"{total.incidents:,}",
        "Reports that an approval turned out wrong, made in the period.",
    )
    yield Tile(
        "People agreed with the model",
        share(total.by_model.agreed, total.by_model.cases),
        "Decisions of people after a model had advised to approve or to reject.",
    )
