"""When open requests are brought in line with people who changed: at once where the change was
made, by another server only where that one did not."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from bot import settling as module
from bot.books import Books
from bot.settling import Settling
from core.directory.kept import KeptPerson
from core.directory.people import Directory
from core.service.approvals import Approvals
from tests.core.builders import a_policy, a_rule
from tests.core.people_ledger import MemoryKept

NINA = "nina@example.com"


class Requests:
    """Three open requests, of which the last concerns Nina; keeps what was ticked."""

    def __init__(self) -> None:
        self.ticked: list[str] = []
        self.fails = False
        self.done, self.failed = asyncio.Event(), asyncio.Event()

    @property
    def world(self) -> "Requests":
        return self

    @property
    def store(self) -> "Requests":
        return self

    async def concerning(self, person: str, after: str, limit: int) -> Sequence[str]:
        return ["r3"] if person == NINA and not after else []

    async def open_ids(self, after: str, limit: int) -> Sequence[str]:
        if self.fails:
            self.failed.set()
            raise OSError("the database is away")
        return [] if after else ["r1", "r2", "r3"]

    async def tick(self, request: str) -> None:
        self.ticked.append(request)
        if request == "r1":
            self.done.set()
            raise ValueError("one that cannot be ticked keeps no other from it")


class Server:
    def __init__(self, people: MemoryKept) -> None:
        self.requests = Requests()
        self.books = Books(a_policy(a_rule()), Directory([]), from_file=True)
        self.settling = Settling(self.books, people, cast("Approvals", self.requests))


@pytest.fixture
def people() -> MemoryKept:
    kept = MemoryKept()
    kept.ledger.put(KeptPerson(id="n", email=NINA, name="Nina"))
    return kept


async def test_what_concerns_who_changed_comes_first(people: MemoryKept) -> None:
    server = Server(people)
    await server.settling.catch_up()
    await server.settling.start()
    server.settling.changed({NINA})
    await asyncio.wait_for(server.requests.done.wait(), 20)
    await server.settling.stop()
    assert server.requests.ticked[:2] == ["r3", "r1"]


async def test_another_server_takes_it_up_and_settles_only_what_stays_unsettled(
    people: MemoryKept,
) -> None:
    server = Server(people)
    await server.settling.look()
    assert server.books.directory().person(NINA) is not None
    assert not server.settling._wanted.is_set(), "whoever made the change is at it"
    await server.settling.look()
    assert server.settling._wanted.is_set()
    await server.settling.settle()
    assert people.settled == people.ledger.number
    server.settling._wanted.clear()
    await server.settling.look()
    assert not server.settling._wanted.is_set()


async def test_what_fails_is_tried_again(
    people: MemoryKept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SPARE_SECONDS", 0.0)
    server = Server(people)
    await server.settling.catch_up()
    server.requests.fails = True
    await server.settling.start()
    server.settling.changed({NINA})
    await asyncio.wait_for(server.requests.failed.wait(), 20)
    server.requests.fails = False
    await server.settling.look()
    await server.settling.look()
    await asyncio.wait_for(server.requests.done.wait(), 20)
    await server.settling.stop()
    assert people.settled == people.ledger.number
