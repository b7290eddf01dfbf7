"""Standing delegations over HTTP: for oneself, for others as an administrator, once each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import Json, Time
from tests.e2e.rulebook import ADA, DEV, FINN, MARA, OLGA, Desk, rulebook

PATH = "/v1/delegations"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    async with rulebook(tmp_path, time) as running:
        yield running


async def set_one(desk: Desk, who: str, body: Json, **headers: str) -> tuple[int, Json]:
    key = await desk.key_of(who) if "@" in who else who
    return await desk.co.call("POST", PATH, key, body, **headers)


async def test_it_covers_what_is_open_and_gives_it_back_at_its_end(desk: Desk) -> None:
    asked = await desk.ask()
    status, made = await set_one(desk, MARA, {"to": DEV})
    assert (status, made["from"], made["active"], made["until"]) == (201, MARA, True, None)
    covered = await desk.see(asked)
    (delegation,) = covered["delegations"]
    assert (delegation["to"], delegation["standing"]) == (DEV, made["id"])
    path = f"{PATH}/{made['id']}"
    status, ended = await desk.co.call("DELETE", path, await desk.key_of(MARA))
    assert (status, ended["active"]) == (200, False)
    assert (await desk.see(asked))["delegations"][0]["ended"] is True
    status, found = await desk.co.call("DELETE", path, await desk.key_of(MARA))
    assert (status, found["reason"]) == (404, "unknown_absence")


async def test_a_cap_and_categories_limit_it(desk: Desk) -> None:
    asked = await desk.ask()
    for limits in ({"amount_cap": 899.5}, {"categories": ["contract"]}, {"currency": "EUR"}):
        status, made = await set_one(desk, MARA, {"to": DEV} | limits)
        assert status == 201, made
        assert (await desk.see(asked))["delegations"] == []
        key = await desk.key_of(MARA)
        assert (await desk.co.call("DELETE", f"{PATH}/{made['id']}", key))[0] == 200
    assert (await set_one(desk, MARA, {"to": DEV, "amount_cap": "900"}))[0] == 201
    assert len((await desk.see(asked))["delegations"]) == 1


async def test_it_begins_and_ends_by_itself(desk: Desk, time: Time) -> None:
    asked = await desk.ask()
    await set_one(desk, MARA, {"to": DEV, "until": "2999-01-01T00:00:00Z"})
    status, refused = await set_one(desk, MARA, {"to": DEV, "until": "2020-01-01T00:00:00Z"})
    assert (status, refused["reason"]) == (422, "invalid_field")
    assert (await desk.see(asked))["delegations"][0]["until"].startswith("2999-01-01T00:00:00")


async def test_the_same_call_makes_one(desk: Desk) -> None:
    once = {"Idempotency_Key": "away"}
    first = await set_one(desk, MARA, {"to": DEV}, **once)
    again = await set_one(desk, MARA, {"to": DEV}, **once)
    assert first == again
    status, other = await set_one(desk, MARA, {"to": FINN}, **once)
    assert (status, other["reason"]) == (422, "idempotency_mismatch")
    _, listed = await desk.co.call("GET", PATH, await desk.key_of(MARA))
    assert [d["id"] for d in listed["items"]] == [first[1]["id"]]


async def test_the_same_person_is_named_once_for_a_time_and_twenty_in_all(desk: Desk) -> None:
    _, made = await set_one(desk, MARA, {"to": DEV, "categories": ["expense"]})
    for again in ({}, {"categories": ["contract", "expense"]}, {"amount_cap": "5"}):
        status, refused = await set_one(desk, MARA, {"to": DEV} | again)
        assert (status, refused["reason"]) == (409, "absence_exists")
        assert made["id"] in refused["detail"]
    for number in range(19):
        status, _ = await set_one(desk, MARA, {"to": DEV, "categories": [f"kind-{number}"]})
        assert status == 201
    status, refused = await set_one(desk, MARA, {"to": FINN})
    assert (status, refused["reason"]) == (409, "too_many_absences")
    assert (await set_one(desk, FINN, {"to": DEV}))[0] == 201


async def test_only_administrators_act_for_others(desk: Desk) -> None:
    body = {"from": MARA, "to": DEV}
    status, refused = await set_one(desk, FINN, body)
    assert (status, refused["reason"]) == (403, "not_admin")
    admin = await desk.co.key("admin")
    for who, to in ((ADA, DEV), (admin, FINN)):
        assert (await set_one(desk, who, body | {"to": to}))[0] == 201
    status, refused = await set_one(desk, admin, {"to": DEV})
    assert (status, refused["reason"]) == (403, "no_person")


async def test_everyone_sees_their_own_and_administrators_see_all(desk: Desk) -> None:
    _, made = await set_one(desk, MARA, {"to": DEV})

    async def seen(key: str, query: str = "") -> tuple[int, list[str] | str]:
        status, found = await desk.co.call("GET", PATH + query, key)
        return status, found["reason"] if status != 200 else [d["id"] for d in found["items"]]

    for key in (await desk.key_of(MARA), await desk.key_of(DEV), await desk.co.key("admin")):
        assert await seen(key) == (200, [made["id"]])
    olga = await desk.key_of(OLGA)
    assert await seen(olga) == (200, [])
    assert await seen(olga, f"?person={MARA}") == (403, "not_admin")
    assert await seen(await desk.co.key("admin"), f"?person={OLGA}") == (200, [])
    assert await seen(await desk.co.key("read")) == (403, "no_person")
    status, refused = await desk.co.call("DELETE", f"{PATH}/{made['id']}", olga)
    assert (status, refused["reason"]) == (404, "unknown_absence")


async def test_a_key_that_was_revoked_just_now_sets_and_ends_nothing(desk: Desk) -> None:
    _, made = await set_one(desk, MARA, {"to": DEV})
    admin = await desk.co.key("admin", name="operator")
    row = next(k for k in await desk.co.storage.keys.all_keys() if k.name == "operator")
    assert (await set_one(desk, admin, {"from": FINN, "to": DEV}))[0] == 201
    await desk.co.storage.keys.revoke_key(row.id, desk.co.app.approvals.world.clock())
    status, refused = await set_one(desk, admin, {"from": OLGA, "to": DEV})
    assert (status, refused["reason"]) == (401, "key_revoked")
    status, refused = await desk.co.call("DELETE", f"{PATH}/{made['id']}", admin)
    assert (status, refused["reason"]) == (401, "key_revoked")


async def test_a_circle_or_a_stranger_is_refused(desk: Desk) -> None:
    await set_one(desk, MARA, {"to": DEV})
    for who, to, answer in (
        (DEV, MARA, (409, "delegation_cycle")),
        (FINN, FINN, (409, "delegation_cycle")),
        (FINN, "nobody@example.com", (422, "unknown_person")),
    ):
        status, refused = await set_one(desk, who, {"to": to})
        assert (status, refused["reason"]) == answer
