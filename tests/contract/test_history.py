"""What advice looks back on, over real stores: followed beside submissions, asked by index."""

import asyncio

import pytest
from msgspec.structs import replace

from core.advice.asking import GIVEN_UP, Followed, Wanted, is_wanted, next_try
from core.advice.history import About, History, Tally, Twin, about
from core.content import Content, Text, read_revision, row
from core.events import SYSTEM
from core.request import Decision
from storage import Storage
from storage.erasure import Erasing
from tests.contract.office import Office, submission_of
from tests.core.builders import DAY, FINN, HOUR, MARA


@pytest.fixture
async def office(storage: Storage) -> Office:
    return await Office(storage).open()


async def follow(office: Office, storage: Storage | None = None) -> int:
    """Follow all there is; how many requests became wanted."""
    one, wanted = storage or office.storage, 0
    await one.trail.number()
    while (found := await one.history.follow(is_wanted, office.now)).seen:
        assert not found.busy
        wanted += found.wanted
    return wanted


async def asked(office: Office, amount: int, kind: str = "purchase") -> str:
    office.now += HOUR
    return (await office.ask(amount, kind)).snapshot.state.id


async def ended(office: Office, amount: int, *, approve: bool = True) -> str:
    made = await asked(office, amount)
    if not approve:
        await office.says(MARA, Decision.REJECT, made)
        return made
    await office.says(MARA, Decision.APPROVE, made)
    await office.says(FINN, Decision.APPROVE, made)
    return made


async def about_it(office: Office, request: str) -> About:
    found = await office.storage.store.snapshot(request)
    assert found is not None
    revision = read_revision(found.contents[found.state.content])
    return about(request, revision, office.now)


async def looked(office: Office, request: str) -> History:
    return await office.storage.history.history(await about_it(office, request))


async def test_what_ended_is_counted_by_requester_and_kind_of_action(office: Office) -> None:
    for amount in (10, 11, 12):
        await ended(office, amount)
    no = await ended(office, 13, approve=False)
    await asked(office, 14)
    coffee = await asked(office, 15, "coffee")
    it = await asked(office, 99_000)
    assert await follow(office) == 2, "those that are open"
    found = await looked(office, it)
    assert found.requester == Tally(count=4, approved=3, rejected=1)
    assert found.action == Tally(count=4, approved=3, rejected=1)
    assert found.party == Tally(), "it names none"
    assert found.amounts == ("12", "11", "10")
    assert found.rejected == no
    state = await office.state(no)
    assert state.outcome is not None
    assert (found.rejection, found.rejected_at) == (state.outcome.reason, state.outcome.at)
    assert found.twins == ()
    other = await asked(office, 15, "coffee")
    await follow(office)
    found = await looked(office, other)
    assert found.action == Tally(), "nobody decided it"
    assert [(each.request, each.status) for each in found.twins] == [(coffee, "approved")]


async def test_a_request_that_asks_for_the_same_is_found_open_or_ended(office: Office) -> None:
    old = await asked(office, 100)
    office.now += 15 * DAY
    done = await ended(office, 100)
    nearly = await asked(office, 101)
    it = await asked(office, 100)
    await follow(office)
    twins = (await looked(office, it)).twins
    assert [(each.request, each.exact, each.status) for each in twins] == [
        (done, True, "approved"),
        (nearly, False, "pending"),
    ]
    assert old not in {each.request for each in twins}
    assert twins[0] == Twin(request=done, status="approved", at=twins[0].at, exact=True)


async def test_its_bounds_hold_and_the_newest_count(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.history.MOST_COUNTED", 2)
    monkeypatch.setattr("storage.history.MOST_AMOUNTS", 1)
    await ended(office, 10)
    await ended(office, 11, approve=False)
    await ended(office, 12)
    it = await asked(office, 99_000)
    await follow(office)
    found = await looked(office, it)
    assert found.action == Tally(count=2, approved=1, rejected=1)
    assert found.amounts == ("12",)


async def test_following_again_changes_nothing_and_a_later_event_is_seen(office: Office) -> None:
    it = await asked(office, 10)
    assert await follow(office) == 1
    assert await follow(office) == 0
    other = await asked(office, 99_000)
    await office.cancel(it)
    await follow(office)
    assert (await looked(office, other)).action == Tally(count=1, approved=0, rejected=0)


async def test_two_servers_follow_each_page_once(office: Office, replica: Storage) -> None:
    for amount in range(12):
        await asked(office, amount)
    await office.storage.trail.number()
    both, found = (office.storage.history, replica.history), list[Followed]()
    while True:
        pages = await asyncio.gather(*(each.follow(is_wanted, office.now, 5) for each in both))
        if not any(page.seen for page in pages):
            break
        found += pages
        assert not all(page.busy for page in pages), "one of them gets on"
    claims = (each.claim(office.now, office.now + HOUR, 7) for each in both)
    claimed = [each.request for part in await asyncio.gather(*claims) for each in part]
    claimed += [w.request for w in await replica.history.claim(office.now, office.now + HOUR, 50)]
    assert len(claimed) == len(set(claimed)) == 12
    assert await office.storage.history.claim(office.now, office.now + HOUR, 50) == []


async def test_the_first_labels_are_looked_back_on_until_they_are_erased(office: Office) -> None:
    office.now += HOUR
    done = (await office.ask(10, labels=("travel", "q3"))).snapshot.state.id
    await office.says(MARA, Decision.REJECT, done)
    other = (await office.ask(11, labels=("travel",))).snapshot.state.id
    await office.says(MARA, Decision.REJECT, other)
    await office.ask(12, labels=("q3", "travel"))
    it = (await office.ask(13, labels=("q3", "q3", "travel", "new"))).snapshot.state.id
    await follow(office)
    no, twice = Tally(count=1, rejected=1), Tally(count=2, rejected=2)
    assert (await looked(office, it)).labels == (no, twice, Tally()), "open ones do not count"
    reason: Content = row("why1", "aa" * 16, Text(text="She asked us to"))
    await office.storage.erasure.request(done, Erasing(actor=SYSTEM, at=office.now, reason=reason))
    assert (await looked(office, it)).labels == (Tally(), no, Tally())


async def test_a_text_that_no_column_holds_stops_nobody_and_hides_nothing(office: Office) -> None:
    office.now += HOUR
    bad = replace(submission_of(10, "purchase"), labels=("a\x00b", "travel"))
    bad = replace(bad, params=bad.params | {"vendor": "ACME\x00"})
    ids = []
    for _ in range(2):
        made = await office.approvals.submit(bad, office.agent, None)
        ids.append(made.snapshot.state.id)
    done, it = ids
    await office.says(MARA, Decision.REJECT, done)
    assert await follow(office) == 1
    found = await looked(office, it)
    no = Tally(count=1, rejected=1)
    assert (found.requester, found.action, found.party) == (no, no, Tally())
    assert found.labels == (Tally(), no)
    assert [(each.request, each.exact) for each in found.twins] == [(done, True)]


async def test_erasing_forgets_what_a_request_could_be_found_by(office: Office) -> None:
    done = await ended(office, 100)
    it = await asked(office, 100)
    await follow(office)
    assert [each.request for each in (await looked(office, it)).twins] == [done]
    reason: Content = row("why1", "aa" * 16, Text(text="She asked us to"))
    await office.storage.erasure.request(done, Erasing(actor=SYSTEM, at=office.now, reason=reason))
    found = await looked(office, it)
    assert found.twins == ()
    assert found.action.count == 1, "that it was approved is no content"


async def test_what_is_erased_while_it_is_followed_is_not_written_back(
    office: Office,
) -> None:
    done = await ended(office, 100)
    it = await asked(office, 100)
    reason: Content = row("why1", "aa" * 16, Text(text="She asked us to"))
    erasing = Erasing(actor=SYSTEM, at=office.now, reason=reason)
    history = office.storage.history
    write = history._following.write
    await office.storage.trail.number()
    page = await history._readers.read(lambda c: history._following.read(c, is_wanted, 100))
    await office.storage.erasure.request(done, erasing)
    await history._writer.run(lambda c: write(c, page, office.now))
    found = await looked(office, it)
    assert found.twins == ()
    assert found.action.count == 1


async def test_an_open_request_is_wanted_until_it_is_settled_or_ends(office: Office) -> None:
    history = office.storage.history
    it = await asked(office, 10)
    await follow(office)
    assert await history.next_due() == office.now
    [wanted] = await history.claim(office.now, office.now + 10, 5)
    assert (wanted.request, wanted.revision, wanted.attempts) == (it, 1, 0)
    assert await history.claim(office.now + 9, office.now + 20, 5) == [], "it is leased"
    [again] = await history.claim(office.now + 10, office.now + 20, 5)
    await history.settle(wanted, None)
    assert await history.next_due() == office.now + 20, "the lease was lost"
    await history.settle(again, office.now + 50)
    assert await history.next_due() == office.now + 50
    [last] = await history.claim(office.now + 50, office.now + 60, 5)
    assert last.attempts == 1
    await history.settle(last, None)
    assert await history.next_due() is None
    office.now += HOUR
    await office.says(MARA, Decision.APPROVE, it)
    await follow(office)
    assert await history.next_due() is None, "this revision was asked about"


async def test_a_new_revision_is_wanted_anew_and_the_end_ends_it(office: Office) -> None:
    history = office.storage.history
    it = await asked(office, 10)
    await follow(office)
    [wanted] = await history.claim(office.now, office.now + 10, 5)
    await history.settle(wanted, None)
    await office.says(MARA, Decision.REQUEST_CHANGES, it)
    await office.revise(it, 9)
    await follow(office)
    [anew] = await history.claim(office.now, office.now + 10, 5)
    assert (anew.revision, anew.attempts) == (2, 0)
    await office.cancel(it)
    await follow(office)
    await history.settle(anew, office.now)
    assert await history.next_due() is None


async def test_what_was_spent_is_added_up_by_the_day(office: Office, replica: Storage) -> None:
    today = office.now - office.now % DAY
    assert await replica.history.spent(today) == (0, 0)
    await office.storage.history.spend(today - 1, 5, 50)
    for server in (office.storage, replica):
        await server.history.spend(today + HOUR, 100, 7)
    assert await replica.history.spent(today + 3 * HOUR) == (200, 14)
    assert await replica.history.spent(today - 1) == (205, 64)


def test_asking_is_given_up_after_a_day_and_waits_longer_each_time() -> None:
    wanted = Wanted(request="r", revision=1, wanted_at=0, attempts=0, lease=0)
    waits = [next_try(replace(wanted, attempts=n), 0, None, 1.0) for n in range(9)]
    assert waits == [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]
    assert next_try(wanted, 0, None, 0.0) == 1_000
    assert next_try(wanted, 0, 60_000, 1.0) == 60_000
    assert next_try(wanted, GIVEN_UP - 2_001, None, 1.0) == GIVEN_UP - 1
    assert next_try(wanted, GIVEN_UP - 2_000, None, 1.0) is None
