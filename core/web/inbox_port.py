"""What the page of one request shows beside its card, in values without any markup.

`core.web.inbox.DetailsService` implements `Details`. Nothing here raises for what a person did.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from core.card import Card
from core.chat.form import Form
from core.directory.people import Identity
from core.value import Millis, Value

MOST_VIEWS: Final = 20
"""Saved views of one person."""

LONGEST_NAME: Final = 60
"""Characters of a saved view's name."""


class Line(Value, frozen=True):
    """A line of a value. `other` says that the value on the other side does not have it."""

    text: str
    other: bool


class Difference(Value, frozen=True):
    """What a revision changed in one field: what it was and what it is, line by line; () where
    there was, or is, nothing."""

    name: str
    before: tuple[Line, ...]
    after: tuple[Line, ...]


class Change(Value, frozen=True):
    """A revision: who made it and when, and how it differs from the one before; `more` counts the
    fields that are not listed. `erased` says that one of the two is not there any more."""

    number: int
    by: str
    at: str
    differences: tuple[Difference, ...] = ()
    more: int = 0
    erased: bool = False


class Told(Value, frozen=True):
    """Where a card or a callback went, and how that stands. `late` is for what somebody should
    look after."""

    to: str
    where: str
    stands: str
    late: bool = False


class Colleague(Value, frozen=True):
    """Somebody who can be named: in a list to choose from."""

    email: str
    name: str


class Request(Value, frozen=True):
    """A request as one person may see it. `forms` are what the card's acts ask for, in the card's
    order; `history` has a line an event, oldest first; `changes` the newest revision first.
    `again` says that this person asked for it and may ask anew, now that it is over.

    With `refused` there is nothing else: the sentence says why.
    """

    card: Card | None = None
    forms: tuple[Form, ...] = ()
    history: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    told: tuple[Told, ...] = ()
    again: bool = False
    refused: str | None = None


class Details(Protocol):
    """The service as the page of one request sees it."""

    async def look(self, identity: Identity, request_id: str) -> Request:
        """The request as it stands, for the person with this account."""
        ...

    def colleagues(self, identity: Identity) -> tuple[Colleague, ...]:
        """Whom this person may name, those of their own department first; a few hundred at
        most."""
        ...

    def meant(self, identity: Identity, text: str) -> str:
        """The address of whom this person names: by address, or by a name that one colleague alone
        has. Of anything else the text itself."""
        ...


class SavedView(Value, frozen=True):
    """A part of somebody's queue under a name of their own. `query` is the filter as the page's
    address says it, and is read as defensively as one."""

    name: str
    query: str


class SavedViews(Protocol):
    """The parts of their queue that people gave a name."""

    async def views(self, person: str) -> Sequence[SavedView]:
        """This person's, the oldest first."""
        ...

    async def keep(self, person: str, view: SavedView, at: Millis) -> bool:
        """Keep it under its name, whatever had that name before; False where there are as many
        as one may have."""
        ...

    async def forget(self, person: str, name: str) -> bool:
        """Forget it; False where there was none."""
        ...
