"""Figures kept beside the requests, over real stores: each event is counted once, whoever does."""

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from core.insight.figures import Asked, OpenFigures, RequestFigures, day_of
from core.insight.figures_counting import About, Sums
from core.insight.figures_places import HISTOGRAM, OfPeople, OfRequests, OfStages
from core.insight.figures_spans import placed
from core.insight.histogram import LANE, histogram
from core.request import Decision
from storage import Storage
from storage.figures_following import Counted
from storage.figures_sums import packed, unpacked
from tests.contract.office import Office
from tests.core.builders import DAY, FINN, HOUR, MARA
from tests.core.figures_by_hand import Book, by_hand

PLACES = {"request": OfRequests, "stage": OfStages, "person": OfPeople}
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
async def office(storage: Storage) -> Office:
    return await Office(storage).open()


async def follow(storage: Storage, most: int = 200) -> None:
    await storage.trail.number()
    while (found := await storage.figures.follow(most)).seen:
        assert not found.busy


async def read(storage: Storage, statement: str) -> list[tuple[Any, ...]]:
    found = await storage.figures._readers.read(lambda c: c.execute(text(statement)).all())
    return sorted(map(tuple, found), key=str)


async def kept(storage: Storage) -> Rows:
    """All that figures are read from."""
    tables = ("figures", "figures_open", "figures_asked", "following")
    return {table: await read(storage, f"SELECT * FROM {table}") for table in tables}


async def forget(storage: Storage) -> None:
    """As after an upgrade: nothing was followed yet."""

    def forgotten(connection: Any) -> None:
        for table in ("figures", "figures_open", "figures_asked"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE following SET position = 0 WHERE name = 'figures'"))

    await storage.figures._writer.run(forgotten)
    storage.figures._following._remembered.clear()


async def a_month(office: Office) -> None:
    """Something of everything, over weeks."""
    for number, kind in enumerate(("coffee", "gift", "unheard-of", "coffee", "granted")):
        office.now += 5 * DAY
        made = (await office.ask(10 + number)).snapshot.state.id
        await office.ask(number, kind)
        office.now += HOUR
        await office.says(MARA, Decision.APPROVE, made)
        office.now += number * HOUR
        if number == 0:
            await office.says(FINN, Decision.REJECT, made)  # which goes back to the manager
            await office.says(MARA, Decision.REJECT, made)
        elif number == 1:
            await office.says(FINN, Decision.REQUEST_CHANGES, made)
            await office.revise(made, 99)
        elif number == 2:
            await office.cancel(made)
            await follow(office.storage)
        else:
            await office.says(FINN, Decision.APPROVE, made)
    await office.ask(5)


async def records(storage: Storage) -> list[list[dict[str, Any]]]:
    """Each request's records, as JSON."""
    found: dict[str, list[Any]] = {}
    statement = "SELECT stream, seq, body FROM events ORDER BY stream, seq"
    for stream, _, body in await storage.figures._readers.read(
        lambda c: c.execute(text(statement)).all()
    ):
        found.setdefault(stream, []).append(json.loads(body))
    return [each for each in found.values() if each[0]["event"]["type"] == "submitted"]


def as_sums(book: Book) -> Sums:
    """What was counted by hand, in the places of the stored sums."""
    return {
        About(*about): sum(
            count << LANE * PLACES[about[0]][name.upper()] for name, count in counts.items()
        )
        + (histogram(book.times.get(about, ())) << LANE * HISTOGRAM)
        for about, counts in book.counts.items()
    }


def in_rows(sums: Sums) -> list[tuple[Any, ...]]:
    return sorted(((*place, packed(each)) for place, each in placed(sums).items()), key=str)


async def test_whoever_counts_and_however_often_they_die_each_event_counts_once(
    office: Office, replica: Storage
) -> None:
    one = office.storage
    await a_month(office)
    await follow(one)
    found = await kept(one)
    assert found["figures"] == in_rows(as_sums(by_hand(await records(one))))
    waits = "SELECT person, request_id FROM request_people WHERE kind = 'open'"
    assert [row[:2] for row in found["figures_asked"]] == await read(one, waits)
    opened = "SELECT id, rule, category, agent FROM requests WHERE deadline IS NOT NULL"
    assert [row[:4] for row in found["figures_open"]] == await read(one, opened)
    assert len(found["figures_open"]) > 2
    await follow(one)
    assert await kept(one) == found, "following again changes nothing"

    await forget(one)
    while any(page.seen for page in await asyncio.gather(*(two_pages(s) for s in (one, replica)))):
        pass
    assert await kept(one) == found, "two servers at once"

    await forget(one)
    figures = replica.figures
    cut = await figures._readers.read(lambda c: figures._following.read(c, 9))
    await follow(one, 7)
    assert await figures._writer.run(lambda c: figures._following.write(c, cut)) == (9, True)
    assert await kept(one) == found, "a page that was overtaken is not stored"


async def two_pages(storage: Storage) -> Counted:
    await storage.figures.follow(5)
    return await storage.figures.follow(3)


async def test_what_is_told_is_narrowed_by_what_is_asked(office: Office) -> None:
    await a_month(office)
    await follow(office.storage)
    figures, now = office.storage.figures, office.now + HOUR
    month = Asked(first=day_of(now) - 29, last=day_of(now))
    found = await figures.figures(month, now)
    total = found.total
    assert (total.submitted, total.approved, total.passed) == (11, 2, {"auto_approve": 2})
    assert (total.rejected, total.cancelled, total.prohibited, total.revised) == (1, 1, 1, 1)
    assert (total.uncategorised, total.ended, total.automatic) == (1, 7, 2)
    assert sum(point.figures.submitted for point in found.series) == 11
    assert (len(found.series), found.series[-1].last) == (30, month.last)
    assert found.by_agent == {"agent": total}
    assert list(found.by_rule) == ["purchase", "coffee", "gift", "fallback", "granted"]
    assert set(found.by_category) == {"review", "auto_approve", "prohibited"}
    finance = found.stages["purchase", "Finance"]
    told = (finance.opened, finance.approved, finance.rejected, finance.sent_back)
    assert (told, finance.cancelled, finance.took.count) == ((5, 2, 1, 1), 1, 3)
    assert found.people == {}, "nobody asked"
    assert (found.open.open, found.behind, found.followed) == (4, 0, office.now)
    assert found.open_stages["purchase", "Manager"].open == 2

    gifts = await figures.figures(replace(month, rule="gift", people=True), now)
    assert gifts.total == RequestFigures(submitted=1, prohibited=1)
    assert (list(gifts.by_rule), gifts.stages) == (["gift"], {})
    assert (gifts.open, gifts.by_agent) == (OpenFigures(), {"agent": gifts.total})
    assert (gifts.people[MARA].approved, gifts.people[MARA].rejected) == (5, 1)
    assert gifts.people[MARA].open == 0, "what waits is narrowed"

    everything = await figures.figures(replace(month, people=True), now)
    assert everything.people[MARA].open == 2
    assert everything.people[MARA].oldest is not None

    for asked, submitted in (
        (replace(month, agent="agent"), 11),
        (replace(month, rule="purchase", agent="agent"), 6),
        (replace(month, category="review"), 8),
        (replace(month, rule="purchase", category="review", stage="Finance"), 6),
    ):
        narrowed = await figures.figures(asked, now)
        assert narrowed.total.submitted == submitted
        assert narrowed.by_agent == {"agent": narrowed.total}
    assert list(narrowed.stages) == [("purchase", "Finance")]
    nothing = await figures.figures(replace(month, agent="\x00"), now)
    assert nothing.total == RequestFigures()


@pytest.mark.parametrize("days", [0, 367])
async def test_a_period_has_bounds(storage: Storage, days: int) -> None:
    with pytest.raises(ValueError, match="366"):
        await storage.figures.figures(Asked(first=1, last=days), 0)


async def test_a_long_period_is_told_by_weeks_and_adds_up(office: Office) -> None:
    for _ in range(30):
        office.now += 11 * DAY
        await office.ask(5, "coffee")
    await follow(office.storage)
    last = day_of(office.now)
    found = await office.storage.figures.figures(Asked(first=last - 365, last=last), office.now)
    assert found.total.passed == {"auto_approve": 30}
    assert found.by_rule["coffee"] == found.total
    assert sum(point.figures.submitted for point in found.series) == 30
    assert 53 <= len(found.series) <= 54
    short = await office.storage.figures.figures(Asked(first=last - 99, last=last), office.now)
    assert short.total.submitted == 10 == short.by_rule["coffee"].submitted


def test_sums_are_stored_as_they_are() -> None:
    for sums in (0, 1, 1 << 31, 5 << LANE * 40, (1 << LANE * 300) + (7 << LANE * 33)):
        assert unpacked(packed(sums)) == sums
    assert len(packed(1 << LANE * 300)) == 3, "what is empty takes no room"


async def test_an_answer_is_given_again_for_seconds_but_never_after_more_was_counted(
    office: Office,
) -> None:
    figures, now = office.storage.figures, office.now
    asked = Asked(first=day_of(now), last=day_of(now))
    await office.ask(5)
    await follow(office.storage)
    first = await figures.figures(asked, now)
    assert await figures.figures(asked, now + 4_999) is first
    assert await figures.figures(asked, now + 5_000) is not first
    assert await figures.figures(asked, now - 1) is not first
    await office.ask(6)
    assert (await figures.figures(asked, now)).total == first.total, "not counted yet"
    await office.storage.trail.number()
    assert (await figures.figures(asked, now)).behind == 3
    await follow(office.storage)
    assert (await figures.figures(asked, now)).total.submitted == 2
