"""The figures beside the peers': as lines of the bench's table, and as docs/performance.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.peers.plan import (
    AT_ONCE,
    CONTENDERS,
    GOALS,
    PAGE,
    PAGE_GOAL,
    STANDING,
    WHOLE,
    Contender,
    Run,
    Runs,
    page_ratio,
    ratio,
)
from bench.report import Line

NAMES = {"langgraph": "LangGraph", "dbos": "DBOS"}
ACTS = {"create": "create", "decide": "decide, the waiter woken"}


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs on one kind of database, by contender."""

    title: str
    kind: str
    runs: Runs

    @property
    def rounds(self) -> int:
        return len(self.runs["ours"])


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio that is to be at least so much."""

    what: str
    found: float
    goal: float

    @property
    def met(self) -> bool:
        return self.found >= self.goal


def goals(measured: Measured) -> list[Goal]:
    """The ratios, and what they are to be."""
    made = [
        Goal(f"{ACTS[act]}: rate to {NAMES[peer]}'s", ratio(measured.runs, act, peer), goal)
        for (act, peer), goal in GOALS[measured.kind].items()
    ]
    listed = f"first {PAGE} of {STANDING:,} pending: as fast as LangGraph's walk, times"
    return [*made, Goal(listed, page_ratio(measured.runs), PAGE_GOAL)]


def lines(found: Sequence[Measured]) -> list[Line]:
    """For the terminal."""
    made = list[Line]()
    for measured in found:
        made.append(Line(f"\nThe same work by others, {measured.title}"))
        made.append(Line(f"  Medians of {measured.rounds} rounds, {AT_ONCE} at once."))
        for contender in CONTENDERS[measured.kind]:
            row = _row(contender, measured.runs[contender.key])
            made.append(Line("    " + "   ".join(row)))
        made += [
            Line(each.what, f"{each.found:.2f}", f">= {each.goal:g}", each.met)
            for each in goals(measured)
        ]
    return made


def text(found: Sequence[Measured], machine: str, versions: dict[str, str]) -> str:
    """The whole page."""
    parts = [_HEAD.format(machine=machine, at_once=AT_ONCE, rounds=found[0].rounds)]
    for measured in found:
        parts.append(f"## {measured.title.partition(',')[0]}\n")
        parts.append(_table(measured))
        parts.append(_goals(measured))
    named = "\n".join(f"  - {name} {version}" for name, version in versions.items())
    parts.append(
        _HOW.format(
            at_once=AT_ONCE,
            standing=f"{STANDING:,}",
            create=f"{WHOLE.create:,}",
            alone=WHOLE.alone,
            page=PAGE,
            versions=named,
        )
    )
    return "\n".join(parts)


_COLUMNS = (
    "",
    "create /s",
    "p50 / p99 ms",
    "decide and wake /s",
    "p50 / p99 ms",
    "alone p50 ms",
    "list ms",
)


def _table(measured: Measured) -> str:
    rows = [_row(each, measured.runs[each.key]) for each in CONTENDERS[measured.kind]]
    made = ["| " + " | ".join(_COLUMNS) + " |", "|---|" + "---:|" * (len(_COLUMNS) - 1)]
    return "\n".join([*made, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _goals(measured: Measured) -> str:
    made = ["| ratio | found | goal | |", "|---|---:|---:|---|"]
    for each in goals(measured):
        mark = "met" if each.met else "**missed**"
        made.append(f"| {each.what} | {each.found:.1f} | {each.goal:g} | {mark} |")
    return "\n".join(made) + "\n"


def _row(contender: Contender, runs: Sequence[Run]) -> tuple[str, ...]:
    return (
        contender.name,
        f"{_mid(runs, 'create', 'rate'):,.0f}",
        f"{_mid(runs, 'create', 'p50'):.1f} / {_mid(runs, 'create', 'p99'):.0f}",
        f"{_mid(runs, 'decide', 'rate'):,.0f}",
        f"{_mid(runs, 'decide', 'p50'):.1f} / {_mid(runs, 'decide', 'p99'):.0f}",
        f"{_mid(runs, 'alone', 'p50'):.1f}",
        _listed(runs),
    )


def _listed(runs: Sequence[Run]) -> str:
    pages = [run.page for run in runs if run.page is not None]
    walks = [run.walk for run in runs if run.walk is not None]
    if not pages:
        return "–"
    page = f"{median(pages) * 1e3:,.0f}"
    return f"{median(walks) * 1e3:,.0f} ({page})" if walks else page


def _mid(runs: Sequence[Run], what: str, name: str) -> float:
    return median(run.figures[what][name] for run in runs)


_HEAD = """\
# Performance, beside others

`make bench-peers` measured this and wrote this page: change neither figures nor words here, but
in `bench/peers`. Trust the ratios, not the absolute figures. The machine:
{machine}.

The work is the same for all: durably create a pending approval, later decide it and wake who
waits for it. {at_once} at once, medians of {rounds} rounds. Ours goes through HTTP, with keys,
policy, cards and a signed trail; theirs is called in process and does none of that.
"""

_HOW = """\
## How it was measured

- **In one run.** In every round each of them has its turn, and the ratios are medians of the
  rounds' ratios. Each turn starts a new process, lets it come to rest and warms it up with 32
  creations and decisions.
- **Create** {create} approvals with a body of 1.1 KB, {at_once} at once. When the call returns, it
  is on disk. **Decide**: the first {alone} one after the other ("alone"), the others {at_once} at
  once; it counts when the code that waited has gone on. With us a wait is an open
  `GET ?wait=` and the decision a `POST`; both are in the time, and in the rate.
- **List**: with us `GET /v1/requests?status=pending&limit={page}` with {standing} pending.
  LangGraph has no index of what is interrupted, so listing walks every checkpoint. In brackets
  the walk is broken off after the newest {page} that are pending, which is fast only where what
  is newest is pending, as here.
- **Pending meanwhile**: {standing} with us and in LangGraph with `durability="sync"`. The others
  begin with an empty database, which is kinder to them: DBOS holds a task for each.
- **Databases**: on SQLite all of them commit with synchronous=FULL, LangGraph and we with a
  write-ahead log, DBOS as it comes. On PostgreSQL all use the same server, with fsync and
  synchronous_commit on.
- **Others, as their documentation has them**: LangGraph with one node that calls `interrupt`,
  resumed by a command, its own checkpointers, eight connections to PostgreSQL. DBOS with an
  asynchronous workflow that waits for a message, its settings as they come.
  Procrastinate has no pending approval; creating is a job on a queue that nobody works, deciding a
  job on another queue, awaited until a worker in the process has run it.
- **Versions**:
{versions}

## What it does not say

- The load generator, the server and the database share the cores. With us that is three
  processes, with the others one or two.
- DBOS on SQLite looks for messages once a second unless set otherwise, so its "decide" there says
  what that setting is, not what it could do. Less of it was run for the same reason.
- Procrastinate's worker now and then misses that there is a job, and looks again after five
  seconds; its "alone" is of 10.
- Most of our lead under load is group commit: what waits together is committed together. One at a
  time ("alone") HTTP and the larger transaction cost more than they give.
- What a server of ours counts for its dashboard waits for half a second without a commit, 15
  seconds at the most, and so falls for the most part between the stretches that are measured; a
  server that is never at rest does it besides, with a tenth of its time. The trail is numbered
  meanwhile.
- The others are more than this: LangGraph and DBOS run the agent's own code durably. They were
  measured at the one thing that we do too.
- This disk syncs fast. Where that takes longer, committing together saves more; that was not
  measured.
"""
