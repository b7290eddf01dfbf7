"""Who one is here, where one is signed in, and signing out."""

from typing import Final

from aiohttp import web

from adapters.web.door import SIGN_IN, SessionDoor
from adapters.web.pages import ACCOUNT, Pages
from adapters.web.visit import Visit
from core.cards.moments import moment
from core.directory.people import OIDC_REALM
from core.value import Value
from core.web.signing_in import SigningIn

OUT: Final = "You are signed out."
HOW: Final = {OIDC_REALM: "with your company's sign-in"}
BY_LINK: Final = "with a one-time link"


class Place(Value, frozen=True):
    """One browser in which somebody is signed in; `here` is this one. Times are in words."""

    how: str
    since: str
    seen: str
    ends: str
    here: bool


class Account:
    """The handlers, for who is signed in."""

    def __init__(self, signing: SigningIn, door: SessionDoor, pages: Pages) -> None:
        self._signing = signing
        self._door = door
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """The routes; each needs a session."""
        return [
            self._door.get(ACCOUNT, self._page),
            self._door.post("/signout", self._out),
            self._door.post("/signout/everywhere", self._out_everywhere),
        ]

    async def _page(self, visit: Visit) -> web.Response:
        person, zone = visit.visitor.person, visit.visitor.person.timezone
        places = [
            Place(
                how=HOW.get(each.realm, BY_LINK),
                since=moment(each.started_at, zone),
                seen=moment(each.seen_at, zone),
                ends=moment(each.ends_at, zone),
                here=each.id == visit.visitor.session,
            )
            for each in await self._signing.open_of(person.email)
        ]
        return self._pages.shown(visit, "signin/account", person=person, places=places)

    async def _out(self, visit: Visit) -> web.Response:
        await self._signing.sign_out(visit.visitor.session, visit.visitor.person.email)
        return self._gone(OUT)

    async def _out_everywhere(self, visit: Visit) -> web.Response:
        visitor = visit.visitor
        count = await self._signing.sign_out_everywhere(visitor.session, visitor.person.email)
        return self._gone(OUT if count == 1 else f"You are signed out in {count} browsers.")

    def _gone(self, told: str) -> web.Response:
        response = self._pages.see_other(SIGN_IN, told)
        self._pages.cookies.drop(response, self._pages.cookies.session)
        return response
