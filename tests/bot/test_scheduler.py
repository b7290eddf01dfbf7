"""The scheduler: a request that fails stops neither the others nor the next pass."""

import asyncio
from collections.abc import Sequence
from typing import cast

from bot.scheduler import CHUNK, Scheduler
from core.ports import Store
from core.service.absences import AbsenceService
from core.service.approvals import Approvals
from tests.bot.logged import logged

NOW = 5000


class Due:
    """What is due, as a store and as the service that applies time to it."""

    def __init__(self, ids: Sequence[str], broken: Sequence[str] = ()) -> None:
        self.ids = list(ids)
        self.broken = set(broken)
        self.ticked: list[str] = []
        self.together = self.most = 0

    async def turn(self, limit: int) -> int:
        return 0

    async def due(self, now: int, limit: int) -> Sequence[str]:
        assert now == NOW
        return self.ids[:limit]

    async def tick(self, request_id: str) -> None:
        self.together += 1
        self.most = max(self.most, self.together)
        await asyncio.sleep(0)
        self.together -= 1
        self.ticked.append(request_id)
        if request_id in self.broken:
            raise ValueError(f"{request_id} cannot be folded")
        self.ids.remove(request_id)


def scheduler(due: Due) -> Scheduler:
    approvals, absences = cast("Approvals", due), cast("AbsenceService", due)
    return Scheduler(approvals, absences, cast("Store", due), lambda: NOW)


async def test_everything_due_is_done_in_one_pass_and_chunks_run_together() -> None:
    due = Due([f"r{n:03}" for n in range(250)])
    swept = scheduler(due)
    await swept.sweep()
    assert (due.ids, len(due.ticked), due.most) == ([], 250, CHUNK)
    assert swept.last_pass == NOW


async def test_a_request_that_fails_is_logged_and_aborts_nothing() -> None:
    due = Due(["a", "b", "c"], broken=["b"])
    swept = scheduler(due)
    with logged() as logs:
        await swept.sweep()
    assert due.ids == ["b"]
    assert swept.last_pass == NOW, "the pass was finished"
    [line] = logs
    assert (line["event"], line["request"]) == ("tick_failed", "b")
    assert isinstance(line["exc_info"], ValueError)


async def test_absences_that_cannot_be_applied_are_logged_and_keep_no_deadline_waiting() -> None:
    class Broken(Due):
        async def turn(self, limit: int) -> int:
            raise RecursionError

    due = Broken(["a"])
    swept = scheduler(due)
    with logged() as logs:
        await swept.sweep()
    assert (due.ids, swept.last_pass) == ([], NOW)
    assert [line["event"] for line in logs] == ["absences_failed"]


async def test_requests_that_keep_failing_do_not_starve_those_behind_them() -> None:
    broken = [f"bad{n:03}" for n in range(CHUNK + 20)]
    due = Due([*broken, *(f"good{n}" for n in range(5))], broken)
    await scheduler(due).sweep()
    assert due.ids == broken
    assert len(due.ticked) == len(set(due.ticked)) == CHUNK + 25, "each once in a pass"


async def test_what_failed_is_tried_again_in_the_next_pass() -> None:
    due = Due(["a"], broken=["a"])
    swept = scheduler(due)
    await swept.sweep()
    due.broken.clear()
    await swept.sweep()
    assert due.ids == []


async def test_a_database_that_cannot_be_read_is_not_a_finished_pass() -> None:
    class Broken(Due):
        async def due(self, now: int, limit: int) -> Sequence[str]:
            raise OSError("no")

    swept = scheduler(Broken([]))
    with logged() as logs:
        await swept.sweep()
    assert [line["event"] for line in logs] == ["sweep_failed"]
    assert swept.last_pass == 0
