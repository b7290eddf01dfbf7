"""The door of the pages: who is signed in, and by which cookie of theirs one knows.

Handlers behind it have a `Visit`. A session is looked up for every call, so what ended anywhere is
over at once. A form is taken only from a page of ours, with the token of this very session.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import quote

import structlog
from aiohttp import web

from adapters.web.incoming import SIGNED_IN, read_fields
from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.paths import own_path
from adapters.web.visit import Handler, Visit, Visitor
from core.directory.people import WEB, Identity
from core.web.sessions import Session, token_of
from core.web.signing_in import SigningIn

SIGN_IN: Final = "/signin"
STREAM: Final = "text/event-stream"
CSRF: Final = "csrf"

OLD_FORM: Final = Message(
    403,
    "This page was older than your sign-in",
    "Nothing was changed. Load the page again and try once more.",
)
SIGNED_OUT: Final = Message(
    401,
    "You are not signed in any more",
    "Nothing was changed. Sign in again, then open the page once more.",
)
BROKEN: Final = Message(
    503,
    "This did not work",
    "It is not known whether anything was changed. Load the page again in a moment: it says what "
    "is true.",
)
NO_PAGE: Final = Message(404, "There is no such page", "Or it is not for you to see.")

_SECRET: Final = re.compile(r"[0-9a-f]{64}")
log = structlog.get_logger("pages")

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SessionDoor:
    """Implements `adapters.web.visit.Door`; `origin` is that of the public address."""

    def __init__(self, signing: SigningIn, pages: Pages, origin: str) -> None:
        self._signing = signing
        self._pages = pages
        self._origin = origin

    def get(self, path: str, handler: Handler) -> web.RouteDef:
        """A page, an export or a stream: changes nothing."""
        return web.get(path, self._answering(handler, self._read))

    def post(self, path: str, handler: Handler) -> web.RouteDef:
        """A form: only from a page of ours, with the session's `csrf`."""
        return web.post(path, self._answering(handler, self._form))

    async def visitor(self, request: web.Request) -> tuple[Visitor, Session] | None:
        """Who is signed in with the cookie of this call, and with which session."""
        secret = request.cookies.get(self._pages.cookies.session, "")
        if _SECRET.fullmatch(secret) is None:
            return None
        found = await self._signing.present(secret)
        if found is None:
            return None
        session, person = found
        identity = Identity(platform=WEB, realm=session.realm, account=person.email)
        made = Visitor(person=person, identity=identity, session=session.id, csrf=token_of(secret))
        return made, session

    def let_in(self, secret: str, path: str) -> web.Response:
        """Go on to a page, with the session that has just begun. The cookie ends with the browser:
        how long the session holds, the server knows."""
        response = self._pages.see_other(path)
        self._pages.cookies.keep(response, self._pages.cookies.session, secret)
        return response

    def _answering(self, handler: Handler, taking: "Taking") -> Route:
        async def answer(request: web.Request) -> web.StreamResponse:
            visitor: Visitor | None = None
            try:
                found = await self.visitor(request)
                if found is None:
                    return self._to_sign_in(request)
                visitor, session = found
                form = await taking(request, visitor)
                if _by_hand(request):
                    await self._signing.used(session)
                response = await handler(Visit(visitor, request, form, self._holding(request)))
            except TurnedAway as turned:
                return self._pages.turned_away(request, turned.message, visitor)
            except web.HTTPException as answered:
                return self._other(request, answered, visitor)
            except Exception:
                # A person in a browser is told what to do; the operator finds why in the log.
                log.exception("page_failed", route=_route(request))
                return self._pages.turned_away(request, BROKEN, visitor)
            return self._dressed(response)

        return answer

    def _holding(self, request: web.Request) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return await self.visitor(request) is not None

        return holds

    async def _read(
        self, _request: web.Request, _visitor: Visitor
    ) -> Mapping[str, tuple[str, ...]]:
        return {}

    async def _form(self, request: web.Request, visitor: Visitor) -> Mapping[str, tuple[str, ...]]:
        fields = await read_fields(request, self._origin, SIGNED_IN)
        given = fields.pop(CSRF, ("",))[-1]
        if not hmac.compare_digest(given.encode("utf-8", "replace"), visitor.csrf.encode()):
            raise TurnedAway(OLD_FORM)
        return fields

    def _to_sign_in(self, request: web.Request) -> web.Response:
        """A page leads there and back; a form's content would be lost; a script wants no page."""
        wants_page = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        if STREAM in request.headers.get("Accept", "") or not wants_page:
            return web.Response(
                status=401, text=SIGNED_OUT.heading, headers=self._pages.own_headers
            )
        if request.method == "POST":
            return self._pages.turned_away(request, SIGNED_OUT)
        back = own_path(request.raw_path)
        return self._pages.see_other(
            SIGN_IN if back is None else f"{SIGN_IN}?next={quote(back, safe='/')}"
        )

    def _other(
        self, request: web.Request, answered: web.HTTPException, visitor: Visitor | None
    ) -> web.StreamResponse:
        """What a handler raised in aiohttp's own way."""
        if answered.status < 400:
            return self._pages.see_other(answered.headers.get("Location", self._pages.home))
        if answered.status == 404:
            return self._pages.turned_away(request, NO_PAGE, visitor)
        said = Message(answered.status, answered.reason, "Nothing was changed.")
        return self._pages.turned_away(request, said, visitor)

    def _dressed(self, response: web.StreamResponse) -> web.StreamResponse:
        """With the headers of all pages, where the handler has not set its own."""
        if not response.prepared:
            for name, value in self._pages.own_headers.items():
                response.headers.setdefault(name, value)
        return response


Taking = Callable[[web.Request, Visitor], Awaitable[Mapping[str, tuple[str, ...]]]]


def _by_hand(request: web.Request) -> bool:
    """Whether somebody may have done this: a page that is open follows its stream and asks for its
    list anew by itself, in front of an empty chair too."""
    # https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header: "empty" for what scripts fetch
    fetched = request.headers.get("Sec-Fetch-Dest") == "empty"
    return not fetched and STREAM not in request.headers.get("Accept", "")


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical
