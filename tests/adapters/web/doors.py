"""A door that is open: whoever calls is one visitor, whom the test chooses.

No session and no token is looked at; that is what the door's own tests are for.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from adapters.web.pages import Pages, TurnedAway
from adapters.web.visit import LINK, Handler, Visit, Visitor
from core.directory.people import WEB, Identity, Person

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]
CSRF = "csrf-of-this-session"


def visitor_of(person: Person, realm: str = LINK) -> Visitor:
    """A visitor who is signed in as this person."""
    identity = Identity(platform=WEB, realm=realm, account=person.email)
    return Visitor(person=person, identity=identity, session="session-1", csrf=CSRF)


class OpenDoor:
    """Implements `adapters.web.visit.Door` for `visitor`, who may be exchanged at any time."""

    def __init__(self, pages: Pages, visitor: Visitor) -> None:
        self.pages = pages
        self.visitor = visitor

    def get(self, path: str, handler: Handler) -> web.RouteDef:
        return web.get(path, self._answering(handler))

    def post(self, path: str, handler: Handler) -> web.RouteDef:
        return web.post(path, self._answering(handler))

    async def call(
        self,
        handler: Handler,
        path: str,
        form: Mapping[str, tuple[str, ...]] | None = None,
        **match_info: str,
    ) -> web.Response:
        """What a handler answers to this address, without any server."""
        method = "GET" if form is None else "POST"
        request = make_mocked_request(method, path, match_info=match_info)
        answer = await self._answer(handler, request, form or {})
        assert isinstance(answer, web.Response)
        return answer

    def _answering(self, handler: Handler) -> Route:
        async def answer(request: web.Request) -> web.StreamResponse:
            form: dict[str, tuple[str, ...]] = {}
            if request.method == "POST":
                fields = parse_qs(await request.text(), keep_blank_values=True)
                form = {name: tuple(values) for name, values in fields.items()}
            return await self._answer(handler, request, form)

        return answer

    async def _answer(
        self, handler: Handler, request: web.Request, form: Mapping[str, tuple[str, ...]]
    ) -> web.StreamResponse:
        try:
            return await handler(Visit(self.visitor, request, form))
        except TurnedAway as turned:
            return self.pages.turned_away(request, turned.message, self.visitor)
