"""Findings and proposals as the page lays them out. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from core.cards.moments import moment
from core.directory.people import Directory
from core.insight.findings import About
from core.insight.port import OPEN, Proposed
from core.insight.proposals import Examined
from core.insight.thresholds import NOT_AGAIN
from core.request import Status
from core.text import visible
from core.value import Millis, Value

HEADINGS: Final[Mapping[About, str]] = {
    About.LOSES: "Should be reviewed again",
    About.ONE_PERSON: "Hangs on one person",
    About.STAMPING: "May not be looked into",
    About.PERSON: "May not be looked into, by person",
    About.EARNS: "Could pass without a person",
    About.NEVER_REJECTS: "Never says no",
}

STATES: Final[Mapping[str, str]] = {
    OPEN: "Waits for a decision",
    "adopted": "Approved and in force",
    "failed": "Approved, not applied",
    Status.REJECTED.value: "Rejected",
    Status.EXPIRED.value: "Expired",
    Status.CANCELLED.value: "Withdrawn",
    Status.PROHIBITED.value: "Prohibited by policy",
}


class Line(Value, frozen=True):
    """A line of a difference: `kind` is "came", "went", "place" or "same"."""

    kind: str
    text: str


class FindingShown(Value, frozen=True):
    """One finding. `waits` is the request that proposes it now, `why_not` why it has no button."""

    id: str
    title: str
    said: str
    numbers: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    tested: str = ""
    waits: str = ""
    why_not: str = ""
    can_propose: bool = False


class Group(Value, frozen=True):
    """Findings of one kind."""

    heading: str
    findings: tuple[FindingShown, ...]


class ProposalShown(Value, frozen=True):
    """One proposal that was made. `waits` says that its text, once approved, waits for a file."""

    request: str
    state: str
    by: str
    at: str
    waits: bool = False


def groups(
    items: Iterable[Examined], proposed: Sequence[Proposed], now: Millis, *, stale: bool
) -> tuple[Group, ...]:
    """The findings, the most urgent kind first."""
    found: dict[About, list[FindingShown]] = {}
    for item in items:
        found.setdefault(item.finding.about, []).append(_shown(item, proposed, now, stale=stale))
    return tuple(
        Group(heading, tuple(found[about])) for about, heading in HEADINGS.items() if about in found
    )


def _shown(
    item: Examined, proposed: Sequence[Proposed], now: Millis, *, stale: bool
) -> FindingShown:
    finding, proposal = item.finding, item.proposal
    mine = [each for each in proposed if each.finding == finding.id]
    waits = next((each.request for each in mine if each.status == OPEN), "")
    rejected = any(
        each.status == Status.REJECTED.value and (each.ended_at or 0) + NOT_AGAIN > now
        for each in mine
    )
    why_not = item.problem
    if proposal is not None and rejected:
        why_not = "It was proposed and rejected less than 90 days ago."
    elif proposal is not None and stale:
        why_not = "The policy changed since; this is worked out anew within minutes."
    return FindingShown(
        id=finding.id,
        title=visible(finding.title),
        said=visible(finding.said),
        numbers=tuple((visible(label), visible(text)) for label, text in finding.numbers),
        cautions=tuple(map(visible, finding.cautions)),
        lines=() if proposal is None else tuple(map(line, proposal.diff)),
        tested="" if proposal is None else proposal.tested,
        waits=waits,
        why_not=visible(why_not),
        can_propose=proposal is not None and not (waits or why_not),
    )


def line(text: str) -> Line:
    """A line of a unified difference, with what it does and nothing hidden in it."""
    shown = visible(text)
    if text.startswith(("+++", "---", "@@")):
        return Line("place", shown)
    return Line({"+": "came", "-": "went"}.get(text[:1], "same"), shown)


def proposals(
    proposed: Iterable[Proposed], directory: Directory, timezone: str, *, from_file: bool
) -> tuple[ProposalShown, ...]:
    """What was proposed, the newest first."""
    return tuple(
        ProposalShown(
            request=each.request,
            state=STATES.get(each.status, each.status),
            by=directory.name(each.by),
            at=moment(each.made_at, timezone),
            waits=from_file and each.status == OPEN,
        )
        for each in proposed
    )
