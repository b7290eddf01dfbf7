"""What happens to open requests when policy, directory or the hour of the day change."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace as with_fields

import pytest
from msgspec.structs import replace

from bot.documents import read_document
from bot.scheduler import Scheduler
from core.directory.people import Directory
from core.policy.text import read_policy
from core.request import RequestState
from core.service.absences import AbsenceService
from core.service.acts import Acts
from core.service.approvals import Approvals
from storage import Storage
from tests.contract.office import Office
from tests.core.builders import ADA, DANA, DIRECTORY, FAYE, FINN, MARA, PEOPLE
from tests.core.moments import at, said
from tests.storage.purchase import Held

POLICY = """\
version: 1
defaults: {expires_in: 30d}
calendars:
  office: {timezone: Europe/Berlin, hours: "09:00-17:00"}
on_call:
  desk: {people: [finn@example.com, faye@example.com], rotate: weekly, from: "2026-01-05T09:00"}
rules:
  - name: office
    when: request.action.type == "office"
    category: review
    stages:
      - name: Manager
        approvers: [mara@example.com]
        calendar: office
        sla: 4h
        remind_at: [50%]
        escalate_to: ["on_call:desk"]
  - name: own-hours
    when: request.action.type == "own"
    category: review
    stages:
      - name: Manager
        approvers: [mara@example.com]
        calendar: approver
        sla: 4h
        escalate_to: [dana@example.com]
  - name: duty
    when: request.action.type == "duty"
    category: review
    stages:
      - {name: Duty, approvers: ["on_call:desk"], sla: 2d, escalate_to: [dana@example.com]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
FRIDAY = at("2026-01-09T16:00+01:00")


class Town:
    """An office whose policy, directory and clock change, and a server's scheduler on it."""

    def __init__(self, storage: Storage) -> None:
        self.office = Office(storage)
        self.office.now = FRIDAY
        self.people = DIRECTORY
        self.office.policy = read_policy(read_document(POLICY), POLICY, DIRECTORY)
        world = with_fields(self.office.approvals.world, directory=lambda: self.people)
        self.office.approvals = Approvals(world)
        self.office.acts = Acts(self.office.approvals)
        absences = AbsenceService(self.office.approvals, lambda *_: None)
        self.scheduler = Scheduler(
            self.office.approvals, absences, storage.store, lambda: self.office.now
        )

    async def ask(self, kind: str) -> str:
        return (await self.office.ask(100, kind)).snapshot.state.id

    async def at(self, moment: str) -> None:
        """Time goes on to this moment; the scheduler looks at what falls due until then alone."""
        before, self.office.now = self.office.now, at(moment)
        await self.scheduler.sweep(since=before + 1)

    async def state(self, request: str) -> RequestState:
        return await self.office.state(request)

    async def asked(self, request: str) -> list[str]:
        stage = (await self.state(request)).current
        assert stage is not None
        return list(stage.assigned)

    async def wakes(self, request: str) -> str:
        wake = (await self.state(request)).wake_at
        assert wake is not None
        assert await self.office.storage.store.next_wake(wake - 1) == wake
        return said(wake)

    def reads(self, changes: Mapping[str, str]) -> None:
        """The policy file is read again, with this in place of that."""
        text = POLICY
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        self.office.policy = read_policy(read_document(text), text, self.people)

    def without(self, *gone: str) -> None:
        """The directory file is read again, without these."""
        self.people = Directory([p for p in PEOPLE if p.email not in gone])


@pytest.fixture
async def town(storage: Storage) -> Town:
    made = Town(storage)
    await made.office.open()
    return made


async def test_working_hours_wake_it_at_their_own_moments_and_a_weekend_does_not(
    town: Town,
) -> None:
    """Friday at four, with four working hours: one is left on Friday."""
    request = await town.ask("office")
    assert await town.wakes(request) == "2026-01-12T10:00+01:00", "half of it: the reminder"
    for moment in ("2026-01-09T17:00+01:00", "2026-01-11T12:00+01:00", "2026-01-12T09:00+01:00"):
        await town.at(moment)
    assert (await town.state(request)).version == 3
    await town.at("2026-01-12T10:00+01:00")
    assert await town.wakes(request) == "2026-01-12T12:00+01:00"
    await town.at("2026-01-12T12:00+01:00")
    assert await town.asked(request) == [MARA, FAYE]
    assert await town.wakes(request) == "2026-01-12T14:00+01:00"


async def test_who_is_on_call_is_asked_and_from_the_next_turn_on_the_next_one_too(
    town: Town,
) -> None:
    """The turn goes from Finn to Faye on Monday at nine UTC, while both requests are open."""
    before = await town.ask("duty")
    assert await town.asked(before) == [FINN]
    await town.at("2026-01-12T09:59+01:00")
    late = await town.ask("duty")
    await town.at("2026-01-12T10:00+01:00")
    after = await town.ask("duty")
    assert await town.asked(late) == [FAYE, FINN], "who was asked may be at work on it"
    assert await town.asked(after) == [FAYE]


async def test_a_calendar_and_a_rotation_that_changed_are_for_new_requests_only(
    town: Town,
) -> None:
    """What an open request was routed by is pinned; its times stay, and so does its rotation."""
    old = await town.ask("office")
    wakes = await town.wakes(old)
    town.reads(
        {'"09:00-17:00"': '"16:00-20:00"', "[finn@example.com, faye": "[dana@example.com, faye"}
    )
    await town.scheduler.replan()
    new = await town.ask("office")
    assert await town.wakes(old) == wakes
    assert await town.wakes(new) == "2026-01-09T18:00+01:00"
    await town.at("2026-01-09T20:00+01:00")
    assert await town.asked(new) == [MARA, DANA]
    await town.at("2026-01-12T10:00+01:00")
    await town.at("2026-01-12T12:00+01:00")
    assert await town.asked(old) == [MARA, FAYE]


async def test_who_left_the_directory_is_replaced_and_the_new_window_is_known_at_once(
    town: Town,
) -> None:
    request = await town.ask("office")
    town.without(MARA)
    town.office.now = at("2026-01-12T09:30+01:00")
    await town.scheduler.replan()
    assert await town.asked(request) == [FINN]
    assert await town.wakes(request) == "2026-01-12T11:30+01:00"


async def test_a_rotation_whose_next_person_left_goes_on_with_who_comes_after(town: Town) -> None:
    request = await town.ask("office")
    await town.at("2026-01-12T10:00+01:00")
    town.without(FAYE)
    await town.scheduler.replan()
    await town.at("2026-01-12T12:00+01:00")
    assert await town.asked(request) == [MARA, FINN]


async def test_hours_of_a_person_that_changed_count_from_the_next_window_on(town: Town) -> None:
    """The deadline that was told stands; who is asked next has their own hours of that day."""
    early = replace(DIRECTORY.people[MARA], timezone="Europe/Berlin", working_hours="09:00-17:00")
    late = replace(DIRECTORY.people[DANA], timezone="Europe/Berlin", working_hours="13:00-15:00")
    town.people = Directory([early, *(p for p in PEOPLE if p.email != MARA)])
    request = await town.ask("own")
    assert await town.wakes(request) == "2026-01-12T12:00+01:00"
    others = [p for p in PEOPLE if p.email not in (MARA, DANA)]
    town.people = Directory([replace(early, working_hours="09:00-10:00"), late, *others])
    await town.scheduler.replan()
    assert await town.wakes(request) == "2026-01-12T12:00+01:00"
    await town.at("2026-01-12T12:00+01:00")
    assert await town.asked(request) == [MARA, DANA]
    assert await town.wakes(request) == "2026-01-13T14:00+01:00", "the hours of both together"


async def test_servers_that_replan_at_once_change_each_request_once(
    storage: Storage, replica: Storage
) -> None:
    """Each server does it when it starts and when it is told that the files changed."""
    here, there = Town(storage), Town(replica)
    await here.office.open()
    requests = [await here.ask("office") for _ in range(30)]
    for town in (here, there):
        town.without(MARA)
    held = Held()
    blocked = asyncio.ensure_future(storage.store.transact("", held))
    await held.begun()
    both = [asyncio.ensure_future(town.scheduler.replan()) for town in (here, there)]
    await asyncio.sleep(0)
    held.release()
    await asyncio.gather(blocked, *both)
    for request in requests:
        assert await here.asked(request) == [FINN]
        assert (await here.state(request)).version == 4
    assert ADA not in await here.asked(requests[0])
