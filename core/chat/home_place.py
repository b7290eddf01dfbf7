"""Where somebody is in their lists: the page that is shown, and those before it.

A platform keeps it as text beside what it shows. Reading is defensive: what comes back may be
of any older version, or anything at all.
"""

from typing import Annotated, Final, Literal

import msgspec

from core.chat.home_port import Shelf, Wish
from core.value import Value

STEPS: Final = 12
"""How many pages back are remembered; behind them comes the first page."""

_Rule = Annotated[str, msgspec.Meta(max_length=80)]
_Cursor = Annotated[str, msgspec.Meta(max_length=120)]

_places = msgspec.json.Decoder(tuple[Literal[1], Shelf, bool, _Rule, _Cursor, tuple[_Cursor, ...]])


class Place(Value, frozen=True):
    """The page that is shown, and the cursors of those before it, the first one first."""

    wish: Wish = Wish()
    before: tuple[str, ...] = ()

    @property
    def page(self) -> int:
        """The page's number, from 1, as far as pages back are remembered."""
        return len(self.before) + 1

    def forward(self, after: str) -> "Place":
        """The page that begins after this cursor."""
        before = (*self.before, self.wish.after)[-STEPS:]
        return Place(wish=msgspec.structs.replace(self.wish, after=after), before=before)

    def back(self) -> "Place":
        """The page before, or the first one."""
        after = self.before[-1] if self.before else ""
        wish = msgspec.structs.replace(self.wish, after=after)
        return Place(wish=wish, before=self.before[:-1])

    def start(self) -> "Place":
        """The first page of the same list."""
        return Place(wish=msgspec.structs.replace(self.wish, after=""))


def write(place: Place, most: int) -> str:
    """The place as text of at most `most` characters, which costs pages back if need be."""
    wish, before = place.wish, place.before
    while True:
        parts = [1, wish.shelf.value, wish.due, wish.rule or "", wish.after, before]
        written = msgspec.json.encode(parts).decode()
        if len(written) <= most or not before:
            return written
        before = before[1:]


def read(text: str) -> Place:
    """The place that is written there; the first page if it does not say."""
    try:
        _, shelf, due, rule, after, before = _places.decode(text)
    except msgspec.MsgspecError:
        return Place()
    wish = Wish(shelf=shelf, after=after, due=due, rule=rule or None)
    return Place(wish=wish, before=before[-STEPS:])
