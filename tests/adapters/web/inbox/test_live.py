"""Open pages learn that something changed: those it concerns, and not too often."""

import asyncio
from typing import Any

from adapters.web.inbox.live import (
    A_SECOND,
    ALIVE,
    BEATS,
    BURST,
    BUSY,
    CHANGED,
    IN_A_STORM,
    MOST_OF_ONE,
    OVER,
    RETRY,
    Live,
    Looking,
)
from bot.waiting import Waiters
from bot.web_inbox import Hearsay, concerned
from tests.core.builders import ALICE, FINN, MARA
from tests.core.shown import asked


class Browser:
    """What was written to one page."""

    def __init__(self, live: Live, person: str = MARA, about: str = "") -> None:
        self.signed_in = True
        self.got: list[bytes] = []
        self.looking = Looking(person, about, self.holds)
        self.admitted = live.begin(self.looking)

    async def holds(self) -> bool:
        return self.signed_in

    async def write(self, data: bytes, /) -> None:
        self.got.append(data)

    async def read(self) -> list[bytes]:
        """All that is to be written, up to the end."""
        self.looking.end()
        await self.looking.send(self)
        assert self.got[0] == RETRY
        return self.got[1:]


async def test_a_list_hears_of_its_persons_requests_and_of_no_others() -> None:
    live = Live()
    mine, others = Browser(live), Browser(live, FINN)
    live.changed("R1", [MARA, ALICE])
    live.tick()
    assert await mine.read() == [CHANGED]
    assert await others.read() == []


async def test_a_requests_page_hears_of_that_request_alone_whoever_it_concerns() -> None:
    live = Live()
    about, another = Browser(live, about="R1"), Browser(live, about="R2")
    live.changed("R1", [])
    live.changed("R3", [MARA])
    live.tick()
    assert await about.read() == [CHANGED]
    assert await another.read() == []


async def test_many_changes_within_a_second_are_told_once() -> None:
    live = Live()
    page = Browser(live)
    for number in range(100):
        live.changed(f"R{number}", [MARA])
    live.tick()
    live.tick()
    assert await page.read() == [CHANGED]


async def test_pages_are_told_in_turn_where_one_change_concerns_many() -> None:
    live = Live()
    pages = [Browser(live, f"p{n}@example.com") for n in range(BURST + 2 * A_SECOND)]
    live.changed("R1", [page.looking.person for page in pages])
    told: list[int] = []
    for _ in range(3):
        live.tick()
        told.append(sum(CHANGED in page.looking._pending for page in pages))
    assert told == [BURST, BURST + A_SECOND, BURST + 2 * A_SECOND]


async def test_in_a_storm_few_pages_are_told_and_the_others_once_it_is_over() -> None:
    live = Live()
    pages = [Browser(live, f"p{n}@example.com") for n in range(BURST)]
    for number in range(BUSY + 1):
        live.changed(f"R{number}", [page.looking.person for page in pages])
    live.tick()
    assert sum(CHANGED in page.looking._pending for page in pages) == IN_A_STORM
    for _ in range(BURST // A_SECOND):
        live.tick()
    assert all(CHANGED in page.looking._pending for page in pages)


async def test_signs_of_life_go_to_each_page_in_turn_and_end_with_its_session() -> None:
    live = Live()
    here, out = Browser(live), Browser(live)
    out.signed_in = False
    for _ in range(BEATS):
        live.tick()
    await live.stopped()
    assert await here.read() == [ALIVE]
    assert await out.read() == [OVER]


async def test_a_page_whose_session_cannot_be_looked_at_stays() -> None:
    live = Live()
    page = Browser(live)

    async def breaks() -> bool:
        raise RuntimeError("the disk is full")

    page.looking.holds = breaks
    for _ in range(BEATS):
        live.tick()
    await live.stopped()
    assert await page.read() == [ALIVE]


async def test_stopping_lets_every_page_go_and_no_further_one_in() -> None:
    live = Live()
    page = Browser(live)
    sending = asyncio.create_task(page.looking.send(page))
    await asyncio.sleep(0)
    live.stop()
    await sending
    assert not Browser(live).admitted


async def test_one_person_has_so_many_open_pages_and_what_is_closed_counts_no_more() -> None:
    live = Live()
    pages = [Browser(live) for _ in range(MOST_OF_ONE)]
    assert not Browser(live).admitted
    assert Browser(live, FINN).admitted
    live.end(pages[0].looking)
    live.end(pages[0].looking)
    assert Browser(live).admitted
    live.stop()


async def test_what_is_closed_is_forgotten_altogether() -> None:
    live = Live()
    pages = [Browser(live), Browser(live, about="R1")]
    live.changed("R1", [MARA])
    for page in pages:
        live.end(page.looking)
    assert not live.is_watched
    assert (live._people, live._requests, live._waiting) == ({}, {}, {})
    live.stop()


# --- what a commit costs, here and elsewhere -----------------------------------------------


class Asked:
    """Whom requests concern; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def people(self, ids: list[str]) -> dict[str, set[str]]:
        self.asked.append(ids)
        return {each: {MARA} for each in ids}


def hearing(live: Live) -> tuple[Hearsay, Asked]:
    storage: Any = Asked()
    return Hearsay(live, storage), storage


async def test_where_nobody_looks_nothing_is_kept_and_nothing_asked() -> None:
    hearsay, storage = hearing(Live())
    hearsay.changed(["R1"])
    hearsay.heard([asked().state])
    assert (hearsay._unknown, hearsay._timer, storage.asked) == ({}, None, [])


async def test_what_was_committed_here_is_told_without_asking_the_database() -> None:
    live = Live()
    page, hers, other = Browser(live), Browser(live, ALICE), Browser(live, "x@example.com")
    hearsay, storage = hearing(live)
    hearsay.changed(["R1"])
    hearsay.heard([asked().state])
    hearsay._look()
    live.tick()
    assert [await each.read() for each in (page, hers, other)] == [[CHANGED], [CHANGED], []]
    assert storage.asked == []
    await hearsay.stopped()


async def test_what_another_server_committed_is_asked_for_once_for_all() -> None:
    live = Live()
    page = Browser(live)
    hearsay, storage = hearing(live)
    hearsay.changed(["R1", "R2"])
    hearsay.changed(["R2", "R3"])
    hearsay._look()
    assert hearsay._task is not None
    await hearsay._task
    live.tick()
    assert storage.asked == [["R1", "R2", "R3"]]
    assert await page.read() == [CHANGED]
    await hearsay.stopped()


async def test_what_waiters_hear_of_another_server_comes_to_the_page() -> None:
    live, waiters = Live(), Waiters()
    page = Browser(live)
    hearsay, storage = hearing(live)
    waiters.follow(hearsay)
    state = asked().state
    waiters.changed([state])
    hearsay.heard([state])
    waiters.moved(["R7"])
    hearsay._look()
    assert hearsay._task is not None
    await hearsay._task
    assert storage.asked == [["R7"]], "what was committed here is known"
    waiters.wake_all()
    assert await page.read() == [], "the server stops before it was said: the page comes back"
    await hearsay.stopped()


def test_a_request_concerns_who_is_asked_who_stands_in_and_who_asks() -> None:
    state = asked().delegates(MARA, FINN).state
    assert {MARA, FINN, ALICE} <= concerned(state)
