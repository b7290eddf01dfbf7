"""Standing delegations outside of requests: who has which, and which of them begin or end."""

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    bindparam,
    literal_column,
    or_,
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
        self._since = Statement(
            select(_row.body)
            .where(or_(_row.ends.is_(None), _row.ends > bindparam("moment")))
            .order_by(_row.id),
            ("moment",),
            dialect,
        )
        self._claim = _claim(dialect)
        self._found = _found(dialect)
        self._turned = _turned(dialect)

    def not_over(self, connection: Connection, person: str | None) -> list[Standing]:
        """All that are not over, or those by which a person gives or takes, by id."""
        return [
            decode_standing(body)
            for giver, taker, body in self._not_over.one(connection)
            if person is None or person in (giver, taker)
        ]

    def since(self, connection: Connection, moment: Millis) -> list[Standing]:
        """All that end after this moment, whether or not that has come, by id."""
        return [decode_standing(body) for (body,) in self._since.one(connection, moment)]

    def claim(
        self, connection: Connection, now: Millis, lease_until: Millis, limit: int
    ) -> list[Standing]:
        """Those whose beginning or end has come and was not applied, earliest first.

        They count as turning when the lease ends, so that no other replica takes them before.
        """
        rows = self._claim.one(connection, now, lease_until, limit)
        found = [decode_standing(body) for (body,) in rows]
        return sorted(found, key=lambda each: (_turn(each, now), each.id))

    def turned(
        self, connection: Connection, id: str, at: Millis, lease_until: Millis | None
    ) -> None:
        """What it says was applied as of `at`; when it turns next is worked out from there.

        Another writer may have applied it as of a later moment, or changed it: then nothing
        changes.
        """
        if not storable(id):
            return
        for (body,) in self._found.one(connection, id):
            following = _next_turn(decode_standing(body), at)
            self._turned.affected(connection, id, at, lease_until, body, following)


def _turn(standing: Standing, now: Millis) -> Millis:
    """When it ended, or else began."""
    over = standing.ends is not None and standing.ends <= now
    return standing.ends if over and standing.ends is not None else standing.starts


def _next_turn(standing: Standing, at: Millis) -> Millis | None:
    """The next moment at which it begins or ends, None if there is none."""
    if standing.ends is not None and standing.ends <= at:
        return None
    return standing.starts if standing.starts > at else standing.ends


def _claim(dialect: Dialect) -> Statement:
    turning = (
        select(_row.id)
        .where(_row.turns_at.is_not(None), _row.turns_at <= bindparam("moment"))
        .order_by(_row.turns_at, _row.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
        .with_for_update(skip_locked=True)
        .cte("turning")
    )
    statement = (
        update(tables.standing_delegations)
        .where(_row.id == turning.c.id)
        .values(turns_at=bindparam("lease"))
        .returning(_row.body)
    )
    return Statement(statement, ("moment", "lease", "most"), dialect)


def _found(dialect: Dialect) -> Statement:
    statement = select(_row.body).where(_row.id == bindparam("its_id"))
    return Statement(statement, ("its_id",), dialect)


def _turned(dialect: Dialect) -> Statement:
    """(id, at, lease, body, next): unless it was changed in between."""
    statement = (
        update(tables.standing_delegations)
        .where(
            _row.id == bindparam("its_id"),
            or_(
                _row.turns_at <= bindparam("moment"),
                _row.turns_at == bindparam("lease", type_=BigInteger),
            ),
            _row.body == bindparam("its_body"),
        )
        .values(turns_at=bindparam("next", type_=BigInteger))
    )
    return Statement(statement, ("its_id", "moment", "lease", "its_body", "next"), dialect)
