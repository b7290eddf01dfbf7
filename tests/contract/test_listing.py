"""Lists: each filter alone, together, and page by page."""

import pytest

from core.events import StageApproved, StageOpened
from core.route import Category, Entry
from core.rows import ListFilter, QueuePart
from storage import Storage
from tests.storage.purchase import (
    ALICE,
    AT,
    BOB,
    BOB_IN_SLACK,
    CANCELLED,
    CAROL,
    DAN,
    DAY,
    body_of,
    happen,
    rid,
    submit,
    vote,
)


async def numbers(storage: Storage, filter: ListFilter) -> list[int]:
    page = await storage.store.listed(filter)
    return [int(item.state.id[4:]) for item in page.items]


@pytest.fixture
async def filled(storage: Storage) -> Storage:
    """Five requests: 2 has Bob's vote, 3 is cancelled, 4 is prohibited and Dan's, 5 Dan owns."""
    store = storage.store
    await store.transact(rid(1), submit(rid(1), audience=(BOB_IN_SLACK,)))
    await store.transact(rid(2), submit(rid(2)))
    await store.transact(rid(2), happen(vote(BOB)))
    await store.transact(rid(3), submit(rid(3)))
    await store.transact(rid(3), happen(CANCELLED))
    await store.transact(rid(4), submit(rid(4), requester=DAN, category=Category.PROHIBITED))
    await store.transact(rid(5), submit(rid(5), agent_key="key2", owner=DAN))
    return storage


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        (ListFilter(), [5, 4, 3, 2, 1]),
        (ListFilter(status="pending"), [5, 4, 2, 1]),
        (ListFilter(status="cancelled"), [3]),
        (ListFilter(category="prohibited"), [4]),
        (ListFilter(requester=ALICE), [5, 3, 2, 1]),
        (ListFilter(approver=BOB), [5, 4, 3, 2, 1]),
        (ListFilter(approver=CAROL), []),
        (ListFilter(waiting_for=BOB), [5, 4, 1]),
        (ListFilter(waiting_for=CAROL), []),
        (ListFilter(visible_to_key="key2"), [5]),
        (ListFilter(visible_to_person=DAN), [5, 4]),
        (ListFilter(visible_to_person=CAROL), [5, 4, 3, 2, 1]),
        (ListFilter(visible_to_person="stranger@example.com"), []),
        (ListFilter(visible_to_key="key2", visible_to_person=DAN), [5, 4]),
        (ListFilter(status="pending", requester=ALICE, waiting_for=BOB), [5, 1]),
        (ListFilter(requester="\x00"), []),
        (ListFilter(status="\ud800"), []),
        (ListFilter(cursor="\x00"), []),
        (ListFilter(requester="' OR 1=1 --"), []),
    ],
)
async def test_all_given_conditions_must_hold(
    filled: Storage, filter: ListFilter, found: list[int]
) -> None:
    assert await numbers(filled, filter) == found


async def test_a_listed_request_comes_with_its_content_and_deliveries(filled: Storage) -> None:
    page = await filled.store.listed(ListFilter(limit=50))
    assert page.items[-1] == await filled.store.snapshot(rid(1))
    assert page.items[-1].contents == {f"{rid(1)}.r1": b'{"title":"A new chair"}'}
    assert [d.to for d in page.items[-1].deliveries] == [BOB_IN_SLACK]


async def test_pages_follow_each_other_without_gap_or_overlap(filled: Storage) -> None:
    first = await filled.store.listed(ListFilter(limit=2))
    assert [item.state.id for item in first.items] == [rid(5), rid(4)]
    second = await filled.store.listed(ListFilter(limit=2, cursor=first.next_cursor))
    assert [item.state.id for item in second.items] == [rid(3), rid(2)]
    third = await filled.store.listed(ListFilter(limit=2, cursor=second.next_cursor))
    assert [item.state.id for item in third.items] == [rid(1)]
    assert third.next_cursor is None


async def test_a_page_that_ends_exactly_is_the_last(filled: Storage) -> None:
    page = await filled.store.listed(ListFilter(limit=5))
    assert len(page.items) == 5
    assert page.next_cursor is None


async def test_what_is_new_does_not_shift_the_pages_that_follow(filled: Storage) -> None:
    first = await filled.store.listed(ListFilter(limit=3))
    await filled.store.transact(rid(6), submit(rid(6)))
    rest = await filled.store.listed(ListFilter(limit=3, cursor=first.next_cursor))
    assert [item.state.id for item in rest.items] == [rid(2), rid(1)]


async def test_a_seat_that_was_filled_is_not_waited_for_but_was_asked(
    filled: Storage,
) -> None:
    assert await numbers(filled, ListFilter(waiting_for=BOB)) == [5, 4, 1]
    await filled.store.transact(rid(1), happen(vote(BOB)))
    assert await numbers(filled, ListFilter(waiting_for=BOB)) == [5, 4]
    assert await numbers(filled, ListFilter(approver=BOB)) == [5, 4, 3, 2, 1]


async def queue(storage: Storage, person: str, limit: int) -> tuple[list[int], int]:
    items, count = await storage.store.waiting(person, limit)
    return [int(item.state.id[4:]) for item in items], count


async def test_a_queue_has_what_waits_for_the_person_earliest_deadline_first(
    storage: Storage,
) -> None:
    for number, expires in ((1, 300), (2, 100), (3, 200), (4, 400), (5, 50), (6, 60), (7, 200)):
        await storage.store.transact(rid(number), submit(rid(number), expires_at=AT + expires))
    await storage.store.transact(rid(5), happen(CANCELLED))
    await storage.store.transact(rid(6), happen(vote(BOB)))
    assert await queue(storage, BOB, 20) == ([2, 3, 7, 1, 4], 5)
    assert await queue(storage, BOB, 2) == ([2, 3], 5)
    assert await queue(storage, BOB, 0) == ([], 5)
    assert await queue(storage, CAROL, 20) == ([], 0)
    assert await queue(storage, "\x00", 20) == ([], 0)
    [first, *_], _ = await storage.store.waiting(BOB, 1)
    assert first.state.deadline == AT + 100
    assert first.contents == {body_of(rid(2)).id: body_of(rid(2)).body}


async def pages(storage: Storage, size: int, **part: object) -> list[list[int]]:
    """The numbers of Bob's queue, page by page."""
    found: list[list[int]] = []
    after: tuple[int, str] | None = None
    while True:
        wanted = QueuePart(after=after, **part)  # type: ignore[arg-type]  # test shorthand
        items, _ = await storage.store.waiting(BOB, size, wanted)
        if not items:
            return found
        found.append([int(item.state.id[4:]) for item in items])
        last = items[-1].state
        assert last.deadline is not None
        after = (last.deadline, last.id)


async def test_a_queue_is_paged_also_where_many_have_one_deadline(storage: Storage) -> None:
    for number, expires in ((1, 300), (2, 100), (3, 200), (4, 200), (5, 200), (6, 200)):
        await storage.store.transact(rid(number), submit(rid(number), expires_at=AT + expires))
    assert await pages(storage, 2) == [[2, 3], [4, 5], [6, 1]]
    assert await pages(storage, 4) == [[2, 3, 4, 5], [6, 1]]
    assert await pages(storage, 3, due_before=AT + 300) == [[2, 3, 4], [5, 6]]
    assert await pages(storage, 3, due_before=AT + 100) == []


async def test_a_page_goes_on_where_the_last_one_ended_though_that_is_decided(
    storage: Storage,
) -> None:
    for number in (1, 2, 3):
        await storage.store.transact(rid(number), submit(rid(number)))
    [first], _ = await storage.store.waiting(BOB, 1)
    await storage.store.transact(rid(1), happen(vote(BOB)))
    rest, count = await storage.store.waiting(BOB, 5, QueuePart(after=(AT + DAY, first.state.id)))
    assert ([each.state.id for each in rest], count) == ([rid(2), rid(3)], 2)


async def test_a_queue_is_counted_by_rule_and_shown_for_one(storage: Storage) -> None:
    rules = ("travel", "purchases", "travel", "mail", "travel", "mail")
    for number, rule in enumerate(rules, start=1):
        await storage.store.transact(rid(number), submit(rid(number), rule=rule))
    await storage.store.transact(rid(6), happen(CANCELLED))
    by_rule = await storage.store.waiting_rules(BOB, 10)
    assert list(by_rule) == [("travel", 3), ("mail", 1), ("purchases", 1)]
    assert list(await storage.store.waiting_rules(BOB, 1)) == [("travel", 3)]
    assert list(await storage.store.waiting_rules("\x00", 10)) == []
    assert await pages(storage, 2, rule="travel") == [[1, 3], [5]]
    assert await storage.store.waiting(BOB, 0, QueuePart(rule="travel")) == ([], 3)
    assert await storage.store.waiting(BOB, 9, QueuePart(rule="nothing")) == ([], 0)
    assert await storage.store.waiting(BOB, 9, QueuePart(rule="\x00")) == ((), 0)
    for forged in ("\x00", "\ud800"):
        after = QueuePart(after=(AT, forged))
        assert await storage.store.waiting(BOB, 9, after) == ((), 0)


async def test_a_queue_follows_a_deadline_that_comes_nearer(storage: Storage) -> None:
    for number in (1, 2):
        await storage.store.transact(rid(number), submit(rid(number)))
    bob = (Entry(ref=BOB, people=(BOB,)),)
    sooner = StageOpened(level=2, round=1, entries=bob, due_at=AT + 1 + 1000)
    await storage.store.transact(
        rid(2), happen(vote(BOB), StageApproved(level=1), sooner, at=AT + 1)
    )
    found, _ = await storage.store.waiting(BOB, 20)
    assert [(each.state.id, each.state.deadline) for each in found] == [
        (rid(2), AT + 1 + 1000),
        (rid(1), AT + DAY),
    ]
