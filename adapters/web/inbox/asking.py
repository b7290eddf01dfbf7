"""The form of somebody who asks: a new request, or one of theirs sent again with changes."""

from typing import Final

from aiohttp import web
from msgspec.structs import replace

from adapters.web.inbox.desk import Desk, evidence, lines, once
from adapters.web.inbox.rows import INBOX
from adapters.web.pages import Message, TurnedAway
from adapters.web.visit import Visit
from core.chat.ask_words import HINTS, LABELS, LINES, REQUIRED
from core.chat.asking_port import LONGEST, About, Asked, AskForm, Entries, Part, Wish
from core.value import Value

NEW: Final = f"{INBOX}/new"
SURFACE: Final = "form"
"""The surface of these requests, as the trail keeps it."""

_MOST_ID: Final = 200


class Input(Value, frozen=True):
    """A part of the form. `kind` is "choice", "date", "lines" or "line"; `wrong` says what to
    mend."""

    name: str
    label: str
    kind: str
    value: str
    hint: str
    limit: int
    required: bool
    wrong: str = ""


class Ask:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def form(self, visit: Visit) -> web.Response:
        """GET: the empty form, or that of a request which the visitor may change or take up."""
        query = visit.request.query
        of, title = query.get("of", "")[:_MOST_ID], query.get("title", "")
        made = await self._desk.chat.asking.form(visit.visitor.identity, of, title)
        if made.refused is not None:
            raise TurnedAway(Message(409, "There is nothing to change", made.refused))
        return self._shown(visit, made, 200, Asked(text=""))

    async def ask(self, visit: Visit) -> web.Response:
        """POST: ask, or send the changes."""
        about, entries = _about(visit), _entries(visit)
        wish = Wish(
            entries=entries,
            form=once(visit, SURFACE),
            about=about,
            evidence=evidence(visit, SURFACE),
        )
        who = visit.visitor.identity
        asked = await self._desk.chat.asking.ask(who, wish)
        if asked.refused is None and asked.card is not None:
            return self._desk.pages.see_other(f"{INBOX}/{asked.card.request}", asked.text)
        of = "" if about is None else about.request
        made = await self._desk.chat.asking.form(who, of)
        if made.refused is not None:
            raise TurnedAway(Message(409, "This was not sent", asked.text))
        # What it is about stays what it was: a form of an older revision is refused again.
        given = replace(made, entries=entries, about=about)
        return self._shown(visit, given, 422 if asked.at is not None else 409, asked)

    def _shown(self, visit: Visit, form: AskForm, status: int, asked: Asked) -> web.Response:
        return self._desk.shown(
            visit,
            "new",
            status,
            form=form,
            inputs=[_input(part, form, asked) for part in form.parts],
            wrong="" if asked.at is not None else asked.text,
        )


def _input(part: Part, form: AskForm, asked: Asked) -> Input:
    match part:
        case Part.KIND:
            kind = "choice"
        case Part.NEEDED_BY:
            kind = "date"
        case _:
            kind = "lines" if part in LINES else "line"
    return Input(
        name=part.value,
        label=LABELS[part],
        kind=kind,
        value=getattr(form.entries, part.value),
        hint=HINTS.get(part, ""),
        limit=LONGEST.get(part, _MOST_ID),
        required=part in REQUIRED,
        wrong=asked.text if asked.at is part else asked.besides.get(part, ""),
    )


# --- on the way back ------------------------------------------------------------------------


def _entries(visit: Visit) -> Entries:
    """What stands in the form: one character more than may stand there, so that what is too long
    is told and not cut."""
    return Entries(
        **{p.value: lines(visit.one(p.value))[: LONGEST.get(p, _MOST_ID) + 1] for p in Part}
    )


def _about(visit: Visit) -> About | None:
    """What the form started from; None for a new request."""
    request, revision = visit.one("of")[:_MOST_ID], visit.one("revision")
    if not request:
        return None
    number = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else 0
    return About(request=request, revision=number)
