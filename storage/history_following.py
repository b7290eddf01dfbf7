"""Keeps `past` up to date by following the events by their positions, a page at a time.

Pages are read and worked out away from the writer, which only stores what they came to. A page
counts only if nobody else has followed that far meanwhile, so that each request's end is counted
once, however many servers do it.
"""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, delete, literal_column, null, select, text

from core.advice.asking import Followed, Wants
from core.advice.calibration import Kind
from core.rows import Snapshot
from core.value import Millis
from storage import history_tables as tables
from storage.audit_tables import positions
from storage.history_rows import Past, case, label_rows, past_row
from storage.reading import Reading
from storage.statements import ByKeys, Statement, Texts
from storage.tables import content
from storage.writes import upsert

PAGE: Final = 100
"""Events in a page: what it comes to is written within a few milliseconds."""


class Page(NamedTuple):
    """Events from beyond a position up to another, and what the requests came to."""

    after: int
    until: int
    seen: int
    found: Sequence[Snapshot]
    rows: Sequence[Past]
    wanted: Sequence[tuple[str, int]]


class Following:
    """The statements, compiled once; functions of a connection."""

    def __init__(self, dialect: Dialect, reading: Reading) -> None:
        self._reading = reading
        self._place, self._page = _place(dialect), _page(dialect)
        self._lock = _place(dialect, lock=True)
        self._move = text("UPDATE following SET position = :until WHERE name = 'past'")
        body = select(content.c.request_id).where(content.c.body.is_not(None))
        # Whoever erases it meanwhile waits, and then finds the row that is to forget it too.
        self._still = ByKeys(
            body.with_for_update(read=True), [content.c.request_id, content.c.id], dialect
        )
        past = tables.past
        self._ended = ByKeys(
            select(past.c.request_id).where(past.c.ended_at.is_not(None)),
            [past.c.request_id],
            dialect,
        )
        self._keep, self._want = _keep(dialect), _want(dialect)
        self._label = _label(dialect)
        self._drop, self._count = _drop(dialect), _count(dialect)

    def read(self, connection: Connection, wants: Wants, most: int) -> Page:
        """The next page, and what it comes to."""
        [(after,)] = self._place.one(connection)
        events = self._page.one(connection, after, most)
        ids = list(dict.fromkeys(stream for _, stream in events))
        found = self._reading.snapshots(connection, ids, cards=False)
        wanted = [(f.state.id, f.state.revision) for f in found if wants(f.state, f.contents)]
        until = events[-1][0] if events else after
        return Page(after, until, len(events), found, [past_row(f) for f in found], wanted)

    def write(self, connection: Connection, page: Page, now: Millis) -> Followed:
        """Store what it came to, unless somebody else did."""
        if [tuple(row) for row in self._lock.one(connection)] != [(page.after,)]:
            return Followed(seen=page.seen, busy=True)
        self._count_ends(connection, page)
        there = self._with_content(connection, page)
        rows = [row if row.request in there else row.without_content() for row in page.rows]
        self._keep.run(connection, sorted(rows, key=attrgetter("request")))
        labels = [row for f in page.found if f.state.id in there for row in label_rows(f)]
        self._label.run(connection, sorted(labels))
        open_ = {row.request for row in rows if row.ended_at is None}
        self._want.run(connection, sorted((*each, now, now) for each in page.wanted))
        self._drop.run(connection, sorted((r.request,) for r in rows if r.request not in open_))
        connection.execute(self._move, {"until": page.until})
        return Followed(seen=page.seen, wanted=len(page.wanted))

    def _with_content(self, connection: Connection, page: Page) -> set[str]:
        """The requests whose content was not erased since it was read."""
        keys: list[Texts] = sorted((f.state.id, f.state.content) for f in page.found)
        return {row[0] for row in self._still.fetch(connection, keys)}

    def _count_ends(self, connection: Connection, page: Page) -> None:
        ended = [f for f in page.found if f.state.outcome is not None]
        keys: list[Texts] = [(f.state.id,) for f in ended]
        known = {row[0] for row in self._ended.fetch(connection, keys)}
        cases, right = Counter[Kind](), Counter[Kind]()
        for each in ended:
            if each.state.id not in known and (found := case(each)) is not None:
                cases[found[0]] += 1
                right[found[0]] += found[1]
        rows = [(k.source, k.recommendation, k.confidence, n, right[k]) for k, n in cases.items()]
        self._count.run(connection, sorted(rows))


def _place(dialect: Dialect, *, lock: bool = False) -> Statement:
    place = tables.following.c
    its = select(place.position).where(place.name == literal_column("'past'"))
    return Statement(its.with_for_update(skip_locked=True) if lock else its, (), dialect)


def _page(dialect: Dialect) -> Statement:
    row = positions.c
    statement = (
        select(row.position, row.stream)
        .where(row.position > bindparam("after"))
        .order_by(row.position)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("after", "most"), dialect)


def _keep(dialect: Dialect) -> Statement:
    names = tables.past.c.keys()
    fresh = upsert(tables.past, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["request_id"], set_={name: fresh.excluded[name] for name in names[1:]}
    )
    return Statement(statement, names, dialect)


def _label(dialect: Dialect) -> Statement:
    names = tables.past_labels.c.keys()
    fresh = upsert(tables.past_labels, dialect).values({name: bindparam(name) for name in names})
    return Statement(fresh.on_conflict_do_nothing(), names, dialect)


def _want(dialect: Dialect) -> Statement:
    """(request, revision, moment, moment): a newer revision is wanted anew; one that was wanted
    before stands as it does, answered or given up."""
    row = tables.advice_due
    fresh = upsert(row, dialect).values(
        {name: bindparam(name) for name in ("request_id", "revision", "wanted_at", "next_at")}
        | {"attempts": literal_column("0"), "lease_until": null()}
    )
    anew: dict[str, Any] = {
        name: fresh.excluded[name] for name in ("revision", "wanted_at", "next_at")
    }
    statement = fresh.on_conflict_do_update(
        index_elements=["request_id"],
        set_=anew | {"attempts": literal_column("0"), "lease_until": null()},
        where=row.c.revision < fresh.excluded.revision,
    )
    return Statement(statement, ("request_id", "revision", "wanted_at", "next_at"), dialect)


def _drop(dialect: Dialect) -> Statement:
    row = tables.advice_due
    return Statement(
        delete(row).where(row.c.request_id == bindparam("its_request")), ("its_request",), dialect
    )


def _count(dialect: Dialect) -> Statement:
    row = tables.advice_record
    names = ("source", "recommendation", "confidence", "cases", "agreed")
    fresh = upsert(row, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["source", "recommendation", "confidence"],
        set_={name: row.c[name] + fresh.excluded[name] for name in ("cases", "agreed")},
    )
    return Statement(statement, names, dialect)
