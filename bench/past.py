"""A past of a million requests, and a year of figures about it, put into the tables directly.

One request is really submitted and decided; the others are its rows with ids and times of their
own, over a year. Their events are left out: pages read those of one request, by its key. The sums
of the figures are as many as so many rules, agents, stages and people come to in a year.
"""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from bench import scenario
from bench.children import NotMeasured
from bench.inside import Inside, inside
from bench.seeding import TOGETHER, Made, Portion, copies, moments, post, put
from bench.template import stored, template
from bot.server import listening
from core.insight.figures import DAY, day_of
from core.insight.figures_counting import PERSON, REQUEST, STAGE, About
from core.insight.figures_places import HISTOGRAM, OfPeople, OfRequests, OfStages
from core.insight.figures_spans import placed
from core.insight.histogram import LANE, histogram
from core.rows import ApiKey
from storage.figures_sums import packed

TABLES = ("requests", "request_people", "outcomes", "content")
YEAR_SECONDS = 366 * 86_400

RULES, AGENTS, STAGES, PEOPLE, DAYS = 20, 10, 3, 200, 366
TIMES = 12
"""Different times to a decision on a day, for each rule and agent."""

_PERSON = ApiKey(
    id="seed-person",
    name="seed-person",
    scopes=("decide",),
    person=scenario.MANAGER,
    hash=hashlib.sha256(b"seed-person").hexdigest(),
)


async def add_past(folder: Path, dsn: str, count: int) -> None:
    """So many requests that were decided over the last year, and the figures of that year."""
    async with inside(folder, dsn) as here:
        await here.storage.keys.add_key(_PERSON)
        made, now = await _decided(here, dsn), here.clock.now
    apart = YEAR_SECONDS * 1000 // count
    put(dsn, copies(made, count, lambda number: -number * apart))
    put(dsn, _figures(day_of(now)))


async def _decided(here: Inside, dsn: str) -> Made:
    """What a request that was decided leaves behind, beyond what others left before it."""
    await _approve(here, await post(here, 2))
    before = stored(dsn)
    made = await post(here, 3)
    await _approve(here, made)
    after = stored(dsn)
    writes = template(before, after, after, made).submit
    kept = tuple(write for write in writes if write.act == "insert" and write.table in TABLES)
    [row] = [row for row in after["requests"] if row["id"] == made]
    return Made(made, kept, 0, moments(after, row))


async def _approve(here: Inside, request: str) -> None:
    headers = {"Authorization": "Bearer seed-person"}
    async with (
        listening(here.app.http, "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as http,
        http.post(
            f"{url}/v1/requests/{request}/decisions",
            json={"decision": "approve"},
            headers=headers,
        ) as answer,
    ):
        if answer.status != 200:
            raise NotMeasured(f"the request to be copied was not approved: {await answer.text()}")


def _figures(today: int) -> Iterator[Portion]:
    """The rows of a year of sums, always the same ones."""
    rows = []
    for place, sums in placed(_sums(today)).items():
        rows.append((*place, packed(sums)))
        if len(rows) == TOGETHER:
            yield {"figures": rows}
            rows = []
    yield {"figures": rows}


def _sums(today: int) -> dict[About, int]:
    chance, found = random.Random(9), dict[About, int]()
    for day in range(today - DAYS + 1, today + 1):
        for rule in (f"rule {number}" for number in range(RULES)):
            for agent in (f"agent {number}" for number in range(AGENTS)):
                counts = _counted(chance, OfRequests.SUBMITTED, OfRequests.APPROVED)
                found[About(REQUEST, day, rule, "review", agent)] = counts + _times(chance)
            for stage in (f"Stage {number}" for number in range(STAGES)):
                counts = _counted(chance, OfStages.OPENED, OfStages.APPROVED, OfStages.KEPT)
                found[About(STAGE, day, rule, "review", stage)] = counts + _times(chance)
        for person in (f"p{number}@example.com" for number in range(PEOPLE)):
            counts = _counted(chance, OfPeople.APPROVED, OfPeople.REJECTED)
            found[About(PERSON, day, "", "", person)] = counts + _times(chance)
    return found


def _counted(chance: random.Random, *what: int) -> int:
    return sum(chance.randrange(1, 30) << LANE * each for each in what)


def _times(chance: random.Random) -> int:
    return histogram(chance.randrange(60_000, 3 * DAY) for _ in range(TIMES)) << LANE * HISTOGRAM
