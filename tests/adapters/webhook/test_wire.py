"""What is not well-formed HTTP, byte by byte: refused as a problem, and the connection closed."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from tests.adapters.webhook.conftest import Api

KEY = b"Host: x\r\nAuthorization: Bearer cs_good\r\n"
BODY = b'{"title":"t","action":{"type":"a"}}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
POST = b"POST /v1/requests HTTP/1.1\r\n" + KEY + b"Content-Type: application/json\r\n"
GET = b"GET /v1/requests HTTP/1.1\r\n" + KEY

MALFORMED = {
    "a length and chunks": POST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "two lengths": POST + LENGTH + b"Content-Length: 1\r\n\r\n" + BODY,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\n" + BODY,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "chunks that are not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "a coding below the chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + CHUNKS,
    "a hidden coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + CHUNKS,
    "a chunk of negative size": POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + CHUNKS,
    "a chunk beyond all sizes": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n",
    "two kinds of body": POST + b"Content-Type: text/plain\r\n" + LENGTH + b"\r\n" + BODY,
    "a NUL in a header": POST + b"X-A: a\x00b\r\n" + LENGTH + b"\r\n" + BODY,
    "a folded header": POST + b"X-A: a\r\n b\r\n" + LENGTH + b"\r\n" + BODY,
    "a NUL in the address": b"GET /v1/requests/a\x00b HTTP/1.1\r\n" + KEY + b"\r\n",
    "bytes in the address": b"GET /v1/requests/\xff HTTP/1.1\r\n" + KEY + b"\r\n",
    "no host": b"GET /v1/requests HTTP/1.1\r\n\r\n",
    "a long address": b"GET /v1/requests?cursor="
    + b"a" * 10_000
    + b" HTTP/1.1\r\n"
    + KEY
    + b"\r\n",
    "a long header": GET + b"X-A: " + b"v" * 10_000 + b"\r\n\r\n",
    "many headers": GET + b"".join(b"X-%d: 1\r\n" % n for n in range(1000)) + b"\r\n",
    "a method of its own": b"BREW /v1/requests HTTP/1.1\r\n" + KEY + b"\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


async def said(api: Api, sent: bytes) -> bytes:
    """All that the server says until it closes the connection."""
    parts = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(sent)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        return b""  # it was closed before all of it was read
    finally:
        writer.close()


async def test_what_is_no_http_is_a_problem_that_repeats_nothing_and_ends_the_connection(
    api: Api,
) -> None:
    for name, sent in MALFORMED.items():
        head, _, body = (
            await said(api, sent + b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        ).partition(b"\r\n\r\n")
        assert head.split(b" ")[1:2] == [b"400"], (name, head)
        assert b"application/problem+json" in head, name
        assert json.loads(body)["reason"] == "bad_request", name
        assert b"cs_good" not in body, name
    assert api.service.calls == []
    assert (await api.get("/v1/requests")).status == 200, "and others notice nothing"


async def test_an_expectation_that_there_is_not_is_a_problem_and_the_usual_one_is_met(
    api: Api,
) -> None:
    closing = POST + b"Connection: close\r\n" + LENGTH
    head, _, body = (await said(api, closing + b"Expect: tea\r\n\r\n" + BODY)).partition(
        b"\r\n\r\n"
    )
    assert head.startswith(b"HTTP/1.1 417 ")
    assert json.loads(body)["reason"] == "bad_request"
    assert api.service.calls == []
    answer = await said(api, closing + b"Expect: 100-continue\r\n\r\n" + BODY)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 ")


@pytest.mark.parametrize(
    "id",
    ["a%2Fb", "%00", "..%2f..%2fetc", "%ff", "%zz", "a%0d%0ab", "a" * 5000, "%E2%80%AE", "%20"],
)
async def test_an_id_that_no_request_can_have_is_not_found_and_asked_of_nobody(
    api: Api, id: str
) -> None:
    for path in (f"/v1/requests/{id}", f"/v1/requests/{id}/events", f"/v1/requests/{id}/cancel"):
        method = "POST" if path.endswith("cancel") else "GET"
        closing = KEY + b"Connection: close\r\n\r\n"
        answer = await said(api, f"{method} {path} HTTP/1.1\r\n".encode() + closing)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404 "), head
        assert json.loads(body)["reason"] == "unknown_request"
        assert len(body) < 500
    assert api.service.calls == []


async def test_an_id_that_no_standing_delegation_can_have_is_not_found_as_one(api: Api) -> None:
    reply = await api.call("DELETE", "/v1/delegations/%C2%84")
    assert (reply.status, reply.reason) == (404, "unknown_absence")
    assert "no request" not in reply.json["detail"]
