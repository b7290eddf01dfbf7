"""Both clients on real connections: where the key goes, and whose answer is read."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from countersign_client import (
    AsyncCountersign,
    Countersign,
    NotApproved,
    Unavailable,
    requires_approval,
)
from tests.client.test_flows import shown


@dataclass
class Seen:
    """What came in: the connection it came on, and its key."""

    url: str = ""
    came: list[tuple[int, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def there() -> Iterator[Seen]:
    with serving(Answers) as seen:
        yield seen


@contextmanager
def serving(answers: type["Answers"]) -> Iterator[Seen]:
    seen = Seen()
    kind = type("Answering", (answers,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        seen.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield seen
        server.shutdown()


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: Seen

    def do_GET(self) -> None:
        self.seen.came.append((self.client_address[1], self.headers["Authorization"]))
        moved = self.path.endswith("/moved")
        self.send_response(307 if moved else 200)
        body = b"" if moved else json.dumps(shown()).encode()
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "/v1/requests/R1")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(shown("prohibited")).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


async def test_no_redirect_is_followed_also_by_a_client_of_ones_own(there: Seen) -> None:
    before = len(there.came)
    with httpx2.Client(follow_redirects=True) as http, pytest.raises(Unavailable, match="address"):
        Countersign(there.url, "cs_k", http=http).get("moved")
    async with httpx2.AsyncClient(follow_redirects=True) as also:
        with pytest.raises(Unavailable, match="address"):
            await AsyncCountersign(there.url, "cs_k", http=also).get("moved")
    assert len(there.came) == before + 2


def test_a_process_that_forks_does_not_read_its_parents_answers(
    there: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(there.came)
    with Countersign(there.url, "cs_k") as client:
        parents = client._http
        client.get("R1")
        client.get("R1")
        monkeypatch.setattr("os.getpid", lambda: -1)
        client.get("R1")
    parents.close()
    first, second, third = [connection for connection, _ in there.came[before:]]
    assert first == second != third


def test_a_key_may_come_as_it_was_read_from_its_file(there: Seen) -> None:
    with Countersign(f"{there.url}/", "cs_k\n") as client:
        client.get("R1")
    assert there.came[-1][1] == "Bearer cs_k"


def test_an_async_function_may_be_called_in_one_event_loop_after_the_other(
    there: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", there.url)
    monkeypatch.setenv("COUNTERSIGN_KEY", "cs_k")

    @requires_approval(action="refund", title="Refund")
    async def refund(amount: int) -> None: ...

    for _ in range(2):
        with pytest.raises(NotApproved, match="prohibited"):
            asyncio.run(refund(5))


async def test_who_waits_keeps_nobody_else_from_asking() -> None:
    arrived, all_there = list[None](), asyncio.Event()
    body = json.dumps(shown()).encode()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.append(None)
        if len(arrived) == 101:
            all_there.set()
        await all_there.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with asyncio.timeout(15), await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with AsyncCountersign(f"http://127.0.0.1:{port}", "cs_k") as client:
            found = await asyncio.gather(*(client.get("R1") for _ in range(101)))
    assert {each.id for each in found} == {"R1"}


def test_this_machine_is_not_called_through_a_proxy(
    there: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Countersign(there.url, "cs_k") as client:
        assert client.get("R1").id == "R1"


@pytest.mark.parametrize("key", ["", " ", "cs_ü-secret", "cs_a\nX-Other: secret", "cs_a secret"])
def test_what_is_no_key_is_told_at_once_and_not_shown(key: str) -> None:
    for kind in (Countersign, AsyncCountersign):
        with pytest.raises(ValueError, match="not a key") as caught:
            kind("http://127.0.0.1:8080", key)
        assert "secret" not in repr(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "localhost:8080",
        "http://",
        "http://u:pw@a",
        "https://a/?b",
        "http://a b",
    ],
)
def test_what_is_no_address_is_told_at_once(url: str) -> None:
    for kind in (Countersign, AsyncCountersign):
        with pytest.raises(ValueError, match=r"https://host|without, and the key") as caught:
            kind(url, "cs_k")
        assert "pw" not in str(caught.value)


def test_a_key_that_would_travel_readably_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"readably to example\.com: use https"):
        Countersign("http://example.com", "cs_k").close()
    Countersign("http://[::1]:8080", "cs_k").close()
    Countersign("https://example.com/below/", "cs_k").close()
