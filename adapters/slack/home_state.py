"""What a Home tab carries from one act to the next: the page it shows, and what is ticked there.

Slack keeps it in the view's private_metadata and sends it back signed; reading is defensive all
the same, since a tab may have been published by any older version.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

from adapters.slack import actions
from adapters.slack.identity import text
from core.card import Verb
from core.chat.home_port import Shelf, Wish
from core.commands import Binding
from core.value import Value

Json = dict[str, Any]

PICK: Final = "countersign_home_pick"

STEPS: Final = 12
"""How many pages back are remembered; behind them comes the first page."""

HOME_CHARS: Final = 1000
"""Of the 3,000 characters of private_metadata, since forms carry it beside what they are about."""

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


def write(place: Place) -> str:
    """A Home tab's private_metadata, at most `HOME_CHARS` long."""
    wish, before = place.wish, place.before
    while True:
        parts = [1, wish.shelf.value, wish.due, wish.rule or "", wish.after, before]
        written = msgspec.json.encode(parts).decode()
        if len(written) <= HOME_CHARS or not before:
            return written
        before = before[1:]


def read(metadata: str) -> Place:
    """The place that is written there; the first page if it does not say."""
    try:
        _, shelf, due, rule, after, before = _places.decode(metadata)
    except msgspec.MsgspecError:
        return Place()
    wish = Wish(shelf=shelf, after=after, due=due, rule=rule or None)
    return Place(wish=wish, before=before[-STEPS:])


def shown(body: Json) -> Place:
    """The page of the tab in which somebody acted."""
    return read(text(body, "view", "private_metadata"))


def ticked(body: Json) -> tuple[Binding, ...]:
    """What is ticked in the tab, as it was shown there; each request once."""
    found: dict[str, Binding] = {}
    view = body.get("view")
    state = view.get("state") if isinstance(view, dict) else None
    blocks = state.get("values") if isinstance(state, dict) else None
    for inputs in blocks.values() if isinstance(blocks, dict) else ():
        entered = inputs.get(PICK) if isinstance(inputs, dict) else None
        options = entered.get("selected_options") if isinstance(entered, dict) else None
        for option in options if isinstance(options, list) else ():
            act = actions.read(actions.of(Verb.APPROVE), text(option, "value"))
            if act is not None and act.binding is not None:
                found.setdefault(act.request, act.binding)
    return tuple(found.values())
