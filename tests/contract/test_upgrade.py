"""A database that was filled by the first version goes on as it was, with all that it holds."""

import asyncio
import hashlib
import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from core.audit.chain import broken_at
from core.route import Entry
from core.rows import ListFilter, Reads
from storage import open_storage
from storage.engine import open_engines
from storage.migrate import _config, check, upgrade
from tests.storage.absent import POLICY, RULES, look, next_policy
from tests.storage.purchase import ALICE, AT, BOB, CAROL, DAN, DAY, happen, rid, submit, vote

BOBS = [{"people": [BOB], "ref": BOB}]
HELPERS = [{"people": [CAROL, DAN], "ref": "group:finance"}, {"people": [DAN], "ref": DAN}]
ASKED = Entry("group:finance", (CAROL, DAN)), Entry(DAN, (DAN,))


def plans(helpers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first: dict[str, Any] = {"entries": BOBS, "level": 1, "name": "Manager"}
    if helpers:
        first["escalate_to"] = helpers
    carols = [{"people": [CAROL], "ref": CAROL}]
    return [first, {"entries": carols, "level": 2, "name": "Finance", "sla": 1000}]


def route(helpers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "category": "review",
        "policy_version": "a" * 64,
        "rule": "purchases",
        "stages": plans(helpers),
    }


def snapshot(id: str, helpers: list[dict[str, Any]]) -> bytes:
    """What the first version kept of a request that waits for Bob."""
    first, second = plans(helpers)
    opened = {"entries": BOBS, "opened_at": AT, "plan": first, "round": 1, "status": "pending"}
    return canonical(
        {
            "action_type": "purchase_order",
            "agent": "procurement",
            "agent_key": "key1",
            "commitment": "c" * 64,
            "content": f"{id}.r1",
            "created_at": AT,
            "expires_at": AT + DAY,
            "id": id,
            "requester": ALICE,
            "revision": 1,
            "route": route(helpers),
            "stages": [opened, {"plan": second}],
            "submitter": DAN,
            "version": 2,
        }
    )


def records(id: str, helpers: list[dict[str, Any]]) -> list[bytes]:
    """What the first version recorded of it."""
    submitted = {
        "action_type": "purchase_order",
        "agent": "procurement",
        "agent_key": "key1",
        "commitment": "c" * 64,
        "content": f"{id}.r1",
        "expires_at": AT + DAY,
        "requester": ALICE,
        "route": route(helpers),
        "type": "submitted",
    }
    opened = {"entries": BOBS, "level": 1, "round": 1, "type": "stage_opened"}
    bodies: list[bytes] = []
    for seq, event in enumerate((submitted, opened), start=1):
        previous = hashlib.sha256(bodies[-1]).hexdigest() if bodies else "0" * 64
        actor = {"agent": "key1", "via": "api"}
        record = {"actor": actor, "at": AT, "event": event, "previous": previous}
        bodies.append(canonical(record | {"seq": seq, "stream": id}))
    return bodies


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def fill(connection: Connection, id: str, helpers: list[dict[str, Any]]) -> None:
    bodies = records(id, helpers)
    digests = [hashlib.sha256(body).hexdigest() for body in bodies]
    connection.execute(
        text(
            "INSERT INTO requests VALUES (:id, 2, 'pending', 'review', :alice, 'procurement', "
            "'key1', 'purchases', :at, :end, :end, :hash, :snapshot)"
        ),
        {
            "id": id,
            "alice": ALICE,
            "at": AT,
            "end": AT + DAY,
            "hash": digests[-1],
            "snapshot": snapshot(id, helpers),
        },
    )
    for person, kind in ((ALICE, "requester"), (BOB, "asked"), (BOB, "open"), (CAROL, "planned")):
        connection.execute(
            text("INSERT INTO request_people VALUES (:id, :person, :kind)"),
            {"id": id, "person": person, "kind": kind},
        )
    for seq, (body, digest) in enumerate(zip(bodies, digests, strict=True), start=1):
        connection.execute(
            text("INSERT INTO events VALUES (:id, :seq, 'some', :at, :body, :hash)"),
            {"id": id, "seq": seq, "at": AT, "body": body, "hash": digest},
        )
    post(connection, id)
    connection.execute(
        text("INSERT INTO content VALUES (:id, :row, '5', :body)"),
        {"id": id, "row": f"{id}.r1", "body": b"{}"},
    )


def post(connection: Connection, id: str) -> None:
    """Bob's card in Slack, posted twice, and once more in Teams, as these were kept then."""
    ref = f'{{"fields":{{"channel":"D1","team":"T1","ts":"{id}"}},"platform":"slack"}}'
    elsewhere = '{"fields":{"activity":"1","conversation":"a"},"platform":"teams"}'
    for platform, kept in (("slack", ref), ("slack", ref), ("teams", elsewhere)):
        row = {"id": id, "platform": platform, "bob": BOB, "ref": kept, "at": AT}
        connection.execute(
            text(
                "INSERT INTO deliveries VALUES (:id, :platform, :bob, 'person', 2, 2, 0, 0, "
                "NULL, false, NULL, NULL) ON CONFLICT DO NOTHING"
            ),
            row,
        )
        connection.execute(
            text(
                "INSERT INTO messages (request_id, platform, recipient, ref, posted_at) "
                "VALUES (:id, :platform, :bob, :ref, :at)"
            ),
            row,
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A database of the first version: 600 requests, of which the 7th and the last had helpers."""
    dsn = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        dsn = request.getfixturevalue("empty_postgres")
    engines = open_engines(dsn)
    with engines.writer.begin() as connection:
        command.upgrade(_config(connection), "0001")
        for number in range(1, 601):
            fill(connection, rid(number), HELPERS if number in (7, 600) else [])
        connection.execute(
            text(
                "INSERT INTO api_keys VALUES ('key1', 'agent', '[\"submit\"]', :hash, "
                "NULL, NULL, '[]', :at, NULL, NULL)"
            ),
            {"hash": "h" * 64, "at": AT},
        )
    engines.dispose()
    return dsn


async def test_everything_is_there_after_the_upgrade_and_goes_on(filled: str) -> None:
    before = check(filled)
    assert before is not None
    assert before.startswith("The tables are at 0001")
    await asyncio.to_thread(upgrade, filled)
    assert check(filled) is None
    storage = open_storage(filled)
    store = storage.store
    for number in (7, 600):
        found = await store.snapshot(rid(number))
        assert found is not None
        assert found.state.route is not None
        for plan in (found.state.stages[0].plan, found.state.route.stages[0]):
            assert plan.escalate_to == (ASKED,), "one level of two entries, as it was"
    found = await store.snapshot(rid(8))
    assert found is not None
    assert found.state.stages[0].plan.escalate_to == ()
    assert await store.transact(rid(7), happen(vote())) == "3"
    links = await store.links(rid(7))
    assert broken_at(rid(7), [(link.body, link.hash) for link in links]) is None
    dans = await store.listed(ListFilter(visible_to_person=DAN, limit=1000))
    assert len(dans.items) == 600, "the person of the key that submitted may see them"
    assert list(await store.open_ids(rid(598), 10)) == [rid(599), rid(600)]
    assert await storage.keys.revoke_key("key1", AT) is True
    assert [link.type for link in await store.links("key:key1")] == ["key_revoked"]
    await storage.close()


async def test_what_came_with_the_upgrade_works_on_what_was_there(filled: str) -> None:
    await asyncio.to_thread(upgrade, filled)
    storage = open_storage(filled)
    store = storage.store
    loaded = await look(storage, RULES)
    assert (loaded.standing, loaded.frozen) == ((), False)
    await store.transact(rid(601), submit(rid(601), previous=rid(1)))
    follows = await look(storage, Reads(follows=rid(1)))
    assert follows.previous is not None
    assert (follows.previous.id, follows.follower) == (rid(1), rid(601))
    assert await store.transact("", next_policy, POLICY) == "v1"
    for number in (1, 300, 600):
        about = await storage.messages.request_of("slack", f"D1:{rid(number)}")
        assert about == rid(number), "what is answered to older messages finds its request"
    await storage.close()
