"""What a person sees, without any platform's markup: renderers only lay it out and escape.

`card(...)` makes one from state for a viewer; it is pure, so the same state always gives
the same card.
"""

from enum import StrEnum
from typing import Final

from core.commands import Binding
from core.content import Rationale
from core.directory.people import Identity
from core.request import Status
from core.value import Millis, Value

CHAT: Final = "chat"
PAGES: Final = "web"
BY_LINK: Final = "web, by link"


class Viewer(Value, frozen=True):
    """Whom a card is for: a person by address, or a channel (everyone in it).

    `place` is where it is shown as far as rules care that keep decisions out of chat: `PAGES` for
    who signed in there with the company account, `BY_LINK` for who came by a one-time link.
    """

    person: str | None = None
    timezone: str = "UTC"
    place: str = CHAT


class Verb(StrEnum):
    """What a button does. `VIEW` and `HISTORY` only show; all others are acts."""

    APPROVE = "approve"
    REJECT = "reject"
    VIEW = "view"
    REQUEST_CHANGES = "request_changes"
    EDIT = "edit"
    DELEGATE = "delegate"
    ASK = "ask"
    COMMENT = "comment"
    WITHDRAW = "withdraw"
    ESCALATE = "escalate"
    NUDGE = "nudge"
    CANCEL = "cancel"
    BREAK_GLASS = "break_glass"
    HISTORY = "history"


class Confirm(Value, frozen=True):
    """The question asked before Approve counts."""

    title: str
    text: str
    yes: str
    no: str


class Button(Value, frozen=True):
    verb: Verb
    label: str
    confirm: Confirm | None = None


class Fact(Value, frozen=True):
    """A label and a value; the value is text from outside and must be escaped."""

    label: str
    value: str


class VoteLine(Value, frozen=True):
    """Who decided what, when and where, with what they wrote.

    `name` says it all in words: for whom they stood in, whether they left since, and whether
    the vote was carried over from an earlier revision.
    """

    name: str
    decision: str
    via: str
    at: Millis
    comment: str | None = None


class StageLine(Value, frozen=True):
    """A stage as shown: `waiting_for` are names, only while the stage is pending,
    `needed` how many approvals are missing.

    `note` is one more sentence to show as it is: that the stage is held and what helps, that it
    passed by itself, or what it means that it was asked outside working hours.
    """

    level: int
    name: str
    status: str
    votes: tuple[VoteLine, ...] = ()
    waiting_for: tuple[str, ...] = ()
    needed: int = 1
    escalated_because: str | None = None
    note: str | None = None


class RemarkLine(Value, frozen=True):
    """A comment or question, as its writer's name and words."""

    name: str
    text: str
    at: Millis
    question: bool = False


class Card(Value, frozen=True):
    """One card. `version` is the request's version it shows.

    `headline` is the one-line state ("Waiting for Finance", "Approved by Dana Director"),
    `why` says why this viewer was asked, `whole_action` is all that an
    approval is about, as text with hidden characters made visible. `buttons` are for all to
    see, `more` for the menu beside them; both are empty once the request is final. `note`
    says what changed since an earlier revision, and why. `revisable` says that this viewer asked
    for it and may send it again with changes. `asked`, on a card that several people see, are the
    accounts of those whose own card differs from it: who is asked, and who asks. `ended_by_viewer`
    says that this viewer is among those who ended it, `record` how often such advice was right.
    `elsewhere` says that the rule wants it decided elsewhere than where this viewer looks.
    With `erased` its content is gone: it is edited where it stands, and never posted anew.
    """

    request: str
    version: int
    status: Status
    title: str
    headline: str
    asked_by: str
    facts: tuple[Fact, ...]
    stages: tuple[StageLine, ...]
    why: str | None
    deadline: Millis | None
    timezone: str
    rationale: Rationale | None
    risks: tuple[str, ...]
    buttons: tuple[Button, ...]
    binding: Binding | None
    whole_action: str
    description: str | None = None
    reason: str | None = None
    revision: int = 1
    digest: str = ""
    erased: bool = False
    more: tuple[Button, ...] = ()
    note: str | None = None
    remarks: tuple[RemarkLine, ...] = ()
    revisable: bool = False
    asked: tuple[Identity, ...] = ()
    ended_by_viewer: bool = False
    record: str | None = None
    elsewhere: bool = False
