"""Card or notice into a letter: a subject, plain text, and the same as HTML.

Nothing is loaded from anywhere and nothing tells that a letter was read. Text from outside is
escaped by the template (Jinja's autoescape), and in plain text stands as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters.email.letters import Kind, Text, verbs
from core.card import Card, Verb
from core.cards.advised import ASK
from core.cards.moments import moment
from core.cards.outline import Labelled, Outline, clean, line, outline
from core.chat.digest_words import OWN, comments, more_own, more_waiting
from core.chat.port import QueueItem
from core.ports import Notice
from core.text import cut_at
from core.value import Value

Link = Callable[[Verb | None], str]

SUBJECT_CHARS: Final = 120
TEXT_CHARS: Final = 2000
REMARKS: Final = 5

LABELS: Final = {
    Verb.APPROVE: "Approve",
    Verb.REJECT: "Reject",
    Verb.REQUEST_CHANGES: "Request changes",
}
ASKS_ONCE_MORE: Final = (
    "Links in this letter open a page that asks once more; opening it decides nothing."
)
YOURS_ALONE: Final = (
    "Do not pass this letter on: whoever has it can decide as you. Answers to it are not read."
)
MORE: Final = "The dashboard"
NOT_READ: Final = "Answers to this letter are not read."
LOUD: Final = {"break_glass": "Break-glass", "held": "Held"}
"""What nobody must overlook."""
NOTHING_ASKED: Final = f"Nothing is asked of you any more. {NOT_READ}"


class Part(Value, frozen=True):
    """A labelled part of a letter: a text, and `lines` below it, each with a dot or not."""

    label: str
    lines: Sequence[str] = ()
    text: str = ""
    dots: bool = True

    @property
    def is_there(self) -> bool:
        return bool(self.lines or self.text)


class Item(Value, frozen=True):
    """One request among several: `about` are a few words of each; `look` leads to it."""

    title: str
    about: str
    look: str


class Renderer:
    """Lays letters out; reads its template once."""

    def __init__(self) -> None:
        folder = Path(__file__).parent / "templates"
        self._html = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        ).get_template("letter.html")

    def card(self, card: Card, kind: Kind, link: Link | None, *, first: bool) -> Text:
        """A letter about a card, with links where it asks; `first` of its request."""
        shown = outline(card, TEXT_CHARS, REMARKS)
        asks = kind is Kind.ASKS and link is not None
        buttons = [(LABELS[v], link(v), v.value) for v in verbs(card)] if asks and link else []
        hint = f"{ASKS_ONCE_MORE} {YOURS_ALONE}" if asks else NOTHING_ASKED
        look = link(None) if asks and link else ""
        why = f"{shown.why}." if shown.why else ""
        top = [Part("", text=shown.reason and f"Reason: {shown.reason}"), Part("", text=shown.note)]
        html = self._laid_out(
            title=shown.title,
            state=shown.headline,
            status=shown.status,
            about=[*_about(shown)],
            top=[part for part in top if part.is_there],
            facts=shown.facts,
            risks=shown.risks,
            why=why,
            buttons=buttons,
            hint=hint,
            parts=[*_parts(shown)],
            footer=shown.footer,
        )
        plain = _plain(shown, why, look, hint)
        return Text(subject=subject(card.title, first=first), plain=plain, html=html)

    def notice(self, notice: Notice, link: Link | None) -> Text:
        """A letter that tells something, with a way to the page where something was asked."""
        title, text, loud = line(notice.title), clean(notice.text), LOUD.get(notice.kind, "")
        look = "" if link is None else link(None)
        hint = f"{ASKS_ONCE_MORE} {YOURS_ALONE}" if look else NOT_READ
        footer = f"Request {line(notice.request)}"
        html = self._laid_out(
            title=title,
            state=loud,
            status=notice.kind,
            top=[Part("", text=text)],
            look=look,
            hint=hint,
            footer=footer,
        )
        plain = _joined([loud, title, text, _way(look), hint, footer])
        return Text(subject=subject(notice.title, first=False), plain=plain, html=html)

    def digest(self, notice: Notice, link: Callable[[str], str]) -> Text:
        """A letter about several requests: what waits, with the way to each, and what became of
        the reader's own."""
        title, text = line(notice.title), clean(notice.text)
        items = [_item(each, notice.timezone, link(each.request)) for each in notice.items]
        own = [f"{line(each.title)}: {line(each.text)}" for each in notice.own]
        own += [more_own(notice.own_more)] if notice.own_more else []
        more = more_waiting(notice.more) if notice.more else ""
        parts = [part for part in (Part(OWN, own), Part(MORE, text=notice.link)) if part.is_there]
        hint = f"{ASKS_ONCE_MORE} {YOURS_ALONE}" if items else NOT_READ
        top = [Part("", text=text)] if text else []
        html = self._laid_out(
            title=title, top=top, items=items, more=more, hint=hint, parts=parts, footer=""
        )
        listed = [f"{each.title}\n{each.about}\n{each.look}" for each in items]
        plain = _joined([title, text, *listed, more, *_written(parts), hint])
        return Text(subject=_short(notice.title), plain=plain, html=html)

    def _laid_out(self, **given: object) -> str:
        empty: dict[str, object] = dict.fromkeys(("state", "status", "why", "look", "more"), "")
        empty |= dict.fromkeys(("about", "top", "facts", "risks", "buttons", "parts", "items"), ())
        return self._html.render(empty | given)


def subject(title: str, *, first: bool) -> str:
    """The subject of a letter about a request, the same for all of them: mailboxes sort by it,
    too."""
    return f"{'' if first else 'Re: '}Approval: {_short(title)}"


def _short(title: str) -> str:
    """One short line without anything hidden."""
    # What looks like an encoded word would be decoded into other words by whoever reads it:
    # https://www.rfc-editor.org/rfc/rfc2047#section-2
    text = line(title).replace("=?", "= ?") or "without a title"
    if len(text) > SUBJECT_CHARS:
        text = f"{text[: cut_at(text, SUBJECT_CHARS - 1)]}…"
    return text


def _item(item: QueueItem, timezone: str, look: str) -> Item:
    words = [item.amount or "", f"asked by {line(item.asked_by)}", line(item.stage)]
    words += [f"decide by {moment(item.deadline, timezone)}"] if item.deadline is not None else []
    words += [comments(item.comments)] if item.comments else []
    return Item(title=line(item.title), about=" · ".join(filter(None, words)), look=look)


def _about(shown: Outline) -> Iterator[Labelled]:
    yield Labelled("Asked by", shown.asked_by)
    if shown.deadline:
        yield Labelled("Decide by", shown.deadline)


def _parts(shown: Outline) -> Iterator[Part]:
    """What stands below: what helps to decide, and the record."""
    found: list[Part] = []
    if shown.advice is not None:
        advice = shown.advice
        text = " ".join(filter(None, (advice.aside, advice.summary)))
        found.append(Part(f"Advice: {advice.recommendation}", advice.points, text))
        found.append(Part(ASK, advice.questions))
        found.append(Part("About this advice", advice.about, dots=False))
    found.append(Part("Description", text=shown.description))
    found.append(Part("Stages", [stage.text for stage in shown.stages], dots=False))
    older = [f"{shown.left_out} older ones are on the page."] if shown.left_out else []
    found.append(Part("Comments", [*older, *shown.remarks]))
    yield from (part for part in found if part.is_there)


def _plain(shown: Outline, why: str, look: str, hint: str) -> str:
    about = "\n".join(f"{each.label}: {each.text}" for each in (*_about(shown), *shown.facts))
    reason = shown.reason and f"Reason: {shown.reason}"
    risks = "\n".join(f"Risk: {risk}" for risk in shown.risks)
    paragraphs = [f"{shown.headline}.", shown.title, reason, shown.note, about, risks, why]
    paragraphs += [_way(look, "Decide here"), hint]
    paragraphs += [*_written(_parts(shown)), shown.footer]
    return _joined(paragraphs)


def _written(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        dot = "- " if part.dots else ""
        lines = [part.text, *(f"{dot}{item}" for item in part.lines)]
        yield "\n".join([part.label, *(each for each in lines if each)])


def _way(look: str, label: str = "Open the request") -> str:
    return f"{label}:\n{look}" if look else ""


def _joined(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"
