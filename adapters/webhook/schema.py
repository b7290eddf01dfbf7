"""What the API reads: bodies and queries as types, from which validation and OpenAPI come.

Unknown fields are refused. Each field's `remedy` is the sentence a caller gets who sent
something else; what needs the policy or the directory is checked in the core.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.request import Status
from core.route import Category
from core.service.approvals import MAX_TEXT

MAX_CONTEXT_BYTES = 64 * 1024
"""The longest `context`, as compact JSON."""

# `$` also matches before a line end at the end of the text, which `(?!\n)` excludes.
_ADDRESS = r"^[^\s@<>\u0000-\u0020]{1,64}@[^\s@<>\u0000-\u0020]{1,189}$(?!\n)"
_ID = r"^[A-Za-z0-9_.-]{1,64}$(?!\n)"
_VISIBLE = r"[^\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u0000-\u001f\u007f-\u009f]"

AMOUNT_REMEDY = 'Send a number, or a decimal as a string, such as 120000 or "12.50".'


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything read from outside."""


def remedy(sentence: str) -> dict[str, str]:
    """How a field says what to send instead."""
    return {"remedy": sentence}


ActionType = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_.-]{1,100}$(?!\n)",
        description="The kind of action, as the policy names it.",
        examples=["purchase_order"],
        extra=remedy("Use 1 to 100 of the characters a-z 0-9 _ . - as in purchase_order."),
    ),
]
Params = Annotated[
    dict[str, Any],
    Meta(
        description="The action's parameters. A member `amount` is the request's amount.",
        extra=remedy("Send an object, such as {}."),
    ),
]
Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=150,
        pattern=_VISIBLE,
        description="What would be done, in one line.",
        extra=remedy("Send 1 to 150 characters, of which at least one can be seen."),
    ),
]
Description = Annotated[
    str,
    Meta(
        max_length=10_000,
        description="What an approver should know.",
        extra=remedy("Send a string of at most 10,000 characters."),
    ),
]
Address = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=_ADDRESS,
        description="A person, by e-mail address.",
        examples=["alice@example.com"],
        extra=remedy("Send an e-mail address, such as alice@example.com."),
    ),
]
WaitingFor = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=f"^me$(?!\\n)|{_ADDRESS}",
        description="Whose decision is missing: an e-mail address, or me, the key's person.",
        examples=["me"],
        extra=remedy("Send an e-mail address, or me."),
    ),
]
DecimalText = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^[0-9]+(\.[0-9]+)?$(?!\n)",
    ),
]
Whole = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0)]
Amount = Annotated[
    Whole | Fraction | DecimalText,
    Meta(
        description="A number, or a decimal as a string where a number would not be exact.",
        extra=remedy(AMOUNT_REMEDY),
    ),
]
Currency = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{3}$(?!\n)",
        description="An ISO 4217 code.",
        examples=["EUR"],
        extra=remedy("Send three capital letters, such as EUR."),
    ),
]
RiskScore = Annotated[
    int,
    Meta(
        ge=0,
        le=100,
        description="The agent's own estimate.",
        extra=remedy("Send a whole number from 0 to 100."),
    ),
]
Label = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        extra=remedy("Send labels of 1 to 50 characters."),
    ),
]
Labels = Annotated[
    list[Label],
    Meta(max_length=20, extra=remedy("Send at most 20 strings of 1 to 50 characters.")),
]
Lifetime = Annotated[
    str,
    Meta(
        pattern=r"^[1-9][0-9]{0,6}[smhd]$(?!\n)",
        description="How long the request may stay open; never longer than its policy rule says.",
        examples=["90m"],
        extra=remedy("Send a duration such as 90s, 15m, 4h or 2d."),
    ),
]
RequestId = Annotated[
    str,
    Meta(
        pattern=_ID,
        description="The rejected, expired or cancelled request that this one takes up.",
        extra=remedy("Send the id of a request, as POST /v1/requests gave it."),
    ),
]
CallbackUrl = Annotated[
    str,
    Meta(
        max_length=2000,
        description=(
            "Where the agent is told that the request changed: a host that the server's "
            "operator allows, called with the secret of this key. Only this key is shown it."
        ),
        examples=["https://agent.example.com/countersign"],
        extra=remedy("Send a web address, such as https://agent.example.com/countersign."),
    ),
]
Comment = Annotated[
    str,
    Meta(
        max_length=MAX_TEXT,
        description="Why; a rejection and a request for changes need it.",
        extra=remedy(f"Send a string of at most {MAX_TEXT:,} characters."),
    ),
]
Written = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_TEXT,
        pattern=_VISIBLE,
        extra=remedy(f"Send 1 to {MAX_TEXT:,} characters, of which at least one can be seen."),
    ),
]
Reasoning = Annotated[
    str,
    Meta(max_length=20_000, extra=remedy("Send a string of at most 20,000 characters.")),
]
Number = Annotated[float, Meta(extra=remedy("Send a number."))]
Link = Annotated[
    str,
    Meta(min_length=1, max_length=2_000, extra=remedy("Send an address as a string.")),
]
Links = Annotated[
    list[Link], Meta(max_length=20, extra=remedy("Send at most 20 addresses as strings."))
]
Issues = Annotated[list[Any], Meta(max_length=100, extra=remedy("Send a list of at most 100."))]


class Action(Strict, frozen=True):
    """What would be done."""

    type: ActionType
    params: Params = {}


class Validation(Strict, frozen=True, omit_defaults=True):
    """What the agent's own checks said."""

    score: Number | None = None
    issues: Issues | None = None


class Context(Strict, frozen=True, omit_defaults=True):
    """What the agent says about its own reasons."""

    reasoning: Reasoning | None = None
    confidence: Number | None = None
    links: Links | None = None
    conversation: Any = None
    validation: Validation | None = None


class SubmitBody(Strict, frozen=True):
    """A request for approval."""

    action: Action
    title: Title
    description: Description | None = None
    requester: Address | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    risk_score: RiskScore | None = None
    context: Context | None = None
    labels: Labels | None = None
    callback_url: CallbackUrl | None = None
    expires_in: Lifetime | None = None
    previous_request_id: RequestId | None = None


Seconds = Annotated[
    int,
    Meta(
        ge=0,
        le=60,
        description="Hold the answer until the request leaves `pending`, or these seconds.",
        extra=remedy("Send a whole number of seconds from 0 to 60."),
    ),
]


class WaitQuery(Strict, frozen=True):
    """How long to hold the answer while the request is pending."""

    wait: Seconds = 0


class NoQuery(Strict, frozen=True):
    """A route without query parameters."""


StatusWord = Annotated[
    Status, Meta(extra=remedy(f"Send one of {', '.join(s.value for s in Status)}."))
]
CategoryWord = Annotated[
    Category, Meta(extra=remedy(f"Send one of {', '.join(c.value for c in Category)}."))
]


Limit = Annotated[int, Meta(ge=1, le=200, extra=remedy("Send a whole number from 1 to 200."))]
Cursor = Annotated[
    str,
    Meta(
        pattern=_ID,
        description="`next_cursor` of the page before.",
        extra=remedy("Send next_cursor as the page before gave it."),
    ),
]


class ListQuery(Strict, frozen=True):
    """Which requests to list, newest first."""

    status: StatusWord | None = None
    approver: Address | None = None
    waiting_for: WaitingFor | None = None
    requester: Address | None = None
    category: CategoryWord | None = None
    limit: Limit = 50
    cursor: Cursor | None = None
