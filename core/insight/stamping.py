"""Stages that decide nothing, that hang on one person, or whose decisions are not looked into.

Counted from single decisions. Fast and unanimous decisions may be right ones: what is said of them
is a reason to look, never a judgement of somebody's work.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from core.insight.cases import DETAILS, Ballot
from core.insight.thresholds import THRESHOLDS, Thresholds
from core.value import Millis, Value


class Voting(Value, frozen=True):
    """Decisions, of a stage or of a person. `against` counts rejections and wanted changes. `took`
    is the median time since the stage opened, over `timed` of them; `streak` the approvals in a
    row up to now. Of `told` it is known where they were made, of these `unread` not on the page
    with the details. `busiest` made `most` of them; `alone` counts those that only one person
    could make."""

    decided: int = 0
    against: int = 0
    timed: int = 0
    took: Millis = 0
    streak: int = 0
    told: int = 0
    unread: int = 0
    busiest: str = ""
    most: int = 0
    alone: int = 0


def count_ballots(ballots: Iterable[Ballot]) -> Voting:
    """Counted, in any order."""
    newest = sorted(ballots, key=lambda each: (each.at, each.request), reverse=True)
    took = [each.took for each in newest if each.took is not None]
    told = [each for each in newest if each.surface]
    people = Counter(each.person for each in newest)
    busiest, most = min(people.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return Voting(
        decided=len(newest),
        against=sum(not each.approves for each in newest),
        timed=len(took),
        took=int(median(took)) if took else 0,
        streak=_streak(newest),
        told=len(told),
        unread=sum(each.surface != DETAILS for each in told),
        busiest=busiest,
        most=most,
        alone=sum(each.eligible == 1 for each in newest),
    )


def by_person(ballots: Iterable[Ballot]) -> dict[str, Voting]:
    """Counted for each person, by address."""
    theirs: dict[str, list[Ballot]] = {}
    for each in ballots:
        theirs.setdefault(each.person, []).append(each)
    return {person: count_ballots(theirs[person]) for person in sorted(theirs)}


def never_rejects(voting: Voting, at: Thresholds = THRESHOLDS) -> bool:
    """Whether a stage never said no, in enough decisions to say so."""
    return voting.decided >= at.decided and voting.against == 0


def hangs_on_one(voting: Voting, at: Thresholds = THRESHOLDS) -> bool:
    """Whether one person alone decides, or could."""
    if voting.decided < at.shared:
        return False
    share = max(voting.most, voting.alone)
    return 100 * share >= at.one_person * voting.decided


def is_quick(voting: Voting, at: Thresholds = THRESHOLDS) -> bool:
    """Whether half of the decisions came within seconds."""
    return voting.timed >= at.timed and voting.took < at.quick


def is_unread(voting: Voting, at: Thresholds = THRESHOLDS) -> bool:
    """Whether nearly all were made without opening the details, as far as that is known."""
    return voting.told >= at.told and 100 * voting.unread >= at.unread * voting.told


def is_stamping(voting: Voting, at: Thresholds = THRESHOLDS) -> bool:
    """Whether the decisions look as if they were not looked into: a streak of approvals that were
    quick or unread. Neither alone says so."""
    return voting.streak >= at.streak and (is_quick(voting, at) or is_unread(voting, at))


def _streak(newest: Sequence[Ballot]) -> int:
    found = 0
    for each in newest:
        if not each.approves:
            break
        found += 1
    return found
