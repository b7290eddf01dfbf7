"""Content goes when its time is over, as was promised when it was asked for, and never before."""

import asyncio
from itertools import count

import msgspec
from msgspec.structs import replace

from bot.retention import Retention
from core.audit.holding import REQUEST, RULE, Holding, over
from core.content import Text, row
from core.events import Actor, Commented, Finished, Recorded, read_recorded
from core.evolve import fold
from core.ports import Delivered
from core.request import RequestState, Status
from core.rows import Changes, Loaded, MessageRef
from core.system_events import ContentErased, SystemRecorded
from core.value import Millis
from storage import Storage
from tests.contract.test_audit_erasure import ERASING
from tests.contract.test_audit_evidence import check, exported
from tests.contract.test_audit_order import number_all, query
from tests.storage.purchase import (
    ALICE,
    AT,
    BOB_IN_SLACK,
    DAY,
    Function,
    recorded,
    rid,
    state_of,
    submit,
)

THERE = (
    "SELECT request_id FROM content WHERE body IS NOT NULL AND request_id <> 'system' ORDER BY 1"
)
DUE = "SELECT request_id, due_at FROM erasures_due ORDER BY 1"
LONG = 90 * DAY
NUMBERS = count()
"""For ids that no other pass gives."""


def kept_for(id: str, retention: int | None, rule: str = "purchases") -> Function:
    """A request under a rule that keeps content so long."""
    made = submit(id, rule=rule, audience=(BOB_IN_SLACK,), expires_at=AT + 400 * DAY)

    def run(loaded: Loaded) -> Changes[str]:
        found = made(loaded)
        first = found.events[0].event
        event = replace(first, route=replace(first.route, retention=retention))  # type: ignore[union-attr]  # it is submitted
        events = (replace(found.events[0], event=event), *found.events[1:])
        return replace_changes(found, events, fold(loaded.state, events))

    return run


def replace_changes(
    found: Changes[str], events: tuple[Recorded, ...], state: RequestState
) -> Changes[str]:
    return Changes(
        result=found.result,
        state=state,
        events=events,
        content=found.content,
        audience=found.audience,
    )


def ends(at: int = AT) -> Function:
    def run(loaded: Loaded) -> Changes[str]:
        events = (recorded(Finished(status=Status.CANCELLED, by=(ALICE,)), at),)
        return Changes(result="", state=fold(loaded.state, events), events=events)

    return run


def comments(id: str) -> Function:
    said = row(f"{id}.late", "cc" * 16, Text(text="One more thing"))

    def run(loaded: Loaded) -> Changes[str]:
        events = (recorded(Commented(content=said.id, commitment=said.commitment)),)
        state = fold(loaded.state, events)
        return Changes(result="", state=state, events=events, content=(said,))

    return run


async def asked(
    storage: Storage, number: int, retention: int | None = LONG, rule: str = "purchases"
) -> str:
    own = rid(number)
    await storage.store.transact(own, kept_for(own, retention, rule))
    return own


async def swept(storage: Storage, now: Millis) -> None:
    """What a server does in a pass, each with ids of its own."""
    await number_all(storage)
    await Retention(
        storage.retention, lambda: now, lambda: f"why-{next(NUMBERS)}", lambda: "ab" * 16
    ).sweep()


def holding(at: int = AT, name: str = "h1") -> Holding:
    return Holding(
        actor=Actor(via="cli"), at=at, by="ops", reason=row(name, "dd" * 16, Text(text="Case 7"))
    )


async def erased(storage: Storage) -> list[ContentErased]:
    links = await storage.store.links("system")
    events = (msgspec.json.decode(each.body, type=SystemRecorded).event for each in links)
    return [event for event in events if isinstance(event, ContentErased)]


async def test_content_goes_when_its_time_is_over_and_the_chain_stays(
    storage: Storage, dsn: str
) -> None:
    one, forever = await asked(storage, 1), await asked(storage, 2, None)
    pending, later = await asked(storage, 3), await asked(storage, 4)
    for each, at in ((one, AT), (forever, AT), (later, AT + 1)):
        await storage.store.transact(each, ends(at))
    await swept(storage, AT + LONG - 1)
    assert query(dsn, DUE) == [(one, AT + LONG), (later, AT + 1 + LONG)]
    assert len(query(dsn, THERE)) == 4
    before = await state_of(storage, one)
    await swept(storage, AT + LONG)
    assert query(dsn, THERE) == [(forever,), (pending,), (later,)]
    [event] = await erased(storage)
    assert (event.requests, event.rule, event.rows) == ((one,), "purchases", 1)
    assert query(dsn, "SELECT body FROM content WHERE request_id = 'system'") == [
        (f'{{"text":"{over("purchases", LONG)}"}}'.encode(),)
    ]
    assert over("purchases", LONG).endswith("for 90 days after the end.")
    links = await storage.store.links(one)
    replayed = fold(RequestState(id=one), [read_recorded(each.body) for each in links])
    assert await state_of(storage, one) == replayed == before
    assert check(await exported(storage)).events > 0
    # Years later what nobody decided is still there.
    await swept(storage, AT + 20 * LONG)
    assert query(dsn, THERE) == [(forever,), (pending,)]
    assert query(dsn, DUE) == []


async def test_what_is_written_after_it_went_goes_as_well(storage: Storage, dsn: str) -> None:
    one = await asked(storage, 1)
    await storage.store.transact(one, ends())
    await swept(storage, AT + LONG)
    await storage.store.transact(one, comments(one))
    assert query(dsn, THERE) == [(one,)]
    await swept(storage, AT + LONG)
    assert query(dsn, THERE) == []
    assert len(await erased(storage)) == 2


async def test_a_hold_keeps_it_until_it_is_lifted(storage: Storage, dsn: str) -> None:
    one, two = await asked(storage, 1), await asked(storage, 2, rule="travel")
    three = await asked(storage, 3)
    for each in (one, two, three):
        await storage.store.transact(each, ends())
    assert await storage.holds.add(REQUEST, one, holding())
    assert await storage.holds.add(RULE, "travel", holding(name="h2"))
    assert not await storage.holds.add(REQUEST, one, holding(name="h3"))
    assert not await storage.holds.add(REQUEST, rid(99), holding(name="h4"))
    await swept(storage, AT + LONG)
    assert query(dsn, THERE) == [(one,), (two,)]
    # Nobody erases it by hand either.
    done = await storage.erasure.request(one, ERASING)
    assert (done.rows, done.held) == (0, (one,))
    done = await storage.erasure.person(ALICE, ERASING)
    assert (done.rows, done.held) == (0, (one, two))
    assert [(h.scope, h.name) for h in await storage.holds.all()] == [
        (REQUEST, one),
        (RULE, "travel"),
    ]
    assert await storage.holds.add(RULE, "purchases", holding(name="h5"))
    assert await storage.holds.remove(REQUEST, one, holding(name="h6"))
    assert await storage.holds.remove(RULE, "travel", holding(name="h7"))
    assert not await storage.holds.remove(RULE, "travel", holding(name="h8"))
    await swept(storage, AT + LONG)
    assert query(dsn, THERE) == [(one,)], "the rule's hold still keeps it"
    assert await storage.holds.remove(RULE, "purchases", holding(name="h9"))
    await swept(storage, AT + LONG)
    assert query(dsn, THERE) == []
    kinds = [link.type for link in await storage.store.links("system")]
    assert (kinds.count("hold_set"), kinds.count("hold_lifted")) == (3, 3)


async def test_two_servers_erase_once(storage: Storage, replica: Storage, dsn: str) -> None:
    for number in range(1, 8):
        await storage.store.transact(await asked(storage, number), ends())
    await number_all(storage)
    await asyncio.gather(swept(storage, AT + LONG), swept(replica, AT + LONG))
    await swept(storage, AT + LONG)
    assert query(dsn, THERE) == []
    named = [request for event in await erased(storage) for request in event.requests]
    assert sorted(named) == [rid(number) for number in range(1, 8)]


async def test_cards_that_were_posted_are_rendered_once_more(storage: Storage) -> None:
    one = await asked(storage, 1)
    await storage.store.transact(one, ends())
    [card] = await storage.deliveries.claim_cards(AT, AT + 60_000, 10)
    posted = Delivered(ref=MessageRef(platform="slack", fields={"channel": "D1", "ts": "1.1"}))
    await storage.deliveries.settle_card(card, card.wanted, posted, AT)
    assert await storage.deliveries.claim_cards(AT, AT + 60_000, 10) == []
    await swept(storage, AT + LONG)
    [again] = await storage.deliveries.claim_cards(AT + LONG, AT + LONG + 60_000, 10)
    assert (again.request, again.shown) == (one, again.wanted - 1)


async def test_a_card_that_is_being_sent_meanwhile_is_rendered_once_more(storage: Storage) -> None:
    one = await asked(storage, 1)
    await storage.store.transact(one, ends())
    now = AT + LONG
    [card] = await storage.deliveries.claim_cards(now, now + 60_000, 10)
    await swept(storage, now)  # it was rendered before, and arrives afterwards
    posted = Delivered(ref=MessageRef(platform="slack", fields={"channel": "D1", "ts": "1.1"}))
    await storage.deliveries.settle_card(card, card.wanted, posted, now)
    [again] = await storage.deliveries.claim_cards(now + 60_000, now + 120_000, 10)
    assert (again.request, again.uncertain, len(again.refs)) == (one, True, 1)


async def test_a_pass_is_bounded(storage: Storage, dsn: str) -> None:
    for number in range(1, 5):
        await storage.store.transact(await asked(storage, number), ends())
    await number_all(storage)
    while await storage.retention.follow(2):
        pass

    def why(rule: str, retention: Millis) -> object:
        return row(f"w{len(query(dsn, THERE))}", "ab" * 16, Text(text=rule))

    done = await storage.retention.sweep(AT + LONG, 3, why)  # type: ignore[arg-type]  # it gives rows
    assert (done.erased, done.more) == (3, True)
    done = await storage.retention.sweep(AT + LONG, 3, why)  # type: ignore[arg-type]  # as before
    assert (done.erased, done.more) == (1, False)
