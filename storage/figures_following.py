"""Keeps the sums of figures by following the events by their positions, a page at a time.

Pages are read and counted away from the writer, which only stores what the sums came to. A page
counts only if nobody else has followed that far since it was read, so that each event is counted
once, however many servers do it and wherever one of them dies.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, get_args

from sqlalchemy import Connection, Dialect, bindparam, delete, literal_column, select, text

from core.events import AnyEvent, read_recorded
from core.insight.figures_counting import Followed, Sums, asked_at, count, follow
from core.insight.figures_spans import Place, placed
from core.request import RequestState
from core.rules.waiting import waited_for
from storage import figures_tables as tables
from storage.audit_tables import positions
from storage.figures_sums import Stored, packed
from storage.history_tables import following
from storage.statements import ByKeys, Statement
from storage.tables import events
from storage.writes import upsert

PAGE: Final = 200
"""Events in a page: what it comes to is written within a few milliseconds."""

REMEMBERED: Final = 5_000
"""Requests that are remembered as far as they were followed, to be read once and not again."""

_TYPES: Final = frozenset(str(each.__struct_config__.tag) for each in get_args(AnyEvent))
"""Events of requests; those of other streams count for nothing here."""

Asked = tuple[str, str, str, str, str, str, int, int | None]
"""A row of `figures_asked`."""


class Page(NamedTuple):
    """Events from beyond a position up to another, what the sums came to with them, and what is
    open. `gone` wait no more: (person, request)."""

    after: int
    until: int
    seen: int
    sums: Sequence[tuple[object, ...]] = ()
    open: Sequence[tuple[object, ...]] = ()
    ended: Sequence[tuple[str]] = ()
    asked: Sequence[Asked] = ()
    gone: Sequence[tuple[str, str]] = ()
    states: Mapping[str, Followed] = {}


class Counted(NamedTuple):
    """How many events a page had. `busy`: somebody else followed that far meanwhile."""

    seen: int
    busy: bool = False


class _Row(NamedTuple):
    position: int
    stream: str
    seq: int
    type: str
    body: bytes


class FollowingFigures:
    """The statements, compiled once; functions of a connection."""

    def __init__(self, dialect: Dialect) -> None:
        self._place, self._page = _place(dialect), _page(dialect)
        self._lock = _place(dialect, lock=True)
        self._move = text("UPDATE following SET position = :until WHERE name = 'figures'")
        row = events.c
        self._streams = ByKeys(select(row.stream, row.seq, row.body), [row.stream], dialect)
        self._sums = Stored(dialect)
        self._keep = _keep(dialect)
        self._open, self._ended = _open(dialect), _ended(dialect)
        self._ask, self._gone = _ask(dialect), _gone(dialect)
        self._remembered = OrderedDict[str, Followed]()

    def read(self, connection: Connection, most: int = PAGE) -> Page:
        """The next page, and what it comes to."""
        [(after,)] = self._place.one(connection)
        found = [_Row(*row) for row in self._page.one(connection, after, most)]
        if not found:
            return Page(after, after, 0)
        ours = sorted((r for r in found if r.type in _TYPES), key=itemgetter(1, 2))
        before = self._before(connection, ours)
        sums: Sums = {}
        states = {
            stream: _counted(sums, before[stream], rows)
            for stream, rows in groupby(ours, key=itemgetter(1))
        }
        return _came_to(
            Page(after, found[-1].position, len(found), self._summed(connection, sums)),
            before,
            states,
        )

    def write(self, connection: Connection, page: Page) -> Counted:
        """Store what it came to, unless somebody else followed that far."""
        if [tuple(row) for row in self._lock.one(connection)] != [(page.after,)]:
            return Counted(page.seen, busy=True)
        self._keep.run(connection, page.sums)
        self._open.run(connection, page.open)
        self._ended.run(connection, page.ended)
        self._gone.run(connection, page.gone)
        self._ask.run(connection, page.asked)
        connection.execute(self._move, {"until": page.until})
        return Counted(page.seen)

    def remember(self, page: Page) -> None:
        """Keep how far its requests were followed. What is kept was read from the events alone,
        so it stays right whoever stores them."""
        self._remembered.update(page.states)
        for stream in page.states:
            self._remembered.move_to_end(stream)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)

    def _before(self, connection: Connection, found: Sequence[_Row]) -> dict[str, Followed]:
        """Each request as it was before its first event of a page."""
        first = {row.stream: row.seq for row in reversed(found)}
        states: dict[str, Followed] = {}
        for stream, seq in first.items():
            known = self._remembered.get(stream)
            if known is not None and known.state.version == seq - 1:
                states[stream] = known
            elif seq == 1:
                states[stream] = Followed(RequestState(id=stream))
        unknown = [(stream,) for stream in first if stream not in states]
        rows = sorted(map(tuple, self._streams.fetch(connection, unknown)), key=itemgetter(0, 1))
        for stream, its in groupby(rows, key=itemgetter(0)):
            state = Followed(RequestState(id=stream))
            for _, seq, body in its:
                if seq < first[stream]:
                    state = follow(state, read_recorded(body))
            states[stream] = state
        return states

    def _summed(self, connection: Connection, sums: Sums) -> list[tuple[object, ...]]:
        """The rows as they are with what was counted."""
        added = placed(sums)
        keys = sorted(added)
        stored = self._sums.sums(connection, keys)
        return [(*key, packed(stored.get(key, 0) + added[key])) for key in keys]


def _counted(sums: Sums, before: Followed, rows: Iterable[_Row]) -> Followed:
    now = before
    for row in rows:
        now = count(sums, now, read_recorded(row.body))
    return now


def _came_to(page: Page, before: Mapping[str, Followed], states: Mapping[str, Followed]) -> Page:
    """The page with what is open after it."""
    open_, ended, asked, gone = [], [], [], []
    for stream, (now, _) in states.items():
        was, is_ = _asked(before[stream].state), _asked(now)
        if now.is_open:
            open_.append(_open_row(now))
        else:
            ended.append((stream,))
        gone += [(person, stream) for person in was if person not in is_]
        asked += [row for person, row in is_.items() if was.get(person) != row]
    return page._replace(
        open=sorted(open_),
        ended=ended,
        asked=sorted(asked, key=itemgetter(0, 1)),
        gone=sorted(gone),
        states=states,
    )


def _asked(state: RequestState) -> dict[str, Asked]:
    """Whom the request waits for."""
    found: dict[str, Asked] = {}
    for person in waited_for(state):
        since = asked_at(state, person)
        if since is not None:
            found[person] = (person, state.id, *_named(state), since, _due(state))
    return found


def _open_row(state: RequestState) -> tuple[object, ...]:
    return state.id, *_named(state), state.created_at, _due(state)


def _named(state: RequestState) -> tuple[str, str, str, str]:
    """Rule, category, agent and stage."""
    route, stage = state.route, state.current
    rule, category = ("", "") if route is None else (route.rule, route.category.value)
    return rule, category, state.agent, "" if stage is None else stage.plan.name


def _due(state: RequestState) -> int | None:
    return None if state.current is None else state.current.due_at


def _place(dialect: Dialect, *, lock: bool = False) -> Statement:
    row = following.c
    its = select(row.position).where(row.name == literal_column("'figures'"))
    return Statement(its.with_for_update(skip_locked=True) if lock else its, (), dialect)


def _page(dialect: Dialect) -> Statement:
    row, event = positions.c, events.c
    both = positions.join(events, (event.stream == row.stream) & (event.seq == row.seq))
    statement = (
        select(row.position, row.stream, row.seq, event.type, event.body)
        .select_from(both)
        .where(row.position > bindparam("after"))
        .order_by(row.position)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("after", "most"), dialect)


def _keep(dialect: Dialect) -> Statement:
    names = tables.figures.c.keys()
    fresh = upsert(tables.figures, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=list(Place._fields), set_={"sums": fresh.excluded.sums}
    )
    return Statement(statement, names, dialect)


def _open(dialect: Dialect) -> Statement:
    names = tables.figures_open.c.keys()
    fresh = upsert(tables.figures_open, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["request_id"], set_={name: fresh.excluded[name] for name in names[1:]}
    )
    return Statement(statement, names, dialect)


def _ended(dialect: Dialect) -> Statement:
    row = tables.figures_open
    gone = delete(row).where(row.c.request_id == bindparam("its_request"))
    return Statement(gone, ("its_request",), dialect)


def _ask(dialect: Dialect) -> Statement:
    names = tables.figures_asked.c.keys()
    fresh = upsert(tables.figures_asked, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["person", "request_id"],
        set_={name: fresh.excluded[name] for name in names[2:]},
    )
    return Statement(statement, names, dialect)


def _gone(dialect: Dialect) -> Statement:
    row = tables.figures_asked
    names = ("its_person", "its_request")
    columns = (row.c.person, row.c.request_id)
    gone = delete(row).where(*(c == bindparam(n) for c, n in zip(columns, names, strict=True)))
    return Statement(gone, names, dialect)
