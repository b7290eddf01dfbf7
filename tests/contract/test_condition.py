"""How the work in a database stands, on both databases: each figure, and what is out of order."""

import re
from typing import Any

import pytest

from bot.auditing import Auditing
from core.ports import Dead, Delivered, RetryAt
from core.rows import MessageRef
from core.tokens.signing import KeyRing, SigningKey
from storage import Storage, condition
from storage.condition import Condition, SqlCondition, Waiting
from storage.engine import open_engines
from storage.statements import Statement
from tests.storage.purchase import (
    AT,
    BOB_IN_SLACK,
    CANCELLED,
    CAROL_IN_TEAMS,
    DAY,
    happen,
    notice,
    rid,
    submit,
    vote,
)

NOTHING = Condition(
    open={"changes_requested": 0, "pending": 0},
    opened=None,
    due=0,
    due_since=None,
    waiting={},
    dead={},
    unnumbered=0,
    unnumbered_since=None,
    unsigned=0,
    signed=None,
)


async def ask(storage: Storage, number: int, **more: object) -> str:
    return await storage.store.transact(rid(number), submit(rid(number), **more))  # type: ignore[arg-type]  # passed on


async def run(storage: Storage, sql: str) -> None:
    await storage._writer.run(lambda c: c.exec_driver_sql(sql))


async def test_nothing_yet(storage: Storage) -> None:
    assert await storage.condition.now(AT) == NOTHING
    assert await storage.condition.first_due() is None
    assert await storage.condition.unsent(AT, 10) == []
    assert await storage.condition.unexplained(AT) == []


async def test_what_is_open_and_what_is_due(storage: Storage) -> None:
    for number in (1, 2, 3):
        await ask(storage, number, expires_at=AT + number * DAY)
    await storage.store.transact(rid(1), happen(CANCELLED))
    found = await storage.condition.now(AT + 2 * DAY + 5)
    assert found.open == {"changes_requested": 0, "pending": 2}
    assert (found.opened, found.due, found.due_since) == (AT, 1, AT + 2 * DAY)
    assert await storage.condition.first_due() == (rid(2), AT + 2 * DAY)
    early = await storage.condition.now(AT)
    assert (early.due, early.due_since) == (0, None)


async def test_figures_have_a_ceiling(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "MOST", 2)
    for number in (1, 2, 3):
        await ask(storage, number, audience=(BOB_IN_SLACK,))
    found = await storage.condition.now(AT + 2 * DAY)
    assert (found.open["pending"], found.due) == (2, 2)
    assert found.waiting == {("card", "slack"): 2}


async def test_what_waits_and_what_is_dead_by_platform(storage: Storage) -> None:
    both = (BOB_IN_SLACK, CAROL_IN_TEAMS)
    await ask(storage, 1, audience=both, outbox=(notice("a", rid(1)), notice("b", rid(1))))
    found = await storage.condition.now(AT)
    assert found.waiting == {("card", "slack"): 1, ("card", "teams"): 1, ("notice", "slack"): 2}
    cards = await storage.deliveries.claim_cards(AT, AT + 1000, 10)
    notices = await storage.deliveries.claim_notices(AT, AT + 1000, 10)
    shown = Delivered(ref=MessageRef(platform="slack", fields={}))
    for card in cards:
        outcome = shown if card.to == BOB_IN_SLACK else Dead(reason="blocked")
        await storage.deliveries.settle_card(card, 2, outcome, AT)
    await storage.deliveries.settle_notice(notices[0], Dead(reason="gone"), AT)
    found = await storage.condition.now(AT)
    assert found.waiting == {("notice", "slack"): 1}
    assert found.dead == {("card", "teams"): 1, ("notice", "slack"): 1}


async def test_what_could_be_sent_and_nobody_has_taken(storage: Storage) -> None:
    await ask(storage, 1, audience=(BOB_IN_SLACK,), outbox=(notice("a", rid(1)),))
    card = Waiting(rid(1), (rid(1), "slack", BOB_IN_SLACK.id, "2"), 0)
    told = Waiting(rid(1), ("notice-a",), 0)
    assert await storage.condition.unsent(AT, 10) == [card, told]
    [claimed] = await storage.deliveries.claim_cards(AT, AT + 1000, 10)
    assert await storage.condition.unsent(AT + 999, 10) == [told], "somebody sends it"
    assert await storage.condition.unsent(AT + 1000, 10) == [card._replace(since=AT + 1000), told]
    await storage.deliveries.settle_card(claimed, 2, RetryAt(reason="down", after=5000), AT)
    assert await storage.condition.unsent(AT + 4999, 10) == [told], "it is tried again later"
    assert await storage.condition.unsent(AT + 5000, 1) == [card._replace(since=AT + 5000), told]


async def test_a_card_is_dead_or_put_off_for_a_reason(storage: Storage) -> None:
    for number in (1, 2):
        await ask(storage, number, audience=(BOB_IN_SLACK,))
    first, second = await storage.deliveries.claim_cards(AT, AT + 1000, 10)
    await storage.deliveries.settle_card(first, 2, Dead(reason="blocked"), AT)
    await storage.deliveries.settle_card(second, 2, RetryAt(reason="down", after=2 * DAY), AT)
    assert await storage.condition.unexplained(AT + DAY) == []
    await run(storage, "UPDATE deliveries SET waiting_reason = NULL")
    assert await storage.condition.unexplained(AT + DAY) == [rid(2)]
    assert await storage.condition.unexplained(AT + 3 * DAY) == []
    await run(storage, "UPDATE deliveries SET dead_reason = '' WHERE dead_reason IS NOT NULL")
    assert await storage.condition.unexplained(AT + DAY) == [rid(1), rid(2)]


async def test_open_requests_are_walked_through_in_parts(storage: Storage) -> None:
    for number in range(1, 6):
        await ask(storage, number)
    await storage.store.transact(rid(5), happen(CANCELLED))
    await run(storage, f"UPDATE requests SET wake_at = NULL WHERE id = '{rid(3)}'")
    walk = storage.condition.walk
    assert await walk("pending", "", 2) == ([], rid(2))
    assert await walk("pending", rid(2), 2) == ([rid(3)], rid(4))
    assert await walk("pending", rid(4), 2) == ([], None), "what is over is none of them"
    assert await walk("changes_requested", "", 2) == ([], None)


async def test_events_without_a_position_and_without_a_checkpoint(storage: Storage) -> None:
    await ask(storage, 1)
    found = await storage.condition.now(AT)
    assert (found.unnumbered, found.unnumbered_since, found.unsigned) == (2, AT, 0)
    await storage.trail.number()
    found = await storage.condition.now(AT)
    assert (found.unnumbered, found.unnumbered_since, found.unsigned) == (0, None, 2)
    await storage.store.transact(rid(1), happen(vote(), at=AT + 7))
    found = await storage.condition.now(AT)
    assert (found.unnumbered, found.unnumbered_since, found.unsigned) == (1, AT + 7, 2)
    assert found.signed is None
    ring = KeyRing(SigningKey(bytes(range(32))))
    await Auditing(storage.trail, ring, lambda: AT + 9).complete()
    found = await storage.condition.now(AT)
    assert (found.unnumbered, found.unsigned, found.signed) == (0, 0, AT + 9)


MANY = 50_000
HALF, MUCH = MANY // 2, 10_000
_VALUES: dict[str, tuple[object, ...]] = {
    "_open": ("pending", MUCH),
    "_opened": ("pending",),
    "_due": (HALF, MUCH),
    "_cards_unsent": (HALF, 100),
    "_notices_unsent": (HALF, 100),
    "_put_off": (HALF, MUCH),
    "_walk": ("pending", "", 5000),
}
"""Of those that take more than how many rows to count."""

_FILL = (
    """INSERT INTO requests (id, version, status, category, agent, agent_key, rule, created_at,
    wake_at, deadline, head_hash, snapshot)
    SELECT 'r' || n, 1, CASE WHEN n & 1023 = 0 THEN 'pending' ELSE 'approved' END, 'review', 'a',
    'k', 'r', n, CASE WHEN n & 1023 = 0 THEN n END, CASE WHEN n & 1023 = 0 THEN n END, 'h', ''
    FROM generate_series(1, {many}) n""",
    """INSERT INTO deliveries (request_id, platform, recipient, kind, wanted, shown, attempts,
    next_at, uncertain, dead_reason)
    SELECT 'r' || n, 'slack', 'b', 'person', 2, CASE WHEN n & 1023 = 0 THEN 1 ELSE 2 END, 0, n,
    false, CASE WHEN n & 1023 = 1 THEN 'x' END FROM generate_series(1, {many}) n""",
    """INSERT INTO outbox (id, dedupe, kind, request_id, platform, recipient, recipient_kind, facts,
    state, attempts, next_at)
    SELECT 'o' || n, 'd' || n, 'result', 'r', 'slack', 'b', 'person', '', CASE WHEN n & 1023 = 0
    THEN 'pending' WHEN n & 1023 = 1 THEN 'dead' ELSE 'done' END, 0, n
    FROM generate_series(1, {many}) n""",
    """INSERT INTO events (stream, seq, type, at, body, hash)
    SELECT 's' || n, 1, 't', n, '', 'h' FROM generate_series(1, {many}) n""",
    "UPDATE sequencer SET xact = (SELECT max(xact) FROM events), arrived = {many} - 5",
    "ANALYZE",
)


_SCAN = re.compile(r"Seq Scan on (requests|deliveries|outbox|events)\b")


async def test_postgresql_looks_at_no_table_from_end_to_end(postgres_dsn: str) -> None:
    engine = open_engines(postgres_dsn).writer
    with engine.begin() as connection:
        for statement in _FILL:
            connection.exec_driver_sql(statement.format(many=MANY))
        [place] = connection.exec_driver_sql("SELECT xact, arrived FROM sequencer").all()
        given = {**_VALUES, "_new_events": (*place, 1000)}
        none: Any = None
        scanned = []
        for name, each in vars(SqlCondition(none, engine.dialect)).items():
            if isinstance(each, Statement):
                values = given.get(name, (MUCH,) if "%s" in each.text else ())
                plan = connection.exec_driver_sql(f"EXPLAIN {each.text}", values).scalars().all()
                scanned += [(name, line.strip()) for line in plan if _SCAN.search(line)]
    engine.dispose()
    assert scanned == []
