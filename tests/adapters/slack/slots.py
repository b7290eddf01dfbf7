"""Every place in which text from outside reaches Slack: each with one text put into it alone."""

from collections.abc import Callable
from typing import Any

from adapters.slack import (
    absences,
    ask_form,
    away,
    figures,
    forms,
    home,
    home_together,
    listing,
    menu,
    modals,
    notices,
    render,
)
from adapters.slack.actions import Where
from adapters.slack.render import Message
from core.card import Button, Card, Confirm, Fact, RemarkLine, StageLine, Verb, VoteLine
from core.chat.asking_port import AskForm
from core.chat.figures_port import Overview
from core.chat.form import Field, FieldKind
from core.chat.home_place import Place
from core.chat.home_port import Approved, HomeItem, OwnItem, Shelf, Wish
from core.chat.port import AbsenceLine, Absences, Queue, QueueItem
from core.content import Point, Rationale, Run
from core.ports import Notice, OwnNews
from core.refusals import Reason
from tests.adapters.slack import cards, homes

Json = dict[str, Any]
Shown = Message | Json
"""A message, or a modal."""

WHERE = Where(channel="C1", ts="1.2")
ITEM = QueueItem(
    request="R1", title="ERP", asked_by="Alice", stage="Manager", amount="5 EUR", deadline=cards.NOW
)


def _vote(**fields: str) -> StageLine:
    given: dict[str, Any] = {"name": "Mara", "decision": "approved", "via": "slack"}
    vote = VoteLine(**given | fields, at=cards.NOW)
    return StageLine(level=1, name="Manager", status="pending", votes=(vote,))


def _run(removed: str) -> Run:
    return Run(model="m", prompt="1", facts="", removed=(f"point: {removed}",))


def _advice(**fields: Any) -> Rationale:
    given: dict[str, Any] = {"recommendation": "approve", "summary": "All good."}
    return Rationale(**given | fields)


def _remark(**fields: str) -> tuple[RemarkLine, ...]:
    given: dict[str, Any] = {"name": "Ann", "text": "Why?"}
    return (RemarkLine(**given | fields, at=cards.NOW),)


CARDS: dict[str, Callable[[str], Card]] = {
    "title": lambda t: cards.card(title=t),
    "headline": lambda t: cards.card(headline=t),
    "asked by": lambda t: cards.card(asked_by=t),
    "fact label": lambda t: cards.card(facts=(Fact(label=t, value="5"),)),
    "fact value": lambda t: cards.card(facts=(Fact(label="Vendor", value=t),)),
    "stage": lambda t: cards.card(stages=(StageLine(level=1, name=t, status="pending"),)),
    "waiting for": lambda t: cards.card(
        stages=(StageLine(level=1, name="Manager", status="pending", waiting_for=("Ann", t)),)
    ),
    "escalated": lambda t: cards.card(
        stages=(StageLine(level=1, name="M", status="pending", escalated_because=t),)
    ),
    "stage note": lambda t: cards.card(
        stages=(StageLine(level=1, name="Manager", status="pending", note=t),)
    ),
    "voter": lambda t: cards.card(stages=(_vote(name=t),)),
    "vote comment": lambda t: cards.card(stages=(_vote(comment=t),)),
    "vote place": lambda t: cards.card(stages=(_vote(via=t),)),
    "why": lambda t: cards.card(why=t),
    "recommendation": lambda t: cards.card(rationale=_advice(recommendation=t)),
    "summary": lambda t: cards.card(rationale=_advice(summary=t)),
    "advisor": lambda t: cards.card(rationale=_advice(source=t, points=(Point(text="P"),))),
    "point": lambda t: cards.card(rationale=_advice(points=(Point(text=t),))),
    "question to ask": lambda t: cards.card(rationale=_advice(questions=(t,))),
    "left out": lambda t: cards.card(rationale=_advice(run=_run(t), points=(Point(text="P"),))),
    "point source": lambda t: cards.card(
        rationale=_advice(points=(Point(text="P", sources=("request.amount", t)),))
    ),
    "risk": lambda t: cards.card(risks=("High risk.", t)),
    "description": lambda t: cards.card(description=t),
    "reason": lambda t: cards.rejected(reason=t),
    "note": lambda t: cards.card(note=t),
    "comment": lambda t: cards.card(remarks=_remark(text=t)),
    "commenter": lambda t: cards.card(remarks=_remark(name=t)),
    "digest": lambda t: cards.card(digest=t),
    "confirm": lambda t: cards.card(
        buttons=(
            Button(
                verb=Verb.APPROVE,
                label="Approve",
                confirm=Confirm(title="Sure?", text=t, yes="Yes", no="No"),
            ),
        )
    ),
}

OTHERS: dict[str, Callable[[str], Shown]] = {
    "lead": lambda t: render.message(cards.card(), lead=t),
    "queue title": lambda t: listing.queue(Queue(items=(_item(title=t),))),
    "queue asker": lambda t: listing.queue(Queue(items=(_item(asked_by=t),))),
    "queue stage": lambda t: listing.queue(Queue(items=(_item(stage=t),))),
    "queue amount": lambda t: listing.queue(Queue(items=(_item(amount=t),))),
    "what nobody knows": listing.usage,
    "sentence": listing.sentence,
    "absence": lambda t: absences.listed(
        Absences(items=(AbsenceLine(id="a1", giver=t, taker="Bob", starts=cards.NOW, ends=None),))
    ),
    "notice title": lambda t: notices.message(_notice(title=t)),
    "notice": lambda t: notices.message(_notice(text=t)),
    "loud notice": lambda t: notices.message(_notice(text=t, kind="break_glass")),
    "digest title": lambda t: notices.message(_digest(items=(_item(title=t),))),
    "digest asker": lambda t: notices.message(_digest(items=(_item(asked_by=t),))),
    "digest own title": lambda t: notices.message(_digest(own=(_news(title=t),))),
    "digest own news": lambda t: notices.message(_digest(own=(_news(text=t),))),
    "whole action": lambda t: modals.whole_action(cards.card(whole_action=t)),
    "history": lambda t: modals.history("R1", t),
    "modal": modals.sentence,
    "choices": lambda t: menu.choices(cards.card(title=t, more=cards.MORE), WHERE),
    "form about": lambda t: forms.view(cards.form(Verb.REJECT), t, WHERE),
    "form intro": lambda t: forms.view(cards.form(Verb.REJECT, intro=t), "ERP", WHERE),
    "form label": lambda t: _form(Field(name="f", label=t)),
    "form hint": lambda t: _form(Field(name="f", label="Amount", hint=t)),
    "card modal": lambda t: modals.card(cards.card(title=t), WHERE, lead=t),
    "home title": lambda t: _home(homes.item(title=t)),
    "home asker": lambda t: _home(homes.item(asked_by=t)),
    "home stage": lambda t: _home(homes.item(stage=t)),
    "home amount": lambda t: _home(homes.item(amount=t)),
    "home own title": lambda t: _own(homes.own(title=t)),
    "home own headline": lambda t: _own(homes.own(headline=t)),
    "home absence": lambda t: home.view(homes.page(away=(homes.away(taker=t),)), Place()),
    "home refusal": lambda t: home.view(homes.page(refused=t), Place()),
    "approved together": lambda t: home_together.outcome(
        [Approved("R1", "Over.", t, Reason.FINISHED)]
    ),
    "refused together": lambda t: home_together.outcome(
        [Approved("R1", t, "ERP", Reason.FINISHED)]
    ),
    "out of office": lambda t: away.view(Absences(items=(homes.away(taker=t),)), "h"),
    "out of office, said": lambda t: away.view(Absences(), "h", lead=t),
    "request form intro": lambda t: ask_form.view(AskForm(title="Ask", submit="Ask", intro=t)),
    "request form title": lambda t: ask_form.view(AskForm(title=t, submit="Ask", intro="So.")),
    "figures refused": lambda t: figures.message(Overview(refused=t)),
    "form value": lambda t: _form(Field(name="f", label="Amount", kind=FieldKind.TEXT, value=t)),
}


def _home(item: HomeItem) -> Json:
    return home.view(homes.page(item), Place())


def _own(item: OwnItem) -> Json:
    return home.view(homes.page(own=(item,)), Place(wish=Wish(shelf=Shelf.OWN)))


def _item(**fields: str) -> QueueItem:
    given = {name: getattr(ITEM, name) for name in ITEM.__struct_fields__}
    return QueueItem(**given | fields)


def _digest(**fields: Any) -> Notice:
    return Notice(kind="digest", request="", title="Today", text="So.", **fields)


def _news(**fields: str) -> OwnNews:
    return OwnNews(**{"request": "R1", "title": "ERP", "text": "Approved by Ann"} | fields)


def _notice(**fields: str) -> Notice:
    given: dict[str, Any] = {"kind": "comment", "title": "ERP", "text": "Ann asks."}
    return Notice(**given | fields, request="R1")


def _form(field: Field) -> Json:
    return forms.view(cards.form(Verb.EDIT, fields=(field,)), "ERP", WHERE)


def everywhere(text: str) -> Card:
    """A card in which this text stands in every place at once."""
    vote = VoteLine(name=text, decision=text, via=text, at=cards.NOW, comment=text)
    return cards.card(
        title=text,
        headline=text,
        asked_by=text,
        facts=(Fact(label=text, value=text),) * 6,
        stages=(
            StageLine(
                level=1,
                name=text,
                status="pending",
                votes=(vote,),
                waiting_for=(text, text),
                escalated_because=text,
                note=text,
            ),
        ),
        why=text,
        rationale=_advice(
            recommendation=text,
            summary=text,
            source=text,
            points=(Point(text=text, sources=(text,)),),
        ),
        risks=(text,) * 4,
        description=text,
        note=text,
        remarks=_remark(name=text, text=text),
        whole_action=text,
    )


SLOTS: dict[str, Callable[[str], Shown]] = OTHERS | {
    name: (lambda t, make=make: render.message(make(t)))  # bound now
    for name, make in CARDS.items()
}
