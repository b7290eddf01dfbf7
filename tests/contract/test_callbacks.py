"""What agents are told at addresses of their own: in order, to one sender, for a day, and again
by hand."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from core.audit.chain import Link
from core.callbacks import KEY_REVOKED, WINDOW, Again, SealedSecret, callback_content
from core.events import Actor
from core.ports import Dead, Delivered, Outcome, RetryAt
from core.refusals import Refused
from core.request import Decision
from core.rows import ApiKey, CallbackRow, Changes, QueuedCallback, Snapshot
from storage import Storage
from tests.contract.office import Office, submission_of
from tests.core.builders import NOW
from tests.storage.purchase import rid, submit

URL = "https://hooks.example.com/in/s3cret"
HAND = Actor(via="cli")
LATER = NOW + 60_000


def told(number: int, sequence: int, host: str = "a.example", key: str = "k1") -> CallbackRow:
    """A callback of a request, as facts."""
    return CallbackRow(
        request=rid(number),
        sequence=sequence,
        id=f"msg_{number}_{sequence}",
        type="request.approved",
        key=key,
        host=host,
        status="approved",
        revision=1,
        at=NOW + sequence,
    )


async def queue(storage: Storage, *rows: CallbackRow) -> None:
    """Have these callbacks wait."""
    await storage.store.transact("", lambda _: Changes(result=None, callbacks=rows))


async def claim(
    storage: Storage,
    now: int = LATER,
    busy: dict[str, int] | None = None,
    limit: int = 100,
    per_host: int = 4,
) -> list[QueuedCallback]:
    found = await storage.callbacks.claim(now, now + 45_000, busy or {}, per_host, limit)
    return sorted(found, key=lambda each: (each.row.request, each.row.sequence))


def places(found: Sequence[QueuedCallback]) -> list[tuple[str, int]]:
    return [(each.row.request, each.row.sequence) for each in found]


async def key_events(storage: Storage, key: str) -> list[str]:
    links: Sequence[Link] = await storage.store.links(f"key:{key}")
    return [link.type for link in links]


# --- made with what causes them ------------------------------------------------------------


async def test_each_change_that_an_agent_waits_for_is_queued_in_its_transaction(
    storage: Storage,
) -> None:
    office = await Office(storage).open()
    wanted = replace(submission_of(500, "purchase"), callback_url=URL)
    asked = (await office.approvals.submit(wanted, office.agent, None)).snapshot.state
    assert await storage.callbacks.of_request(asked.id) == []  # it is pending, as the 201 says
    assert await storage.callbacks.next_due() is None
    await office.says("mara@example.com", Decision.REQUEST_CHANGES, asked.id)
    await office.revise(asked.id, 400)
    await office.cancel(asked.id)
    found = await storage.callbacks.of_request(asked.id)
    assert [(f.row.type, f.row.status, f.row.revision) for f in found] == [
        ("request.changes_requested", "changes_requested", 1),
        ("request.revised", "pending", 2),
        ("request.cancelled", "cancelled", 2),
    ]
    links = {link.seq: link.type for link in await storage.store.links(asked.id)}
    assert [links[f.row.sequence] for f in found] == ["changes_requested", "revised", "finished"]
    assert {f.row.host for f in found} == {"hooks.example.com"}
    assert len({f.row.id for f in found}) == 3
    snapshot = await storage.store.snapshot(asked.id)
    assert snapshot is not None
    assert list(snapshot.callbacks) == list(found)
    [first] = await claim(storage)
    assert (first.url, first.revoked, first.row) == (URL, False, found[0].row)


async def test_what_ends_with_its_submission_is_told_too(storage: Storage) -> None:
    office = await Office(storage).open()
    for kind, ending in (("coffee", "approved"), ("gift", "prohibited")):
        wanted = replace(submission_of(5, kind), callback_url=URL)
        made = await office.approvals.submit(wanted, office.agent, None)
        [found] = await storage.callbacks.of_request(made.snapshot.state.id)
        assert found.row.type == f"request.{ending}"


async def test_a_submission_is_found_by_what_it_was_answered_under(storage: Storage) -> None:
    office = await Office(storage).open()
    wanted = replace(submission_of(500, "purchase"), callback_url=URL)
    assert await office.approvals.submitted(office.agent, ("once", "body")) is None
    made = await office.approvals.submit(wanted, office.agent, ("once", "body"))
    found = await office.approvals.submitted(office.agent, ("once", "body"))
    assert found is not None
    assert (found.snapshot.state, found.replayed) == (made.snapshot.state, True)
    another = replace(office.agent, key_id="k2")
    assert await office.approvals.submitted(another, ("once", "body")) is None
    with pytest.raises(Refused):
        await office.approvals.submitted(office.agent, ("once", "another body"))


async def test_in_the_trail_only_the_key_that_gave_it_sees_the_address(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await Office(storage).open()
    wanted = replace(submission_of(500, "purchase"), callback_url=URL)
    made = (await office.approvals.submit(wanted, office.agent, None)).snapshot.state.id
    found = await storage.store.snapshot(made)
    assert found is not None
    older = replace(found, state=replace(found.state, callback=None))

    async def as_an_older_server_left_it(_: str) -> Snapshot:
        return older

    auditor = replace(office.agent, key_id="k2", scopes=("read_all",))
    for _ in range(2):
        for caller in (office.agent, auditor):
            _, contents = await office.approvals.events(caller, made)
            assert (callback_content(made) in contents) is (caller is office.agent)
        monkeypatch.setattr(storage.store, "snapshot", as_an_older_server_left_it)


async def test_the_address_stands_in_no_event_and_no_queue(storage: Storage) -> None:
    office = await Office(storage).open()
    wanted = replace(submission_of(5, "coffee"), callback_url=URL)
    made = (await office.approvals.submit(wanted, office.agent, None)).snapshot.state
    links = await storage.store.links(made.id)
    [found] = await storage.callbacks.of_request(made.id)
    assert all(b"s3cret" not in link.body for link in links)
    assert "s3cret" not in repr(found) + repr(made)


# --- one after the other -------------------------------------------------------------------


async def test_the_next_of_a_request_waits_until_the_one_before_it_has_ended(
    storage: Storage,
) -> None:
    await queue(storage, told(1, 3), told(1, 5), told(2, 4))
    first, other = await claim(storage)
    assert places([first, other]) == [(rid(1), 3), (rid(2), 4)]
    assert await claim(storage) == []
    await storage.callbacks.settle(other, Delivered(), LATER)
    assert await storage.callbacks.next_due() == LATER + 45_000  # the second waits with the first
    await storage.callbacks.settle(first, RetryAt(reason="down", after=7_000), LATER)
    assert await claim(storage, LATER + 6_999) == []
    [first] = await claim(storage, LATER + 7_000)
    assert (first.row.sequence, first.attempts, first.first_at) == (3, 1, LATER)
    await storage.callbacks.settle(first, Delivered(), LATER + 7_100)
    assert await storage.callbacks.next_due() == LATER + 7_100  # it does not wait any longer
    [second] = await claim(storage, LATER + 7_100)
    assert second.row.sequence == 5
    await storage.callbacks.settle(second, Delivered(), LATER + 8_000)
    assert (await storage.callbacks.next_due(), await storage.callbacks.undelivered()) == (None, [])


@pytest.mark.parametrize("outcome", [Dead(reason="gone"), Delivered()])
async def test_what_was_given_up_holds_up_nothing(storage: Storage, outcome: Outcome) -> None:
    await queue(storage, told(1, 3), told(1, 5))
    [first] = await claim(storage)
    assert await claim(storage, LATER) == []  # puts the second off
    await storage.callbacks.settle(first, outcome, LATER + 10)
    [second] = await claim(storage, LATER + 10)
    assert second.row.sequence == 5


async def test_a_callback_is_given_up_a_day_after_its_first_try(storage: Storage) -> None:
    await queue(storage, told(1, 3))
    late = NOW + 3 * WINDOW  # nobody served for days: it is tried all the same
    [found] = await claim(storage, late)
    await storage.callbacks.settle(found, RetryAt(reason="down", after=WINDOW * 2), late)
    [found] = await claim(storage, late + WINDOW)  # however long it is asked to wait
    await storage.callbacks.settle(found, RetryAt(reason="still down"), late + WINDOW)
    [dead] = await storage.callbacks.undelivered()
    assert (dead.state, dead.attempts) == ("dead", 2)
    assert dead.reason == "given up after 24 hours: still down"
    assert await storage.callbacks.next_due() is None


# --- one sender, and none that holds up others ---------------------------------------------


async def test_whose_lease_ended_is_sent_by_another_and_changes_nothing(storage: Storage) -> None:
    await queue(storage, told(1, 3))
    [stuck] = await claim(storage)
    assert await claim(storage, LATER + 44_999) == []
    [taken] = await claim(storage, LATER + 45_000)
    for outcome in (RetryAt(reason="slow", after=0), Dead(reason="slow")):
        await storage.callbacks.settle(stuck, outcome, LATER + 45_001)
    assert await claim(storage, LATER + 45_002) == []
    await storage.callbacks.settle(taken, Delivered(), LATER + 45_003)
    assert await storage.callbacks.undelivered() == []


async def test_that_it_was_delivered_counts_also_without_the_lease(storage: Storage) -> None:
    await queue(storage, told(1, 3))
    [late] = await claim(storage)
    [taken] = await claim(storage, LATER + 45_000)
    await storage.callbacks.settle(late, Delivered(), LATER + 45_001)
    await storage.callbacks.settle(taken, Dead(reason="slow"), LATER + 45_002)
    assert await storage.callbacks.undelivered() == []


async def test_a_host_that_is_full_leaves_the_room_to_others(storage: Storage) -> None:
    slow = [told(n, 3, "slow.example") for n in range(1, 31)]
    await queue(storage, *slow, told(90, 4, "quick.example"), told(91, 5, "quick.example"))
    found = await claim(storage, busy={"slow.example": 1}, limit=5)
    assert Counter(f.row.host for f in found) == {"slow.example": 3, "quick.example": 2}
    assert await claim(storage, busy={"slow.example": 4}) == []
    assert await storage.callbacks.next_due(["slow.example"]) == LATER + 45_000
    due = await storage.callbacks.next_due()
    assert due is not None
    assert due < LATER
    assert len(await claim(storage, busy={"slow.example": 2})) == 2


async def test_two_servers_claim_each_callback_once(storage: Storage, replica: Storage) -> None:
    await queue(storage, *(told(n, place) for n in range(1, 21) for place in (2, 3)))
    claims = [claim(each, per_host=100) for each in (storage, replica, storage, replica)]
    found = [place for part in await asyncio.gather(*claims) for place in places(part)]
    assert sorted(found) == [(rid(n), 2) for n in range(1, 21)]


# --- again, by hand ------------------------------------------------------------------------


async def test_a_replay_sends_what_was_given_up_and_the_newest_and_is_recorded(
    storage: Storage,
) -> None:
    await queue(storage, told(1, 3), told(1, 5), told(1, 7), told(2, 3, key="k2"))
    for outcome in (Dead(reason="gone"), Delivered(), Delivered()):
        found = next(f for f in await claim(storage) if f.row.request == rid(1))
        await storage.callbacks.settle(found, outcome, LATER)
    assert await storage.callbacks.replay(Again(request=rid(1)), LATER, HAND) == 2
    states = [(f.row.sequence, f.state) for f in await storage.callbacks.of_request(rid(1))]
    assert states == [(3, "pending"), (5, "done"), (7, "pending")]
    assert await key_events(storage, "k1") == ["callbacks_replayed"]
    # Again it is the same, and nothing new to record.
    assert await storage.callbacks.replay(Again(request=rid(1)), LATER, HAND) == 2
    assert await key_events(storage, "k1") == ["callbacks_replayed"]
    [again] = await claim(storage)
    assert (again.row.sequence, again.row.id, again.attempts) == (3, "msg_1_3", 0)
    assert again.first_at == LATER
    assert await storage.callbacks.replay(Again(request="nobody's"), LATER, HAND) == 0
    assert await storage.callbacks.replay(Again(request="a\x00b"), LATER, HAND) == 0


async def test_what_waits_for_its_next_try_is_tried_at_once_by_hand(storage: Storage) -> None:
    await queue(storage, told(1, 3))
    [found] = await claim(storage)
    assert await storage.callbacks.replay(Again(request=rid(1)), LATER, HAND) == 0  # being sent
    await storage.callbacks.settle(found, RetryAt(reason="down", after=60_000), LATER)
    assert await storage.callbacks.replay(Again(request=rid(1)), LATER + 5, HAND) == 1
    assert places(await claim(storage, LATER + 5)) == [(rid(1), 3)]


async def test_all_that_was_given_up_since_is_sent_again_and_recorded_for_each_key(
    storage: Storage,
) -> None:
    await queue(storage, told(1, 3), told(2, 5), told(3, 6, key="k2"), told(4, 9))
    for found in await claim(storage):
        outcome: Outcome = Delivered() if found.row.sequence == 9 else Dead(reason="gone")
        await storage.callbacks.settle(found, outcome, LATER)
    assert await storage.callbacks.replay(Again(since=NOW + 5), LATER, HAND) == 2
    assert places(await claim(storage)) == [(rid(2), 5), (rid(3), 6)]
    assert await key_events(storage, "k1") == ["callbacks_replayed"]
    assert await key_events(storage, "k2") == ["callbacks_replayed"]
    assert await storage.callbacks.replay(Again(), LATER, HAND) == 1


# --- secrets and keys ----------------------------------------------------------------------


def secret(id: str, at: int, key: str = "k1") -> SealedSecret:
    return SealedSecret(key=key, id=id, sealed=b"\x00" + id.encode(), created_at=at)


async def ids(storage: Storage, now: int, key: str = "k1") -> list[str]:
    return [each.id for each in await storage.callback_secrets.secrets(key, now)]


async def test_a_secret_is_exchanged_with_an_overlap_and_recorded(storage: Storage) -> None:
    await storage.keys.add_key(ApiKey(id="k1", name="agent", scopes=("submit",), hash="h1"))
    secrets = storage.callback_secrets
    assert await secrets.add_secret(secret("s1", NOW), None, HAND) == "made"
    assert await secrets.add_secret(secret("s2", NOW), None, HAND) == "has_one"
    assert await secrets.add_secret(secret("s2", NOW + 10), 1_000, HAND) == "exchanged"
    assert await ids(storage, NOW + 1_009) == ["s2", "s1"]
    assert await ids(storage, NOW + 1_010) == ["s2"]
    # A third one leaves two: the oldest is known to too many by now.
    assert await secrets.add_secret(secret("s3", NOW + 20), 1_000, HAND) == "exchanged"
    assert await ids(storage, NOW + 20) == ["s3", "s2"]
    assert await secrets.add_secret(secret("s4", NOW + 30), 0, HAND) == "exchanged"
    assert await ids(storage, NOW + 30) == ["s4"]
    assert await key_events(storage, "k1") == ["key_created", *["callback_secret_made"] * 4]
    links = await storage.store.links("key:k1")
    assert b"\x00s1" not in b"".join(link.body for link in links)


async def test_a_key_that_is_not_there_or_was_revoked_gets_no_secret(storage: Storage) -> None:
    secrets = storage.callback_secrets
    assert await secrets.add_secret(secret("s1", NOW), None, HAND) == "no_key"
    await storage.keys.add_key(ApiKey(id="k1", name="agent", scopes=("submit",), hash="h1"))
    await storage.keys.revoke_key("k1", NOW)
    assert await secrets.add_secret(secret("s1", NOW), 0, HAND) == "no_key"
    assert await secrets.all_secrets() == []


async def test_a_secret_gets_another_seal_only_as_it_was_read(storage: Storage) -> None:
    await storage.keys.add_key(ApiKey(id="k1", name="agent", scopes=("submit",), hash="h1"))
    secrets = storage.callback_secrets
    await secrets.add_secret(secret("s1", NOW), None, HAND)
    [old] = await secrets.all_secrets()
    await secrets.reseal(old, b"new")
    await secrets.reseal(old, b"too late")
    [found] = await secrets.all_secrets()
    assert found == replace(old, sealed=b"new")


async def test_who_claims_is_told_that_the_key_was_revoked_and_the_address_erased(
    storage: Storage,
) -> None:
    await storage.keys.add_key(ApiKey(id="k1", name="agent", scopes=("submit",), hash="h1"))
    await storage.store.transact(rid(1), submit(rid(1)))
    await queue(storage, told(1, 3))
    await storage.keys.revoke_key("k1", NOW)
    [found] = await claim(storage)
    assert (found.url, found.revoked) == (None, True)
    assert KEY_REVOKED
