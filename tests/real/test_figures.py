"""Figures of real cases, loaded through the HTTP API, are those of the log itself."""

from collections import Counter
from pathlib import Path

import pytest

from core.events import Escalated, Reminded, Voted
from core.insight.figures import DAY, Asked, Figures, RequestFigures, StageFigures
from core.insight.histogram import RELATIVE_ERROR, Times
from tests.real.approval_log import DATA, LOGS, Case, cases, play
from tests.real.played_by_http import Done, Ledger, player

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the real approval logs (../shared/data/approvals) are not here"
)
RULE = "declaration"
ENDS = ("approved", "rejected", "sent_back", "cancelled")
SAMPLE = 100
"""Cases of each log, from all over it."""


def some(log: str, count: int | None) -> list[Case]:
    """Cases that were submitted."""
    found = [case for case in cases(log) if case.steps]
    return found if count is None else found[:: len(found) // count]


def near(told: Times, durations: list[int]) -> None:
    """What is told of durations is true of them, within the error that is stated."""
    assert told.count == len(durations)
    ordered = sorted(durations)
    for value, percent in ((told.median, 50), (told.slow, 90)):
        if not ordered:
            assert value is None
            continue
        assert value is not None
        true = ordered[-(-len(ordered) * percent // 100) - 1]
        assert abs(value - true) <= max(RELATIVE_ERROR * true, 1_000)


def agree_requests(told: RequestFigures, done: list[Done]) -> None:
    counts = Counter(each.what for each in done)
    found = {name: getattr(told, name) for name in RequestFigures.__struct_fields__}
    numbers = {name: n for name, n in found.items() if isinstance(n, int) and n}
    numbers.pop("edits", None)
    assert numbers == dict(counts)
    near(told.took, [each.took for each in done if each.took is not None])


def agree_stages(told: StageFigures, done: list[Done]) -> None:
    counts = Counter(each.what for each in done)
    counts["kept"] = sum(each.late is False for each in done)
    counts["breached"] = sum(each.late is True for each in done)
    for name, count in counts.items():
        assert getattr(told, name) == count, name
    assert told.ended == sum(n for name, n in counts.items() if name in ENDS)
    near(told.took, [each.took for each in done if each.took is not None])


def agree(found: Figures, ledger: Ledger) -> None:
    """All that is told of a period is what the ledger has of it."""
    asked = found.asked

    def held(done: list[Done], *, all_agents: bool = False) -> list[Done]:
        return [
            each
            for each in done
            if asked.since <= each.at < asked.until
            and (all_agents or asked.agent in (None, each.agent))
        ]

    requests = held(ledger.requests)
    agree_requests(found.total, requests)
    for agent, told in found.by_agent.items():
        agree_requests(told, [each for each in requests if each.agent == agent])
    assert found.by_rule.get(RULE, RequestFigures()) == found.total
    for point in found.series:
        first, last = point.first * DAY, (point.last + 1) * DAY
        agree_requests(point.figures, [each for each in requests if first <= each.at < last])
    stages = held(ledger.stages, all_agents=True)
    if asked.stage is None:
        assert {stage for _, stage in found.stages} == {each.name for each in stages}
    for (_, stage), told_of in found.stages.items():
        agree_stages(told_of, [each for each in stages if each.name == stage])
    people = held(ledger.people, all_agents=True)
    decided = {name: figures for name, figures in found.people.items() if figures.decided}
    assert set(decided) == {each.name for each in people}
    for person, figures in decided.items():
        theirs = [each for each in people if each.name == person]
        counts = Counter(each.what for each in theirs)
        assert (figures.approved, figures.rejected) == (counts["approved"], counts["rejected"])
        near(figures.took, [each.took for each in theirs if each.took is not None])


async def check(folder: Path, count: int | None) -> None:
    logs = {log: some(log, count) for log in LOGS}
    async with player(folder, LOGS) as one:
        await one.play(logs)
        while (await one.storage.trail.number()).seen:
            pass
        while (await one.storage.figures.follow()).seen:
            pass
        first = min(done.at for done in one.ledger.requests) // DAY
        last = one.now // DAY
        happened = Counter[type]()
        for since, days in [(n, 366) for n in range(first, last + 1, 366)] + [
            (first + 100, 30),
            (first + 401, 91),
        ]:
            for narrowed in ({}, {"agent": LOGS[0]}, {"rule": RULE, "stage": "SUPERVISOR"}):
                asked = Asked(first=since, last=since + days - 1, people=True, **narrowed)
                found = await one.storage.figures.figures(asked, one.now)
                agree(found, one.ledger)
            if days == 366:
                whole = Asked(first=since, last=since + 365, people=True)
                all_ = await one.storage.figures.figures(whole, one.now)
                happened[Escalated] += sum(each.escalations for each in all_.stages.values())
                happened[Reminded] += sum(each.reminders for each in all_.stages.values())
                happened[Voted] += sum(each.decided for each in all_.people.values())
    played = sum(
        (play(case).happened for found in logs.values() for case in found), Counter[type]()
    )
    assert happened == Counter({kind: played[kind] for kind in happened}), "it was all played"


async def test_figures_of_real_cases_are_those_of_the_log(tmp_path: Path) -> None:
    await check(tmp_path, SAMPLE)


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_figures_of_the_whole_logs_are_those_of_the_logs(tmp_path: Path) -> None:
    await check(tmp_path, None)
