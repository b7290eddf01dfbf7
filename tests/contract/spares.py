"""PostgreSQL databases that one test leaves behind, made empty again for the next.

A copy of the template costs ten times what emptying a used one does. What cannot be told from a
new copy is used again; what differs in more than rows, in tables, triggers, rights, settings or
what the planner knows, is dropped.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import Connection, sql

from tests.contract.postgres import drop_database, make_database

MUCH = 4 * 1024 * 1024
"""Bytes of tables above which a database is dropped: what was deleted still lies in its files."""
Rows = dict[str, list[bytes]]

# A catalog's row that was written anew has another xmin; a copy has those of its template:
# https://www.postgresql.org/docs/current/ddl-system-columns.html
_WRITTEN = """SELECT
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_class),
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_attribute),
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_index),
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_constraint),
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_trigger),
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_proc),
    (SELECT array[count(*), sum(xmin::text::bigint)] FROM pg_namespace),
    (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384),
    (SELECT sum(reltuples) FROM pg_class WHERE oid >= 16384),
    (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database())"""
_SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_SEQUENCES = """SELECT format('SELECT setval(%L, %s, false)', schemaname || '.' || sequencename,
    start_value) FROM pg_sequences WHERE schemaname = 'public'"""
_OTHERS = """FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


@dataclass(frozen=True)
class New:
    """A copy that nobody has used: its catalogs, its rows, and how a used one is emptied."""

    written: tuple[object, ...]
    rows: Rows
    emptying: sql.Composed


@dataclass
class Spares:
    """Databases like `template` on `server`, both URLs; each is one test's until given back."""

    server: str
    template: str
    _free: list[str] = field(default_factory=list)
    _new: New | None = None

    def take(self) -> str:
        """The URL of a database like the template."""
        if self._free:
            return self._free.pop()
        url = make_database(self.server, template=self.template.rsplit("/", 1)[1])
        if self._new is None:
            with psycopg.connect(url, autocommit=True) as connection:
                self._new = _as_it_is(connection)
        return url

    def give_back(self, url: str) -> None:
        """Keep it for the next, or drop it; whoever is still connected is cut."""
        if self._empties(url):
            self._free.append(url)
        else:
            drop_database(self.server, url)

    def close(self) -> None:
        """Drop what is kept."""
        while self._free:
            drop_database(self.server, self._free.pop())

    def _empties(self, url: str) -> bool:
        assert self._new is not None
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                _cut_others(connection)
                if _written(connection) != self._new.written or _size(connection) > MUCH:
                    return False
                _empty(connection, self._new)
                return True
        except psycopg.Error:  # as for a user who may not leave triggers out
            return False


def _as_it_is(connection: Connection) -> New:
    tables = [str(row[0]) for row in connection.execute(_TABLES)]
    rows = {table: read for table in tables if (read := _read(connection, table))}
    emptying = [
        sql.SQL("SET LOCAL session_replication_role = replica"),  # no trigger that forbids it
        *(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in tables),
        *(sql.SQL(str(row[0])) for row in connection.execute(_SEQUENCES)),
    ]
    return New(_written(connection), rows, sql.SQL(";").join(emptying))


def _read(connection: Connection, table: str) -> list[bytes]:
    asked = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(asked) as copy:
        return [bytes(part) for part in copy]


def _empty(connection: Connection, new: New) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '2s'")
        connection.execute(new.emptying)
        for table, parts in new.rows.items():
            asked = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
            with connection.cursor() as cursor, cursor.copy(asked) as copy:
                for part in parts:
                    copy.write(part)


def _written(connection: Connection) -> tuple[object, ...]:
    found = connection.execute(_WRITTEN).fetchone()
    assert found is not None
    return found


def _size(connection: Connection) -> int:
    found = connection.execute(_SIZE).fetchone()
    assert found is not None
    return int(found[0])


def _cut_others(connection: Connection) -> None:
    connection.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}")
    while connection.execute(f"SELECT 1 {_OTHERS} LIMIT 1").fetchone() is not None:
        connection.execute("SELECT pg_sleep(0.002)")
