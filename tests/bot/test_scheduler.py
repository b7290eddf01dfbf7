"""The scheduler: it wakes when something is due, and what fails stops nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import pytest

from bot import clock
from bot import scheduler as scheduling
from bot.scheduler import CHUNK, Scheduler
from core.ports import Store
from core.request import RequestState
from core.rows import FIRST, Ticked, Wake
from core.service.absences import AbsenceService
from core.service.approvals import Approvals
from tests.bot.logged import logged

NOW = 5000
LATER = 3_600_000


class Due:
    """What is due, as a store and as the services that apply time to it. A broken one stays."""

    def __init__(self, *wakes: Wake, broken: Sequence[str] = ()) -> None:
        self.wakes = list(wakes)
        self.broken = set(broken)
        self.ticked: list[str] = []
        self.chunks: list[int] = []
        self.begun: list[Wake] = []
        self.seen = asyncio.Event()

    async def turn(self, limit: int) -> int:
        return 0

    async def tick_due(self, now: int, limit: int, after: Wake = FIRST) -> Ticked:
        await asyncio.sleep(0)
        self.begun.append(after)
        found = sorted(w for w in self.wakes if w[0] <= now and w > after)[:limit]
        failed = []
        for wake in found:
            self.ticked.append(wake[1])
            if wake[1] in self.broken:
                failed.append((wake[1], ValueError(f"{wake[1]} cannot be folded")))
            else:
                self.wakes.remove(wake)
        self.chunks.append(len(found))
        if found:
            self.seen.set()
        return Ticked(claimed=tuple(found), failed=tuple(failed))

    async def next_wake(self, after: int) -> int | None:
        return min((at for at, _ in self.wakes if at > after), default=None)

    async def open_ids(self, after: str, limit: int) -> Sequence[str]:
        return sorted(which for _, which in self.wakes if which > after)[:limit]

    async def tick(self, request: str) -> None:
        self.ticked.append(request)
        if request in self.broken:
            raise ValueError(f"{request} cannot be folded")


def scheduler(due: Due, now: Callable[[], int] = lambda: NOW) -> Scheduler:
    approvals, absences = cast("Approvals", due), cast("AbsenceService", due)
    return Scheduler(approvals, absences, cast("Store", due), now)


@asynccontextmanager
async def started(due: Due) -> AsyncIterator[Scheduler]:
    """By the real clock, after the first sweep, as a server starts."""
    made = scheduler(due, clock.now)
    await made.sweep()
    made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sweep in intervals: nothing is found but what wakes the scheduler by itself."""
    monkeypatch.setattr(scheduling, "SAFETY_SECONDS", 3600)


class Changed:
    """A request as a commit leaves it."""

    def __init__(self, wake_at: int | None) -> None:
        self.wake_at = wake_at


def committed(*moments: int | None) -> Sequence[RequestState]:
    return [cast("RequestState", Changed(moment)) for moment in moments]


async def test_everything_due_is_done_in_one_pass_by_chunks() -> None:
    due = Due(*((NOW, f"r{n:03}") for n in range(250)), (NOW + 1, "later"))
    swept = scheduler(due)
    await swept.sweep()
    assert (due.wakes, due.chunks) == ([(NOW + 1, "later")], [CHUNK, CHUNK, 50])
    assert swept.last_pass == NOW


async def test_a_request_that_fails_is_logged_and_aborts_nothing() -> None:
    due = Due((1, "a"), (2, "b"), (3, "c"), broken=["b"])
    swept = scheduler(due)
    with logged() as logs:
        await swept.sweep()
    assert due.wakes == [(2, "b")]
    assert swept.last_pass == NOW, "the pass was finished"
    [line] = logs
    assert (line["event"], line["request"]) == ("tick_failed", "b")
    assert isinstance(line["exc_info"], ValueError)


async def test_absences_that_cannot_be_applied_are_logged_and_keep_no_deadline_waiting() -> None:
    class Broken(Due):
        async def turn(self, limit: int) -> int:
            raise RecursionError

    due = Broken((NOW, "a"))
    swept = scheduler(due)
    with logged() as logs:
        await swept.turn()
        await swept.sweep()
    assert (due.wakes, swept.last_pass) == ([], NOW)
    assert [line["event"] for line in logs] == ["absences_failed"]


class Turning(Due):
    """Absences that take as long to apply as the test wants."""

    def __init__(self, *wakes: Wake) -> None:
        super().__init__(*wakes)
        self.turned = self.together = self.most = 0
        self.to_turn = 0
        self.begins, self.go = asyncio.Event(), asyncio.Event()

    async def turn(self, limit: int) -> int:
        self.turned += 1
        self.together += 1
        self.most = max(self.most, self.together)
        self.begins.set()
        done = min(self.to_turn, limit)
        self.to_turn -= done
        await self.go.wait()
        self.together -= 1
        return done


@pytest.mark.usefixtures("alone")
async def test_deadlines_do_not_wait_until_all_that_an_absence_touches_is_settled() -> None:
    now = clock.now()
    due = Turning((now + 60, "a"), (now + 120, "b"))
    async with asyncio.timeout(20), started(due):
        await due.begins.wait()
        while due.ticked != ["a", "b"]:
            due.seen.clear()
            await due.seen.wait()
        assert (due.together, due.most) == (1, 1)
        due.go.set()


@pytest.mark.usefixtures("alone")
async def test_what_makes_a_pass_begin_has_absences_applied_too() -> None:
    due = Turning()
    due.go.set()
    async with asyncio.timeout(20), started(due) as running:
        await due.begins.wait()
        due.begins.clear()
        running.wake_by(clock.now())
        await due.begins.wait()
    assert due.turned == 2


async def test_an_absence_that_turns_while_others_are_settled_is_applied_after_them() -> None:
    due = Turning()
    swept = scheduler(due)
    first = asyncio.create_task(swept.turn())
    async with asyncio.timeout(20):
        await due.begins.wait()
        await asyncio.gather(swept.turn(), swept.turn())
        assert due.turned == 1
        due.go.set()
        await first
    assert (due.turned, due.most) == (2, 1)


async def test_absences_are_applied_until_none_is_left() -> None:
    due = Turning()
    due.go.set()
    due.to_turn = 2 * CHUNK + 1
    await scheduler(due).turn()
    assert (due.to_turn, due.turned) == (0, 3)


async def test_requests_that_keep_failing_do_not_starve_those_behind_them() -> None:
    broken = [f"bad{n:04}" for n in range(60 * CHUNK)]
    due = Due(*((1, b) for b in broken), *((2, f"good{n}") for n in range(5)), broken=broken)
    with logged():
        await scheduler(due).sweep()
    assert [which for _, which in due.wakes] == broken
    assert len(due.ticked) == len(set(due.ticked)) == len(broken) + 5, "each once in a pass"


async def test_what_failed_is_tried_again_by_the_next_sweep_of_everything() -> None:
    due = Due((1, "a"), broken=["a"])
    swept = scheduler(due)
    with logged():
        await swept.sweep()
    due.broken.clear()
    await swept.sweep()
    assert due.wakes == []


async def test_a_pass_for_what_falls_due_leaves_alone_what_failed_before() -> None:
    due = Due((1, "a"), (NOW, "b"), broken=["a"])
    await scheduler(due).sweep(since=NOW)
    assert due.ticked == ["b"]


async def test_a_database_that_cannot_be_written_is_not_a_finished_pass() -> None:
    class Broken(Due):
        async def tick_due(self, now: int, limit: int, after: Wake = FIRST) -> Ticked:
            raise OSError("no")

    swept = scheduler(Broken())
    with logged() as logs:
        await swept.sweep()
    assert [line["event"] for line in logs] == ["sweep_failed"]
    assert swept.last_pass == 0


async def test_each_chunk_is_told_to_who_observes() -> None:
    due = Due((1, "a"), (2, "b"), broken=["b"])
    told: list[tuple[tuple[Wake, ...], list[str], int]] = []
    swept = scheduler(due)
    swept.observe(lambda t, now: told.append((t.claimed, [f for f, _ in t.failed], now)))
    with logged():
        await swept.sweep()
    assert told == [(((1, "a"), (2, "b")), ["b"], NOW)]


async def test_everything_open_is_brought_in_line_in_steps_whatever_fails() -> None:
    due = Due(*((LATER, f"r{n:03}") for n in range(250)), broken=["r100"])
    with logged() as logs:
        await scheduler(due).replan()
    assert due.ticked == [f"r{n:03}" for n in range(250)]
    assert [(line["event"], line["request"]) for line in logs] == [("tick_failed", "r100")]


@pytest.mark.usefixtures("alone")
async def test_it_wakes_by_itself_when_the_first_deadline_comes_and_then_for_the_next() -> None:
    now = clock.now()
    due = Due((now + 60, "a"), (now + 200, "b"), (now + LATER, "c"))
    async with asyncio.timeout(20), started(due):
        while due.ticked != ["a", "b"]:
            due.seen.clear()
            await due.seen.wait()
    assert due.wakes == [(now + LATER, "c")]


@pytest.mark.usefixtures("alone")
async def test_a_commit_that_is_due_earlier_brings_the_next_pass_forward() -> None:
    now = clock.now()
    due = Due((now + LATER, "late"))
    async with asyncio.timeout(20), started(due) as running:
        due.wakes.append((now + 100, "new"))
        running.changed(committed(None, now + LATER, now + 100))
        await due.seen.wait()
    assert due.ticked == ["new"]
    assert due.begun[-1] == (now + 100, ""), "and it begins with what made it wake"


@pytest.mark.usefixtures("alone")
async def test_what_is_committed_with_a_moment_that_has_passed_is_not_left_lying() -> None:
    now = clock.now()
    due = Due()
    async with asyncio.timeout(20), started(due) as running:
        due.wakes.append((now - LATER, "old"))
        running.wake_by(now - LATER)
        await due.seen.wait()
    assert due.ticked == ["old"]


@pytest.mark.usefixtures("alone")
async def test_a_request_that_fails_does_not_keep_waking_it() -> None:
    """What stays due is no reason for another pass: it would come again at once, for ever."""
    now = clock.now()
    due = Due((now - 5, "bad"), (now + 100, "good"), broken=["bad"])
    with logged():
        async with asyncio.timeout(20), started(due) as running:
            while "good" not in due.ticked:
                due.seen.clear()
                await due.seen.wait()
            await running._pass()
            assert running._armed == scheduling.NEVER
    assert due.ticked == ["bad", "good"]


@pytest.mark.usefixtures("alone")
async def test_commits_during_a_pass_that_are_due_start_no_second_one_beside_it() -> None:
    under_way, go = asyncio.Event(), asyncio.Event()

    class Slow(Due):
        together = most = 0

        async def tick_due(self, now: int, limit: int, after: Wake = FIRST) -> Ticked:
            self.together += 1
            self.most = max(self.most, self.together)
            if self.wakes:
                under_way.set()
                await go.wait()
            self.together -= 1
            return await super().tick_due(now, limit, after)

    now = clock.now()
    due = Slow()
    async with asyncio.timeout(20), started(due) as running:
        due.wakes.append((now - 1, "first"))
        running.wake_by(now - 1)
        await under_way.wait()
        running.wake_by(now - 2)
        while running._armed != scheduling.NEVER:  # noqa: ASYNC110 - the timer tells nobody
            await asyncio.sleep(0.01)
        due.wakes.append((now - 2, "second"))
        go.set()
        while len(due.ticked) < 2:
            due.seen.clear()
            await due.seen.wait()
    assert (sorted(due.ticked), due.most) == (["first", "second"], 1)


@pytest.mark.usefixtures("alone")
async def test_nothing_due_costs_nothing_between_two_sweeps() -> None:
    due = Due((clock.now() + LATER, "late"))
    async with started(due) as running:
        begun = len(due.begun)
        running.changed(committed(clock.now() + 2 * LATER, None))
        await asyncio.sleep(0.2)
        assert len(due.begun) == begun
        [waits] = [job for job in running._timer.get_jobs() if job.id == "due"]
        assert waits.trigger.run_date.timestamp() * 1000 > clock.now() + LATER // 2


async def test_a_moment_in_the_far_future_can_be_waited_for() -> None:
    due = Due((1 << 50, "never"))
    async with started(due) as running:
        assert [job.id for job in running._timer.get_jobs()].count("due") == 1


async def test_stopping_ends_a_pass_between_two_chunks() -> None:
    due = Due(*((1, f"r{n:03}") for n in range(250)))
    swept = scheduler(due)
    first = due.tick_due

    async def stopping(now: int, limit: int, after: Wake = FIRST) -> Ticked:
        await swept.stop()
        return await first(now, limit, after)

    due.tick_due = stopping  # type: ignore[method-assign]  # the stop comes in the middle
    await swept.sweep()
    assert due.chunks == [CHUNK]


async def test_stopping_cuts_off_a_job_that_outlasts_the_grace() -> None:
    begun, ended = asyncio.Event(), list[str]()

    async def job() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("cut off")

    due = Due()
    made = Scheduler(
        cast("Approvals", due),
        cast("AbsenceService", due),
        cast("Store", due),
        clock.now,
        [(job, 3600)],
    )
    made.start()
    await asyncio.wait_for(begun.wait(), 10)
    await made.stop(grace=0.01)
    assert ended == ["cut off"]
