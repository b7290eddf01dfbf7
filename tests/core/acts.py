"""The commands of tests other than votes, with defaults that can be overridden one by one."""

from typing import Any

from core.commands import (
    Advise,
    BreakGlass,
    Comment,
    Delegate,
    Draft,
    Escalate,
    Nudge,
    Reassign,
    Redeem,
    ReportExecution,
    Revise,
    RevokeToken,
    WithdrawVote,
)
from core.content import Content, Text, row
from core.events import SYSTEM, Actor
from core.request import RequestState
from core.rules.absence import Standing
from tests.core.builders import AGENT, NOW, a_revision, content


def said(text: str = "because", id: str = "text-1") -> Content:
    """A content row of what somebody wrote."""
    return row(id, "22" * 16, Text(text=text))


def by(person: str) -> Actor:
    return Actor(via="slack", person=person)


def withdraw(person: str) -> WithdrawVote:
    return WithdrawVote(actor=by(person), person=person)


def delegate(giver: str, taker: str) -> Delegate:
    return Delegate(actor=by(giver), person=giver, taker=taker, reason=said())


def reassign(old: str, new: str) -> Reassign:
    return Reassign(actor=by("admin@example.com"), old=old, new=new, reason=said())


def escalate(**who: Any) -> Escalate:
    return Escalate(actor=AGENT, **who)


def nudge(**who: Any) -> Nudge:
    return Nudge(actor=AGENT, **who)


def comment(person: str, id: str = "text-1", question: bool = False) -> Comment:
    return Comment(actor=by(person), text=said(id=id), question=question)


def break_glass(person: str, **fields: Any) -> BreakGlass:
    given: dict[str, Any] = {"actor": by(person), "person": person, "reason": said("fire")}
    return BreakGlass(**given | fields)


def advise(state: RequestState, **fields: Any) -> Advise:
    """A model's confident advice to approve."""
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "revision": state.revision,
        "content": said("looks fine", "R1.a2"),
        "source": "openai",
        "recommendation": "approve",
        "confidence": 95,
    }
    return Advise(**given | fields)


def a_draft(state: RequestState, **fields: Any) -> Draft:
    """The next revision, along the same route; `amount` differs unless it says otherwise."""
    number = state.revision + 1
    amount = fields.get("amount", "90000")
    given: dict[str, Any] = {
        "base": state.revision,
        "action_type": state.action_type,
        "amount": amount,
        "currency": state.currency,
        "risk_score": state.risk_score,
        "route": state.route,
        "content": content(f"R1.r{number}", a_revision(amount=amount, title=f"No. {number}")),
        "rationale": Content(id=f"R1.a{number}", salt="00" * 16, body=b"{}"),
        "recommendation": "review",
    }
    return Draft(**given | fields)


def revise(state: RequestState, **fields: Any) -> Revise:
    return Revise(actor=AGENT, draft=a_draft(state, **fields), agent_key="key-1")


def redeem(jti: str = "R1.1", key: str = "key-1") -> Redeem:
    return Redeem(actor=AGENT, jti=jti, key=key)


def revoke() -> RevokeToken:
    return RevokeToken(actor=by("admin@example.com"), reason=said())


def report(outcome: Any = "succeeded", key: str = "key-1") -> ReportExecution:
    return ReportExecution(actor=AGENT, agent_key=key, outcome=outcome, detail=said())


def away(giver: str, taker: str, **fields: Any) -> Standing:
    """A standing delegation that is in force from `NOW` on."""
    given: dict[str, Any] = {
        "id": f"{giver}>{taker}",
        "giver": giver,
        "taker": taker,
        "starts": NOW,
    }
    return Standing(**given | fields)
