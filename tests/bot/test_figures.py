"""Figures are counted in the background: all there is, by one server at a time, and to the end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from bot import clock, ids
from bot.app import Sources, compose
from bot.books import Books
from bot.figures import PAGES, Counting
from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.settings import read_settings
from core.request import RequestState
from storage.database import open_storage
from storage.errors import Unavailable
from storage.figures_following import Counted
from storage.sequencer import PAGE, Numbered

STATE = RequestState(id="R1")


class Trail:
    """Pages of events to number and to count, and who asked for them."""

    def __init__(self, numbered: Iterable[int] = (), counted: Iterable[Counted] = ()) -> None:
        self.numbered, self.counted = list(numbered), list(counted)
        self.asked: list[str] = []
        self.before: Callable[[], Awaitable[None]] | None = None

    async def number(self) -> Numbered:
        self.asked.append("number")
        seen = self.numbered.pop(0) if self.numbered else 0
        return Numbered(seen, seen)

    async def follow(self) -> Counted:
        self.asked.append("follow")
        if self.before is not None:
            await self.before()
        return self.counted.pop(0) if self.counted else Counted(0)

    def counting(self) -> Counting:
        return Counting(self.number, self.follow, rest=0)


async def test_what_is_new_is_numbered_and_counted_to_its_end() -> None:
    trail = Trail([PAGE, PAGE, 3], [Counted(200), Counted(200), Counted(7)])
    await trail.counting().catch_up()
    assert trail.asked == ["number"] * 3 + ["follow"] * 4


async def test_a_flood_is_numbered_in_parts() -> None:
    trail = Trail([PAGE] * (PAGES + 1))
    await trail.counting().catch_up()
    assert trail.asked.count("number") == PAGES


async def test_what_another_server_counts_is_left_to_it() -> None:
    trail = Trail((), [Counted(200, busy=True), Counted(200)])
    await trail.counting().catch_up()
    assert trail.asked == ["number", "follow"]


async def test_a_commit_has_it_look_again_though_the_database_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.figures.LULL", 0)
    trail, looks = Trail(), asyncio.Queue[None]()

    async def away() -> None:
        await looks.put(None)
        raise Unavailable("away")

    trail.before = away
    counting = trail.counting()
    await counting.start()
    await looks.get()
    counting.changed([])
    assert trail.asked == ["number", "follow"], "nothing was committed"
    counting.changed([STATE])
    await looks.get()
    await counting.stop()
    assert trail.asked[:4] == ["number", "follow"] * 2


async def test_while_others_commit_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = Trail()
    await _looked_once(trail, monkeypatch, lull=600, latest=600)
    assert trail.asked == ["number", "follow"], "it counted though commits went on"


async def test_but_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = Trail()
    await _looked_once(trail, monkeypatch, lull=600, latest=0)
    assert trail.asked == ["number", "follow"] * 2


async def _looked_once(
    trail: Trail, monkeypatch: pytest.MonkeyPatch, *, lull: float, latest: float
) -> None:
    """It has looked once, then heard of a commit and had time to look again."""
    monkeypatch.setattr("bot.figures.LULL", lull)
    monkeypatch.setattr("bot.figures.LATEST", latest)
    looked = asyncio.Event()

    async def look() -> None:
        looked.set()

    trail.before = look
    counting = trail.counting()
    await counting.start()
    await looked.wait()
    counting.changed([STATE])
    for _ in range(20):
        await asyncio.sleep(0)
    await counting.stop()


async def test_it_stops_after_the_page_that_is_under_way() -> None:
    trail = Trail((), [Counted(200)] * 5)
    counting = trail.counting()
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        under_way.set()
        await go_on.wait()

    trail.before = hold
    await counting.start()
    await under_way.wait()
    stopping = asyncio.create_task(counting.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert trail.asked == ["number", "follow"]


async def test_every_server_counts(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/unopened.db")
    books = Books(*load(POLICY, DIRECTORY), from_file=True)
    sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
    settings = read_settings({"COUNTERSIGN_DATABASE_URL": f"sqlite:///{tmp_path}/unopened.db"})
    app = compose(settings, books, storage, sources)
    await storage.close()
    heard = [getattr(part.heard, "__self__", None) for part in app.parts]
    assert sum(isinstance(each, Counting) for each in heard) == 1
