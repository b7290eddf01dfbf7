"""Takes a page's form in: from our own page only, bounded in size and time."""

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from adapters.web.pages import Message, TurnedAway
from core.value import Value

MAX_BODY: Final = 64 * 1024
"""Bytes: a reason of 2,000 characters that each take twelve, and a pass."""
BODY_SECONDS: Final = 10.0
MOST_FIELDS: Final = 8
FORM: Final = "application/x-www-form-urlencoded"


class Manner(Value, frozen=True):
    """What a page takes in: at most so many bytes and fields; and what it says to somebody whose
    form it does not take."""

    elsewhere: str
    again: str
    bytes: int = MAX_BODY
    fields: int = MOST_FIELDS


LETTER: Final = Manner(
    elsewhere="Open the link in your letter, and decide on the page that it leads to.",
    again="Open the link in your letter again.",
)
SIGNED_IN: Final = Manner(
    elsewhere="Open the page here, and send it from there.",
    again="Load the page again and try once more.",
    bytes=256 * 1024,
    fields=500,
)
"""The forms of who is signed in: a request's whole action, or a hundred boxes that were ticked."""


async def read_form(request: web.Request, origin: str, manner: Manner = LETTER) -> dict[str, str]:
    """The fields of a form that was sent from a page of `origin`, each with its last value. Raises
    TurnedAway."""
    return {
        name: values[-1] for name, values in (await read_fields(request, origin, manner)).items()
    }


async def read_fields(
    request: web.Request, origin: str, manner: Manner
) -> dict[str, tuple[str, ...]]:
    """The same with all values of each field, in the order in which they stand."""
    _require_own(request, origin, manner)
    if request.content_type != FORM:
        raise _broken(415, manner)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await _bounded(request, manner)
    except TimeoutError:
        raise _broken(408, manner) from None
    except (web.PayloadAccessError, HttpProcessingError):
        raise _broken(400, manner) from None
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=manner.fields,
            errors="strict",
        )
    except ValueError:
        raise _broken(400, manner) from None
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found


def origin_of(url: str) -> str:
    """An address's origin, as browsers send it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _require_own(request: web.Request, origin: str, manner: Manner) -> None:
    """A form on another site must not press our buttons, with whatever pass it may have found."""
    # https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise _elsewhere(manner)
        return
    # Browsers without it (Safari before 16.4) say "null" on a page that sends no referrer:
    # https://fetch.spec.whatwg.org/#append-a-request-origin-header
    if request.headers.get("Origin", "null").lower() not in ("null", origin):
        raise _elsewhere(manner)


async def _bounded(request: web.Request, manner: Manner) -> bytes:
    """The body, counted as it comes, since a chunked one does not say its length."""
    if (request.content_length or 0) > manner.bytes:
        raise _broken(413, manner)
    whole = bytearray()
    while chunk := await request.content.readany():
        whole += chunk
        if len(whole) > manner.bytes:
            raise _broken(413, manner)
    return bytes(whole)


def _elsewhere(manner: Manner) -> TurnedAway:
    heading = "This did not come from our page"
    return TurnedAway(Message(403, heading, f"Nothing was changed. {manner.elsewhere}"))


def _broken(status: int, manner: Manner) -> TurnedAway:
    heading = "This is too long" if status == 413 else "This form did not arrive as it was sent"
    return TurnedAway(Message(status, heading, f"Nothing was changed. {manner.again}"))
