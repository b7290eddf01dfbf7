"""What time is to be applied to: claimed by index, so that its cost follows what is due.

On PostgreSQL a claim leaves out what another replica has claimed and holds its rows until the
transaction ends, so replicas share the work and none does it twice. On SQLite one transaction
writes at a time anyway. https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE
"""

from sqlalchemy import Connection, Dialect, bindparam, func, literal_column, select, tuple_

from core.rows import Wake
from core.value import Millis
from storage import rule_tables, tables
from storage.statements import Statement

_request = tables.requests.c
_absence = rule_tables.standing_delegations.c


class Due:
    """The statements, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._claim = _claim(dialect)
        self._next_request = _next_request(dialect)
        self._next_turn = _next_turn(dialect)

    def claim(
        self, connection: Connection, now: Millis, limit: int, after: Wake
    ) -> tuple[Wake, ...]:
        """Requests due by `now`, earliest first, beyond the position `after`."""
        rows = self._claim.one(connection, now, *after, max(limit, 0))
        return tuple((moment, request_id) for moment, request_id in rows)

    def next_wake(self, connection: Connection, after: Millis) -> Millis | None:
        """The first moment later than this one at which a request wakes or an absence turns."""
        found = [
            each.one(connection, after)[0][0] for each in (self._next_request, self._next_turn)
        ]
        return min((moment for moment in found if moment is not None), default=None)


def _claim(dialect: Dialect) -> Statement:
    statement = (
        select(_request.wake_at, _request.id)
        .where(
            _request.wake_at.is_not(None),
            _request.wake_at <= bindparam("moment"),
            tuple_(_request.wake_at, _request.id)
            > tuple_(bindparam("after", type_=_request.wake_at.type), bindparam("after_id")),
        )
        .order_by(_request.wake_at, _request.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
        .with_for_update(skip_locked=True)
    )
    return Statement(statement, ("moment", "after", "after_id", "most"), dialect)


def _next_request(dialect: Dialect) -> Statement:
    statement = select(func.min(_request.wake_at)).where(
        _request.wake_at.is_not(None), _request.wake_at > bindparam("moment")
    )
    return Statement(statement, ("moment",), dialect)


def _next_turn(dialect: Dialect) -> Statement:
    statement = select(func.min(_absence.turns_at)).where(
        _absence.turns_at.is_not(None), _absence.turns_at > bindparam("moment")
    )
    return Statement(statement, ("moment",), dialect)
