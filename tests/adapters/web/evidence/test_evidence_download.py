"""The download of an evidence pack: who gets it, when, and what it says otherwise."""

import asyncio
from typing import BinaryIO

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web.evidence.download import PATH, Download
from adapters.web.pages import Pages
from core.audit.ports import EvidenceBusy, PackTooLarge
from core.directory.people import Directory, Person
from tests.adapters.web.doors import OpenDoor, visitor_of

ADA = Person(email="ada@example.com", name="Ada", groups=("admins",))
FINN = Person(email="finn@example.com", name="Finn")
NOW = 1_780_000_000_000
DAY = 86_400_000


class Packs:
    """Packs that are a word; `goes_on` holds them back while it is not set."""

    def __init__(self) -> None:
        self.asked: list[tuple[int | None, int]] = []
        self.fails: Exception | None = None
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        self.goes_on.set()

    async def pack(self, file: BinaryIO, begins: int | None, ends: int, at: int) -> None:
        self.asked.append((begins, ends))
        file.write(b"half")
        self.begun.set()
        await self.goes_on.wait()
        if self.fails is not None:
            raise self.fails
        file.write(b" and half")


@pytest.fixture
def packs() -> Packs:
    return Packs()


def served(packs: Packs, person: Person) -> TestClient[web.Request, web.Application]:
    app, people = web.Application(), Directory([ADA, FINN])
    download = Download(packs, lambda: people, lambda: NOW)
    app.add_routes(download.routes(OpenDoor(Pages(), visitor_of(person))))
    return TestClient(TestServer(app, host="127.0.0.1"))


async def test_an_administrator_gets_a_whole_file(packs: Packs) -> None:
    async with served(packs, ADA) as client:
        answer = await client.get(f"{PATH}?from=2026-01-01&to=2026-03-31")
        assert await answer.read() == b"half and half"
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="evidence.zip"'
        assert answer.headers["Content-Length"] == "13"
        await client.get(PATH)
    first = 1_767_225_600_000
    assert packs.asked == [(first, first + 90 * DAY), (None, NOW)]


async def test_who_asks_for_the_headers_alone_gets_no_byte_of_a_file(packs: Packs) -> None:
    """Bytes after such an answer would be taken for the beginning of the next one on this line:
    https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2"""
    async with served(packs, ADA) as client:
        assert client.port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(f"HEAD {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    assert b"200 OK" in head
    assert b"Content-Type: application/zip" in head
    assert body == b""
    assert packs.asked == [], "nor is any made"


async def test_nobody_else_gets_anything(packs: Packs) -> None:
    async with served(packs, FINN) as client:
        answer = await client.get(PATH)
        assert answer.status == 403
        assert "This is for administrators" in await answer.text()
    assert packs.asked == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "is no time"),
        ("to=2026-02-30", "is no time"),
        ("from=%3Cscript%3E", "&lt;script&gt;"),
        ("from=2026-02-02&amp;to=2026-02-01".replace("amp;", ""), "ends before it begins"),
        ("from=2030-01-01", "has not begun"),
    ],
)
async def test_a_period_that_is_none_is_explained(packs: Packs, query: str, said: str) -> None:
    async with served(packs, ADA) as client:
        answer = await client.get(f"{PATH}?{query}")
        assert (answer.status, said in await answer.text()) == (400, True)
    assert packs.asked == []


async def test_what_cannot_be_made_is_an_answer_and_no_file(packs: Packs) -> None:
    async with served(packs, ADA) as client:
        for problem, status in ((PackTooLarge("x"), 413), (EvidenceBusy("x"), 503)):
            packs.fails = problem
            answer = await client.get(PATH)
            assert (answer.status, answer.headers["Content-Type"]) == (
                status,
                "text/html; charset=utf-8",
            )


async def test_there_is_one_at_a_time(packs: Packs) -> None:
    packs.goes_on.clear()
    async with served(packs, ADA) as client:
        first = asyncio.create_task(client.get(PATH))
        await packs.begun.wait()
        second = await client.get(PATH)
        assert second.status == 503
        assert "There is one at a time" in await second.text()
        packs.goes_on.set()
        assert await (await first).read() == b"half and half"
    assert len(packs.asked) == 1
