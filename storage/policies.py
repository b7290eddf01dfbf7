"""The policy versions that were in force, and whether the system is frozen."""

from typing import Any

from sqlalchemy import Connection, Dialect, Select, bindparam, literal_column, select

from core.rows import PolicyRow
from storage import rule_tables as tables
from storage.statements import Statement
from storage.texts import storable

_texts = tables.policies.c
_history = tables.policies_in_force.c


class Policies:
    """The statements, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._newest = Statement(
            _rows().limit(bindparam("most")).offset(_NO_OFFSET), ("most",), dialect
        )
        self._version = Statement(
            _rows()
            .where(_history.version == bindparam("its_version"))
            .limit(literal_column("1"))
            .offset(_NO_OFFSET),
            ("its_version",),
            dialect,
        )
        self._frozen = Statement(
            select(tables.switches.c.is_on).where(
                tables.switches.c.name == literal_column("'frozen'")
            ),
            (),
            dialect,
        )

    def newest(self, connection: Connection, limit: int) -> list[PolicyRow]:
        """What was in force, newest first; one version may come twice."""
        return [PolicyRow(*row) for row in self._newest.one(connection, max(limit, 0))]

    def version(self, connection: Connection, version: str) -> PolicyRow | None:
        """A version as it came into force last."""
        if not storable(version):
            return None
        rows = self._version.one(connection, version)
        return PolicyRow(*rows[0]) if rows else None

    def frozen(self, connection: Connection) -> bool:
        """Whether nothing may be approved now."""
        return bool(self._frozen.one(connection)[0][0])


_NO_OFFSET: Any = literal_column("0")
"""SQLite would be given it as one more parameter."""


def _rows() -> Select[Any]:
    return (
        select(_history.version, _texts.text, _history.at, _history.by)
        .join_from(tables.policies_in_force, tables.policies, _texts.version == _history.version)
        .order_by(_history.number.desc())
    )
