"""Standing delegations outside of requests: who has which, and which of them begin or end."""

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    bindparam,
    literal_column,
    select,
    text,
    update,
)

from core.rules.absence import Standing
from core.value import Millis
from storage import rule_tables as tables
from storage.rule_loading import decode_standing
from storage.statements import Statement
from storage.texts import storable

_row = tables.standing_delegations.c


class Absences:
    """The statements on `standing_delegations`, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._not_over = Statement(
            select(_row.giver, _row.taker, _row.body)
            .where(text(f"({tables.NOT_OVER})"))
            .order_by(_row.id),
            (),
            dialect,
        )
        self._turning = _turning(dialect)
        self._found = _found(dialect)
        self._turned = _turned(dialect)

    def not_over(self, connection: Connection, person: str | None) -> list[Standing]:
        """All that are not over, or those by which a person gives or takes, by id."""
        return [
            decode_standing(body)
            for giver, taker, body in self._not_over.one(connection)
            if person is None or person in (giver, taker)
        ]

    def turning(self, connection: Connection, now: Millis, limit: int) -> list[Standing]:
        """Those whose beginning or end has come and was not applied, earliest first."""
        rows = self._turning.one(connection, now, limit)
        return [decode_standing(body) for (body,) in rows]

    def turned(self, connection: Connection, id: str, at: Millis) -> None:
        """What it says was applied as of `at`; when it turns next is worked out from there.

        Another writer may have applied it as of a later moment: then nothing changes.
        """
        if not storable(id):
            return
        for (body,) in self._found.one(connection, id):
            self._turned.affected(connection, id, at, body, _next_turn(decode_standing(body), at))


def _next_turn(standing: Standing, at: Millis) -> Millis | None:
    """The next moment at which it begins or ends, None if there is none."""
    if standing.ends is not None and standing.ends <= at:
        return None
    return standing.starts if standing.starts > at else standing.ends


def _turning(dialect: Dialect) -> Statement:
    statement = (
        select(_row.body)
        .where(_row.turns_at.is_not(None), _row.turns_at <= bindparam("moment"))
        .order_by(_row.turns_at, _row.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("moment", "most"), dialect)


def _found(dialect: Dialect) -> Statement:
    statement = select(_row.body).where(_row.id == bindparam("its_id"))
    return Statement(statement, ("its_id",), dialect)


def _turned(dialect: Dialect) -> Statement:
    """(id, at, body, next): unless it was changed in between."""
    statement = (
        update(tables.standing_delegations)
        .where(
            _row.id == bindparam("its_id"),
            _row.turns_at <= bindparam("moment"),
            _row.body == bindparam("its_body"),
        )
        .values(turns_at=bindparam("next", type_=BigInteger))
    )
    return Statement(statement, ("its_id", "moment", "its_body", "next"), dialect)
