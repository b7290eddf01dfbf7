"""The SELECTs behind alerts: each is answered from one index, with a bound."""

from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, func, literal_column, select

from core.alerting.port import Counts, Windows
from core.alerting.signs import Happened, Late
from core.value import Millis
from storage import alert_tables as tables
from storage.statements import Statement

MOST_LATE: Final = 10_000
"""Late requests that one look counts, those first that are late the longest."""

MOST_ACTIONS: Final = 100
"""Types of actions that one look names."""


class Counting:
    """The statements, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._late = _late(dialect)
        self._happened = _happened(dialect)
        self._unknown = _unknown(dialect)

    def counts(self, connection: Connection, windows: Windows) -> Counts:
        """What is wanted, as of one read."""
        late = () if windows.late is None else self._late.one(connection, windows.late, MOST_LATE)
        since = windows.unknown
        unknown = () if since is None else self._unknown.one(connection, since, MOST_ACTIONS)
        return Counts(
            late=[Late(*row) for row in late],
            rejections=self._happened_since(connection, windows.rejections),
            escalations=self._happened_since(connection, windows.escalations),
            unknown=[(row[0], int(row[1])) for row in unknown],
        )

    def _happened_since(self, connection: Connection, since: Millis | None) -> list[Happened]:
        found: dict[tuple[str, str], dict[str, int]] = {}
        rows = () if since is None else self._happened.one(connection, since)
        for rule, stage, what, count in rows:
            found.setdefault((rule, stage), {})[what] = int(count)
        return [
            Happened(
                rule=rule,
                stage=stage,
                approved=counts.get("approved", 0),
                rejected=counts.get("rejected", 0),
                escalated=counts.get("escalated", 0),
            )
            for (rule, stage), counts in found.items()
        ]


def _late(dialect: Dialect) -> Statement:
    row = tables.alert_open.c
    some = (
        select(row.rule, row.stage, row.due_at, row.request_id)
        .where(row.due_at <= bindparam("before"))
        .order_by(row.due_at)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
        .subquery()
    )
    # Ids are in the order of making.
    statement = select(
        some.c.rule,
        some.c.stage,
        func.count(),
        func.min(some.c.due_at),
        func.min(some.c.request_id),
    ).group_by(some.c.rule, some.c.stage)
    return Statement(statement, ("before", "most"), dialect)


def _happened(dialect: Dialect) -> Statement:
    """The hours of a month, by stage: it grows with the rules, not with the requests."""
    row = tables.alert_counts.c
    statement = (
        select(row.rule, row.stage, row.what, func.sum(row["count"]))
        .where(row.hour >= bindparam("since"), row.what != literal_column("'uncategorised'"))
        .group_by(row.rule, row.stage, row.what)
    )
    return Statement(statement, ("since",), dialect)


def _unknown(dialect: Dialect) -> Statement:
    row = tables.alert_counts.c
    many = func.sum(row["count"])
    statement = (
        select(row.rule, many)
        .where(row.hour >= bindparam("since"), row.what == literal_column("'uncategorised'"))
        .group_by(row.rule)
        .order_by(many.desc(), row.rule)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(statement, ("since", "most"), dialect)
