"""Whether the votes of a stage fill enough of its seats, found by matching.

A vote fills a seat of an entry that lists the voter; one person fills one seat only. The
largest possible assignment counts, not the first one found: with approvers
`[ann, group:finance]` and ann in finance, ann's vote moves to her own entry when
somebody else of finance votes.
"""

from collections.abc import Sequence

from core.request import Entry, Quorum


def seats_of(entries: Sequence[Entry]) -> list[frozenset[str]]:
    """One set of eligible people for each seat."""
    return [frozenset(entry.people) for entry in entries for _ in range(entry.seats)]


def filled(entries: Sequence[Entry], people: Sequence[str]) -> int:
    """How many seats these people can fill at most, each filling one."""
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

    return sum(place(person, set()) for person in dict.fromkeys(people))


def needed(entries: Sequence[Entry], quorum: Quorum) -> int:
    """How many seats must be filled."""
    return sum(entry.seats for entry in entries) if quorum == "all" else quorum


def reached(entries: Sequence[Entry], quorum: Quorum, people: Sequence[str]) -> bool:
    """Whether the approvals of these people close the stage."""
    return filled(entries, people) >= needed(entries, quorum)


def possible(entries: Sequence[Entry], quorum: Quorum) -> bool:
    """Whether the quorum could be reached if everyone approved."""
    everyone = [person for entry in entries for person in entry.people]
    return len(everyone) > 0 and reached(entries, quorum, everyone)
