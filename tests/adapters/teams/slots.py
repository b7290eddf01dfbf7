"""Every place in which text from outside reaches Teams: each with one text put into it alone."""

from collections.abc import Callable
from typing import Any

from adapters.teams import (
    absence_cards,
    ask_cards,
    dialogs,
    digest,
    forms,
    home,
    messages,
    notices,
    pages,
)
from adapters.teams.render import render, summary
from adapters.teams.sections import notice
from adapters.teams.text import Element
from core.card import Button, Card, Confirm, Fact, RemarkLine, StageLine, Verb, VoteLine
from core.chat.absence_words import Wanted
from core.chat.asking_port import AskForm
from core.chat.form import Field, FieldKind
from core.chat.home_place import Place
from core.chat.home_port import RuleCount, Shelf, Wish
from core.chat.port import AbsenceLine, Absences, QueueItem
from core.content import Point, Rationale, Run
from core.ports import Notice, OwnNews
from tests.adapters.slack import homes
from tests.adapters.teams import cards

Shown = Element | str
"""A card, or a text without one."""

PLACE = {"bot": "28:b", "conversation": "a:1", "tenant": "t", "service_url": "https://x.example"}


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


def _stage(**fields: Any) -> StageLine:
    given: dict[str, Any] = {"level": 1, "name": "Manager", "status": "pending"}
    return StageLine(**given | fields)


def _confirm(**fields: str) -> tuple[Button, ...]:
    given = {"title": "Sure?", "text": "It is much.", "yes": "Yes", "no": "No"}
    return (Button(verb=Verb.APPROVE, label="Approve", confirm=Confirm(**given | fields)),)


CARDS: dict[str, Callable[[str], Card]] = {
    "title": lambda t: cards.a_card(title=t),
    "headline": lambda t: cards.a_card(headline=t),
    "asked by": lambda t: cards.a_card(asked_by=t),
    "fact label": lambda t: cards.a_card(facts=(Fact(label=t, value="5"),)),
    "fact value": lambda t: cards.a_card(facts=(Fact(label="Vendor", value=t),)),
    "later fact": lambda t: cards.a_card(
        facts=(*(Fact(label="N", value=str(n)) for n in range(4)), Fact(label=t, value=t))
    ),
    "stage": lambda t: cards.a_card(stages=(_stage(name=t),)),
    "waiting for": lambda t: cards.a_card(stages=(_stage(waiting_for=("Ann", t)),)),
    "escalated": lambda t: cards.a_card(stages=(_stage(escalated_because=t),)),
    "stage note": lambda t: cards.a_card(stages=(_stage(note=t),)),
    "stage status": lambda t: cards.a_card(stages=(_stage(status=t),)),
    "voter": lambda t: cards.a_card(stages=(_vote(name=t),)),
    "vote": lambda t: cards.a_card(stages=(_vote(decision=t),)),
    "vote comment": lambda t: cards.a_card(stages=(_vote(comment=t),)),
    "vote place": lambda t: cards.a_card(stages=(_vote(via=t),)),
    "why": lambda t: cards.a_card(why=t),
    "recommendation": lambda t: cards.a_card(rationale=_advice(recommendation=t)),
    "summary": lambda t: cards.a_card(rationale=_advice(summary=t)),
    "long summary": lambda t: cards.a_card(rationale=_advice(summary=f"{t} {'so ' * 90}")),
    "advisor": lambda t: cards.a_card(rationale=_advice(source=t, points=(Point(text="P"),))),
    "point": lambda t: cards.a_card(rationale=_advice(points=(Point(text=t),))),
    "question to ask": lambda t: cards.a_card(rationale=_advice(questions=(t,))),
    "left out": lambda t: cards.a_card(rationale=_advice(run=_run(t), points=(Point(text="P"),))),
    "point source": lambda t: cards.a_card(
        rationale=_advice(points=(Point(text="P", sources=(t, "request.amount")),))
    ),
    "risk": lambda t: cards.a_card(risks=("High risk.", t)),
    "later risk": lambda t: cards.a_card(risks=("a", "b", "c", t)),
    "description": lambda t: cards.a_card(description=t),
    "long description": lambda t: cards.a_card(description=f"{t} {'so ' * 90}"),
    "reason": lambda t: cards.a_rejected_card(reason=t),
    "note": lambda t: cards.a_card(note=t),
    "long note": lambda t: cards.a_card(note=f"{t} {'so ' * 90}"),
    "comment": lambda t: cards.a_card(remarks=_remark(text=t)),
    "commenter": lambda t: cards.a_card(remarks=_remark(name=t)),
    "digest": lambda t: cards.a_card(digest=t),
    "button": lambda t: cards.a_card(more=(Button(verb=Verb.COMMENT, label=t),)),
    "confirm title": lambda t: cards.a_card(buttons=_confirm(title=t)),
    "confirm": lambda t: cards.a_card(buttons=_confirm(text=t)),
    "confirm yes": lambda t: cards.a_card(buttons=_confirm(yes=t)),
}

OTHERS: dict[str, Callable[[str], Shown]] = {
    "lead": lambda t: render(cards.a_card(), said=notice(t, refused=True)),
    "notification": lambda t: summary(cards.a_card(title=t)),
    "whole action": lambda t: pages.page(cards.a_card(whole_action=t), 1, 1),
    "page title": lambda t: pages.page(cards.a_card(title=t), 1, 1),
    "history": lambda t: pages.history(t, "R1", 1),
    "notice title": lambda t: notices.card(_notice(title=t)),
    "notice": lambda t: notices.card(_notice(text=t)),
    "loud notice": lambda t: notices.card(_notice(text=t, kind="break_glass")),
    "a day's title": lambda t: digest.card(_digest(items=(_waiting(title=t),))),
    "a day's asker": lambda t: digest.card(_digest(items=(_waiting(asked_by=t),))),
    "a day's stage": lambda t: digest.card(_digest(items=(_waiting(stage=t),))),
    "a day's amount": lambda t: digest.card(_digest(items=(_waiting(amount=t),))),
    "a day's own title": lambda t: digest.card(_digest(own=(_news(title=t),))),
    "a day's own news": lambda t: digest.card(_digest(own=(_news(text=t),))),
    "plain answer": lambda t: str(messages.words(t, PLACE).text),
    "form about": lambda t: _form(about=cards.a_card(title=t)),
    "form title": lambda t: _form(title=t),
    "form intro": lambda t: _form(intro=t),
    "form warning": lambda t: forms.card(cards.a_form(Verb.BREAK_GLASS, intro=t)),
    "form submit": lambda t: _form(submit=t),
    "form label": lambda t: _field(Field(name="f", label=t)),
    "form person": lambda t: _field(Field(name="to", label=t, kind=FieldKind.PERSON)),
    "form hint": lambda t: _field(Field(name="f", label="Amount", hint=t)),
    "form value": lambda t: _field(Field(name="f", label="Amount", value=_sent(t))),
    "form problem": lambda t: forms.card(cards.a_form(), problem=t),
    "dialog": lambda t: dialogs.shown(t, forms.card(cards.a_form(intro=t)))["task"]["value"],
    "dialog's end": lambda t: str(dialogs.ended(t)["task"]["value"]),
    "absence giver": lambda t: _absence(giver=t),
    "absence taker": lambda t: _absence(taker=t),
    "absence said": lambda t: absence_cards.listed(Absences(), t, Wanted(""), refused=True),
    "home title": lambda t: _home(homes.page(homes.item(title=t))),
    "home asker": lambda t: _home(homes.page(homes.item(asked_by=t))),
    "home stage": lambda t: _home(homes.page(homes.item(stage=t))),
    "home amount": lambda t: _home(homes.page(homes.item(amount=t))),
    "home rule": lambda t: _home(
        homes.page(homes.item(), homes.item(2), rules=(RuleCount(_sent(t), 1), RuleCount("b", 1)))
    ),
    "home own title": lambda t: _own(title=t),
    "home own headline": lambda t: _own(headline=t),
    "home absence": lambda t: _home(homes.page(away=(homes.away(taker=t),))),
    "approved together": lambda t: home.question("Approve?", [homes.item(title=t)], None, Place()),
    "left out together": lambda t: home.question("Approve?", [homes.item()], t, Place()),
    "refused together": lambda t: home.outcome(("1 approved", ""), [(t, t)], Place()),
    "request form": lambda t: ask_cards.card(AskForm(title="Ask", submit="Ask", intro=t), "1"),
    "request form problem": lambda t: ask_cards.card(
        AskForm(title="Ask", submit="Ask", intro="So."), "1", problems=[t, t]
    ),
}


def listing(text: str) -> str:
    """A message of several lines, the only place where outside text stands in Markdown."""
    return str(messages.listing((text, f"after: {text}"), PLACE).text)


def _home(page: Any) -> Shown:
    return home.card(page, Place())


def _own(**fields: Any) -> Shown:
    page = homes.page(own=(homes.own(**fields),))
    return home.card(page, Place(wish=Wish(shelf=Shelf.OWN)))


def _absence(**fields: str) -> Shown:
    given: dict[str, Any] = {"giver": "Ann", "taker": "Bob"}
    line = AbsenceLine(**given | fields, id="a1", starts=cards.NOW, ends=None)
    return absence_cards.listed(Absences(items=(line,)), "", Wanted(""), refused=False)


def _digest(**fields: Any) -> Notice:
    return Notice(kind="digest", request="", title="Today", text="So.", **fields)


def _waiting(**fields: str) -> QueueItem:
    given: dict[str, Any] = {"title": "ERP", "asked_by": "Ann", "stage": "Finance", "amount": "5"}
    return QueueItem(**given | fields, request="R1", deadline=cards.NOW)


def _news(**fields: str) -> OwnNews:
    return OwnNews(**{"request": "R1", "title": "ERP", "text": "Approved by Ann"} | fields)


def _notice(**fields: str) -> Notice:
    given: dict[str, Any] = {"kind": "comment", "title": "ERP", "text": "Ann asks."}
    return Notice(**given | fields, request="R1")


def _form(about: Card | None = None, **changed: str) -> Shown:
    return forms.card(cards.a_form(Verb.REJECT, **changed), about=about)


def _field(field: Field) -> Shown:
    return forms.card(cards.a_form(Verb.EDIT, fields=(field,)))


def _sent(text: str) -> str:
    """What is kept is UTF-8, so half a character is in no value."""
    return text.encode("utf-8", "ignore").decode()


def everywhere(text: str) -> Card:
    """A card in which this text stands in every place at once."""
    vote = VoteLine(name=text, decision=text, via=text, at=cards.NOW, comment=text)
    stage = _stage(
        name=text,
        votes=(vote, vote),
        waiting_for=(text, text),
        needed=3,
        escalated_because=text,
        note=text,
    )
    point = Point(text=text, sources=(text, text))
    return cards.a_card(
        title=text,
        headline=text,
        asked_by=text,
        facts=(Fact(label=text, value=text),) * 12,
        stages=(stage,) * 6,
        why=text,
        rationale=Rationale(recommendation=text, summary=text, points=(point,) * 8, source=text),
        risks=(text,) * 8,
        whole_action=text,
        description=text,
        note=text,
        reason=text,
        remarks=_remark(name=text, text=text) * 7,
        timezone=text,
        digest=text,
        buttons=(cards.ASK_TWICE, cards.REJECT, cards.VIEW),
        more=cards.MORE,
    )


SLOTS: dict[str, Callable[[str], Shown]] = OTHERS | {
    name: (lambda t, make=make: render(make(t)))  # bound now
    for name, make in CARDS.items()
}
