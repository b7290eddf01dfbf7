"""Takes up cases and decisions by following the events by their positions, a page at a time.

Rows are keyed by what they are about, so a page that is taken up twice changes nothing; a page
counts only if nobody else has followed that far meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Dialect, Table, bindparam, literal_column, select, text

from core.events import Voted, read_recorded
from core.insight.cases import Ballot, case_of, surface_of
from core.insight.port import Followed
from core.request import RequestState
from core.value import Millis, encode
from storage import insight_tables as tables
from storage.audit_tables import positions
from storage.history_tables import following
from storage.reading import Reading
from storage.statements import Statement
from storage.tables import events
from storage.writes import upsert

PAGE: Final = 200
"""Events in a page: what it comes to is written within a few milliseconds."""

KIND: Final = "kind"
STAGE: Final = "stage"
WRONG: Final = "wrong"

CaseRow = tuple[str, str, str, str, Millis, bytes]
BallotRow = tuple[str, int, int, str, str, str, Millis, bytes]
GroupRow = tuple[str, str, str, str, Millis]


class Page(NamedTuple):
    """Events from beyond a position up to another, and the rows that they came to; `wrong` are the
    requests with incidents."""

    after: int
    until: int
    seen: int
    cases: Sequence[CaseRow]
    ballots: Sequence[BallotRow]
    wrong: frozenset[str]


class Following:
    """The statements, compiled once; functions of a connection."""

    def __init__(self, dialect: Dialect, reading: Reading) -> None:
        self._reading = reading
        self._place, self._lock = _place(dialect), _place(dialect, lock=True)
        self._page = _page(dialect)
        self._move = text("UPDATE following SET position = :until WHERE name = 'insight'")
        self._case = _keep(tables.cases, ("request_id",), dialect)
        self._ballot = _keep(tables.ballots, ("request_id", "level", "round", "person"), dialect)
        self._group = _newest(dialect)

    def read(self, connection: Connection, since: Millis) -> Page:
        """The next page, and what it comes to; nothing from before `since`."""
        [(after,)] = self._place.one(connection)
        rows = self._page.one(connection, after, PAGE)
        streams = list(dict.fromkeys(stream for _, stream, _, _, _ in rows))
        states = {
            each.state.id: each.state
            for each in self._reading.snapshots(connection, streams, cards=False)
        }
        ended = (case_row(state) for state in states.values())
        voted = ((s, body) for _, s, kind, at, body in rows if kind == "voted" and at >= since)
        return Page(
            after=after,
            until=rows[-1][0] if rows else after,
            seen=len(rows),
            cases=[row for row in ended if row is not None and row[4] >= since],
            ballots=list(ballot_rows(states, voted)),
            wrong=frozenset(i for i, state in states.items() if state.incidents),
        )

    def write(self, connection: Connection, page: Page) -> Followed:
        """Store what it came to, unless somebody else did."""
        if [tuple(row) for row in self._lock.one(connection)] != [(page.after,)]:
            return Followed(seen=page.seen, busy=True)
        self._case.run(connection, sorted(page.cases))
        ballots = {row[:4]: row for row in page.ballots}
        self._ballot.run(connection, sorted(ballots.values()))
        self._group.run(connection, sorted(group_rows(page)))
        connection.execute(self._move, {"until": page.until})
        return Followed(seen=page.seen)


def case_row(state: RequestState) -> CaseRow | None:
    """The row of a request that ended."""
    found = case_of(state)
    if found is None:
        return None
    kind, case = found
    key = (state.id, kind.action_type, kind.rule, kind.currency)
    return (*key, case.ended_at, encode(case))


def ballot_rows(
    states: Mapping[str, RequestState], voted: Iterable[tuple[str, bytes]]
) -> Iterable[BallotRow]:
    """The rows of decisions; of a stage that opened again since, it is not known when it had."""
    for stream, body in voted:
        recorded, state = read_recorded(body), states.get(stream)
        event = recorded.event
        if state is None or state.route is None or not isinstance(event, Voted):
            continue
        if event.revision != state.revision or event.level > len(state.stages):
            continue  # another revision has other stages
        stage = state.stages[event.level - 1]
        same = stage.round == event.round and stage.opened_at is not None
        ballot = Ballot(
            request=stream,
            person=event.person,
            decision=event.decision.value,
            at=recorded.at,
            took=recorded.at - stage.opened_at if same and stage.opened_at is not None else None,
            surface=surface_of(recorded.actor),
            eligible=len(stage.assigned),
        )
        key = (stream, event.level, event.round, event.person)
        yield (*key, state.route.rule, stage.plan.name, recorded.at, encode(ballot))


def group_rows(page: Page) -> Iterable[GroupRow]:
    """Which kinds and stages a page is about, each with its newest moment, and what turned out
    wrong."""
    newest: dict[tuple[str, str, str, str], Millis] = {}
    for request, action_type, rule, currency, at, _ in page.cases:
        key = (KIND, action_type, rule, currency)
        newest[key] = max(at, newest.get(key, 0))
        if request in page.wrong:
            newest[WRONG, request, "", ""] = at
    for _, _, _, _, rule, stage, at, _ in page.ballots:
        key = (STAGE, rule, stage, "")
        newest[key] = max(at, newest.get(key, 0))
    return [(*key, at) for key, at in newest.items()]


def _place(dialect: Dialect, *, lock: bool = False) -> Statement:
    its = select(following.c.position).where(following.c.name == literal_column("'insight'"))
    return Statement(its.with_for_update(skip_locked=True) if lock else its, (), dialect)


def _page(dialect: Dialect) -> Statement:
    row, event = positions.c, events.c
    statement = (
        select(row.position, row.stream, event.type, event.at, event.body)
        .join_from(positions, events, (event.stream == row.stream) & (event.seq == row.seq))
        .where(row.position > bindparam("after"))
        .order_by(row.position)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("after", "most"), dialect)


def _newest(dialect: Dialect) -> Statement:
    """Of what was seen later already, news of something older changes nothing."""
    table, names = tables.groups, tables.groups.c.keys()
    fresh = upsert(table, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["what", "first", "second", "third"],
        set_={"newest": fresh.excluded.newest},
        where=table.c.newest < fresh.excluded.newest,
    )
    return Statement(statement, names, dialect)


def _keep(table: Table, keys: Sequence[str], dialect: Dialect) -> Statement:
    names = table.c.keys()
    fresh = upsert(table, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: fresh.excluded[name] for name in names if name not in keys},
    )
    return Statement(statement, names, dialect)
