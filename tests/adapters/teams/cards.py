"""Cards for tests, made by hand: defaults that can be overridden one by one."""

from typing import Any

from core.card import Button, Card, Confirm, Fact, StageLine, Verb, VoteLine
from core.chat.form import Field, FieldKind, Form
from core.commands import Binding
from core.content import Point, Rationale
from core.request import Status

NOW = 1_795_233_600_000
"""2026-11-21 04:00 UTC."""
HOUR = 3_600_000

REQUEST = "req_01J9ZK4T7QX2"
BINDING = Binding(request=REQUEST, revision=1, commitment="4be1c0ffee4be1c0", level=2, round=0)
DATA: dict[str, Any] = {
    "request": REQUEST,
    "revision": 1,
    "commitment": "4be1c0ffee4be1c0",
    "level": 2,
    "round": 0,
}
APPROVE = Button(verb=Verb.APPROVE, label="Approve")
REJECT = Button(verb=Verb.REJECT, label="Reject")
VIEW = Button(verb=Verb.VIEW, label="View full action")
ASK_TWICE = Button(
    verb=Verb.APPROVE,
    label="Approve",
    confirm=Confirm(
        title="Approve this high-risk request?",
        text="Risk score 82 of 100 over 120,000 EUR. Your approval is recorded.",
        yes="Yes, approve",
        no="Back",
    ),
)
MANAGER = StageLine(
    level=1,
    name="Manager",
    status="approved",
    votes=(VoteLine(name="Mara Meyer", decision="approved", via="slack", at=NOW - HOUR),),
)
FINANCE = StageLine(
    level=2, name="Finance", status="pending", waiting_for=("Finn Fischer", "Faye Frank")
)
DIRECTOR = StageLine(level=3, name="Director", status="waiting")
ADVICE = Rationale(
    recommendation="review",
    summary="Look closely before you decide: see the points and risks.",
    points=(
        Point(text="The amount is 120,000 EUR.", sources=("request.amount",)),
        Point(text="Policy rule purchase-order asks for 3 stages.", sources=("policy.rule",)),
    ),
)
WHOLE = '{\n  "type": "purchase_order",\n  "params": {\n    "amount": 120000\n  }\n}'


def a_card(**changed: Any) -> Card:
    """A purchase order that waits for Finance, as its approver sees it."""
    fields: dict[str, Any] = {
        "request": REQUEST,
        "version": 4,
        "status": Status.PENDING,
        "title": "New ERP system",
        "headline": "Waiting for Finance (stage 2 of 3)",
        "asked_by": "Alice Adams, through agent purchasing",
        "facts": (
            Fact(label="Amount", value="120,000 EUR"),
            Fact(label="Action", value="purchase_order"),
            Fact(label="Risk score", value="82 of 100"),
            Fact(label="Purpose", value="New ERP system"),
        ),
        "stages": (MANAGER, FINANCE, DIRECTOR),
        "why": "You are asked as Finance by policy rule purchase-order",
        "deadline": NOW + 3 * HOUR,
        "timezone": "Europe/Berlin",
        "rationale": ADVICE,
        "risks": ("The risk score 82 is high.",),
        "buttons": (APPROVE, REJECT, VIEW),
        "binding": BINDING,
        "whole_action": WHOLE,
        "description": "Replaces the old one.\nThe vendor was chosen in October.",
        "digest": "9f2c" * 16,
    }
    return Card(**{**fields, **changed})


MORE = tuple(
    Button(verb=verb, label=label)
    for verb, label in (
        (Verb.EDIT, "Edit and approve"),
        (Verb.REQUEST_CHANGES, "Request changes"),
        (Verb.DELEGATE, "Delegate"),
        (Verb.ASK, "Ask a question"),
        (Verb.COMMENT, "Comment"),
        (Verb.ESCALATE, "Escalate"),
        (Verb.WITHDRAW, "Take my vote back"),
        (Verb.BREAK_GLASS, "Break glass"),
        (Verb.NUDGE, "Nudge"),
        (Verb.CANCEL, "Withdraw the request"),
        (Verb.HISTORY, "History"),
    )
)
"""More than any one person is ever offered."""
FIELDS: dict[Verb, tuple[Field, ...]] = {
    Verb.EDIT: (
        Field(name="amount", label="Amount", kind=FieldKind.LINE, value="120000"),
        Field(name="to", label="To", kind=FieldKind.LINE, value="Berlin", required=False),
        Field(name="text", label="Text", value="two\nlines", required=False),
        Field(name="reason", label="Comment", required=False),
    ),
    Verb.DELEGATE: (
        Field(name="to", label="To whom?", kind=FieldKind.PERSON),
        Field(name="reason", label="Why?", required=False),
    ),
}


def a_form(verb: Verb = Verb.REJECT, **changed: Any) -> Form:
    """The form for an act on the same request."""
    reason = Field(name="reason", label="Why?", hint="The requester will read this")
    fields: dict[str, Any] = {
        "verb": verb,
        "title": f"{verb.value} it",
        "submit": "Send",
        "binding": BINDING,
        "fields": FIELDS.get(verb, (reason,)),
        "intro": "Finn, this is final.",
    }
    return Form(**{**fields, **changed})


def a_rejected_card(**changed: Any) -> Card:
    """The same after Finance said no."""
    vote = VoteLine(
        name="Finn Fischer",
        decision="rejected",
        via="teams",
        at=NOW,
        comment="Over budget",
    )
    fields: dict[str, Any] = {
        "version": 6,
        "status": Status.REJECTED,
        "headline": "Rejected by Finn Fischer",
        "stages": (
            MANAGER,
            StageLine(level=2, name="Finance", status="rejected", votes=(vote,)),
            StageLine(level=3, name="Director", status="skipped"),
        ),
        "why": None,
        "deadline": None,
        "buttons": (),
        "binding": None,
        "reason": "Over budget",
    }
    return a_card(**{**fields, **changed})


def texts(part: object) -> list[str]:
    """Every text anywhere in a card, in order."""
    if isinstance(part, dict):
        here = [v for k, v in part.items() if k in {"text", "title"} and isinstance(v, str)]
        return here + [t for v in part.values() for t in texts(v)]
    if isinstance(part, list):
        return [t for item in part for t in texts(item)]
    return []


def actions(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a card, which may stand in the middle of it."""
    sets = [element for element in card["body"] if element["type"] == "ActionSet"]
    return [a for one in (*sets, card) for a in one.get("actions", [])]


def parts(part: object, type: str) -> list[dict[str, Any]]:
    """Every element or action of a type, wherever it stands."""
    if isinstance(part, dict):
        here = [part] if part.get("type") == type else []
        return here + [p for v in part.values() for p in parts(v, type)]
    if isinstance(part, list):
        return [p for item in part for p in parts(item, type)]
    return []
