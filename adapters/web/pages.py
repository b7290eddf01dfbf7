"""Pages as answers: laid out by templates that escape, with headers that let nothing else in.

The style stands in the page and the policy names its digest, so a browser applies that style and
no other, runs no script and loads nothing.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.value import Value

TEMPLATES: Final = Path(__file__).parent / "templates"


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
    """Lays pages out; reads its templates once."""

    def __init__(self) -> None:
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
        self.headers: Final = _headers(style)

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
