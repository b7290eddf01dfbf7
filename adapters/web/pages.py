"""Pages as answers: laid out by templates that escape, with headers that let nothing else in.

There are two kinds. A letter's page has its style in itself and the policy names its digest, so a
browser applies that style and no other, runs no script and loads nothing (`page`). The pages of who
is signed in take style and scripts from our own files and from nowhere else (`shown`).
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters.web.assets import Assets
from adapters.web.told import Cookies
from adapters.web.visit import Visit, Visitor
from core.value import Value

TEMPLATES: Final = Path(__file__).parent / "templates"
ACCOUNT: Final = "/account"


_OURS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Other sites learn nothing; our own forms say where they come from.
    "Referrer-Policy": "same-origin",
}
_HSTS: Final = "max-age=31536000"
"""A year without http: https://hstspreload.org is for whoever owns the domain to decide."""


class Nav(Value, frozen=True):
    """An entry of the navigation: `href` is the path of a page that is there, `order` its place.

    Inbox 10, My requests 20, New request 30, Dashboard 40, Insight 50, Review 60.
    """

    order: int
    label: str
    href: str


class Message(Value, frozen=True):
    """A page with a sentence or two, which says nothing of any request."""

    status: int
    heading: str
    text: str


class TurnedAway(Exception):
    """A call that gets a message instead of what it is about."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(message.heading)


class Pages:
    """Lays pages out; reads its templates once. `secure` where browsers come by https, `vouched`
    where there is an identity provider to sign in with."""

    def __init__(self, *, secure: bool = False, vouched: bool = False) -> None:
        self.cookies: Final = Cookies(secure=secure)
        self.assets: Final = Assets()
        self._nav: list[Nav] = []
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = (TEMPLATES / "style.css").read_text("utf-8")
        # Ours, from a file beside the templates, and never from outside.
        self._templates.globals["style"] = style
        self._templates.globals["static"] = self.assets.url
        self._templates.globals["vouched"] = vouched
        self.headers: Final = _headers(style)
        transport = {"Strict-Transport-Security": _HSTS} if secure else {}
        self.own_headers: Final = {**self.headers, **_OURS, **transport}

    @property
    def nav(self) -> Sequence[Nav]:
        """The navigation, in its order."""
        return self._nav

    @property
    def home(self) -> str:
        """Where somebody who signed in begins."""
        return self._nav[0].href if self._nav else ACCOUNT

    def add(self, entry: Nav) -> None:
        """Show this page in the navigation of all pages."""
        self._nav = sorted([*self._nav, entry], key=lambda each: each.order)

    def shown(self, visit: Visit, name: str, status: int = 200, **values: Any) -> web.Response:
        """A page for who is signed in: a template that extends "layout.html"."""
        return self.laid_out(visit.request, visit.visitor, name, status, **values)

    def laid_out(
        self,
        request: web.Request,
        visitor: Visitor | None,
        name: str,
        status: int = 200,
        **values: Any,
    ) -> web.Response:
        """The same, also for somebody who is not signed in yet."""
        told = self.cookies.told_to(request)
        given = {"visitor": visitor, "nav": self._nav, "here": request.path, "told": told}
        text = self._templates.get_template(f"{name}.html").render({**given, **values})
        response = web.Response(
            text=text, status=status, content_type="text/html", headers=self.own_headers
        )
        if told:
            self.cookies.drop(response, self.cookies.told)
        return response

    def see_other(self, path: str, told: str = "") -> web.Response:
        """The answer to a form: go on with this page of ours, which says `told` first."""
        response = web.Response(status=303, headers={**self.own_headers, "Location": path})
        if told:
            self.cookies.tell(response, told)
        return response

    def turned_away(
        self, request: web.Request, told: Message, visitor: Visitor | None = None
    ) -> web.Response:
        """A message in the layout of who is signed in."""
        values = {"heading": told.heading, "text": told.text}
        return self.laid_out(request, visitor, "signin/message", told.status, **values)

    def page(self, name: str, status: int, **values: Any) -> web.Response:
        """The page of this template."""
        text = self._templates.get_template(f"{name}.html").render(values)
        return web.Response(
            text=text, status=status, content_type="text/html", headers=self.headers
        )

    def message(self, told: Message) -> web.Response:
        """The page with a message."""
        return self.page("message", told.status, heading=told.heading, text=told.text)


def _headers(style: str) -> dict[str, str]:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        # The address holds what lets people decide: no other site is to be told.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
