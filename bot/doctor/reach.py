"""Whether this server is reached under its public address, and lets in nobody unsigned."""

import asyncio
import json
from collections.abc import Sequence
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from core.checkup import Found, ok, problem, warning

ADDRESS: Final = "public address"
SECONDS: Final = ClientTimeout(total=10)
WORK: Final = "the server's work"
MOST_WARNINGS: Final = 20
LARGEST: Final = 65_536
"""Bytes that are read of an answer."""

_MIND: Final = "Mind that Slack and Teams call from the internet, not from this machine."


async def public(url: str | None, doors: Sequence[str]) -> list[Found]:
    """What answers at the address; `doors` are the chat platforms' paths behind it."""
    if url is None:
        said = "COUNTERSIGN_PUBLIC_URL is not set, so it was not tried."
        remedy = "Set it to the address under which Slack and Teams call this server."
        return [warning(ADDRESS, said, remedy)] if doors else []
    found = [] if url.startswith("https://") or not doors else [_plain(url)]
    async with ClientSession(timeout=SECONDS, trust_env=True) as http:
        try:
            alive = await _alive(http, url)
            if alive is not None:
                return [*found, alive]
            found += await _ready(http, url)
            found += [closed for door in doors if (closed := await _door(http, url, door))]
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            return [*found, _unreached(url, error)]
    return found or [ok(ADDRESS, f"The server answers at {url}. {_MIND}")]


async def _alive(http: ClientSession, url: str) -> Found | None:
    status, body, leads = await _get(http, f"{url}/healthz")
    if leads:
        remedy = "Set COUNTERSIGN_PUBLIC_URL to where it leads: calls are not sent on."
        return problem(ADDRESS, f"{url} leads to another address.", remedy)
    if status != 200 or body != {"status": "ok"}:
        remedy = "See that the reverse proxy passes everything on, and that the server runs."
        said = f"{url}/healthz answered {status}, and not as Countersign does."
        return problem(ADDRESS, said, remedy)
    return None


async def _ready(http: ClientSession, url: str) -> list[Found]:
    """What the server finds wrong with itself."""
    status, body, _ = await _get(http, f"{url}/readyz")
    remedy = f"Look at {url}/readyz and into the server's log."
    if status != 200:
        return [problem(ADDRESS, f"The server at {url} answers, but is not ready.", remedy)]
    told = body.get("warnings") if isinstance(body, dict) else None
    said = [str(each) for each in told[:MOST_WARNINGS]] if isinstance(told, list) else []
    return [warning(WORK, each, remedy) for each in said]


async def _get(http: ClientSession, url: str) -> tuple[int, object, bool]:
    """Status, the JSON of the body (None if it is none), and whether it leads elsewhere."""
    async with http.get(url, allow_redirects=False) as answer:
        raw = await answer.content.read(LARGEST)
        leads = 300 <= answer.status < 400
    try:
        return answer.status, json.loads(raw), leads
    except ValueError:
        return answer.status, None, leads


async def _door(http: ClientSession, url: str, path: str) -> Found | None:
    """None when it is there and shut to who does not sign."""
    async with http.post(f"{url}{path}", json={}, allow_redirects=False) as answer:
        status = answer.status
    if status in (401, 403):
        return None
    if status == 404:
        remedy = "Restart the server with these settings, and let the reverse proxy pass it on."
        return problem(ADDRESS, f"{url}{path} is not there.", remedy)
    if status < 300:
        remedy = "Take the server off the network, and see what answers there."
        return problem(ADDRESS, f"{url}{path} takes calls that nobody signed.", remedy)
    remedy = "See that the reverse proxy passes it on as it is, and into the server's log."
    return problem(ADDRESS, f"{url}{path} answered {status} to a call that nobody signed.", remedy)


def _plain(url: str) -> Found:
    said = f"{url} has no TLS, and Slack and Teams call nothing else."
    return problem(ADDRESS, said, "Put TLS in front, and set COUNTERSIGN_PUBLIC_URL to https://...")


def _unreached(url: str, error: Exception) -> Found:
    late = isinstance(error, asyncio.TimeoutError)
    why = "did not answer within 10 s" if late else f"cannot be reached ({type(error).__name__})"
    remedy = (
        "See that the name leads to this server, that its certificate is good, and that it runs."
    )
    return problem(ADDRESS, f"{url} {why}.", remedy)
