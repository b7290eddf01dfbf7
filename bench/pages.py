"""How long pages take with a million requests behind them and ten thousand open, how much a
browser loads for the first one, and what it costs submissions that hundreds look on.

The product as a process of its own. One person signs in, for whom all open requests wait, and one
who may see all figures. Viewers are signed in too, each with a stream as a page has it; a page that
hears of a change asks for its list again, as the script in it does. Each submission concerns one.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import aiohttp
import uvloop

from bench import scenario
from bench.children import NotMeasured
from bench.databases import Backend, number
from bench.inside import inside
from bench.load import Figures
from bench.past import add_past
from bench.report import Line
from bench.seeding import seed
from bench.throughput import CONNECTIONS, Server, drive, serving
from bot import log

PAST, OPEN = 1_000_000, 10_000
ROUNDS, WARM = 60, 5
VIEWERS = 500
SUBMITS, TURNS = 4_000, 4
MILLISECONDS, KILOBYTES, SLOWER = 30.0, 100.0, 0.90
COUNTED_WITHIN = 300.0

SEARCHED = "inbox, searched"
COOKIE = "countersign"
PUBLIC = {"COUNTERSIGN_PUBLIC_URL": "http://127.0.0.1"}
ADMIN = "ada@example.com"
_LOADED = re.compile(r'(?:src|href)="(/static/[^"]+)"')


@dataclass(slots=True)
class Found:
    """Milliseconds of each call by page, bytes of the first page with all it loads, submissions a
    second without and with viewers in turn, and how often these were told and asked again."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    weight: int = 0
    alone: list[float] = field(default_factory=list)
    viewed: list[float] = field(default_factory=list)
    told: int = 0


def measure(folder: Path, backend: Backend, past: int, tell: Callable[[str], None]) -> Found:
    """In a new database; raises NotMeasured."""
    log.configure("warning")
    scenario.more_people[:] = _pairs()
    with backend.database("pages") as dsn:
        tell(f"making {past} past and {OPEN} open requests, {backend.title}")
        secrets = uvloop.run(_made(folder, dsn, past))
        with serving(folder, dsn, PUBLIC) as server:
            tell("waiting until what is open is counted")
            _until_counted(dsn)
            return uvloop.run(_measured(server, secrets, tell))


def lines(database: str, found: Found, past: int) -> list[Line]:
    """The figures."""
    told = [Line(f"\nPages, {past:,} past and {OPEN:,} open requests, {database}")]
    for name, times in found.pages.items():
        middle = median(times)
        if name == SEARCHED:  # looks through hundreds, which only this page does
            told.append(Line(f"{name}, median", f"{middle:.1f} ms"))
            continue
        said = f"< {MILLISECONDS:g} ms"
        told.append(Line(f"{name}, median", f"{middle:.1f} ms", said, middle < MILLISECONDS))
    weight = found.weight / 1000
    said = f"< {KILOBYTES:g} KB"
    told.append(Line("first page with all it loads", f"{weight:.1f} KB", said, weight < KILOBYTES))
    pairs = zip(found.viewed, found.alone, found.alone[1:], strict=False)
    ratio = median(with_ / ((a + b) / 2) for with_, a, b in pairs)
    told.append(Line(f"submissions a second, nobody looking: {median(found.alone):.0f}"))
    title = f"with {VIEWERS} viewers ({found.told} times a list was asked for again)"
    return [*told, Line(title, f"{ratio:.2f}", f">= {SLOWER:g}", ratio >= SLOWER)]


def _period(days: int) -> str:
    """Of a dashboard, each time another period: what was just answered is remembered."""
    return f"/dashboard?days={days}"


def _at(path: str, turn: int) -> str:
    days = re.search(r"days=(\d+)", path)
    if days is None:
        return path
    last = datetime.now(UTC).date() - timedelta(days=turn % 60)
    first = last - timedelta(days=int(days[1]) - 1)
    return path.replace(days[0], f"days=&from={first}&to={last}")


def _pairs() -> list[dict[str, str]]:
    """Viewers, and who asks them."""
    found = []
    for each in range(VIEWERS):
        found.append({"email": f"viewer{each}@example.com", "name": f"Viewer {each}"})
        asker = {"email": f"asker{each}@example.com", "name": f"Asker {each}"}
        found.append(asker | {"manager": f"viewer{each}@example.com"})
    return found


async def _made(folder: Path, dsn: str, past: int) -> dict[str, str]:
    """Fill the database; a session's secret by person."""
    await seed(folder, dsn, OPEN)
    await add_past(folder, dsn, past)
    secrets = {}
    async with inside(folder, dsn) as here:
        signing = here.app.accounts.signing
        people = [scenario.MANAGER, ADMIN, *(f"viewer{n}@example.com" for n in range(VIEWERS))]
        for person in people:
            began = await signing.as_person(person)
            if not isinstance(began, tuple):
                raise NotMeasured(f"{person} could not be signed in")
            secrets[person] = began[0]
    return secrets


def _until_counted(dsn: str) -> None:
    behind = (
        "SELECT (SELECT position FROM sequencer) - position FROM following WHERE name = 'figures'"
    )
    numbered = "SELECT (SELECT count(*) FROM events) - position FROM sequencer"
    end = time.perf_counter() + COUNTED_WITHIN
    while number(dsn, numbered) or number(dsn, behind):
        if time.perf_counter() > end:
            raise NotMeasured("what is open was not counted in time")
        time.sleep(0.2)


async def _measured(server: Server, secrets: dict[str, str], tell: Callable[[str], None]) -> Found:
    found = Found()
    base = f"http://127.0.0.1:{server.port}"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        one = await _an_open_one(http, base, secrets[scenario.MANAGER])
        pages = {
            "inbox": (scenario.MANAGER, "/inbox"),
            SEARCHED: (scenario.MANAGER, "/inbox?q=order+77"),
            "one request": (scenario.MANAGER, f"/inbox/{one}"),
            "dashboard, 30 days": (ADMIN, _period(30)),
            "dashboard, 360 days": (ADMIN, _period(360)),
            "dashboard, one rule, 90 days": (ADMIN, f"{_period(90)}&rule=rule+3"),
        }
        for name, (person, path) in pages.items():
            tell(name)
            found.pages[name] = [
                took
                for turn in range(WARM + ROUNDS)
                if (took := await _page(http, base, _at(path, turn), secrets[person]))
                and turn >= WARM
            ]
        found.weight = await _weight(http, base, secrets[scenario.MANAGER])
        await _looked_on(http, base, server, secrets, found, tell)
    return found


async def _get(http: aiohttp.ClientSession, url: str, secret: str) -> bytes:
    async with http.get(
        url, headers={"Cookie": f"{COOKIE}={secret}"}, allow_redirects=False
    ) as answer:
        body = await answer.read()
        if answer.status != 200:
            raise NotMeasured(f"{url} was answered {answer.status}: {body[:300]!r}")
        return body


async def _page(http: aiohttp.ClientSession, base: str, path: str, secret: str) -> float:
    begun = time.perf_counter()
    await _get(http, base + path, secret)
    return (time.perf_counter() - begun) * 1e3


async def _an_open_one(http: aiohttp.ClientSession, base: str, secret: str) -> str:
    page = (await _get(http, f"{base}/inbox", secret)).decode()
    found = re.search(r'href="/inbox/([0-9a-z]{26})', page)
    if found is None:
        raise NotMeasured("the inbox shows no request")
    return found[1]


async def _weight(http: aiohttp.ClientSession, base: str, secret: str) -> int:
    """As a browser loads it that asks for no compression."""
    page = (await _get(http, f"{base}/inbox", secret)).decode()
    loaded = [await _get(http, base + path, secret) for path in set(_LOADED.findall(page))]
    return len(page.encode()) + sum(map(len, loaded))


async def _looked_on(
    http: aiohttp.ClientSession,
    base: str,
    server: Server,
    secrets: dict[str, str],
    found: Found,
    tell: Callable[[str], None],
) -> None:
    """Submissions with nobody looking and with all viewers, in turn."""
    numbers = iter(range(10**9))
    await _submitted(server, numbers)
    for turn in range(TURNS):
        tell(f"submissions that {VIEWERS} look on, round {turn + 1} of {TURNS}")
        found.alone.append((await _submitted(server, numbers)).rate)
        viewers = [
            asyncio.create_task(_view(http, base, secrets[f"viewer{n}@example.com"], found))
            for n in range(VIEWERS)
        ]
        await asyncio.sleep(2)
        if any(each.done() for each in viewers):
            raise NotMeasured("a viewer was let go")
        found.viewed.append((await _submitted(server, numbers)).rate)
        for each in viewers:
            each.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    found.alone.append((await _submitted(server, numbers)).rate)
    if not found.told:
        raise NotMeasured("no viewer was told of anything")


async def _submitted(server: Server, numbers: Iterator[int]) -> Figures:
    items = []
    for _ in range(SUBMITS):
        each = next(numbers)
        body = scenario.submission(each) | {"requester": f"asker{each % VIEWERS}@example.com"}
        headers = {"Idempotency-Key": f"viewed-{each}"}
        items.append({"path": "/v1/requests", "headers": headers, "body": json.dumps(body)})
    figures, _ = await asyncio.to_thread(
        drive, server, items, server.submit_headers, CONNECTIONS, 201
    )
    return figures


async def _view(http: aiohttp.ClientSession, base: str, secret: str, found: Found) -> None:
    """A page that is looked at: told of a change, it asks again a moment later."""
    headers = {"Cookie": f"{COOKIE}={secret}", "Accept": "text/event-stream"}
    again: asyncio.Task[None] | None = None

    async def ask() -> None:
        await asyncio.sleep(random.uniform(0.15, 1.0))
        await _get(http, f"{base}/inbox/part", secret)
        found.told += 1

    timeout = aiohttp.ClientTimeout(total=None)
    async with http.get(f"{base}/inbox/stream", headers=headers, timeout=timeout) as answer:
        if answer.status != 200:
            raise NotMeasured(f"a viewer was answered {answer.status}")
        with suppress(asyncio.CancelledError):
            async for line in answer.content:
                if line.startswith(b"event: changed") and (again is None or again.done()):
                    again = asyncio.create_task(ask())
    if again is not None:
        again.cancel()
