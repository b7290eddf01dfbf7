"""The auditor of the server's own work: each thing that stands still is found, told once, and
forgotten when it is over."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.auditing import Auditing
from bot.watching import CHUNK, LATE, Kind, Passes, Watching
from core.tokens.signing import KeyRing, SigningKey
from storage import Storage, open_storage
from storage.errors import Unavailable
from storage.migrate import upgrade
from tests.bot.logged import logged
from tests.storage.purchase import AT, BOB_IN_SLACK, CANCELLED, DAY, happen, notice, rid, submit

MINUTE = 60_000
HOUR = 60 * MINUTE


@dataclass
class Office:
    """A server's watch over a database of its own; `now` is its clock."""

    storage: Storage
    now: int = AT
    scheduler: int | None = AT
    relay: int | None = AT
    auditing: int | None = None
    told: dict[str, bool] = field(default_factory=dict)
    watching: Watching = field(init=False)

    def __post_init__(self) -> None:
        passes = Passes(
            scheduler=lambda: self.scheduler,
            relay=lambda: self.relay,
            auditing=lambda: self.auditing,
        )
        self.watching = Watching(
            self.storage.condition, passes, lambda: self.now, self.told.__setitem__
        )

    async def ask(self, number: int, **more: Any) -> None:
        more = {"expires_at": AT + DAY, **more}
        await self.storage.store.transact(rid(number), submit(rid(number), **more))

    async def run(self, sql: str) -> None:
        await self.storage._writer.run(lambda c: c.exec_driver_sql(sql))

    async def look(self, after: int = MINUTE) -> list[Kind]:
        """What is wrong after so much time, in which each job of the server passed."""
        self.now += after
        for job in ("scheduler", "relay", "auditing"):
            if getattr(self, job) is not None:
                setattr(self, job, self.now)
        await self.watching.look()
        return self.found()

    def found(self) -> list[Kind]:
        """What is wrong now."""
        return [each.kind for each in self.watching.findings]

    def well(self) -> bool:
        return self.watching.all_well


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    upgrade(f"sqlite:///{tmp_path}/test.db")
    storage = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield Office(storage)
    await storage.close()


async def test_a_server_that_keeps_up_is_well_from_its_second_look_on(office: Office) -> None:
    await office.ask(1)
    assert await office.look() == []
    assert office.well() is False, "the first look says little"
    assert await office.look() == []
    assert office.well() is True
    assert office.told == dict.fromkeys([kind.value for kind in Kind], False)
    office.now += 2 * MINUTE + 1
    office.scheduler = office.relay = office.now
    assert office.well() is False, "nobody has looked for too long"


async def test_a_request_that_is_due_and_left_alone_is_found_told_once_and_over(
    office: Office,
) -> None:
    await office.ask(1, expires_at=AT + MINUTE)
    with logged() as lines:
        assert await office.look(MINUTE + LATE) == [], "its turn may come yet"
        assert await office.look(LATE + 1) == []
        assert await office.look() == [Kind.OVERDUE]
        assert await office.look() == [Kind.OVERDUE]
        assert office.told[Kind.OVERDUE] is True
        [said] = [each.said for each in office.watching.findings]
        assert said.startswith("A request has been due for 4 minutes")
        await office.storage.store.transact(rid(1), happen(CANCELLED))
        assert await office.look() == []
        assert office.told[Kind.OVERDUE] is False
    begun, over = lines
    assert begun["request"] == rid(1)
    assert begun["said"].startswith("A request has been due for 3 minutes")
    assert (begun["event"], begun["log_level"], begun["kind"]) == (
        "finding",
        "error",
        "overdue_requests",
    )
    assert (over["event"], over["seconds"]) == ("finding_over", 120)


async def test_another_request_that_is_due_meanwhile_is_no_standstill(office: Office) -> None:
    await office.ask(1, expires_at=AT + MINUTE)
    await office.ask(2, expires_at=AT + 2 * MINUTE)
    assert await office.look(4 * MINUTE) == []
    await office.storage.store.transact(rid(1), happen(CANCELLED))
    assert await office.look() == [], "it goes on, if late"
    assert await office.look() == [Kind.OVERDUE]


async def test_an_open_request_that_nothing_will_wake_is_found_wherever_it_lies(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.watching.CHUNK", 2)
    assert CHUNK >= 1000
    for number in range(1, 8):
        await office.ask(number)
    assert await office.look() == []
    await office.run(f"UPDATE requests SET wake_at = NULL WHERE id = '{rid(5)}'")
    found = [await office.look() for _ in range(6)]
    assert found == [[], [], [Kind.ASLEEP], [Kind.ASLEEP], [Kind.ASLEEP], [Kind.ASLEEP]]
    [finding] = office.watching.findings
    assert (finding.request, "(1 so far)" in finding.said) == (rid(5), True)
    await office.run(f"UPDATE requests SET wake_at = {AT + DAY} WHERE id = '{rid(5)}'")
    assert [await office.look() for _ in range(4)][-1] == [], "it was walked past again"


async def test_what_nobody_takes_to_send_is_found_at_the_second_look(office: Office) -> None:
    await office.ask(1, audience=(BOB_IN_SLACK,), outbox=(notice("a", rid(1)),))
    assert await office.look() == []
    assert await office.look() == [Kind.UNSENT]
    [finding] = office.watching.findings
    assert finding.said.startswith("Nobody has taken cards or notices")
    assert (finding.request, "minute ago: 2." in finding.said) == (rid(1), True)
    claimed = await office.storage.deliveries.claim_cards(office.now, office.now + HOUR, 10)
    assert len(claimed) == 1
    assert await office.look() == [Kind.UNSENT]
    await office.storage.deliveries.claim_notices(office.now, office.now + HOUR, 10)
    assert await office.look() == []
    assert await office.look(2 * HOUR) == [], "the leases ended just now"
    assert await office.look() == [Kind.UNSENT], "and nobody takes it over"


async def test_two_looks_at_once_are_no_longer_than_one(office: Office) -> None:
    await office.ask(1, expires_at=AT + MINUTE, audience=(BOB_IN_SLACK,))
    assert await office.look(HOUR) == []
    assert await office.look(1000) == []
    assert await office.look() == [Kind.OVERDUE, Kind.UNSENT]


async def test_what_changed_between_two_looks_is_being_worked_on(office: Office) -> None:
    await office.ask(1, audience=(BOB_IN_SLACK,))
    assert await office.look() == []
    await office.run("UPDATE deliveries SET wanted = wanted + 1")
    assert await office.look() == []


async def test_a_card_of_which_nobody_says_why_it_is_not_shown(office: Office) -> None:
    await office.ask(1, audience=(BOB_IN_SLACK,))
    await office.run("UPDATE deliveries SET dead_reason = 'blocked'")
    assert [await office.look(), await office.look()] == [[], []]
    await office.run("UPDATE deliveries SET dead_reason = ''")
    assert [await office.look(), await office.look()] == [[], [Kind.UNEXPLAINED]]


async def test_a_job_that_stops_is_found_at_once_also_between_two_looks(office: Office) -> None:
    office.auditing = AT
    for _ in range(2):
        await office.look()
    assert office.well() is True
    stopped = office.now
    office.now += LATE + 1
    found = office.found()
    assert found == [Kind.SCHEDULER, Kind.RELAY, Kind.SEQUENCER]
    assert office.well() is False
    office.relay = office.auditing = office.now
    await office.watching.look()
    assert office.found() == [Kind.SCHEDULER]
    assert office.scheduler == stopped


async def test_a_server_without_a_relay_or_a_key_lacks_nothing(office: Office) -> None:
    office.relay = office.auditing = None
    await office.ask(1)
    assert [await office.look(HOUR) for _ in range(3)] == [[], [], []]
    assert office.well() is True


async def test_a_job_has_a_minute_to_make_its_first_pass(office: Office) -> None:
    office.scheduler = 0
    assert office.watching.findings == ()
    office.now += LATE + 1
    assert office.found() == [Kind.SCHEDULER, Kind.RELAY]


async def test_a_trail_that_nobody_numbers_or_signs(office: Office) -> None:
    office.auditing = AT
    await office.ask(1)
    assert [await office.look(), await office.look(), await office.look()] == [
        [],
        [],
        [Kind.SEQUENCER],
    ]
    ring = KeyRing(SigningKey(bytes(range(32))))
    auditing = Auditing(office.storage.trail, ring, lambda: office.now)
    await auditing.complete()
    assert await office.look() == []
    await office.storage.store.transact(rid(1), happen(CANCELLED, at=office.now))
    await office.storage.trail.number()
    assert [await office.look(HOUR), await office.look()] == [[], [Kind.CHECKPOINT]]
    await auditing.complete()
    assert await office.look() == []


async def test_a_database_that_does_not_answer_is_found_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(_: object) -> None:
        raise Unavailable("The database cannot be read now.")

    await office.look()
    with monkeypatch.context() as patch, logged() as lines:
        patch.setattr(office.storage._readers, "read", lost)
        assert await office.look() == [Kind.DATABASE]
        assert office.well() is False
    assert [line["event"] for line in lines] == ["finding"]
    assert await office.look() == []
    assert office.well() is True
