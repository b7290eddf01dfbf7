"""Whether the votes of a stage fill enough of its seats, found by matching.

A vote fills a seat of an entry that lists the voter; one person fills one seat only. The
largest possible assignment counts, not the first one found: with approvers
`[ann, group:finance]` and ann in finance, ann's vote moves to her own entry when
somebody else of finance votes.
"""

from collections.abc import Iterable, Sequence

from core.route import Entry, Quorum


def seats_of(entries: Sequence[Entry]) -> list[frozenset[str]]:
    """One set of eligible people for each seat."""
    found: list[frozenset[str]] = []
    for entry in entries:
        found += [frozenset(entry.people)] * entry.seats
    return found


def filled(entries: Sequence[Entry], people: Iterable[str], enough: int | None = None) -> int:
    """How many seats these people can fill at most, each filling one; stops at `enough`."""
    if len(entries) == 1:  # most stages ask one group, and then there is nothing to match
        (entry,) = entries
        most = entry.seats if enough is None else min(enough, entry.seats)
        return min(most, len(frozenset(entry.people).intersection(people)))
    seats = seats_of(entries)
    holder: dict[int, str] = {}

    def place(person: str, tried: set[int]) -> bool:
        for index, eligible in enumerate(seats):
            if person in eligible and index not in tried:
                tried.add(index)
                if index not in holder or place(holder[index], tried):
                    holder[index] = person
                    return True
        return False

    most = len(seats) if enough is None else min(enough, len(seats))
    for person in dict.fromkeys(people):
        if len(holder) >= most:
            break
        place(person, set())
    return len(holder)


def needed(entries: Sequence[Entry], quorum: Quorum) -> int:
    """How many seats must be filled; never none, though "all" of nobody was asked for."""
    return max(1, sum(entry.seats for entry in entries)) if quorum == "all" else quorum


def reached(entries: Sequence[Entry], wanted: int, people: Iterable[str]) -> bool:
    """Whether the approvals of these people fill so many seats."""
    return filled(entries, people, wanted) >= wanted


def possible(entries: Sequence[Entry], wanted: int) -> bool:
    """Whether so many seats could be filled if everyone approved."""
    return wanted > 0 and reached(entries, wanted, _everyone(entries))


def missing(entries: Sequence[Entry], wanted: int) -> int:
    """How many of the wanted seats nobody is left to fill."""
    return wanted - filled(entries, _everyone(entries), wanted)


def _everyone(entries: Sequence[Entry]) -> Iterable[str]:
    return (person for entry in entries for person in entry.people)
