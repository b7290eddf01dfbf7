"""What is measured: who, on which database, how much of it, and the goals."""

from dataclasses import dataclass, replace
from statistics import median

AT_ONCE = 32
STANDING = 10_000
"""Pending when a run begins, of the product and of LangGraph."""

PAGE = 100
ROUNDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much a run does: so many created; of these so many decided, the first `alone` of them
    one after the other; and whether what is pending is listed."""

    create: int
    decide: int
    alone: int
    list: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one run gave. `figures` are by act (create, alone, decide): its rate a second, and p50
    and p99 in milliseconds; the listings are in seconds."""

    figures: dict[str, dict[str, float]]
    page: float | None = None
    walk: float | None = None

    def with_page(self, seconds: float) -> "Run":
        return replace(self, page=seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """One of them: the module that runs it (none for the product) and the name in the table.

    `standing` says whether `STANDING` others are pending meanwhile.
    """

    key: str
    name: str
    size: Size
    module: str = ""
    durability: str = ""
    standing: bool = False


WHOLE = Size(create=1000, decide=1000, alone=100)
LISTED = replace(WHOLE, list=True)
# Every wait of DBOS on SQLite looks once a second: more of them would take many minutes.
POLLED = Size(create=500, decide=210, alone=10)

OURS = Contender(key="ours", name="Countersign, through HTTP", size=LISTED, standing=True)
SYNC = Contender(
    key="langgraph",
    name='LangGraph, durability="sync"',
    size=LISTED,
    module="langgraph_peer",
    durability="sync",
    standing=True,
)
EXIT = Contender(
    key="exit",
    name='LangGraph, durability="exit"',
    size=WHOLE,
    module="langgraph_peer",
    durability="exit",
)
DBOS = Contender(key="dbos", name="DBOS", size=WHOLE, module="dbos_peer")
# Its worker now and then misses that there is a job, and looks again after five seconds.
PROCRASTINATE = Contender(
    key="procrastinate",
    name="Procrastinate",
    size=replace(WHOLE, alone=10),
    module="procrastinate_peer",
)
CONTENDERS = {
    "sqlite": (OURS, SYNC, EXIT, replace(DBOS, size=POLLED)),
    "postgresql": (OURS, SYNC, EXIT, DBOS, PROCRASTINATE),
}
GOALS = {
    "sqlite": {
        ("create", "langgraph"): 5.0,
        ("create", "dbos"): 10.0,
        ("decide", "langgraph"): 2.0,
    },
    "postgresql": {
        ("create", "langgraph"): 2.5,
        ("create", "dbos"): 5.0,
        ("decide", "langgraph"): 1.25,
    },
}
PAGE_GOAL = 50.0
"""Times as fast as LangGraph's walk."""

Runs = dict[str, list[Run]]


def ratio(runs: Runs, what: str, peer: str) -> float:
    """The product's rate to a peer's: the median of the rounds' ratios."""
    pairs = zip(runs["ours"], runs[peer], strict=True)
    return median(a.figures[what]["rate"] / b.figures[what]["rate"] for a, b in pairs)


def page_ratio(runs: Runs) -> float:
    """How many times as long LangGraph's walk takes as the product's page."""
    pairs = zip(runs["ours"], runs["langgraph"], strict=True)
    return median((b.walk or 0.0) / (a.page or 1.0) for a, b in pairs)
