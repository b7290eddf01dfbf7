"""Takes an HTTP body in: bounded in size and time, of a known kind, and never decompressed.

It decides nothing about the content; `strict_json` and `validate` do.
"""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.problems import Answered, HttpReason, problem

JSON: Final = "application/json"
MAX_BODY: Final = 256 * 1024
"""Bytes of a body, however it is sent."""

BODY_SECONDS: Final = 10.0
"""How long a whole body may take to arrive."""


async def read_body(request: web.Request, also: tuple[str, ...] = ()) -> bytes:
    """The raw body, JSON or one of these other media types; raises Answered when it is too
    large, too slow or of another kind."""
    _require_kind(request, also)
    if (request.content_length or 0) > MAX_BODY:
        raise Answered(problem(HttpReason.BODY_TOO_LARGE))
    try:
        if request.content.is_eof():  # all of it is here already, as it mostly is
            return await _bounded(request)
        async with asyncio.timeout(BODY_SECONDS):
            return await _bounded(request)
    except TimeoutError:
        raise Answered(problem(HttpReason.BODY_TOO_SLOW)) from None
    except (web.PayloadAccessError, HttpProcessingError):
        raise Answered(problem(HttpReason.BAD_REQUEST)) from None


async def _bounded(request: web.Request) -> bytes:
    """The body, counted as it comes, since a chunked one does not say its length."""
    content, whole = request.content, b""
    while True:
        chunk = await content.readany()
        whole = whole + chunk if whole else chunk
        if len(whole) > MAX_BODY:
            raise Answered(problem(HttpReason.BODY_TOO_LARGE))
        if content.at_eof():
            return whole


def text_of(raw: bytes) -> str:
    """A body that is plain text; raises Mistaken when it is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"is not valid UTF-8 at byte {error.start + 1}"
        raise Mistaken([Mistake("text", problem, "Send UTF-8.")]) from None


def _require_kind(request: web.Request, also: tuple[str, ...]) -> None:
    headers = request.headers
    # aiohttp undoes chunks only: whoever stands before it may read another body out of the rest.
    if "Transfer-Encoding" in headers:
        coded = [each.strip().lower() for each in headers.getall("Transfer-Encoding")]
        if coded != ["chunked"]:
            raise Answered(problem(HttpReason.BAD_REQUEST))
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Answered(problem(HttpReason.UNSUPPORTED_MEDIA_TYPE))
    given = headers.get("Content-Type", JSON)
    if given != JSON and request.content_type not in (JSON, *also):
        raise Answered(problem(HttpReason.UNSUPPORTED_MEDIA_TYPE))
