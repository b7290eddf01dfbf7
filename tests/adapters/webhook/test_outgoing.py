"""Signed calls outward, over real HTTP: who is called, what is signed, what became of it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from adapters.webhook.hosts import read_hosts
from adapters.webhook.outgoing import Outgoing
from core.ports import Dead, Delivered, RetryAt

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTORS = Path(__file__).parents[3].parent / "shared" / "data" / "vectors"
NOW = 1_790_000_000_000


@dataclass
class Receiver:
    """Somebody's server: what it got, and what it answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def take(self, call: web.Request) -> web.Response:
        self.got.append((dict(call.headers), await call.read()))
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.take)
    async with TestServer(app) as server:
        made.url = f"http://localhost:{server.port}/in"
        yield made


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    made = Outgoing(read_hosts("localhost"), lambda: NOW)
    await made.start()
    yield made
    await made.stop()


async def test_a_call_is_signed_so_that_the_receiver_can_tell(
    receiver: Receiver, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"a": "\xc3\xa4"}'
    assert await outgoing.send(receiver.url, SECRET, "msg_1", body) == Delivered()
    ((headers, got),) = receiver.got
    assert got == body
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "1790000000")
    # The receiver's own check would ask for its present time: only that is left out.
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", _as_written)
    assert Webhook(SECRET).verify(got, headers) == {"a": "ä"}
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(got + b" ", headers)


def _as_written(_self: Webhook, written: str) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(float(written), UTC)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared test data is not on this machine")
async def test_the_published_vector(receiver: Receiver) -> None:
    vector = json.loads((VECTORS / "standard_webhooks.json").read_text())
    made = Outgoing(read_hosts("localhost"), lambda: vector["timestamp"] * 1000)
    await made.start()
    await made.send(receiver.url, vector["secret"], vector["id"], vector["payload"].encode())
    await made.stop()
    assert receiver.got[0][0]["webhook-signature"] == vector["signature"]


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (204, {}, Delivered()),
        (429, {"Retry-After": "7"}, RetryAt(reason="the receiver answers 429", after=7000)),
        (429, {"Retry-After": "soon"}, RetryAt(reason="the receiver answers 429")),
        (
            503,
            {"Retry-After": "9" * 9},
            RetryAt(reason="the receiver answers 503", after=3_600_000),
        ),
        (
            429,
            {"Retry-After": "9" * 5000},
            RetryAt(reason="the receiver answers 429", after=3_600_000),
        ),
        (
            429,
            {"Retry-After": "0" * 5000},
            RetryAt(reason="the receiver answers 429", after=0),
        ),
        (500, {}, RetryAt(reason="the receiver answers 500")),
        (400, {}, Dead(reason="the receiver refuses it (400)")),
        (410, {}, Dead(reason="the receiver refuses it (410)")),
    ],
)
async def test_what_became_of_it_is_a_value(
    receiver: Receiver, outgoing: Outgoing, status: int, headers: dict[str, str], outcome: object
) -> None:
    receiver.status, receiver.headers = status, headers
    assert await outgoing.send(receiver.url, SECRET, "msg_1", b"{}") == outcome


async def test_a_redirect_is_not_followed(receiver: Receiver, outgoing: Outgoing) -> None:
    receiver.status, receiver.headers = 307, {"Location": receiver.url + "/next"}
    outcome = await outgoing.send(receiver.url, SECRET, "msg_1", b"{}")
    assert isinstance(outcome, Dead)
    assert "redirects" in outcome.reason
    assert len(receiver.got) == 1


async def test_nobody_there_is_tried_again_without_telling_the_address(outgoing: Outgoing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = await outgoing.send(f"http://localhost:{port}/secret-path", SECRET, "m", b"{}")
    assert isinstance(outcome, RetryAt)
    assert not outcome.uncertain
    assert "secret-path" not in outcome.reason


async def test_an_answer_that_does_not_come_is_uncertain(
    outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await outgoing.send(f"http://localhost:{port}/", SECRET, "m", b"{}")
    server.close()
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain


# --- names that lead inside ------------------------------------------------------------------


class Answers(AbstractResolver):
    """A name server that gives each of these answers in turn, the last one for ever."""

    def __init__(self, *turns: tuple[str, ...]) -> None:
        self.turns = list(turns)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.turns[min(self.asked, len(self.turns) - 1)]
        self.asked += 1
        return [_result(host, port, each) for each in found]

    async def close(self) -> None: ...


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "::1", "10.0.0.7"]
)
async def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, address: str) -> None:
    made = Outgoing(read_hosts("http://hooks.example.com"), lambda: NOW, Answers((address,)))
    await made.start()
    port = receiver.url.split(":")[2].split("/")[0]
    outcome = await made.send(f"http://hooks.example.com:{port}/in", SECRET, "m", b"{}")
    await made.stop()
    assert isinstance(outcome, Dead)
    assert "name its network in COUNTERSIGN_CALLBACK_HOSTS" in outcome.reason
    assert receiver.got == []


async def test_a_name_whose_answer_changes_in_between_leads_nowhere_else(
    receiver: Receiver,
) -> None:
    # First a public address, for whoever checks; then one inside, for whoever connects.
    names = Answers(("127.0.0.1", "10.0.0.7"), ("10.0.0.7",))
    made = Outgoing(read_hosts("http://hooks.example.com, 127.0.0.1"), lambda: NOW, names)
    await made.start()
    port = receiver.url.split(":")[2].split("/")[0]
    url = f"http://hooks.example.com:{port}/in"
    assert await made.send(url, SECRET, "m", b"{}") == Delivered()
    assert names.asked == 1, "what was checked is what is called"
    receiver.headers = {"Connection": "close"}
    await made.send(url, SECRET, "m", b"{}")
    late = await made.send(url, SECRET, "m", b"{}")
    await made.stop()
    assert isinstance(late, Dead)
    assert len(receiver.got) == 2
