"""Takes a page's form in: from our own page only, bounded in size and time."""

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from adapters.web.pages import Message, TurnedAway

MAX_BODY: Final = 64 * 1024
"""Bytes: a reason of 2,000 characters that each take twelve, and a pass."""
BODY_SECONDS: Final = 10.0
MOST_FIELDS: Final = 8
FORM: Final = "application/x-www-form-urlencoded"

_ELSEWHERE: Final = Message(
    403,
    "This did not come from our page",
    "Nothing was changed. Open the link in your letter, and decide on the page that it leads to.",
)


async def read_form(request: web.Request, origin: str) -> dict[str, str]:
    """The fields of a form that was sent from a page of `origin`. Raises TurnedAway."""
    _require_own(request, origin)
    if request.content_type != FORM:
        raise _broken(415)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await _bounded(request)
    except TimeoutError:
        raise _broken(408) from None
    except (web.PayloadAccessError, HttpProcessingError):
        raise _broken(400) from None
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise _broken(400) from None
    return dict(pairs)


def origin_of(url: str) -> str:
    """An address's origin, as browsers send it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _require_own(request: web.Request, origin: str) -> None:
    """A form on another site must not press our buttons, with whatever pass it may have found."""
    # https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise TurnedAway(_ELSEWHERE)
        return
    # Browsers without it (Safari before 16.4) say "null" on a page that sends no referrer:
    # https://fetch.spec.whatwg.org/#append-a-request-origin-header
    if request.headers.get("Origin", "null").lower() not in ("null", origin):
        raise TurnedAway(_ELSEWHERE)


async def _bounded(request: web.Request) -> bytes:
    """The body, counted as it comes, since a chunked one does not say its length."""
    if (request.content_length or 0) > MAX_BODY:
        raise _broken(413)
    whole = b""
    while chunk := await request.content.readany():
        whole += chunk
        if len(whole) > MAX_BODY:
            raise _broken(413)
    return whole


def _broken(status: int) -> TurnedAway:
    heading = "This is too long" if status == 413 else "This form did not arrive as it was sent"
    text = "Nothing was changed. Open the link in your letter again."
    return TurnedAway(Message(status, heading, text))
