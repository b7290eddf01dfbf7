"""The lists: what waits for the visitor, with filters and saved views, and what they asked for."""

from typing import Final

from aiohttp import web

from adapters.web.inbox import filters, rows
from adapters.web.inbox.desk import Desk, known, lines
from adapters.web.inbox.rows import INBOX
from adapters.web.visit import Visit
from core.cards.moments import moment
from core.chat import home_port
from core.chat.home_port import HomePage, Shelf
from core.text import one_line, visible
from core.web.inbox_port import LONGEST_NAME, MOST_VIEWS, SavedView

MINE: Final = f"{INBOX}/mine"

NAMELESS: Final = "Give the view a name."
TOO_MANY: Final = f"You have {MOST_VIEWS} views, which is as many as one may have. Delete one."


class Lists:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def inbox(self, visit: Visit) -> web.Response:
        """GET: what waits, as the address filters it."""
        return await self._shown(visit, "list")

    async def part(self, visit: Visit) -> web.Response:
        """GET: the same list alone, for a page that is open already."""
        return await self._shown(visit, "part")

    async def _shown(self, visit: Visit, name: str) -> web.Response:
        wish = filters.read(visit.request.query)
        page = await self._page(visit, wish)
        if wish.after and not page.items and not wish.searches:
            # What stood there is decided: the first page says what is left.
            wish = filters.read({**visit.request.query, filters.AFTER: ""})
            page = await self._page(visit, wish)
        saved = await self._desk.views.views(visit.visitor.person.email) if name == "list" else ()
        return self._desk.shown(
            visit,
            name,
            page=page,
            wish=wish,
            rows=[rows.row(each, page.at, page.timezone) for each in page.items],
            tabs=rows.tabs(page, wish),
            next=rows.address(wish, page.after) if page.after else "",
            first=rows.address(wish) if wish.after else "",
            waits=rows.waits(page),
            as_of=moment(page.at, page.timezone),
            away=[rows.away(a, page.timezone, page.at) for a in page.away if a.starts <= page.at],
            saved=[(each, filters.write(filters.read_text(each.query))) for each in saved],
            query=filters.write(wish),
        )

    async def _page(self, visit: Visit, wish: home_port.Wish) -> HomePage:
        page = await self._desk.chat.home.page(visit.visitor.identity, wish)
        known(page.refused)
        return page

    async def keep_view(self, visit: Visit) -> web.Response:
        """POST: give the part of the queue that is shown a name."""
        person = visit.visitor.person.email
        name = visible(one_line(lines(visit.one("name"))))[:LONGEST_NAME]
        wish = filters.read_text(visit.one("query"))
        if not name:
            return self._desk.pages.see_other(rows.address(wish), NAMELESS)
        view = SavedView(name=name, query=filters.write(wish))
        kept = await self._desk.views.keep(person, view, self._desk.clock())
        told = f"The view “{name}” is saved." if kept else TOO_MANY
        return self._desk.pages.see_other(rows.address(wish), told)

    async def forget_view(self, visit: Visit) -> web.Response:
        """POST: delete a saved view."""
        name = visit.one("name")
        gone = await self._desk.views.forget(visit.visitor.person.email, name)
        told = f"The view “{visible(one_line(name))[:LONGEST_NAME]}” is deleted." if gone else ""
        return self._desk.pages.see_other(INBOX, told)

    async def mine(self, visit: Visit) -> web.Response:
        """GET: what was asked for the visitor, newest first."""
        after = visit.request.query.get(filters.AFTER, "")[: filters.LONGEST_CURSOR]
        page = await self._page(visit, home_port.Wish(shelf=Shelf.OWN, after=after))
        return self._desk.shown(
            visit,
            "mine",
            page=page,
            rows=[rows.own(each, page.timezone) for each in page.own],
            next=f"{MINE}?{filters.AFTER}={page.after}" if page.after else "",
            first=MINE if after else "",
        )
