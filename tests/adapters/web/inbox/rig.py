"""The inbox over the real service and a store in memory, called without any server."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from msgspec.structs import replace

from adapters.web.inbox.asking import Ask
from adapters.web.inbox.away import OutOfOffice
from adapters.web.inbox.desk import Desk
from adapters.web.inbox.listing import Lists
from adapters.web.inbox.request import OneRequest
from adapters.web.inbox.together import Together
from adapters.web.pages import Pages
from core.chat.asking import AskingService
from core.chat.home import HomeService
from core.request import RequestState
from core.route import Route
from core.value import Millis
from core.web.inbox import DetailsService
from core.web.inbox_port import MOST_VIEWS, SavedView
from tests.adapters.web.doors import OpenDoor, visitor_of
from tests.core.builders import MARA
from tests.core.desk import Desk as Service
from tests.core.shown import COMPANY, Told, asked
from tests.ports import a_chat

Fields = Mapping[str, str | Sequence[str]]

_INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_BOX = re.compile(r'name="bound" value="([^"]*)"')


class KeptViews:
    """Saved views in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def views(self, person: str) -> Sequence[SavedView]:
        return [SavedView(name=n, query=q) for n, q in self.kept.get(person, {}).items()]

    async def keep(self, person: str, view: SavedView, at: Millis) -> bool:
        theirs = self.kept.setdefault(person, {})
        if view.name not in theirs and len(theirs) >= MOST_VIEWS:
            return False
        theirs[view.name] = view.query
        return True

    async def forget(self, person: str, name: str) -> bool:
        return self.kept.get(person, {}).pop(name, None) is not None


class Answered:
    """A page as its reader gets it."""

    def __init__(self, response: web.Response) -> None:
        self.status = response.status
        self.html = response.text or ""
        self.location = response.headers.get("Location", "")
        self.told = ""
        for name, morsel in response.cookies.items():
            if name.endswith("-told"):
                self.told = morsel.value

    @property
    def text(self) -> str:
        """All that is written, without markup."""
        bare = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())

    @property
    def boxes(self) -> list[str]:
        """What the boxes of a list, or the lines to confirm, stand for."""
        return [html.unescape(each) for each in _BOX.findall(self.html)]

    def form(self, act: str) -> dict[str, str]:
        """The hidden fields of an act's form; KeyError where it has none."""
        found = re.search(
            rf'<form method="post" action="[^"]*/{act}">(.*?)</form>', self.html, re.DOTALL
        )
        if found is None:
            raise KeyError(act)
        return {name: html.unescape(value) for name, value in _INPUT.findall(found[1])}


class Inbox:
    """Somebody's inbox; `service` is what stands behind it."""

    def __init__(
        self, *routes: Route, who: str = MARA, story: Told | None = None, **fields: Any
    ) -> None:
        first = {"route": routes[0]} if routes else {}
        self.service = Service(story or asked(**first, **fields))
        for number, route in enumerate(routes[1:], start=2):
            self.add(f"R{number}", asked(route=route, **fields).state)
        world = self.service.chat._world
        numbers = iter(range(1, 10_000))
        self.views = KeptViews()
        conversations = self.service.chat
        self.desk = Desk(
            chat=a_chat(
                conversations,
                home=HomeService(world, conversations),
                asking=AskingService(self.service.chat._approvals),
            ),
            details=DetailsService(world, conversations),
            views=self.views,
            pages=Pages(),
            clock=lambda: self.service.now,
            new_id=lambda: f"once-{next(numbers)}",
        )
        self.door = OpenDoor(self.desk.pages, visitor_of(_person(who)))
        self.lists, self.together = Lists(self.desk), Together(self.desk)
        self.one, self.ask, self.away = (
            OneRequest(self.desk),
            Ask(self.desk),
            OutOfOffice(self.desk),
        )

    def add(self, id: str, state: RequestState) -> None:
        """One more request, with the texts of the first."""
        self.service.store.states[id] = replace(state, id=id)
        self.service.store.bodies[id] = {
            name.replace("R1", id, 1): body
            for name, body in self.service.store.bodies["R1"].items()
        } | self.service.store.bodies["R1"]

    def become(self, who: str) -> "Inbox":
        """Somebody else is signed in from now on."""
        self.door.visitor = visitor_of(_person(who))
        return self

    async def get(self, handler: Any, path: str = "/inbox", **match: str) -> Answered:
        return Answered(await self.door.call(handler, path, None, **match))

    async def post(self, handler: Any, fields: Fields, **match: str) -> Answered:
        form = {n: (v,) if isinstance(v, str) else tuple(v) for n, v in fields.items()}
        return Answered(await self.door.call(handler, "/inbox", form, **match))

    async def look(self, id: str = "R1", query: str = "") -> Answered:
        """The page of a request."""
        return await self.get(self.one.look, f"/inbox/{id}{query}", id=id)

    async def act(self, page: Answered, verb: str, id: str = "R1", **fields: str) -> Answered:
        """Send the form of an act from a page that was shown."""
        return await self.post(self.one.act, page.form(verb) | fields, id=id, verb=verb)


def _person(who: str) -> Any:
    found = COMPANY.person(who)
    assert found is not None
    return found
