"""Whether the votes of a stage fill enough of its seats, found by matching.

A vote fills a seat of an entry that lists the voter; one person fills one seat only. The
largest possible assignment counts, not the first one found: with approvers
`[ann, group:finance]` and ann in finance, ann's vote moves to her own entry when
somebody else of finance votes.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from core.route import Entry, Quorum


def filled(entries: Sequence[Entry], people: Iterable[str], enough: int | None = None) -> int:
    """How many seats these people can fill at most, each filling one; stops at `enough`."""
    if len(entries) == 1:  # most stages ask one group, and then there is nothing to match
        (entry,) = entries
        most = entry.seats if enough is None else min(enough, entry.seats)
        return min(most, len(frozenset(entry.people).intersection(people)))
    table = _Table(entries)
    most = sum(table.seats) if enough is None else min(enough, sum(table.seats))
    count = 0
    for person in dict.fromkeys(people):
        if count >= most or table.full:
            break
        count += table.place(person)
    return count


class _Table:
    """The seats, and who sits where.

    Where a search finds no room, no later one will: its places are never looked at again, so
    that a crowd costs little once nobody more can be seated.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.seats = [entry.seats for entry in entries]
        self._rights: dict[str, list[int]] = {}
        for place, entry in enumerate(entries):
            for person in frozenset(entry.people):
                self._rights.setdefault(person, []).append(place)
        self._seated: list[list[str]] = [[] for _ in entries]
        self._closed: set[int] = {place for place, seats in enumerate(self.seats) if seats < 1}

    @property
    def full(self) -> bool:
        return len(self._closed) == len(self.seats)

    def place(self, person: str) -> bool:
        """Seat one more person, moving others where that makes room."""
        start = (place for place in self._rights.get(person, ()) if place not in self._closed)
        came: dict[int, tuple[str, int | None]] = dict.fromkeys(start, (person, None))
        queue = deque(came)
        while queue:
            place = queue.popleft()
            if len(self._seated[place]) < self.seats[place]:
                self._move(place, came)
                return True
            for other in self._seated[place]:
                for onward in self._rights[other]:
                    if onward not in came and onward not in self._closed:
                        came[onward] = (other, place)
                        queue.append(onward)
        self._closed.update(came)
        return False

    def _move(self, free: int, came: dict[int, tuple[str, int | None]]) -> None:
        place: int | None = free
        while place is not None:
            person, before = came[place]
            self._seated[place].append(person)
            if before is not None:
                self._seated[before].remove(person)
            place = before


def needed(entries: Sequence[Entry], quorum: Quorum) -> int:
    """How many seats must be filled; never none, though "all" of nobody was asked for."""
    return max(1, sum(entry.seats for entry in entries)) if quorum == "all" else quorum


def possible(entries: Sequence[Entry], wanted: int) -> bool:
    """Whether so many seats could be filled if everyone approved."""
    return wanted > 0 and not missing(entries, wanted)


def missing(entries: Sequence[Entry], wanted: int) -> int:
    """How many of the wanted seats nobody is left to fill."""
    return wanted - filled(entries, [p for entry in entries for p in entry.people], wanted)
