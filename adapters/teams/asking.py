"""People who ask in Teams: the form of `request` or of a button, and its way back."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from adapters.teams import ask_cards, dialogs
from adapters.teams.actions import APART, REVISE
from adapters.teams.answers import UNREADABLE, Reply
from adapters.teams.buttons import apart, reviser
from adapters.teams.identity import Inbound
from adapters.teams.render import render, summary
from adapters.teams.sections import notice
from core.chat.ask_words import ANEW, LABELS
from core.chat.asking_port import About, Asked, Asking, Entries, Wish
from core.directory.people import Identity

Data = Mapping[object, object]


class Requests:
    """The request form, wherever it is asked for."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def concerns(self, data: Data) -> bool:
        """Whether a press is about the form."""
        return ask_cards.concerns(data)

    async def command(self, person: Identity, where: Inbound, title: str) -> Reply:
        """`request`, with the title behind it."""
        form = await self._asking.form(person, "", title)
        if form.refused is not None:
            return Reply(form.refused, private=True)
        return Reply(form.title, ask_cards.card(form, _id(where)), private=True)

    async def pressed(self, person: Identity, where: Inbound, data: Data) -> Reply:
        """The form that was asked for, or what became of one that was sent."""
        if data.get("verb") == REVISE:
            return await self._form(person, where, data)
        asked = await self._asked(person, where, data)
        if asked.refused is None:
            return _made(asked, is_apart=_is_apart(data))
        return await self._corrected(person, data, asked)

    async def dialog(self, person: Identity, where: Inbound, data: Data) -> dict[str, Any]:
        """The same in a dialog, which ends when the wish counted."""
        if data.get("verb") == REVISE:
            reply = await self._form(person, where, data)
        else:
            asked = await self._asked(person, where, data)
            if asked.refused is None:
                return dialogs.ended(asked.text)
            reply = await self._corrected(person, data, asked)
        if reply.card is None:
            return dialogs.ended(reply.text)
        return dialogs.shown(reply.text, reply.card, large=True)

    async def _form(self, person: Identity, where: Inbound, data: Data) -> Reply:
        about = ask_cards.about(data)
        if about is None:
            return Reply(UNREADABLE, private=True)
        form = await self._asking.form(person, about.request)
        if form.refused is not None:
            return Reply(form.refused, private=True)
        shown = ask_cards.card(form, _id(where), is_apart=_is_apart(data))
        return Reply(form.title, shown, private=True)

    async def _asked(self, person: Identity, where: Inbound, data: Data) -> Asked:
        wish = Wish(
            entries=ask_cards.entries(data),
            form=_form_of(where, data),
            about=ask_cards.about(data),
            evidence=where.evidence,
        )
        return await self._asking.ask(person, wish)

    async def _corrected(self, person: Identity, data: Data, asked: Asked) -> Reply:
        """The form once more with what was written in it, and what is wrong with that."""
        about, written = ask_cards.about(data), ask_cards.entries(data)
        form = await self._asking.form(person, "" if about is None else about.request)
        if form.refused is not None or form.about != about:
            # Another revision is asked about by now: what stands there was written for the old.
            return Reply(asked.text, private=True)
        form = replace(form, entries=_over(form.entries, written, about))
        shown = ask_cards.card(
            form,
            ask_cards.form_id(data),
            problems=_problems(asked),
            is_apart=_is_apart(data),
        )
        return Reply(form.title, shown, private=True)


def _made(asked: Asked, *, is_apart: bool) -> Reply:
    """The request in the form's place, as its requester sees it."""
    if asked.card is None:
        return Reply(asked.text, private=True)
    whole = apart(asked.card) if is_apart else asked.card
    shown = render(whole, said=notice(asked.text, refused=False), is_apart=is_apart)
    if asked.again is not None:
        again = reviser(ANEW, asked.again.request, is_apart=is_apart)
        shown["body"].insert(1, {"type": "ActionSet", "actions": [again]})
    return Reply(summary(asked.card), shown, private=True)


def _problems(asked: Asked) -> list[str]:
    """What is wrong, each behind the name of its input."""
    wrong = asked.besides if asked.at is None else {asked.at: asked.text} | asked.besides
    unplaced = [asked.text] if asked.at is None else []
    return unplaced + [f"“{LABELS[part]}”: {said}" for part, said in wrong.items()]


def _over(stands: Entries, written: Entries, about: About | None) -> Entries:
    """What was written; a revision's kind is not asked for and stays."""
    return written if about is None else replace(written, kind=written.kind or stands.kind)


def _id(where: Inbound) -> str:
    """The form is told from others by what asked for it: each asks for one, delivered again or
    not."""
    return where.activity[:200]


def _form_of(where: Inbound, data: Data) -> str:
    form = ask_cards.form_id(data)
    return f"teams:{where.tenant}:{where.conversation}:{form}" if form else ""


def _is_apart(data: Data) -> bool:
    return data.get(APART) is True
