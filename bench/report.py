"""The figures as one table: what was measured, the goal, and whether it was met."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

from bench import scenario
from bench.clicks import Clicks
from bench.load import Figures
from bench.template import Template, said
from bench.throughput import CONNECTIONS, Job, Result, ratio

GOALS = {"SQLite": 0.5, "PostgreSQL": 0.6}
"""Of the SQLAlchemy Core floor."""

P99 = 3.0
SLACK_MS = 5.0
TEAMS_MS = 8.0
AGREE_MS = 1000.0
MEMORY_MB = 150.0
START_SECONDS = 3.0

_ABOUT = {
    "core": "floor: the same rows, SQLAlchemy Core, savepoint and execute each",
    "each": "lone floor: the same rows, async SQLAlchemy Core, a transaction each",
    "raw": "raw-driver floor: the same rows, sqlite3 alone, savepoint and execute each",
    "many": "batch floor: the same rows, SQLAlchemy Core, one executemany a table",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: a heading or remark without `found`, a figure with it. `goal` is
    empty and `met` None for a figure that is only stated."""

    what: str
    found: str = ""
    goal: str = ""
    met: bool | None = None


def table(lines: Sequence[Line]) -> str:
    """All lines, in columns."""
    widths = [max((len(line.what) for line in lines if line.found), default=0), 0, 0]
    widths[1] = max((len(line.found) for line in lines), default=0)
    widths[2] = max((len(line.goal) for line in lines), default=0)
    return "\n".join(_row(line, widths) for line in lines)


def _row(line: Line, widths: Sequence[int]) -> str:
    if not line.found:
        return line.what
    mark = "" if line.met is None else ("ok" if line.met else "MISSED")
    what, found, goal = line.what, line.found, line.goal
    return f"  {what:<{widths[0]}}  {found:>{widths[1]}}  {goal:<{widths[2]}}  {mark}".rstrip()


def speed_lines(job: Job, rows: Template, result: Result) -> list[Line]:
    """Submit and decide beside their floors."""
    lines: list[Line] = []
    goal = next(GOALS[name] for name in GOALS if job.backend.title.startswith(name))
    for title, about, writes, runs in (
        ("Submit: POST /v1/requests", scenario.SUBMIT_SAID, rows.submit, result.submits),
        (
            "Decide: POST /v1/requests/{id}/decisions",
            scenario.DECIDE_SAID,
            rows.decide,
            result.decides,
        ),
    ):
        count, runs_made = runs["product"][0].count, len(runs["product"])
        lines += [
            Line(f"\n{title}, {CONNECTIONS} connections, {job.backend.title}"),
            Line(f"  {about}"),
            Line(f"  {said(writes)}."),
            Line(f"  {scenario.SERVED_SAID}"),
            Line(f"  Medians of {runs_made} runs of {count}, each between two runs of each floor."),
        ]
        lines.append(_absolute("the whole product", runs["product"]))
        lines += [_absolute(_ABOUT[name], runs[name]) for name in job.floors]
        rate = {name: ratio(runs, name, attrgetter("rate")) for name in job.floors}
        slow = ratio(runs, "core", attrgetter("p99"))
        lines.append(_compared("rate, product to floor", rate["core"], goal, at_least=True))
        lines.append(_compared("p99, product to floor", slow, P99, at_least=False))
        lines += [
            Line(f"rate, product to {_ABOUT[name].partition(':')[0]}", f"{rate[name]:.2f}")
            for name in job.floors
            if name != "core"
        ]
    return lines


def clicked(clicks: Clicks) -> list[Line]:
    """Clicks on real requests, one after the other."""
    slack, teams, agreement = clicks.slack, clicks.teams, clicks.agreement
    return [
        Line(
            f"\nOne click, to its acknowledged answer: {slack.count} clicks on each platform, "
            "each on another request, 50 ms between them"
        ),
        _time("Slack, signed, p50", slack.p50, SLACK_MS, "ms"),
        Line("Slack, p99", f"{slack.p99:.1f} ms"),
        _time("Teams (Action.Execute), token checked, p50", teams.p50, TEAMS_MS, "ms"),
        Line("Teams, p99", f"{teams.p99:.1f} ms"),
        Line(
            "click to the last card in Slack and Teams agreeing, p50", f"{median(agreement):.1f} ms"
        ),
        _time(f"the same, slowest of {len(agreement)}", agreement[-1], AGREE_MS, "ms"),
    ]


def size_lines(starts: Sequence[float], idle: float, busy: float) -> list[Line]:
    """The server process, with both platforms on."""
    return [
        Line("\n`countersign serve` with Slack and Teams on"),
        _time("resident memory, idle after start", idle, MEMORY_MB, "MB"),
        Line("resident memory after the clicks", f"{busy:.1f} MB"),
        _time(f"start to ready, median of {len(starts)}", median(starts), START_SECONDS, "s"),
        Line("start to ready with an empty database", f"{starts[0]:.1f} s"),
    ]


def _absolute(what: str, runs: Sequence[Figures]) -> Line:
    rate, p50, p99 = (median(map(attrgetter(name), runs)) for name in ("rate", "p50", "p99"))
    cpu = [run.cpu for run in runs if run.cpu is not None]
    used = f"   cpu {median(cpu):4.0f} µs" if cpu else ""
    return Line(f"    {what:<74} {rate:5.0f}/s   p50 {p50:5.1f}   p99 {p99:5.1f} ms{used}")


def _compared(what: str, found: float, goal: float, *, at_least: bool) -> Line:
    met = found >= goal if at_least else found <= goal
    return Line(what, f"{found:.2f}", f"{'>=' if at_least else '<='} {goal:g}", met)


def _time(what: str, found: float, goal: float, unit: str) -> Line:
    return Line(what, f"{found:.1f} {unit}", f"< {goal:g} {unit}", found < goal)
