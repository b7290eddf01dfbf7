"""Everything about HTTP itself: methods, sizes, encodings, slowness, and one manner of error."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from adapters.webhook import intake
from core.refusals import Reason, Refused
from storage.errors import OutcomeUnknown, Unavailable
from tests.adapters.webhook.conftest import Api, a_body

LIMIT = 256 * 1024
JSON = {"Content-Type": "application/json"}


def padded(size: int) -> bytes:
    """A good submission of exactly this many bytes."""
    body = json.dumps(a_body()).encode()
    return body + b" " * (size - len(body))


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


async def test_a_body_of_the_limit_is_taken(api: Api) -> None:
    assert (await api.send(padded(LIMIT))).status == 201


@pytest.mark.parametrize("size", [LIMIT + 1, 1_000_010, 5_000_000])
async def test_a_larger_body_is_413(api: Api, size: int) -> None:
    reply = await api.call("POST", "/v1/requests", headers=JSON, data=io.BytesIO(padded(size)))
    assert (reply.status, reply.reason) == (413, "body_too_large")
    assert api.service.calls == []


async def test_a_larger_body_in_chunks_without_a_length_is_413(api: Api) -> None:
    reply = await api.call("POST", "/v1/requests", headers=JSON, data=pieces(padded(LIMIT + 1)))
    assert (reply.status, reply.reason) == (413, "body_too_large")
    reply = await api.call("POST", "/v1/requests", headers=JSON, data=pieces(padded(LIMIT)))
    assert reply.status == 201


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", ""]
)
async def test_another_media_type_is_415(api: Api, kind: str) -> None:
    reply = await api.call(
        "POST", "/v1/requests", headers={"Content-Type": kind}, data=padded(1000)
    )
    assert (reply.status, reply.reason) == (415, "unsupported_media_type")


async def test_json_with_a_charset_is_taken(api: Api) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    reply = await api.call("POST", "/v1/requests", headers=headers, data=padded(1000))
    assert reply.status == 201


async def test_a_compressed_body_is_415_and_is_never_unpacked(api: Api) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    reply = await api.send(bomb, headers={"Content-Encoding": "gzip"})
    assert (reply.status, reply.reason) == (415, "unsupported_media_type")


async def raw(api: Api, text: bytes) -> bytes:
    """The first of what the server says to these bytes."""
    parts = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(text)
    await writer.drain()
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_body_that_does_not_arrive_is_408(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.05)
    answer = await raw(
        api,
        b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer cs_good\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"reason":"body_too_slow"' in answer
    assert api.service.calls == []


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/requests", {"GET", "HEAD", "POST"}),
        ("/v1/requests/r1", {"GET", "HEAD"}),
        ("/v1/requests/r1/events", {"GET", "HEAD"}),
        ("/v1/requests/r1/decisions", {"DELETE", "POST"}),
        ("/v1/requests/r1/revisions", {"POST"}),
        ("/v1/tokens/redeem", {"POST"}),
        ("/v1/policy", {"GET", "HEAD", "PUT"}),
        ("/v1/delegations", {"GET", "HEAD", "POST"}),
        ("/v1/delegations/d1", {"DELETE"}),
        ("/.well-known/jwks.json", {"GET", "HEAD"}),
        ("/v1/requests/r1/cancel", {"POST"}),
        ("/healthz", {"GET", "HEAD"}),
    ],
)
async def test_a_method_that_is_not_there_is_405_with_what_is(
    api: Api, path: str, allow: set[str]
) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - allow:
        reply = await api.call(method, path)
        assert (method, reply.status, reply.reason) == (method, 405, "method_not_allowed")
        assert set(reply.headers["Allow"].split(",")) == allow
    assert api.service.calls == []


@pytest.mark.parametrize("path", ["/v1/requests/r1/decisions", "/v1/requests/r1/cancel"])
async def test_get_and_head_never_decide(api: Api, path: str) -> None:
    await api.post("/v1/requests", a_body())
    for method in ("GET", "HEAD"):
        assert (await api.call(method, path, json={"decision": "approve"})).status == 405
    assert [name for name, _ in api.service.calls] == ["submit"]


async def test_head_on_a_list_only_reads(api: Api) -> None:
    reply = await api.call("HEAD", "/v1/requests")
    assert (reply.status, reply.text) == (200, "")
    assert [name for name, _ in api.service.calls] == ["listed"]


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/requests/", "/v2/requests", "/v1/requests/r1/x", "/..%2f", "/%00"]
)
async def test_an_unknown_address_is_a_problem_too(api: Api, path: str) -> None:
    reply = await api.get(path)
    assert (reply.status, reply.reason) == (404, "unknown_route")


async def test_every_answer_carries_the_id_of_its_call(api: Api) -> None:
    good = await api.get("/v1/requests", headers={"X-Request-Id": "trace-1"})
    bad = await api.get("/nowhere", headers={"X-Request-Id": "trace-2"})
    assert good.headers["X-Request-Id"] == "trace-1"
    assert bad.headers["X-Request-Id"] == bad.json["request_id"] == "trace-2"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\tb"])
async def test_an_odd_request_id_is_replaced(api: Api, given: str) -> None:
    reply = await api.get("/healthz", headers={"X-Request-Id": given})
    assert reply.headers["X-Request-Id"] == "call-1"


async def test_a_bug_is_a_500_that_says_the_id_and_nothing_else(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.service.error = KeyError("secret detail")
    reply = await api.post("/v1/requests", a_body())
    assert (reply.status, reply.reason) == (500, "internal_error")
    assert "secret detail" not in reply.text
    assert reply.json["request_id"] == "call-1"
    api.service.error = None
    assert (await api.post("/v1/requests", a_body())).status == 201


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("disk full at /srv"), "unavailable"),
        (OutcomeUnknown("gone"), "outcome_unknown"),
    ],
)
async def test_a_database_that_fails_is_503_and_says_what_is_known(
    api: Api, error: Exception, reason: str
) -> None:
    api.service.error = error
    reply = await api.post("/v1/requests", a_body())
    assert (reply.status, reply.reason) == (503, reason)
    assert str(error) not in reply.text


async def test_a_problem_points_to_its_explanation_on_the_docs_page(api: Api) -> None:
    api.service.error = Refused(Reason.NOBODY_TO_ASK, rule="r", stage="s")
    reply = await api.post("/v1/requests", a_body())
    assert reply.json["type"] == "/docs#error-nobody_to_ask"
    assert 'id="error-nobody_to_ask"' in (await api.get("/docs", key=None)).text
