"""What the next page says first: carried over a redirect in a cookie of this host alone.

An address that carried it could be made up by anybody who sends links.
"""

from typing import Final
from urllib.parse import quote, unquote

from aiohttp import web

SECONDS: Final = 60
MOST: Final = 300
"""Characters: cookies hold 4,096 bytes, and each of these may take twelve."""


class Cookies:
    """The names and manners of our cookies. On https they have the prefix that no other host, and
    no page without TLS, can set: https://www.rfc-editor.org/rfc/rfc6265#section-4.1.3.1 as browsers
    keep it, https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
    """

    def __init__(self, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session: Final = f"{prefix}countersign"
        self.told: Final = f"{prefix}countersign-told"
        self.oidc: Final = f"{prefix}countersign-oidc"
        self._secure = secure

    def keep(
        self, response: web.StreamResponse, name: str, value: str, seconds: int | None = None
    ) -> None:
        """Have the browser keep it, until it is closed if no `seconds` are given."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )

    def drop(self, response: web.StreamResponse, name: str) -> None:
        """Have the browser forget it."""
        response.del_cookie(name, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def tell(self, response: web.StreamResponse, text: str) -> None:
        """Have the next page say this first."""
        self.keep(response, self.told, quote(text[:MOST]), SECONDS)

    def told_to(self, request: web.Request) -> str:
        """What this page is to say first; "" for nothing, and for what a script fetches."""
        if request.headers.get("Sec-Fetch-Dest") == "empty":
            return ""
        told = unquote(request.cookies.get(self.told, ""))[:MOST]
        # Another page of this host may have written it, in bytes that are no text.
        return told.encode("utf-8", "replace").decode()
