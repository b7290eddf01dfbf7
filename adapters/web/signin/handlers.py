"""Signing in by a one-time link: the page to begin with, the page behind a link, and its button."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

import structlog
from aiohttp import web

from adapters.web.door import BROKEN, SIGN_IN, Route, SessionDoor
from adapters.web.incoming import Manner, read_form
from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.paths import own_path
from core.directory.people import Person
from core.web.sessions import Session
from core.web.signing_in import SigningIn, Unusable

SIGNING: Final = Manner(
    elsewhere="Open the page to sign in here, and begin again.",
    again="Open the page to sign in, and begin again.",
)
_AGAIN: Final = "Ask for a new one, in chat or on the page to sign in."
UNUSABLE: Final = {
    Unusable.UNKNOWN: Message(
        400, "This link is not complete", f"It may have been cut on its way. {_AGAIN}"
    ),
    Unusable.USED: Message(
        410, "This link was used already", f"A link signs somebody in once. {_AGAIN}"
    ),
    Unusable.EXPIRED: Message(410, "This link has expired", _AGAIN),
    Unusable.LEFT: Message(
        403,
        "You are not in the directory",
        "Countersign knows nobody here with this address today. Ask whoever runs it.",
    ),
}

log = structlog.get_logger("pages")


class SignIn:
    """The handlers. `whence` names the household of the Internet that a call comes from; `oidc` is
    the label of the identity provider's button, "" where there is none."""

    def __init__(
        self,
        signing: SigningIn,
        door: SessionDoor,
        pages: Pages,
        origin: str,
        whence: Callable[[web.Request], str],
        oidc: str = "",
    ) -> None:
        self._signing = signing
        self._door = door
        self._pages = pages
        self._origin = origin
        self._whence = whence
        self._oidc = oidc

    def routes(self) -> list[web.RouteDef]:
        """The routes for who is not signed in yet."""
        return [
            web.get(SIGN_IN, self.answering(self._page)),
            web.post(f"{SIGN_IN}/mail", self.answering(self._mail)),
            web.get(f"{SIGN_IN}/link", self.answering(self._offer)),
            web.post(f"{SIGN_IN}/link", self.answering(self._use)),
        ]

    def answering(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Route:
        """The page, or the one that says why there is none."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                response = await handler(request)
            except TurnedAway as turned:
                response = self._pages.turned_away(request, turned.message)
            except Exception:
                log.exception("page_failed", route=SIGN_IN)
                response = self._pages.turned_away(request, BROKEN)
            # The address of this page may hold a link's secret: nobody is to be told.
            response.headers["Referrer-Policy"] = "no-referrer"
            return response

        return answer

    async def entered(
        self, request: web.Request, found: tuple[str, Session] | Unusable, path: str | None
    ) -> web.Response:
        """Go on signed in. Raises TurnedAway. Whatever session the browser came with is over:
        nobody can have it sign in with one that somebody else knows."""
        if isinstance(found, Unusable):
            raise TurnedAway(UNUSABLE[found])
        secret, _ = found
        before = await self._door.visitor(request)
        if before is not None:
            await self._signing.sign_out(before[1].id, before[1].person)
        return self._door.let_in(secret, path or self._pages.home)

    async def _page(self, request: web.Request) -> web.Response:
        """GET: the ways to sign in; on to the page that was wanted for who has."""
        path = own_path(request.query.get("next", ""))
        if await self._door.visitor(request) is not None:
            return self._pages.see_other(path or self._pages.home)
        return self._ways(request, path)

    async def _mail(self, request: web.Request) -> web.Response:
        """POST: send a link to a mailbox; the answer says nothing of whose it is."""
        form = await read_form(request, self._origin, SIGNING)
        if not self._signing.sends_letters:
            raise TurnedAway(Message(404, "No letters are sent here", _AGAIN))
        email = form.get("email", "").strip()
        path = own_path(form.get("next", ""))
        if not 3 <= len(email) <= 254 or "@" not in email:
            wrong = "This is no e-mail address. Write it as you@company."
            return self._ways(request, path, status=422, wrong=wrong, email=email[:254])
        refused = await self._signing.mail(email, self._whence(request))
        if refused is not None:
            return self._ways(request, path, status=429, wrong=refused.sentence, email=email)
        return self._ways(request, path, sent=True)

    async def _offer(self, request: web.Request) -> web.Response:
        """GET: whom a link would sign in. It stays as it is: scanners and previews follow links."""
        secret = request.query.get("t", "")
        person = await self._signing.offered(secret)
        if isinstance(person, Unusable):
            raise TurnedAway(UNUSABLE[person])
        found = await self._door.visitor(request)
        other = found[0].person if found is not None and found[0].person != person else None
        return self._confirm(request, person, other, secret)

    async def _use(self, request: web.Request) -> web.Response:
        """POST: sign in, and use the link up."""
        form = await read_form(request, self._origin, SIGNING)
        found = await self._signing.with_link(form.get("t", ""))
        return await self.entered(request, found, None)

    def _confirm(
        self, request: web.Request, person: Person, other: Person | None, secret: str
    ) -> web.Response:
        return self._pages.laid_out(
            request, None, "signin/confirm", person=person, other=other, secret=secret
        )

    def _ways(
        self,
        request: web.Request,
        path: str | None,
        *,
        status: int = 200,
        sent: bool = False,
        wrong: str = "",
        email: str = "",
    ) -> web.Response:
        return self._pages.laid_out(
            request,
            None,
            "signin/ways",
            status,
            next=path or "",
            onward=f"?next={quote(path, safe='/')}" if path else "",
            oidc=self._oidc,
            letters=self._signing.sends_letters,
            sent=sent,
            wrong=wrong,
            email=email,
        )
