"""Out of office: who acts for the visitor, and for whom they act."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from adapters.web.inbox import acts, rows
from adapters.web.inbox.desk import Desk, known, once
from adapters.web.inbox.rows import INBOX
from adapters.web.visit import Visit
from core.calendars.localtime import local_date
from core.chat.absence_words import said, span
from core.chat.days import YEARS
from core.chat.forms import PERSON_NEEDED
from core.value import Value

AWAY: Final = f"{INBOX}/away"
NO_DATE: Final = "This is no date. Write it as year-month-day."
BACKWARDS: Final = "That would end before it begins."


class Filled(Value, frozen=True):
    """The form as it came back; `wrong` says what to mend, by input."""

    to: str = ""
    first: str = ""
    last: str = ""
    wrong: dict[str, str] = {}


class OutOfOffice:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def look(self, visit: Visit) -> web.Response:
        """GET: the absences that concern the visitor, and the form for one more."""
        return await self._shown(visit, 200, Filled())

    async def set(self, visit: Visit) -> web.Response:
        """POST: let somebody act for the visitor."""
        filled = _read(visit)
        if filled.wrong:
            return await self._shown(visit, 422, filled)
        first, last = _day(filled.first), _day(filled.last)
        who, person = visit.visitor.identity, visit.visitor.person
        starts, ends = span(ZoneInfo(person.timezone), first, last)
        to = self._desk.details.meant(who, filled.to)
        answer = await self._desk.chat.conversations.set_absence(
            who, to, starts, ends, once(visit, "away")
        )
        if answer.refused is None:
            return self._desk.pages.see_other(AWAY, f"{answer.text}{said(first, last)}")
        wrong = Filled(
            to=filled.to, first=filled.first, last=filled.last, wrong={"to": answer.text}
        )
        status = 422 if answer.refused in acts.MENDED else 409
        return await self._shown(visit, status, wrong)

    async def end(self, visit: Visit) -> web.Response:
        """POST: end one of them."""
        who = visit.visitor.identity
        answer = await self._desk.chat.conversations.end_absence(who, visit.one("id")[:100])
        if answer.refused is not None:
            return await self._shown(visit, 409, Filled(), told=answer.text)
        return self._desk.pages.see_other(AWAY, answer.text)

    async def _shown(self, visit: Visit, status: int, filled: Filled, **told: str) -> web.Response:
        who = visit.visitor.identity
        found = await self._desk.chat.conversations.absences(who)
        known(found.refused)
        zone = found.timezone
        return self._desk.shown(
            visit,
            "away",
            status,
            lines=[rows.away(each, zone, found.at) for each in found.items],
            today=local_date(ZoneInfo(zone), found.at).isoformat(),
            timezone=zone,
            filled=filled,
            colleagues=self._desk.details.colleagues(who),
            **told,
        )


def _read(visit: Visit) -> Filled:
    """The form, with what is wrong with it by itself."""
    to, first, last = (visit.one(name).strip()[:200] for name in ("to", "first", "last"))
    wrong = {} if to else {"to": PERSON_NEEDED}
    for name, text in (("first", first), ("last", last)):
        if text and _day(text) is None:
            wrong[name] = NO_DATE
    begins, ends = _day(first), _day(last)
    if begins is not None and ends is not None and ends < begins:
        wrong["last"] = BACKWARDS
    return Filled(to=to, first=first, last=last, wrong=wrong)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None
