"""A database that is used again is told by nobody from a new one."""

from collections.abc import Iterator

import psycopg
import pytest

from storage import open_storage
from tests.contract.spares import Spares
from tests.storage.purchase import rid, submit

WAYS = (
    "ALTER TABLE events DISABLE TRIGGER events_no_change",
    "DROP INDEX requests_due",
    "CREATE TABLE another (id int)",
    "TRUNCATE messages",
    "INSERT INTO seen SELECT 's', 'k' || n, 0 FROM generate_series(1, 200000) n",
    "ANALYZE switches",
)


@pytest.fixture
def own(postgres: str, migrated_postgres: str) -> Iterator[Spares]:
    made = Spares(postgres, migrated_postgres)
    yield made
    made.close()


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, and where each sequence stands."""
    with psycopg.connect(url) as connection:
        named = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted(str(row[0]) for row in named)
        found = {table: connection.execute(f"TABLE {table}").fetchall() for table in tables}
        found["pg_sequences"] = connection.execute("TABLE pg_sequences").fetchall()
        return found


async def test_what_was_in_it_is_gone_and_what_was_there_from_the_start_is_back(
    own: Spares,
) -> None:
    new = own.take()
    before = contents(new)
    storage = open_storage(new)
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.close()
    with psycopg.connect(new) as connection:
        connection.execute("UPDATE sequencer SET arrived = 7")
        connection.execute("DELETE FROM account_changes")
    assert contents(new) != before
    own.give_back(new)
    assert own.take() == new
    assert contents(new) == before
    own.give_back(new)


def test_whoever_is_still_connected_is_cut(own: Spares) -> None:
    url = own.take()
    with psycopg.connect(url) as left:
        left.execute("LOCK TABLE events")
        own.give_back(url)
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")


@pytest.mark.parametrize("way", WAYS)
def test_one_that_differs_in_more_than_rows_is_not_used_again(own: Spares, way: str) -> None:
    url = own.take()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(way)
    own.give_back(url)
    other = own.take()
    assert other != url
    own.give_back(other)
