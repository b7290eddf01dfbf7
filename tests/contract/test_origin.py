"""A database that was restored or copied is told from the one that was served, and what of it
must not be used twice is found."""

import asyncio
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.request import Decision
from core.tokens.signing import KeyRing, SigningKey
from storage import Storage, open_storage
from storage.errors import StorageError
from storage.migrate import check, upgrade
from storage.origin import IS_COPY
from tests.contract.office import Office
from tests.contract.postgres import NAMED, NoServer, binaries, drop_database, make_database
from tests.core.builders import DAY, FINN, MARA
from tests.storage.purchase import rid, submit

RING = KeyRing(SigningKey(bytes(32)))


async def fill(dsn: str) -> None:
    storage = open_storage(dsn)
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.close()


@pytest.fixture
def served(postgres_dsn: str) -> str:
    """A database as a server leaves it."""
    upgrade(postgres_dsn)
    return postgres_dsn


@pytest.fixture
def copies(postgres: str, served: str) -> Iterator[list[str]]:
    """URLs of copies to drop."""
    made: list[str] = []
    yield made
    for url in made:
        drop_database(postgres, url)


async def test_a_copy_on_the_same_server_is_noticed_until_it_is_settled(
    postgres: str, served: str, copies: list[str]
) -> None:
    await fill(served)
    copies.append(make_database(postgres, template=served.rsplit("/", 1)[1]))
    [copy] = copies
    assert (check(served), check(copy)) == (None, IS_COPY)
    with pytest.raises(StorageError, match="countersign db restored"):
        upgrade(copy)
    storage = open_storage(copy)
    await storage.origin.settle()
    await storage.close()
    upgrade(copy)
    assert check(copy) is None
    upgrade(served)


async def run(*words: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0


async def test_a_backup_restored_over_the_database_itself_is_noticed(
    served: str, tmp_path: Path
) -> None:
    try:
        programs, dump = binaries(), str(tmp_path / "backup.dump")
    except NoServer:
        pytest.skip("PostgreSQL's own programs are not here")
    await fill(served)
    upgrade(served)
    over = ("--clean", "--if-exists", "--no-owner", "--exit-on-error", "--dbname", served)
    await run(programs / "pg_dump", "-Fc", "-f", dump, served)
    await run(programs / "pg_restore", *over, dump)
    assert check(served) == IS_COPY
    with pytest.raises(StorageError, match="countersign db restored"):
        upgrade(served)
    storage = open_storage(served)
    await storage.origin.settle()
    await storage.close()
    upgrade(served)
    assert check(served) is None


async def test_what_an_older_version_noted_still_counts_and_is_noted_anew(served: str) -> None:
    await fill(served)
    with psycopg.connect(served, autocommit=True) as connection:
        connection.execute("UPDATE origin SET value = split_part(value, '/', 1)")
        upgrade(served)
        found = connection.execute(
            "SELECT value LIKE '%/' || 'events'::regclass::oid::text FROM origin"
        ).fetchall()
        assert found == [(True,)]
        connection.execute("UPDATE origin SET value = '1.' || value")
        assert check(served) == IS_COPY


async def test_a_table_that_is_only_written_anew_is_no_copy(served: str) -> None:
    await fill(served)
    with psycopg.connect(served, autocommit=True) as connection:
        connection.execute("VACUUM FULL events")
    assert check(served) is None


async def test_a_copy_without_events_has_nothing_to_forget(
    postgres: str, served: str, copies: list[str]
) -> None:
    copies.append(make_database(postgres, template=served.rsplit("/", 1)[1]))
    upgrade(copies[0])
    await fill(copies[0])
    upgrade(copies[0])


async def test_a_user_who_may_not_ask_the_server_who_it_is_knows_a_copy_by_its_number(
    postgres: str, served: str, copies: list[str]
) -> None:
    if NAMED in os.environ:
        pytest.skip(f"takes a right from all users, and {NAMED} names a server of others")
    with psycopg.connect(served, autocommit=True) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO plain")
    try:
        plain = served.replace("tests@", "plain@")
        await fill(served)
        with psycopg.connect(served, autocommit=True) as connection:
            connection.execute("DELETE FROM origin")
        upgrade(plain)
        upgrade(plain)
        copies.append(make_database(postgres, template=served.rsplit("/", 1)[1]))
        with pytest.raises(StorageError, match="countersign db restored"):
            upgrade(copies[0].replace("tests@", "plain@"))
    finally:
        with psycopg.connect(served, autocommit=True) as connection:
            connection.execute("DROP OWNED BY plain")
        for url in copies:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP OWNED BY plain")
        with psycopg.connect(served, autocommit=True) as connection:
            connection.execute("DROP ROLE plain")


async def approved(office: Office, amount: int) -> str:
    made = await office.ask(amount)
    for person in (MARA, FINN):
        await office.says(person, Decision.APPROVE, made.snapshot.state.id)
    return made.snapshot.state.id


async def test_what_could_still_be_used_is_found_page_by_page(storage: Storage) -> None:
    office = await Office(storage).open()
    office.approvals.world = dataclasses.replace(office.approvals.world, ring=RING)
    old = await approved(office, 1)
    office.now += DAY
    ids = [await approved(office, amount) for amount in range(2, 6)]
    await office.ask(7)
    with_person = await office.ask(8, "gift")
    assert with_person.snapshot.state.token is None
    found: list[str] = []
    while page := await storage.origin.redeemable(found[-1] if found else "", 3, office.now):
        assert len(page) <= 3
        found += page
    assert found == sorted(ids)
    assert await storage.origin.redeemable("", 10, office.now - 1) == sorted([old, *ids])
    assert await storage.origin.ends_at() == office.now


async def test_a_database_without_events_ends_nowhere(storage: Storage) -> None:
    assert await storage.origin.ends_at() is None
    assert not await storage.origin.is_copy()
