"""Sums as they stand in the database: as bytes, and found by their places."""

from collections.abc import Sequence
from struct import pack, unpack_from
from typing import Final

from sqlalchemy import Connection, Dialect, Integer, Text, and_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.insight.figures_spans import Place
from core.insight.histogram import LANE
from storage.figures_tables import figures
from storage.statements import ByKeys, Row, Statement

_SKIPPED: Final = "<H"


def packed(sums: int) -> bytes:
    """The bytes of a sum, from its first count on that is not 0; two bytes say which that is."""
    lowest = max((sums & -sums).bit_length() - 1, 0) // LANE
    rest = sums >> LANE * lowest
    return pack(_SKIPPED, lowest) + rest.to_bytes(-(-rest.bit_length() // 8), "little")


def unpacked(body: bytes) -> int:
    """The sum that these bytes stand for."""
    (lowest,) = unpack_from(_SKIPPED, body)
    return int.from_bytes(body[2:], "little") << LANE * int(lowest)


class Stored:
    """The sums of many places at once, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        key = [figures.c[name] for name in Place._fields]
        self._by_keys = ByKeys(select(*key, figures.c.sums), key, dialect)
        self._joined = _joined(dialect) if dialect.name == "postgresql" else None

    def sums(self, connection: Connection, places: Sequence[Place]) -> dict[Place, int]:
        """Those of these places that are not 0."""
        rows: Sequence[Row]
        if self._joined is None or not places:
            rows = self._by_keys.fetch(connection, places)
        else:
            rows = self._joined.one(connection, *map(list, zip(*places, strict=True)))
        return {Place(*row[:-1]): unpacked(row[-1]) for row in rows}


def _joined(dialect: Dialect) -> Statement:
    """One array for each part of the places. To plan hundreds of conditions instead takes
    PostgreSQL longer than all the rest of the counting."""
    types = {name: Integer() if name in ("span", "day") else Text() for name in Place._fields}
    given = [bindparam(f"its_{name}", type_=ARRAY(type_)) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    places = func.unnest(*given).table_valued(*columns, name="places").render_derived()
    same = and_(*(figures.c[name] == places.c[name] for name in types))
    key = [figures.c[name] for name in types]
    statement = select(*key, figures.c.sums).join_from(places, figures, same)
    return Statement(statement, [f"its_{name}" for name in types], dialect)
