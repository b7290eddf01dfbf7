"""A key's quota: exact on its UTC day, whichever server a submission comes to."""

import asyncio
from dataclasses import replace as with_fields
from typing import Any

import pytest

from core.limits import DAY, day_of
from core.refusals import Reason, Refused
from core.service.approvals import Submitted
from core.service.idempotency import Given
from storage import Storage
from tests.contract.office import Office, submission_of
from tests.core.desk import numbers


@pytest.fixture
async def office(storage: Storage) -> Office:
    return await Office(storage).open()


async def allow(office: Office, per_day: int | None) -> None:
    assert await office.storage.keys.limit_key("k1", None, per_day, office.now)


async def used(office: Office) -> int:
    return (await office.storage.keys.used_on(day_of(office.now))).get("k1", 0)


async def once(office: Office, amount: int, key: str) -> Submitted:
    """A submission under an Idempotency-Key."""
    given: Given = (key, f"{amount}")
    return await office.approvals.submit(submission_of(amount, "purchase"), office.agent, given)


async def reason(office: Office, amount: int) -> Reason | None:
    try:
        await office.ask(amount)
    except Refused as refused:
        return refused.reason
    return None


async def test_a_key_makes_so_many_requests_a_day_and_the_next_day_as_many(office: Office) -> None:
    await allow(office, 2)
    quotas = [(await office.ask(amount)).quota for amount in (1, 2)]
    assert [(q.limit, q.used) for q in quotas if q is not None] == [(2, 1), (2, 2)]
    with pytest.raises(Refused) as refused:
        await office.ask(3)
    assert refused.value.reason is Reason.QUOTA_USED
    assert "2 requests a day" in refused.value.sentence
    assert await used(office) == 2
    office.now = (office.now // DAY + 1) * DAY
    assert await reason(office, 3) is None
    assert await used(office) == 1


async def test_only_what_is_stored_counts(office: Office) -> None:
    await allow(office, 3)
    made = await once(office, 1, "a")
    again = await once(office, 1, "a")
    assert (again.replayed, again.quota) == (True, None)
    assert again.snapshot.state.id == made.snapshot.state.id
    with pytest.raises(Refused):  # the same key with another body
        await once(office, 2, "a")
    assert await used(office) == 1


async def test_a_retry_of_what_used_the_quota_up_is_answered(office: Office) -> None:
    await allow(office, 1)
    made = await once(office, 1, "a")
    again = await once(office, 1, "a")
    assert again.snapshot.state.id == made.snapshot.state.id
    assert await reason(office, 2) is Reason.QUOTA_USED


async def test_a_quota_may_be_raised_lowered_and_lifted_at_any_time(office: Office) -> None:
    assert (await office.ask(1)).quota is None
    await allow(office, 1)
    assert await used(office) == 0, "what was made without a quota is not counted"
    assert await reason(office, 2) is None
    await allow(office, 2)
    assert await reason(office, 3) is None
    await allow(office, 1)
    assert await reason(office, 4) is Reason.QUOTA_USED
    await allow(office, None)
    assert await reason(office, 5) is None


async def test_servers_that_submit_at_once_never_make_more_than_there_may_be(
    storage: Storage, replica: Storage
) -> None:
    here, there = await Office(storage).open(), Office(replica)
    ids = numbers()
    world = there.approvals.world
    there.approvals.world = with_fields(world, new_id=lambda: f"{next(ids)}-there")
    await allow(here, 10)
    both = (here, there)
    asked: list[Any] = [both[n % 2].ask(n + 1) for n in range(40)]
    # The same submission, sent to both servers because its answer was lost.
    asked += [once(office, 99, "a") for office in both]
    results = await asyncio.gather(*asked, return_exceptions=True)
    refused = [r for r in results if isinstance(r, Refused)]
    assert {r.reason for r in refused} <= {Reason.QUOTA_USED}
    made = {r.snapshot.state.id for r in results if isinstance(r, Submitted)}
    assert len(made) == 10
    assert len(refused) >= 30
    assert await used(here) == 10


async def test_days_that_are_over_are_forgotten(office: Office) -> None:
    await allow(office, 5)
    await office.ask(1)
    await office.storage.keys.record_uses([], day_of(office.now))
    assert await used(office) == 1
    await office.storage.keys.record_uses([], day_of(office.now + DAY))
    assert await used(office) == 0
