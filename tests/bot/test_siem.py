"""The stream of events by webhook: signed lines, and the settings that lead there."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook
from typer.testing import CliRunner

from bot.cli import app
from bot.cli_siem import _sentences
from bot.doctor.siem import siem
from bot.metrics_stored import StoredGauges
from bot.settings import Settings, SettingsError, read_settings
from bot.siem import siem_part, sink_of
from bot.siem_settings import SiemSettings
from bot.watching import Kind, Passes, Watching
from core.audit.streaming import Standing, line
from core.checkup import Level
from core.ports import Delivered, RetryAt
from storage import Storage, open_storage
from storage.migrate import upgrade
from tests.adapters.syslog.listening import certified, listening
from tests.adapters.syslog.test_syslog import event
from tests.storage.purchase import AT, rid, submit

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KNOWN = {"COUNTERSIGN_DATABASE_URL": "sqlite:///x.db"}


def settings(**values: str) -> SiemSettings:
    given = {f"COUNTERSIGN_{name}": value for name, value in values.items()}
    found = read_settings(KNOWN | given).siem
    assert found is not None
    return found


def wrong(values: Mapping[str, str]) -> str:
    given = {f"COUNTERSIGN_{name}": value for name, value in values.items()}
    with pytest.raises(SettingsError) as raised:
        read_settings(KNOWN | given)
    return str(raised.value)


@asynccontextmanager
async def receiving(
    *statuses: int,
) -> AsyncIterator[tuple[str, list[tuple[bytes, dict[str, str]]]]]:
    """A receiver's address, and what it was sent; it answers with these, then with 204."""
    got: list[tuple[bytes, dict[str, str]]] = []
    answers = list(statuses)

    async def take(request: web.Request) -> web.Response:
        got.append((await request.read(), dict(request.headers)))
        return web.Response(status=answers.pop(0) if answers else 204)

    app = web.Application()
    app.router.add_post("/in", take)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}/in", got


async def test_a_batch_is_signed_lines_under_an_id_of_its_own() -> None:
    from bot import clock

    async with receiving() as (url, got):
        sink = sink_of(settings(SIEM=url, SIEM_SECRET=SECRET), clock.now, "h")
        await sink.start()
        assert await sink.send((event(7), event(8, "a\nb"))) == Delivered()
        await sink.stop()
    [(body, headers)] = got
    assert body.splitlines() == [line(event(7)), line(event(8, "a\nb"))]
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["webhook-id"] == "events_7_8"
    # Standard Webhooks' own library made this signature, over exactly these bytes.
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signed = Webhook(SECRET).sign(headers["webhook-id"], at, body.decode())
    assert headers["webhook-signature"] == signed


@pytest.mark.parametrize("status", [400, 404, 410, 302, 503])
async def test_nothing_that_a_receiver_says_ends_the_stream(status: int) -> None:
    async with receiving(status) as (url, _):
        sink = sink_of(settings(SIEM=url, SIEM_SECRET=SECRET), lambda: 0, "h")
        await sink.start()
        outcome = await sink.send((event(),))
        await sink.stop()
    assert isinstance(outcome, RetryAt)
    assert str(status) in outcome.reason
    assert "/in" not in outcome.reason


def test_addresses_that_are_understood() -> None:
    tls = settings(SIEM="syslog+tls://logs.example.com", SIEM_CA="ca.pem", SIEM_CONTENT="on")
    assert (tls.transport, tls.host, tls.port, tls.content) == (
        "tls",
        "logs.example.com",
        6514,
        True,
    )
    assert settings(SIEM="syslog+udp://10.0.0.1:1514").port == 1514
    assert settings(SIEM="syslog+tcp://[::1]:99").host == "::1"
    hook = settings(SIEM="https://siem.example.com/k3y", SIEM_SECRET=SECRET)
    assert (hook.transport, hook.port) == ("webhook", 443)
    assert "k3y" not in repr(hook)
    assert SECRET not in repr(hook)
    assert read_settings(KNOWN).siem is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SIEM": "syslog://h:514"}, "is not an address that events can be sent to"),
        ({"SIEM": "syslog+tls://h/path"}, "is not an address"),
        ({"SIEM": "https://u:p@h/", "SIEM_SECRET": SECRET}, "is not an address"),
        ({"SIEM": "https://h:99999/"}, "is not an address"),
        ({"SIEM": "http://siem.example.com/", "SIEM_SECRET": SECRET}, "in clear"),
        ({"SIEM": "https://siem.example.com/"}, "COUNTERSIGN_SIEM_SECRET: is missing"),
        ({"SIEM": "https://siem.example.com/", "SIEM_SECRET": "x"}, "whsec_"),
        ({"SIEM": "syslog+tcp://h", "SIEM_SECRET": SECRET}, "signs webhooks only"),
        ({"SIEM_SECRET": SECRET}, "has no effect"),
        ({"SIEM": "syslog+tcp://h", "SIEM_CONTENT": "perhaps"}, "COUNTERSIGN_SIEM_CONTENT"),
    ],
)
def test_mistakes_are_told_without_the_value(values: dict[str, str], said: str) -> None:
    told = wrong(values)
    assert said in told
    assert SECRET not in told


def test_an_authority_that_cannot_be_read_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="COUNTERSIGN_SIEM_CA: names no file"):
        sink_of(settings(SIEM="syslog+tls://h", SIEM_CA="nowhere.pem"), lambda: 0, "h")


# --- how far it is ----------------------------------------------------------------------


STUCK = Standing(
    position=7, newest=12, waits_since=AT, sent_at=AT - 1, attempts=3, reason="h:1 is not there"
)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    upgrade(f"sqlite:///{tmp_path}/test.db")
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield opened
    await opened.close()


async def test_a_stream_that_stands_still_is_found_and_forgotten(storage: Storage) -> None:
    now, standing = [AT], [STUCK]
    passes = Passes(scheduler=lambda: now[0], relay=lambda: now[0], auditing=lambda: None)

    async def streamed() -> Standing:
        return standing[0]

    watching = Watching(storage.condition, passes, lambda: now[0], streamed=streamed)
    for minutes, found in ((0, []), (9, []), (11, []), (12, [Kind.SIEM])):
        now[0] = AT + minutes * 60_000
        await watching.look()
        assert [each.kind for each in watching.findings] == found
    assert watching.findings[0].said.startswith("5 events wait to be streamed")
    standing[0] = Standing(position=12, newest=12, sent_at=now[0])
    await watching.look()
    assert watching.findings == ()


async def test_the_metrics_say_how_far_it_is(storage: Storage) -> None:
    async def streamed() -> Standing:
        return STUCK

    gauges = StoredGauges(storage.condition.now, lambda: AT + 5_000, streamed)
    await gauges.refresh()
    told = {each.name: each.samples[0].value for each in gauges.collect() if each.samples}
    assert told["countersign_siem_waiting_events"] == 5
    assert told["countersign_siem_oldest_event_seconds"] == 5
    without = StoredGauges(storage.condition.now, lambda: AT)
    await without.refresh()
    assert not any("siem" in each.name for each in without.collect())


def test_the_command_says_where_it_stands_and_goes_on_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(app, ["siem", *arguments]).output

    assert "There is no database" in run("status")
    upgrade("sqlite:///countersign.db")
    assert run("status").splitlines() == [
        "COUNTERSIGN_SIEM is not set here, so nothing is streamed with these settings.",
        "Sent up to position 0 of 0, never.",
    ]
    monkeypatch.setenv("COUNTERSIGN_SIEM", "https://siem.example.com/k3y")
    monkeypatch.setenv("COUNTERSIGN_SIEM_SECRET", SECRET)
    assert run("status").startswith("Events go by webhook to siem.example.com:443.\n")
    assert json.loads(run("status", "--json"))["waiting"] == 0
    assert run("resume-at", "now") == "Events behind position 0 are sent next.\n"
    assert "There is no position 9" in run("resume-at", "9")
    assert "Name a position" in run("resume-at", "-1x".replace("-", ""))


def test_what_stands_still_is_told_in_sentences() -> None:
    assert _sentences(STUCK, "tls to h:1") == [
        "Events go by tls to h:1.",
        "Sent up to position 7 of 12, last at 2026-05-28T20:26:39Z.",
        "5 events waiting, the first of 2026-05-28T20:26:40Z.",
        "3 tries in a row failed: h:1 is not there.",
    ]


async def test_the_doctor_connects_and_sends_nothing(tmp_path: Path) -> None:
    tls, authority = certified(tmp_path)
    async with listening(tls) as receiver:
        given = {"SIEM": f"syslog+tls://127.0.0.1:{receiver.port}"}
        trusting = siem_of(**given, SIEM_CA=str(authority))
        [found] = await siem(trusting, None, AT)
        assert (found.level, found.said) == (
            Level.OK,
            f"127.0.0.1:{receiver.port} answers, and the stream keeps up.",
        )
        [found] = await siem(trusting, STUCK, AT + 3_600_000)
        assert (found.level, "5 events wait" in found.said) == (Level.PROBLEM, True)
        [found] = await siem(siem_of(**given), None, AT)
        assert (found.level, "is not trusted" in found.said) == (Level.PROBLEM, True)
        assert receiver.messages == []
        port = receiver.port
    [found] = await siem(siem_of(SIEM=f"syslog+tcp://127.0.0.1:{port}"), None, AT)
    assert (found.level, "cannot be reached" in found.said) == (Level.PROBLEM, True)
    [found] = await siem(siem_of(SIEM="syslog+udp://127.0.0.1"), None, AT)
    assert (found.level, "tells of no loss" in found.said) == (Level.WARNING, True)
    assert await siem(siem_of(), None, AT) == []


def siem_of(**values: str) -> Settings:
    return read_settings(KNOWN | {f"COUNTERSIGN_{n}": value for n, value in values.items()})


async def test_the_part_streams_to_a_receiver_of_its_own_and_stops(
    storage: Storage, tmp_path: Path
) -> None:
    tls, authority = certified(tmp_path)
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.trail.number()
    async with listening(tls) as receiver:
        settings = siem_of(
            SIEM=f"syslog+tls://127.0.0.1:{receiver.port}",
            SIEM_CA=str(authority),
            PUBLIC_URL="https://approvals.example.com",
        )
        world = SimpleNamespace(clock=lambda: AT, new_id=lambda: "replica-1")
        ground = SimpleNamespace(settings=settings, world=world, storage=storage)
        part = siem_part(cast("Any", ground))
        await part.start()
        while len(receiver.messages) < 2:
            receiver.came.clear()
            await receiver.came.wait()
        await part.stop()
    assert b" approvals.example.com countersign - submitted " in receiver.messages[0]
    nothing = siem_part(cast("Any", SimpleNamespace(settings=siem_of(), world=world)))
    await nothing.start()
    await nothing.stop()
