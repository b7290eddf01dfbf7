"""Erasure: content goes for good, the events stay, and with them the chain and the state."""

import pytest

from core.content import Content, Text, row
from core.events import Actor, Finished, Recorded, Voted, read_recorded
from core.evolve import fold
from core.request import Decision, RequestState, Status
from core.rows import Changes, IdempotencyRow, Loaded, Refusal
from storage import Storage
from storage.erasure import Erased, Erasing
from tests.contract.test_audit_evidence import check, exported
from tests.contract.test_audit_order import query
from tests.storage.purchase import (
    ALICE,
    AT,
    BOB,
    CANCELLED,
    CAROL,
    DAN,
    Function,
    happen,
    rid,
    state_of,
    submit,
)

WHY = row("why1", "aa" * 16, Text(text="She asked us to"))
ERASING = Erasing(actor=Actor(via="cli", evidence={"account": "ops"}), at=AT + 99, reason=WHY)
TEXTS = "SELECT request_id, id FROM content WHERE body IS NOT NULL ORDER BY 1, 2"
SALTS = "SELECT request_id, id FROM content WHERE salt IS NOT NULL ORDER BY 1, 2"


def rejects(person: str, id: str, by: str | None = None) -> Function:
    """A rejection with a reason, which ends the request; `by` wrote it, unless they did."""

    def run(loaded: Loaded) -> Changes[str]:
        said: Content = row(f"{id}.{person}", "bb" * 16, Text(text="Too dear for Alice"))
        voted = Voted(
            level=1,
            round=1,
            revision=1,
            commitment="c" * 64,
            person=person,
            decision=Decision.REJECT,
            comment=said.id,
            comment_commitment=said.commitment,
        )
        finished = Finished(
            status=Status.REJECTED,
            by=(person,),
            reason=said.id,
            reason_commitment=said.commitment,
        )
        actor = Actor(via="slack", person=by or person)
        events = tuple(Recorded(event=e, actor=actor, at=AT + 1) for e in (voted, finished))
        state = fold(loaded.state, events)
        refusal = Refusal(agent_key="key1", action_digest="d" * 64, request=id, at=AT)
        return Changes(result=id, state=state, events=events, content=(said,), refusals=(refusal,))

    return run


async def rejected(storage: Storage, number: int, requester: str, by: str = BOB) -> str:
    once = IdempotencyRow(
        holder="key1", key=f"k{number}", body_hash="e" * 64, request=rid(number), status=201, at=AT
    )
    made = submit(rid(number), requester=requester, idempotency=once)
    await storage.store.transact(rid(number), made)
    await storage.store.transact(rid(number), rejects(by, rid(number)))
    return rid(number)


async def replayed(storage: Storage, id: str) -> RequestState:
    return fold(RequestState(id=id), [read_recorded(k.body) for k in await storage.store.links(id)])


async def test_a_requests_content_goes_and_its_chain_and_state_stay(
    storage: Storage, dsn: str
) -> None:
    one, two = await rejected(storage, 1, ALICE), await rejected(storage, 2, DAN)
    before = await exported(storage)
    state = await state_of(storage, one)
    done = await storage.erasure.request(one, ERASING)
    assert done == Erased(requests=(one,), rows=2)
    assert query(dsn, TEXTS) == [(two, f"{two}.{BOB}"), (two, f"{two}.r1"), ("system", "why1")]
    assert query(dsn, SALTS) == query(dsn, TEXTS)
    found = await storage.store.snapshot(one)
    assert found is not None
    assert found.contents == {}
    assert await state_of(storage, one) == state == await replayed(storage, one)
    # The records are the same to the byte, and one more says what was done.
    after = await exported(storage)
    assert check(after).events == check(before).events + 1
    assert after.startswith(before[: before.rindex(b'{"end"')])


async def test_an_event_says_who_erased_what_and_never_the_text(storage: Storage) -> None:
    one = await rejected(storage, 1, ALICE)
    await storage.erasure.request(one, ERASING)
    [link] = await storage.store.links("system")
    assert link.type == "content_erased"
    assert link.body == (
        b'{"actor":{"evidence":{"account":"ops"},"via":"cli"},"at":1780000000099,"event":'
        b'{"reason":"why1","reason_commitment":"%b","requests":["%b"],"rows":2,'
        b'"type":"content_erased"},"previous":"%b","seq":1,"stream":"system"}'
        % (WHY.commitment.encode(), one.encode(), b"0" * 64)
    )


async def test_what_an_erased_text_could_be_guessed_by_goes_too(storage: Storage, dsn: str) -> None:
    one, two = await rejected(storage, 1, ALICE), await rejected(storage, 2, DAN)
    query(dsn, f"UPDATE rejections SET request_id = '{one}'")
    await storage.erasure.request(one, ERASING)
    assert query(dsn, "SELECT * FROM rejections") == []
    hashes = query(dsn, "SELECT request_id, body_hash FROM idempotency ORDER BY 1")
    assert hashes == [(one, ""), (two, "e" * 64)]


async def test_an_open_request_keeps_its_content(storage: Storage, dsn: str) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    done = await storage.erasure.request(rid(1), ERASING)
    assert done == Erased(requests=(), rows=0, still_open=(rid(1),))
    assert query(dsn, TEXTS) == [(rid(1), f"{rid(1)}.r1")]
    assert await storage.store.links("system") == []
    await storage.store.transact(rid(1), happen(CANCELLED))
    assert (await storage.erasure.request(rid(1), ERASING)).rows == 1


@pytest.mark.parametrize("id", ["nothing", "system", ""])
async def test_what_is_not_there_is_not_erased(storage: Storage, dsn: str, id: str) -> None:
    await storage.erasure.request(await rejected(storage, 1, ALICE), ERASING)
    assert await storage.erasure.request(id, ERASING) == Erased(requests=(), rows=0)
    assert query(dsn, TEXTS) == [("system", "why1")]
    assert len(await storage.store.links("system")) == 1


async def test_erasing_again_does_nothing_more(storage: Storage) -> None:
    one = await rejected(storage, 1, ALICE)
    await storage.erasure.request(one, ERASING)
    assert await storage.erasure.request(one, ERASING) == Erased(requests=(), rows=0)
    assert len(await storage.store.links("system")) == 1


async def test_a_persons_requests_go_and_what_they_wrote_in_others(
    storage: Storage, dsn: str
) -> None:
    hers = await rejected(storage, 1, ALICE)
    his = await rejected(storage, 2, DAN, by=ALICE)
    other = await rejected(storage, 3, DAN, by=CAROL)
    await storage.store.transact(rid(4), submit(rid(4), requester=ALICE))
    done = await storage.erasure.person(ALICE, ERASING)
    assert done == Erased(requests=(hers, his), rows=3, still_open=(rid(4),))
    assert query(dsn, TEXTS) == [
        (his, f"{his}.r1"),
        (other, f"{other}.{CAROL}"),
        (other, f"{other}.r1"),
        (rid(4), f"{rid(4)}.r1"),
        ("system", "why1"),
    ]
    for each in (hers, his, other):
        assert await replayed(storage, each) == await state_of(storage, each)
    check(await exported(storage))


async def test_an_address_within_another_one_is_another_person(storage: Storage) -> None:
    await rejected(storage, 1, f"not-{ALICE}", by=f"x{ALICE}")
    await rejected(storage, 2, DAN, by=f"{ALICE}.org")
    assert await storage.erasure.person(ALICE, ERASING) == Erased(requests=(), rows=0)


async def test_what_names_a_person_is_not_what_they_wrote(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1), requester=DAN))
    await storage.store.transact(rid(1), rejects(ALICE, rid(1), by=CAROL))
    assert await storage.erasure.person(ALICE, ERASING) == Erased(requests=(), rows=0)
    assert (await storage.erasure.person(CAROL, ERASING)).rows == 1


async def test_many_requests_are_told_in_several_events(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.erasure.MOST_NAMED", 2)
    for number in range(5):
        await rejected(storage, number, ALICE)
    assert (await storage.erasure.person(ALICE, ERASING)).rows == 10
    assert [link.seq for link in await storage.store.links("system")] == [1, 2, 3]
    check(await exported(storage))
