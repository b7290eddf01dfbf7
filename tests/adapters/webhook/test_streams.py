"""A request as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from adapters.webhook import streams
from adapters.webhook.rendered import Rendered
from adapters.webhook.streams import Stream
from core.request import Outcome, Status
from core.rows import Snapshot
from core.service.access import Caller
from tests.adapters.webhook.conftest import ALL_SCOPES, Api, a_body
from tests.adapters.webhook.fake_service import FakeService, a_snapshot
from tests.core.builders import NOW

PATH = "/v1/requests/r1/stream"
STRANGER = Caller(key_id="k9", key_name="k", key_hash="h9", scopes=("read_all",))
Event = dict[str, Any]


class Reader:
    """The events of one stream, as a client reads them; keep-alive comments are left out."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.comments = 0

    async def block(self) -> str:
        async with asyncio.timeout(5):
            return (await self.answer.content.readuntil(b"\n\n")).decode()

    async def event(self) -> Event:
        """The next event; fails at the end of the stream."""
        while (block := await self.block()).startswith((":", "retry:")):
            self.comments += block.startswith(":")
        found: Event = dict(line.split(": ", 1) for line in block.strip().split("\n"))
        return found | {"data": json.loads(found["data"])}

    async def is_over(self) -> bool:
        async with asyncio.timeout(5):
            return await self.answer.content.read() == b""


@asynccontextmanager
async def stream(api: Api, key: str = "cs_good", **headers: str) -> AsyncIterator[Reader]:
    sent = {"Authorization": f"Bearer {key}"} | headers
    async with api.session.get(api.url + PATH, headers=sent) as answer:
        assert answer.status == 200, await answer.text()
        yield Reader(answer)


def change(api: Api, **fields: Any) -> int:
    """Store a newer version of the request; the version."""
    found = api.service.requests["r1"]
    state = replace(found.state, version=found.state.version + 1, **fields)
    api.service.requests["r1"] = replace(found, state=state)
    return state.version


def finish(api: Api) -> int:
    outcome = Outcome(status=Status.APPROVED, at=NOW, by=("mara@example.com",))
    return change(api, status=Status.APPROVED, outcome=outcome)


@pytest.fixture
async def asked(api: Api) -> Api:
    await api.post("/v1/requests", a_body())
    return api


async def test_it_begins_with_what_a_get_would_answer(asked: Api) -> None:
    seen = await asked.get("/v1/requests/r1")
    async with stream(asked, **{"X-Request-Id": "mine"}) as reader:
        headers = reader.answer.headers
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert (headers["Cache-Control"], headers["X-Request-Id"]) == ("no-store", "mine")
        assert await reader.block() == "retry: 2000\n\n"
        version = asked.service.requests["r1"].state.version
        assert await reader.event() == {"event": "request", "id": str(version), "data": seen.json}


async def test_a_change_is_sent_and_the_last_one_ends_it(asked: Api) -> None:
    async with stream(asked) as reader:
        assert (await reader.event())["data"]["status"] == "pending"
        version = change(asked, amount="7")
        asked.streams.changed(["r1", "r2"])
        event = await reader.event()
        assert (event["id"], event["data"]["amount"]) == (str(version), "7")
        finish(asked)
        asked.streams.changed(["r1"])
        assert (await reader.event())["data"]["status"] == "approved"
        end = await reader.event()
        assert (end["event"], end["data"]) == ("end", {"because": "final"})
        assert await reader.is_over()
    assert asked.streams.followed() == {}


async def test_what_is_final_already_is_shown_and_ended(asked: Api) -> None:
    finish(asked)
    async with stream(asked) as reader:
        assert (await reader.event())["data"]["status"] == "approved"
        assert (await reader.event())["event"] == "end"


async def test_whoever_comes_back_gets_only_what_is_newer(asked: Api) -> None:
    version = asked.service.requests["r1"].state.version
    async with stream(asked, **{"Last-Event-ID": str(version)}) as reader:
        assert await reader.block() == "retry: 2000\n\n"
        newer = finish(asked)
        asked.streams.changed(["r1"])
        assert (await reader.event())["id"] == str(newer)
    async with stream(asked, **{"Last-Event-ID": str(newer)}) as reader:
        assert (await reader.event())["event"] == "end"


@pytest.mark.parametrize("given", ["999", "-1", "x", "", "9" * 30])
async def test_what_was_no_event_of_this_request_is_not_taken_for_one(
    asked: Api, given: str
) -> None:
    async with stream(asked, **{"Last-Event-ID": given}) as reader:
        assert (await reader.event())["event"] == "request"


async def test_a_change_is_read_once_for_all_and_the_token_is_its_asker_s_alone(asked: Api) -> None:
    asked.keys.make("cs_other", *ALL_SCOPES, person="mara@example.com")
    asked.service.tokens["r1"] = "the-token"
    async with (
        stream(asked) as one,
        stream(asked) as two,
        stream(asked, key="cs_other") as three,
    ):
        for reader in (one, two, three):
            await reader.event()
        looked_up = asked.keys.looked_up
        finish(asked)
        asked.streams.changed(["r1"])
        tokens = [(await reader.event())["data"]["token"] for reader in (one, two, three)]
    assert tokens == ["the-token", "the-token", None]
    assert asked.service.reads == 1
    assert asked.keys.looked_up - looked_up == 2, "each key once"


async def test_what_is_rendered_is_rendered_once_for_all_at_once() -> None:
    service, found = FakeService(), a_snapshot()
    rendered = Rendered(service)
    first = rendered.seen(STRANGER, found)
    assert rendered.seen(replace(STRANGER, key_id="k8"), found) is first
    service.tokens["r1"] = "the-token"
    own = replace(STRANGER, key_id=found.state.agent_key)
    assert b"the-token" in rendered.seen(own, found)
    assert b"the-token" not in first
    await asyncio.sleep(0)
    assert rendered.seen(STRANGER, found) is not first, "nothing is kept"


async def test_a_revoked_key_is_sent_nothing_more(asked: Api) -> None:
    async with stream(asked) as reader:
        await reader.event()
        asked.keys.change("cs_good", revoked_at=NOW)
        change(asked, amount="7")
        asked.streams.changed(["r1"])
        end = await reader.event()
        assert (end["event"], end["data"]) == ("end", {"because": "key_revoked"})
        assert await reader.is_over()


async def test_a_revoked_key_ends_it_also_when_nothing_changes(
    asked: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SECOND", 0.01)
    async with stream(asked) as reader:
        await reader.event()
        assert await reader.block() == ": waiting\n\n"
        asked.keys.change("cs_good", revoked_at=NOW)
        assert (await reader.event())["data"] == {"because": "key_revoked"}


async def test_who_may_not_see_it_any_more_is_told_no_more_than_a_stranger(asked: Api) -> None:
    async with stream(asked) as reader:
        await reader.event()
        del asked.service.requests["r1"]
        asked.streams.changed(["r1"])
        assert (await reader.event())["data"] == {"because": "unknown_request"}


async def test_a_read_that_fails_is_made_up_for(
    asked: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with stream(asked) as reader:
        known = asked.service.requests["r1"].state.version
        await reader.event()
        version = change(asked, amount="7")

        def broken(_: str) -> Any:
            raise OSError("gone")

        with monkeypatch.context() as patch:
            patch.setattr(asked.streams, "_read", broken)
            asked.streams.changed(["r1"])
            while not caplog.records:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0)
        assert asked.streams.followed() == {"r1": known}
        asked.streams.changed(["r1"])
        assert (await reader.event())["id"] == str(version)


async def test_a_server_that_stops_brings_what_is_true_and_ends(asked: Api) -> None:
    async with stream(asked) as reader:
        await reader.event()
        version = change(asked, amount="7")
        asked.streams.stop()
        assert (await reader.event())["id"] == str(version)
        assert (await reader.event())["data"] == {"because": "stopping"}
    async with stream(asked) as late:
        assert (await late.event())["event"] == "request"
        assert (await late.event())["data"] == {"because": "stopping"}


@pytest.mark.parametrize(
    ("bound", "status", "reason"),
    [("MOST_OF_A_KEY", 429, "too_many_streams"), ("MOST", 503, "streams_exhausted")],
)
async def test_more_than_may_be_are_refused(
    asked: Api, monkeypatch: pytest.MonkeyPatch, bound: str, status: int, reason: str
) -> None:
    monkeypatch.setattr(streams, bound, 1)
    async with stream(asked) as reader:
        await reader.event()
        reply = await asked.get(PATH)
        assert (reply.status, reply.reason) == (status, reason)
        finish(asked)
        asked.streams.changed(["r1"])
        await reader.event()
        await reader.event()
        assert await reader.is_over()
    async with stream(asked) as again:
        await again.event()


async def test_who_may_not_see_the_request_gets_what_a_get_gets(asked: Api) -> None:
    assert (await asked.get("/v1/requests/r9/stream")).reason == "unknown_request"
    assert (await asked.get(PATH, key=None)).reason == "key_missing"
    asked.keys.make("cs_redeems", "redeem")
    assert (await asked.get(PATH, key="cs_redeems")).reason == "scope_missing"
    assert asked.streams.followed() == {}


async def test_head_has_no_body_and_follows_nothing(asked: Api) -> None:
    reply = await asked.call("HEAD", PATH)
    assert (reply.status, reply.text) == (200, "")
    assert asked.streams.followed() == {}


class Slow:
    """A connection of which the client reads nothing until `reads` is set."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.written: list[bytes] = []

    async def write(self, chunk: bytes) -> None:
        self.written.append(chunk)
        await self.reads.wait()


class Line(asyncio.Transport):
    """The transport below it."""

    def __init__(self) -> None:
        super().__init__()
        self._cut = False

    def abort(self) -> None:
        self._cut = True

    def is_closing(self) -> bool:
        return self._cut


async def test_who_reads_slowly_misses_what_is_old_and_is_cut_off_in_the_end() -> None:
    slow, rendered, line = Slow(), Rendered(FakeService()), Line()
    one = Stream(STRANGER, 0, line)
    slow.reads.set()
    found = a_snapshot()
    one.show(found, rendered)
    sending = asyncio.create_task(one.send(slow))
    await settled()
    slow.reads.clear()
    for more in range(1, 100):
        one.show(at(found, found.state.version + more), rendered)
        await settled()
    assert len(slow.written) == 3, "the way to come back, the first, and the one it is at"
    slow.reads.set()
    await settled()
    assert slow.written[-1].startswith(b"event: request\nid: %d\n" % (found.state.version + 99))
    slow.reads.clear()
    one.show(at(found, found.state.version + 100), rendered)
    await settled()
    one.beat()
    assert not line.is_closing()
    one.beat()
    assert line.is_closing()
    slow.reads.set()
    await asyncio.wait_for(sending, 5)


def at(found: Snapshot, version: int) -> Snapshot:
    return replace(found, state=replace(found.state, version=version))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_client_that_is_gone_is_forgotten(
    asked: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SECOND", 0.01)
    async with stream(asked) as reader:
        await reader.event()
        reader.answer.close()
    async with asyncio.timeout(5):
        while asked.streams.followed():  # noqa: ASYNC110 - a client that goes tells nobody
            await asyncio.sleep(0.01)
