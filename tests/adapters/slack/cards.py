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

APPROVE = Button(verb=Verb.APPROVE, label="Approve")
REJECT = Button(verb=Verb.REJECT, label="Reject")
VIEW = Button(verb=Verb.VIEW, label="View full action")
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
        (Verb.VIEW, "View full action"),
    )
)
"""All that a menu can hold, more than anybody gets at once."""
ASK_TWICE = Confirm(
    title="Approve this high-risk request?",
    text="Risk score 82 of 100 over 120,000 EUR. Your approval is recorded.",
    yes="Approve",
    no="Back",
)

MANAGER = StageLine(
    level=1,
    name="Manager",
    status="approved",
    votes=(VoteLine(name="Mara Meyer", decision="approved", via="teams", at=NOW - HOUR),),
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
        Point(
            text="Policy rule purchase-order asks for 3 stages: Manager, Finance, Director.",
            sources=("policy.rule", "policy.stages"),
        ),
    ),
    risks=("High risk score: 82 out of 100.",),
)

WHOLE_ACTION = """{
  "type": "purchase_order",
  "params": {
    "purpose": "New ERP system",
    "vendor": "Acme GmbH",
    "amount": 120000
  }
}"""


REASON = Field(
    name="reason", label="Reason", hint="The requester and the agent will read it.", limit=2000
)
OPTIONAL = Field(name="reason", label="Reason", required=False)
FIELDS = {
    Verb.EDIT: (
        Field(name="amount", label="Amount", kind=FieldKind.LINE, value="120000"),
        Field(name="purpose", label="Purpose", value="New ERP\nsystem"),
        Field(name="reason", label="Comment", required=False),
    ),
    Verb.DELEGATE: (Field(name="to", label="To whom", kind=FieldKind.PERSON), OPTIONAL),
    Verb.ESCALATE: (OPTIONAL,),
    Verb.CANCEL: (OPTIONAL,),
}


def form(verb: Verb, **fields: Any) -> Form:
    """The form of an act as the core gives it."""
    given: dict[str, Any] = {
        "verb": verb,
        "title": "Reject request" if verb is Verb.REJECT else "Act on this request",
        "submit": verb.value.replace("_", " ").capitalize(),
        "binding": BINDING,
        "fields": FIELDS.get(verb, (REASON,)),
    }
    return Form(**given | fields)


def card(**fields: Any) -> Card:
    """A purchase order that waits for Finance, as Finn sees it."""
    given: dict[str, Any] = {
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
            Fact(label="Vendor", value="Acme GmbH"),
        ),
        "stages": (MANAGER, FINANCE, DIRECTOR),
        "why": "You are asked as Finance by policy rule purchase-order",
        "deadline": NOW + 6 * HOUR,
        "timezone": "Europe/Berlin",
        "rationale": ADVICE,
        "risks": ADVICE.risks,
        "buttons": (APPROVE, REJECT, VIEW),
        "binding": BINDING,
        "whole_action": WHOLE_ACTION,
        "description": "Replaces the accounting system from 2009.",
        "digest": "9f31c02e77aa4b1e",
    }
    return Card(**given | fields)


def approved(**fields: Any) -> Card:
    """The same request after the last stage approved it."""
    votes = {
        2: VoteLine(name="Finn Fischer", decision="approved", via="slack", at=NOW),
        3: VoteLine(name="Dana Diaz", decision="approved", via="slack", at=NOW + HOUR),
    }
    done = (
        MANAGER,
        StageLine(level=2, name="Finance", status="approved", votes=(votes[2],)),
        StageLine(level=3, name="Director", status="approved", votes=(votes[3],)),
    )
    final: dict[str, Any] = {
        "version": 9,
        "status": Status.APPROVED,
        "headline": "Approved by Dana Diaz",
        "stages": done,
        "why": None,
        "deadline": None,
        "buttons": (),
        "binding": None,
    }
    return card(**final | fields)


def rejected(**fields: Any) -> Card:
    """The same request after Finance rejected it."""
    vote = VoteLine(
        name="Finn Fischer",
        decision="rejected",
        via="slack",
        at=NOW,
        comment="Two other offers are missing.",
    )
    stages = (
        MANAGER,
        StageLine(level=2, name="Finance", status="rejected", votes=(vote,)),
        DIRECTOR,
    )
    final: dict[str, Any] = {
        "version": 7,
        "status": Status.REJECTED,
        "headline": "Rejected by Finn Fischer",
        "stages": stages,
        "reason": "Two other offers are missing.",
        "why": None,
        "deadline": None,
        "buttons": (),
        "binding": None,
    }
    return card(**final | fields)
