"""What chat adapters ask about people who ask: a form, and what became of what they filled in.

`core.chat.asking.AskingService` implements `Asking`. Nothing here raises for what a person did.
"""

from enum import StrEnum
from typing import Protocol

from core.card import Card
from core.directory.people import Identity
from core.refusals import Reason
from core.value import Value

OTHER = "other"
"""The type of an action that no rule names: the policy's fallback decides who is asked."""


class Part(StrEnum):
    """The parts of the form; each is a field of `Entries`."""

    KIND = "kind"
    TITLE = "title"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DETAILS = "details"
    LINK = "link"
    NEEDED_BY = "needed_by"
    FIELDS = "fields"


LONGEST = {
    Part.TITLE: 150,
    Part.AMOUNT: 40,
    Part.CURRENCY: 3,
    Part.DETAILS: 3000,
    Part.LINK: 2000,
    Part.FIELDS: 3000,
}
"""Characters of each part that is written: both platforms' forms can take as many."""


class Kind(Value, frozen=True):
    """Something that people may ask for: the action's type, and its name for people."""

    type: str
    label: str


class Entries(Value, frozen=True):
    """What stands in the form, as text. `needed_by` is an ISO date, `fields` has one `name: value`
    on each line."""

    kind: str = ""
    title: str = ""
    amount: str = ""
    currency: str = ""
    details: str = ""
    link: str = ""
    needed_by: str = ""
    fields: str = ""


class About(Value, frozen=True):
    """The request that a form starts from. `revision` is the one that it changes; 0 makes a new
    request, which takes up the earlier one."""

    request: str
    revision: int = 0


class AskForm(Value, frozen=True):
    """The form. `parts` are those to be shown, in that order; `intro` is told above them, `kinds`
    are what to choose from. With `refused` there is none: the sentence says why."""

    title: str = ""
    submit: str = ""
    intro: str | None = None
    parts: tuple[Part, ...] = ()
    kinds: tuple[Kind, ...] = ()
    entries: Entries = Entries()
    about: About | None = None
    refused: str | None = None


class Wish(Value, frozen=True):
    """A form as it was sent. `form` is the platform's id of it: what one form was sent twice with
    is one wish. `evidence` names the platform's message."""

    entries: Entries
    form: str = ""
    about: About | None = None
    evidence: dict[str, str] = {}


class Asked(Value, frozen=True):
    """What became of a wish. `at` is the part of the form that can mend what was `refused`, and
    `besides` says what else is wrong, by part; `card` is the request as the asker sees it now.

    `again` is what a form starts from that asks anew for what was rejected before.
    """

    text: str
    refused: Reason | None = None
    at: Part | None = None
    besides: dict[Part, str] = {}
    card: Card | None = None
    again: About | None = None


class Asking(Protocol):
    """The service as people see it who ask for something."""

    async def form(self, identity: Identity, request: str = "", title: str = "") -> AskForm:
        """The empty form (with this title), or that of a request which this person may change or
        take up."""
        ...

    async def ask(self, identity: Identity, wish: Wish) -> Asked:
        """Ask as the person with this account, or change what they asked for."""
        ...
