"""Takes a call in: its body, bounded and parsed, and what its query and headers ask for."""

import json
import re
from typing import Any, Final

from aiohttp import web

from adapters.scim.errors import MEDIA, Turned
from adapters.scim.present import tag

MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes of a body: a group with some ten thousand members."""

LONGEST_FILTER: Final = 1000
"""Characters of a filter: far more than any provider sends, and not too deep to be read."""

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')


async def json_of(request: web.Request) -> Any:
    """The JSON of the body. Raises Turned."""
    if request.content_type not in (MEDIA, "application/json"):
        raise Turned(415, f"Send the body as {MEDIA}.", "invalidSyntax")
    if (request.content_length or 0) > MAX_BODY:
        raise Turned(413, f"The body is larger than {MAX_BODY} bytes. Send less at once.")
    raw = bytearray()
    while chunk := await request.content.readany():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise Turned(413, f"The body is larger than {MAX_BODY} bytes. Send less at once.")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Turned(400, "The body is not JSON.", "invalidSyntax") from None


def search_of(request: web.Request) -> dict[str, str]:
    """The parameters of a search. Raises Turned."""
    names = ("filter", "startIndex", "count", "sortBy", "sortOrder")
    found = {n: request.query[n] for n in names if n in request.query} | parameters_of(request)
    if len(found.get("filter", "")) > LONGEST_FILTER:
        raise Turned(400, f"The filter is longer than {LONGEST_FILTER} characters.", "tooMany")
    return found


def parameters_of(request: web.Request) -> dict[str, str]:
    """Which attributes the answer is to have."""
    names = ("attributes", "excludedAttributes")
    return {n: request.query[n] for n in names if request.query.get(n)}


def wants(request: web.Request, name: str) -> bool:
    """Whether the answer is to have this attribute; it is made only if it is."""
    asked = parameters_of(request)
    only, without = (
        [each.strip().lower() for each in asked.get(of, "").split(",")]
        for of in ("attributes", "excludedAttributes")
    )
    if "attributes" in asked:
        return any(name in each for each in only)
    return name not in without


def expected(request: web.Request) -> int | None:
    """The version that `If-Match` names; None where any will do. Raises Turned."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    found = _TAG.fullmatch(given)
    if found is None or not (found[1].isascii() and found[1].isdigit() and len(found[1]) < 10):
        raise Turned(412, "If-Match names no version of this resource.")
    return int(found[1])


def is_known(request: web.Request, version: int) -> bool:
    """Whether the caller has this version already (`If-None-Match`)."""
    given = request.headers.get("If-None-Match", "")
    return tag(version) in (each.strip() for each in given.split(","))


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
