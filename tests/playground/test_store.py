"""What the playground keeps: over a restart, over a kill, for one process at a time."""

import asyncio
from pathlib import Path

import pytest

from playground.store import Store, StoreBusy


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.section("slack.a")["x"] = {"n": 1}
    store.section("slack.a")["y"] = {"n": 2}
    store.section("slack.a")["x"] = {"n": 3}
    del store.section("slack.a")["y"]
    store.section("slack.a")["z"] = {"ü": [None, True]}
    assert store.next_number("ids") == 1
    store.changed()
    revision = store.revision
    store.close()
    again = Store(tmp_path)
    assert dict(again.section("slack.a")) == {"x": {"n": 3}, "z": {"ü": [None, True]}}
    assert again.next_number("ids") == 2
    assert again.revision == revision
    again.close()


def test_values_are_copies_until_they_are_assigned(store: Store) -> None:
    given = {"list": [1]}
    section = store.section("slack.a")
    section["x"] = given
    given["list"].append(2)
    section["x"]["list"].append(3)
    assert section["x"] == {"list": [1]}
    store.close()


def test_order_is_that_of_first_insertion(tmp_path: Path) -> None:
    store = Store(tmp_path)
    section = store.section("slack.a")
    for key in ("b", "a", "c"):
        section[key] = {}
    section["b"] = {"changed": True}
    assert list(section) == ["b", "a", "c"]
    store.close()
    again = Store(tmp_path)
    assert list(again.section("slack.a")) == ["b", "a", "c"]
    again.close()


def test_fresh_start_forgets_but_numbers_go_on(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.section("slack.a")["x"] = {}
    store.log_call("slack", "auth.test", {}, status=200, error=None, at=1.0)
    store.next_number("ids")
    revision = store.revision
    store.close()
    fresh = Store(tmp_path, fresh=True)
    assert len(fresh.section("slack.a")) == 0
    assert fresh.calls() == []
    assert fresh.next_number("ids") == 2
    assert fresh.revision > revision
    fresh.close()


def test_second_process_is_kept_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreBusy):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


async def test_waiting_ends_with_the_next_change(store: Store) -> None:
    before = store.revision
    waiting = asyncio.ensure_future(store.wait_beyond(before, 5))
    await asyncio.sleep(0)
    store.changed()
    assert await asyncio.wait_for(waiting, 1) == before + 1
    # An answer at once when something has changed already, or when the asker knows a later one.
    assert await store.wait_beyond(before, 5) == before + 1
    assert await store.wait_beyond(before + 9, 5) == before + 1
    assert await store.wait_beyond(before + 1, 0.01) == before + 1
    store.close()


def test_log_is_numbered_and_read_from_anywhere(store: Store) -> None:
    for method in ("a", "b", "c"):
        store.log_call("slack", method, {"x": 1}, status=200, error=None, at=5.0)
    first, *rest = store.calls()
    assert [call["method"] for call in rest] == ["b", "c"]
    assert store.calls(first["n"]) == rest
    assert first == {
        "n": first["n"],
        "platform": "slack",
        "method": "a",
        "args": {"x": 1},
        "status": 200,
        "error": None,
        "at": 5.0,
    }
    store.close()


def test_last_fifty_deliveries_are_kept(store: Store) -> None:
    for number in range(60):
        store.delivered("slack", str(number), status=200, ms=1.26, at=1.0, error=None)
    kept = store.deliveries()
    assert [kept[0]["kind"], kept[-1]["kind"], len(kept)] == ["10", "59", 50]
    assert kept[0]["ms"] == 1.3
    store.close()
