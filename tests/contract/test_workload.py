"""How much waits for people: counted by index, and kept in mind for stages that ask the least busy
one."""

from collections import Counter

import pytest

from bot.documents import read_document
from bot.workload import balanced_people
from core.policy.text import read_policy
from core.request import Decision
from storage import Storage
from tests.contract.office import POLICY, Office
from tests.core.builders import ADA, DIRECTORY, FAYE, FINN, MARA

MANAGER = "stages: [{name: Manager, approvers: [mara@example.com]}]"
DESK = 'stages: [{name: Desk, approvers: ["group:finance"], assign: balanced}]'
BALANCED = POLICY.replace(MANAGER, DESK)


@pytest.fixture
async def office(storage: Storage) -> Office:
    office = await Office(storage).open()
    office.policy = read_policy(read_document(BALANCED), BALANCED, DIRECTORY)
    storage.store.on_commit(storage.workload.changed)
    return office


async def refresh(office: Office) -> dict[str, int]:
    office.now += 1
    people = balanced_people(office.policy, DIRECTORY)
    await office.storage.workload.refresh(people, office.now)
    return dict(office.storage.workload.now())


async def asked(office: Office, amount: int) -> str:
    office.now += 1
    found = (await office.ask(amount, "secret")).snapshot.state
    assert found.current is not None
    [who] = found.current.assigned
    return who


async def test_what_waits_is_counted_up_to_a_bound(office: Office) -> None:
    for amount in range(4):
        await office.ask(amount)
    load = office.storage.workload.load
    assert dict(await load([MARA, FINN, "nobody's 'name", ADA], 10)) == {MARA: 4}
    assert dict(await load([MARA], 3)) == {MARA: 3}
    assert list(await load([], 3)) == []


async def test_only_those_whom_a_balanced_stage_names_are_counted(office: Office) -> None:
    assert balanced_people(office.policy, DIRECTORY) == [FINN, FAYE]
    plain = read_policy(read_document(POLICY), POLICY, DIRECTORY)
    assert balanced_people(plain, DIRECTORY) == []
    await office.ask(1)
    assert await refresh(office) == {}


async def test_requests_go_to_whoever_has_the_least_also_between_two_counts(
    office: Office,
) -> None:
    await refresh(office)
    found = Counter([await asked(office, amount) for amount in range(6)])
    assert found == {FINN: 3, FAYE: 3}
    assert await refresh(office) == {FINN: 3, FAYE: 3}
    mine = [s for s in await open_states(office) if s.current and s.current.assigned == (FINN,)]
    for state in mine[:2]:
        await office.says(FINN, Decision.APPROVE, state.id)
    # What is done is known from the next count on.
    assert await refresh(office) == {FINN: 1, FAYE: 3}
    assert [await asked(office, amount) for amount in range(10, 12)] == [FINN, FINN]


async def open_states(office: Office) -> list:  # type: ignore[type-arg]  # states
    ids = await office.storage.store.open_ids("", 100)
    return [await office.state(each) for each in ids]
