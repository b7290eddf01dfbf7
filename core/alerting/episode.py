"""An episode: from the moment at which something was found until it has been well for a while.

Pure. What is found at a look comes in as signs; what becomes of the episodes comes out.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from core.rows import Recipient
from core.value import Millis, Value

CALM: Final[Millis] = 300_000
"""For so long nothing may be found before an episode is over, so that none begins again at once."""

MOST: Final = 20
"""Episodes of one kind at a time: who is told of twenty looks at all of them."""


class Kind(StrEnum):
    """What is told: a closed set."""

    STUCK = "stuck"
    REJECTIONS = "rejections"
    OVERLOADED = "overloaded"
    ESCALATIONS = "escalations"
    UNKNOWN_ACTION = "unknown_action"
    TROUBLE = "trouble"


class Sign(Value, frozen=True):
    """Something that was found. `subject` tells it from others of its kind, `facts` are for the
    words about it. What does not `begin` an episode only keeps one from ending: it lies between
    the two bounds."""

    kind: Kind
    subject: str
    facts: dict[str, str] = {}
    begins: bool = True


class Episode(Value, frozen=True):
    """One episode. `facts` are those of its beginning, `told` who was told of it. `calm_since` is
    when nothing was found any more; `closed_at` is None while it lasts. `replica` is the server
    that alone can find it, "" where all do."""

    id: str
    kind: Kind
    subject: str
    opened_at: Millis
    facts: dict[str, str] = {}
    told: tuple[Recipient, ...] = ()
    replica: str = ""
    calm_since: Millis | None = None
    closed_at: Millis | None = None


class Steps(Value, frozen=True):
    """What a look leads to: signs that begin an episode, those whose calm begins or ends, with
    the new `calm_since`, and those that are over."""

    begun: tuple[Sign, ...] = ()
    moved: tuple[Episode, ...] = ()
    over: tuple[Episode, ...] = ()


def steps(open_: Sequence[Episode], signs: Iterable[Sign], now: Millis) -> Steps:
    """What becomes of these episodes, and which begin. The first signs of a kind come first."""
    found = {(sign.kind, sign.subject): sign for sign in signs}
    known = {(each.kind, each.subject) for each in open_}
    room = {kind: MOST - sum(each.kind is kind for each in open_) for kind in Kind}
    begun, moved, over = list[Sign](), list[Episode](), list[Episode]()
    for key, sign in found.items():
        if sign.begins and key not in known and room[sign.kind] > 0:
            room[sign.kind] -= 1
            begun.append(sign)
    for each in open_:
        there = (each.kind, each.subject) in found
        if there and each.calm_since is not None:
            moved.append(replace(each, calm_since=None))
        elif not there and each.calm_since is None:
            moved.append(replace(each, calm_since=now))
        elif not there and each.calm_since is not None and now - each.calm_since >= CALM:
            over.append(each)
    return Steps(tuple(begun), tuple(moved), tuple(over))
