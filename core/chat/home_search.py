"""Looks through what waits for a person: words of title and requester, and amounts.

Bounded: a page looks at so many requests, the most urgent first, and the next one goes on from
there, so that a long queue costs no more at once than a short one.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from core.cards import asked_by
from core.cards.texts import title_of
from core.chat.home_port import MOST_SEARCHED, Wish
from core.directory.people import Directory, Person
from core.ports import Store
from core.rows import QueuePart, Snapshot
from core.value import Millis

STEPS: Final = (100, MOST_SEARCHED - 100)
"""Requests that are read at once: most searches find enough in the first."""

MOST_WORDS: Final = 8


async def searched(
    store: Store, directory: Directory, person: Person, wish: Wish, part: QueuePart, most: int
) -> tuple[Sequence[Snapshot], str | None]:
    """At most so many that fit, and the cursor of what was not looked at; None where all was."""
    words = wish.text.casefold().split()[:MOST_WORDS]
    found: list[Snapshot] = []
    part = replace(part, counted=False)
    for step in STEPS:
        read, _ = await store.waiting(person.email, step, part)
        for each in read:
            if _fits(each, words, wish.least, directory):
                found.append(each)
            if len(found) == most and each is not read[-1]:
                return found, place(each)
        if len(read) < step:
            return found, None
        part = replace(part, after=_place(read[-1]))
        if len(found) == most:
            break
    return found, place(read[-1])


def place(found: Snapshot) -> str:
    """The cursor of what comes after this request in a queue."""
    deadline, last = _place(found)
    return f"{deadline}.{last}"


def _place(found: Snapshot) -> tuple[Millis, str]:
    return found.state.deadline or 0, found.state.id


def _fits(
    found: Snapshot, words: Sequence[str], least: Decimal | None, directory: Directory
) -> bool:
    state = found.state
    if least is not None and (state.amount is None or Decimal(state.amount) < least):
        return False
    said = f"{title_of(state, found.contents)} {asked_by(state, directory)}".casefold()
    return all(word in said for word in words)
