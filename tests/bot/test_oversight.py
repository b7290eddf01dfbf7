"""Everything by which a server is watched, wired: readiness, warnings, the minute's work."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from bot.auditing import Auditing
from bot.oversight import STALE, Oversight
from bot.relay import Relay
from bot.scheduler import Scheduler
from bot.secret import Secret
from bot.settings import ObserveSettings, Settings
from storage import Storage, open_storage
from storage.migrate import upgrade
from tests.bot.test_deadman import Service, service
from tests.storage.purchase import AT, rid, submit

MINUTE = 60_000


@dataclass
class Part:
    """A job, as far as it is watched."""

    last_pass: int | None = AT


class Server:
    """A server's oversight over a database of its own; `now` is its clock."""

    def __init__(self, storage: Storage, settings: ObserveSettings) -> None:
        self.now = AT
        self.storage = storage
        self.scheduler, self.relay, self.auditing = Part(), Part(), Part()
        parts = (
            cast("Scheduler", self.scheduler),
            cast("Relay", self.relay),
            cast("Auditing", self.auditing),
        )
        whole = Settings(database_url=Secret(""), policy=None, directory="", observe=settings)
        self.oversight = Oversight(whole, storage, lambda: self.now, lambda: parts)

    async def minute(self, *idle: Part) -> None:
        """A minute passes, in which all but these jobs did something."""
        self.now += MINUTE
        for part in (self.scheduler, self.relay, self.auditing):
            if not any(part is each for each in idle):
                part.last_pass = self.now
        for job, seconds in self.oversight.jobs:
            assert seconds == 60
            await job()
        deadman = self.oversight._deadman
        if deadman is not None and deadman._under_way is not None:
            await deadman._under_way


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    upgrade(f"sqlite:///{tmp_path}/test.db")
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield opened
    await opened.close()


def calling(watched: Service) -> ObserveSettings:
    return ObserveSettings(deadman_url=Secret(watched.url))


async def test_all_is_well_is_said_each_minute_from_the_second_on(storage: Storage) -> None:
    async with service() as watched:
        server = Server(storage, calling(watched))
        said = []
        for _ in range(4):
            await server.minute()
            said.append(len(watched.calls))
        assert said == [0, 1, 2, 3]
        await server.oversight.stop()


@pytest.mark.parametrize("part", ["scheduler", "relay", "auditing"])
async def test_a_job_that_stops_ends_the_calls_until_it_goes_on(
    storage: Storage, part: str
) -> None:
    async with service() as watched:
        server = Server(storage, calling(watched))
        for _ in range(2):
            await server.minute()
        stopped = getattr(server, part)
        stopped.last_pass -= 1
        await server.minute(stopped)
        assert len(watched.calls) == 1
        await server.minute()
        assert len(watched.calls) == 2


async def test_work_that_stands_still_ends_the_calls(storage: Storage) -> None:
    async with service() as watched:
        server = Server(storage, calling(watched))
        await storage.store.transact(rid(1), submit(rid(1), expires_at=AT - MINUTE))
        for _ in range(3):
            await server.minute()
        assert watched.calls == []
        [overdue, trail] = sorted(server.oversight.warnings())
        assert overdue.startswith("A request has been due for 4 minutes")
        assert trail.startswith("Events from 3 minutes ago")
        assert rid(1) not in f"{overdue} {trail}", "whoever reaches the server may read it"


async def test_a_server_is_unready_for_its_own_sake_alone(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(storage, ObserveSettings())
    checks = server.oversight.checks()
    assert [await check() for check in checks.values()] == [None, None]
    server.now += STALE
    assert await checks["scheduler"]() == "has not finished a pass for 30 seconds"
    server.relay.last_pass = AT - 10 * MINUTE
    server.scheduler.last_pass = server.now
    assert [await check() for check in checks.values()] == [None, None]

    async def lost(_: object) -> None:
        raise OSError("no route to 10.0.0.5")

    monkeypatch.setattr(storage._readers, "read", lost)
    assert await checks["database"]() == "does not answer (OSError)"


async def test_what_is_switched_off_is_not_there(storage: Storage) -> None:
    server = Server(storage, ObserveSettings(metrics=False))
    assert server.oversight.exposed is None
    await server.minute()
    await server.oversight.stop()
    assert server.oversight.warnings() == []


async def test_every_kind_of_finding_has_a_value_from_the_start(storage: Storage) -> None:
    server = Server(storage, ObserveSettings(metrics_token=Secret("t" * 16)))
    exposed = server.oversight.exposed
    assert exposed is not None
    assert exposed.token == "t" * 16
    server.auditing.last_pass = None
    text = (await exposed.read(""))[0].decode()
    assert 'countersign_findings{kind="unsent_deliveries"} 0.0' in text
    assert f'countersign_last_pass_timestamp_seconds{{job="relay"}} {AT / 10**12:g}e+09' in text
    assert 'countersign_last_pass_timestamp_seconds{job="auditing"} 0.0' in text
