"""The routes that say how the server is: for load balancers and monitoring, without an API key."""

import asyncio

import pytest

from adapters.webhook import openapi
from adapters.webhook.routes import OPERATIONS
from tests.adapters.webhook.conftest import METRICS_TOKEN, Api

BEARER = {"Authorization": f"Bearer {METRICS_TOKEN}"}


async def test_what_is_wrong_elsewhere_leaves_a_server_ready(api: Api) -> None:
    api.warnings = ["The relay of this server has done nothing for 5 minutes."]
    reply = await api.get("/readyz", key=None)
    assert (reply.status, reply.json) == (200, {"status": "ready", "warnings": api.warnings})


async def test_what_is_missing_counts_more_than_a_warning(api: Api) -> None:
    api.warnings, api.checks["database"] = ["Something is late."], "does not answer"
    reply = await api.get("/readyz", key=None)
    assert (reply.status, reply.reason) == (503, "not_ready")


async def test_metrics_go_to_who_has_the_token_in_the_form_they_accept(api: Api) -> None:
    reply = await api.get("/metrics", key=None, headers=BEARER)
    assert (reply.status, reply.text) == (200, "up 1\n")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["Cache-Control"] == "no-store"
    other = await api.get("/metrics", key=None, headers={**BEARER, "Accept": "x/y"})
    assert other.headers["Content-Type"] == "x/y"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        METRICS_TOKEN,
        f"Basic {METRICS_TOKEN}",
        "Bearer",
        f"Bearer {METRICS_TOKEN}x",
        f"Bearer {METRICS_TOKEN[:-1]}",
        "Bearer cs_good",
        "Bearer \u00fc",
    ],
)
async def test_metrics_go_to_nobody_else(api: Api, header: str | None) -> None:
    sent = {} if header is None else {"Authorization": header}
    reply = await api.get("/metrics", key=None, headers=sent)
    assert (reply.status, reply.reason) == (401, "metrics_token")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert METRICS_TOKEN not in reply.text


async def test_a_token_of_bytes_that_are_no_text_is_a_wrong_one(api: Api) -> None:
    host, _, port = api.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Authorization: Bearer \xff\xfe\r\n\r\n"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 401 Unauthorized"


def test_a_server_without_metrics_describes_none() -> None:
    assert "/metrics" not in openapi.document(OPERATIONS, "0")["paths"]
    assert "/metrics" in openapi.document(OPERATIONS, "0", metrics=True)["paths"]
