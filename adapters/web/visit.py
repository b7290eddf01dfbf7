"""A call of somebody who is signed in, as the handlers of pages see it.

`Door` makes aiohttp routes of such handlers: it finds the session, turns away who has none, and
takes in a form only from our own pages. What a handler may do is the core's to judge: it hands on
`identity`, as a chat platform does.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from aiohttp import web

from core.directory.people import LINK_REALM, OIDC_REALM, Identity, Person
from core.value import Value

LINK: Final = LINK_REALM
"""The realm of who signed in with a one-time link from chat or a letter."""

OIDC: Final = OIDC_REALM
"""The realm of who signed in with the company's identity provider: enough for `decide_in: web`."""


class Visitor(Value, frozen=True):
    """Who is signed in. `person` is as the directory has them today; `identity` is on the platform
    `web`, its realm says how they signed in. `session` names the session, for evidence, and opens
    nothing; `csrf` belongs into every form, as the field `csrf`."""

    person: Person
    identity: Identity
    session: str
    csrf: str


async def _for_ever() -> bool:
    return True


class Visit:
    """One call: the visitor, the aiohttp request, and a form's fields, which are empty for GET.

    `holds` says whether the visitor is still signed in. A stream that stays open asks it now and
    then (every half minute, say), and ends when it is not so any more.
    """

    __slots__ = ("form", "holds", "request", "visitor")

    def __init__(
        self,
        visitor: Visitor,
        request: web.Request,
        form: Mapping[str, tuple[str, ...]],
        holds: Callable[[], Awaitable[bool]] = _for_ever,
    ) -> None:
        self.visitor = visitor
        self.request = request
        self.form = form
        self.holds = holds

    def one(self, name: str) -> str:
        """The first value of a form's field; "" where it is missing."""
        return self.form.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a form's field, such as boxes that were ticked."""
        return self.form.get(name, ())


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


class Door(Protocol):
    """Makes routes of handlers; calls without a session are led to the page to sign in."""

    def get(self, path: str, handler: Handler) -> web.RouteDef:
        """A page, an export or a stream: changes nothing."""
        ...

    def post(self, path: str, handler: Handler) -> web.RouteDef:
        """A form: only from a page of ours, with the session's `csrf`."""
        ...
