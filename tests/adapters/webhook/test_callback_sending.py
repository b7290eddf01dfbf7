"""What agents are sent: signed by all secrets that their key has, to no place inside."""

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.webhook.callback import UNREADABLE, CallbackSender, message
from adapters.webhook.callback_secrets import CallbackSeal
from adapters.webhook.hosts import read_hosts
from adapters.webhook.lookups import Lookups
from adapters.webhook.outgoing import Outgoing
from core.callbacks import ERASED, KEY_REVOKED
from core.ports import Dead, Delivered, RetryAt
from core.rows import QueuedCallback
from tests.adapters.webhook.fake_callbacks import FakeCallbacks
from tests.adapters.webhook.test_callback import NOW, ROW, URL, a_secret, plain
from tests.bot.test_slack_settings import KEY, OTHER_KEY


class Receiver:
    """An agent's server."""

    def __init__(self) -> None:
        self.status, self.headers = 200, dict[str, str]()
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

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


class Sending:
    """A sender over the fakes, with a clock of its own."""

    def __init__(self) -> None:
        self.kept = FakeCallbacks()
        self.now = NOW
        self.seal = CallbackSeal([KEY])
        clock = lambda: self.now  # noqa: E731 - it is passed on
        self.outgoing = Outgoing(read_hosts("localhost"), clock, patient=True)
        self.sender = CallbackSender(self.outgoing, self.kept, self.seal, clock)


@pytest.fixture
async def sending() -> AsyncIterator[Sending]:
    made = Sending()
    await made.sender.start()
    yield made
    await made.sender.stop()


def test_a_callback_is_thin_and_says_where_to_read_more() -> None:
    assert json.loads(message(ROW)) == {
        "type": "request.approved",
        "timestamp": "2026-01-05T08:00:00.123Z",
        "schema": 1,
        "data": {
            "id": "r1",
            "status": "approved",
            "revision": 2,
            "sequence": 7,
            "path": "/v1/requests/r1",
        },
    }


async def test_during_an_exchange_both_secrets_sign(
    receiver: Receiver, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", _as_written)
    sending.kept.kept = [a_secret("s2"), replace(a_secret("s1"), ends_at=NOW + 1)]
    queued = QueuedCallback(row=ROW, url=receiver.url)
    assert await sending.sender.send(queued) == Delivered()
    sending.now += 1
    assert await sending.sender.send(queued) == Delivered()
    (both, body), (alone, _) = receiver.got
    assert both["webhook-id"] == alone["webhook-id"] == "msg_1"
    assert len(both["webhook-signature"].split(" ")) == 2
    for secret in (plain("s2"), plain("s1")):
        assert Webhook(secret).verify(body, both)["data"]["id"] == "r1"
    assert Webhook(plain("s2")).verify(body, alone)
    with pytest.raises(WebhookVerificationError):
        Webhook(plain("s1")).verify(body, alone)


def _as_written(_self: Webhook, written: str) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(float(written), UTC)


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (401, {}, RetryAt(reason="the receiver answers 401")),
        (404, {"Retry-After": "9"}, RetryAt(reason="the receiver answers 404", after=9_000)),
        (
            503,
            {"Retry-After": "Mon, 21 Sep 2026 14:13:50 GMT"},
            RetryAt(reason="the receiver answers 503", after=30_000),
        ),
        (
            503,
            {"Retry-After": "Mon, 21 Sep 2020 14:13:50 GMT"},
            RetryAt(reason="the receiver answers 503", after=0),
        ),
        (503, {"Retry-After": "Mon, 99 Sep 2026 GMT"}, RetryAt(reason="the receiver answers 503")),
        (410, {}, Dead(reason="the receiver wants no more of it (410)")),
        (
            302,
            {"Location": "http://127.0.0.1/"},
            Dead(reason="the receiver redirects (302): write the address it leads to"),
        ),
    ],
)
async def test_all_but_410_and_redirects_may_be_mended(
    receiver: Receiver, sending: Sending, status: int, headers: dict[str, str], outcome: object
) -> None:
    sending.kept.kept = [a_secret("s1")]
    receiver.status, receiver.headers = status, headers
    assert await sending.sender.send(QueuedCallback(row=ROW, url=receiver.url)) == outcome
    assert len(receiver.got) == 1


async def test_nothing_is_sent_without_address_key_or_secret(
    receiver: Receiver, sending: Sending
) -> None:
    send = sending.sender.send
    assert await send(QueuedCallback(row=ROW, url=None)) == Dead(reason=ERASED)
    gone = QueuedCallback(row=ROW, url=receiver.url, revoked=True)
    assert await send(gone) == Dead(reason=KEY_REVOKED)
    sending.kept.kept = [a_secret("s1", seal=CallbackSeal([OTHER_KEY]))]
    there = QueuedCallback(row=ROW, url=receiver.url)
    assert await send(there) == RetryAt(reason=UNREADABLE)
    # Another key's secret that was put in this one's place.
    sending.kept.kept = [replace(a_secret("s1", key="key-2"), key="key-1")]
    assert await send(there) == RetryAt(reason=UNREADABLE)
    assert receiver.got == []


async def test_a_host_that_is_not_allowed_any_more_is_not_called(sending: Sending) -> None:
    sending.kept.kept = [a_secret("s1")]
    outcome = await sending.sender.send(QueuedCallback(row=ROW, url=URL))
    assert isinstance(outcome, Dead)
    assert "s3cret" not in outcome.reason


class Rebinding(AbstractResolver):
    """A name that is public to whoever asks first, and inside for whoever asks again."""

    def __init__(self) -> None:
        self.turns = ["93.184.215.14", "127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.turns.pop(0)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None: ...


async def test_a_name_that_was_public_once_is_looked_at_again_for_each_call(
    receiver: Receiver,
) -> None:
    kept, names = FakeCallbacks(), Rebinding()
    kept.kept = [a_secret("s1")]
    outgoing = Outgoing(read_hosts("http://hooks.example.com"), lambda: NOW, names, patient=True)
    sender = CallbackSender(outgoing, kept, CallbackSeal([KEY]), lambda: NOW)
    await sender.start()
    names.turns.pop(0)  # the look that found it public
    url = receiver.url.replace("localhost", "hooks.example.com")
    while names.turns:
        outcome = await sender.send(QueuedCallback(row=ROW, url=url))
        assert isinstance(outcome, Dead)
        assert "not public" in outcome.reason
    await sender.stop()
    assert receiver.got == []


async def test_names_are_looked_up_in_threads_of_their_own() -> None:
    names = Lookups(1)
    found = await names.resolve("localhost", 8080, socket.AF_INET)
    assert {(each["host"], each["port"]) for each in found} == {("127.0.0.1", 8080)}
    with pytest.raises(OSError, match=r"."):
        await names.resolve("nothing.invalid", 80)
    await names.close()


# --- seals -----------------------------------------------------------------------------------


async def test_a_new_encryption_key_seals_all_secrets_again() -> None:
    kept = FakeCallbacks()
    old = CallbackSeal([OTHER_KEY])
    kept.kept = [a_secret("s1", seal=old), a_secret("s2")]
    before = kept.kept[1]
    both = CallbackSeal([KEY, OTHER_KEY])
    outgoing = Outgoing(read_hosts("localhost"), lambda: NOW)
    sender = CallbackSender(outgoing, kept, both, lambda: NOW)
    await sender.start()
    await sender.stop()
    opened = [CallbackSeal([KEY]).open(each) for each in kept.kept]
    assert opened == [plain("s1"), plain("s2")]
    assert kept.kept[1] == before
    assert plain("s1") not in repr(kept.kept[0])
