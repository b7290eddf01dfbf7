"""The task that looks at what the policy wants people to be told."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from bot import alerting
from bot.alerting import Alerting
from core.alerting.episode import Episode
from core.alerting.port import AlertStore, Load
from core.service.approvals import World
from storage.checkpoints import SqlTrail
from tests.bot.logged import logged
from tests.core.desk import Desk
from tests.core.shown import asked


class Store:
    """One that cannot be read the first time, and whose turn is never this server's."""

    def __init__(self) -> None:
        self.looks: asyncio.Queue[int] = asyncio.Queue()
        self.count = 0

    async def open(self) -> Sequence[Episode]:
        self.count += 1
        self.looks.put_nowait(self.count)
        if self.count == 1:
            raise OSError("the database is away")
        return ()

    async def move(self, episodes: Sequence[Episode]) -> None:
        assert not episodes

    async def claim(self, *_: object) -> bool:
        return False


def made(store: Store) -> Alerting:
    world: World = Desk(asked()).chat._approvals.world
    unused: Any = None
    return Alerting(
        world,
        cast("AlertStore", store),
        cast("Load", unused),
        cast("SqlTrail", unused),
        lambda: None,
        lambda: (),
        replica="one",
    )


async def test_a_look_that_fails_is_told_and_the_next_one_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alerting, "EVERY", 0.0)
    store = Store()
    task = made(store)
    with logged() as lines:
        await task.start()
        assert [await store.looks.get() for _ in range(3)] == [1, 2, 3]
        await task.stop()
    assert [line["event"] for line in lines] == ["alerting_failed"]


async def test_it_stops_while_it_waits_for_the_next_look() -> None:
    store = Store()
    task = made(store)
    with logged():
        await task.start()
        assert await store.looks.get() == 1
        await task.stop()
    assert store.looks.empty()


async def test_what_was_never_started_can_be_stopped() -> None:
    await made(Store()).stop()
