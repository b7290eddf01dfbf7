"""A request in words: its id, alone or with whom it is handed on to and why. Pure."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from core.card import Card
from core.chat.absence_words import EMPTY, UNTIL
from core.chat.words import bare
from core.commands import Binding
from core.value import Value

NO_DAY: Final = (
    "One request is handed on until it is decided, so a day means nothing here. Leave out the "
    "day; or leave out the id to let somebody act for you while you are away: {example}"
)

# No day that is written with letters and digits is as long: 24december stands apart.
_ID: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_.-]{12,100}")

DECISIONS: Final = frozenset({"approve", "reject"})
"""No commands: what is decided is what a card shows."""


class Handed(Value, frozen=True):
    """What somebody hands on, to whom (an account or an address) and why."""

    request: str
    to: str
    reason: str | None = None


def is_id(word: str) -> bool:
    """Whether a word can be a request's id, which is no word, no day and no address."""
    return _ID.fullmatch(bare(word)) is not None


def is_meant(written: Sequence[str]) -> bool:
    """Whether words that no command knows are a request's id, alone or behind a decision: its
    card is what is meant."""
    return is_id(written[-1]) and {word.lower() for word in written[:-1]} <= DECISIONS


def understood(
    written: Sequence[str], person: Callable[[str], str | None], example: str, away: str
) -> Handed | str:
    """Which request, who and why; or what is not understood, as a sentence.

    `person` reads the account or address that a word names; `example` is such a command, `away`
    one that lets somebody act for another while they are away."""
    ids = [word for word in written if is_id(word)]
    people = {w: found for w in written if (found := person(w.strip(",.;"))) is not None}
    if len(set(people.values())) != 1:
        return f"Who is to decide it? Name one person: {example}"
    reason = [word for word in written if word != ids[0] and word not in people]
    if any(word.lower() in UNTIL for word in reason[:1]):
        return NO_DAY.format(example=away)
    while reason and reason[0].lower() in EMPTY:
        reason = reason[1:]
    (to,) = set(people.values())
    return Handed(request=bare(ids[0]), to=to, reason=" ".join(reason) or None)


def about(card: Card) -> Binding:
    """What handing on is about: what the card decides, or the request as it stands."""
    if card.binding is not None:
        return card.binding
    revision = card.revision
    return Binding(request=card.request, revision=revision, commitment="", level=0, round=0)
