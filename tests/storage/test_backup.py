"""An online backup of SQLite: of one moment, whole, its own user's, and known as a copy."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.rows import ListFilter
from storage import open_storage
from storage.backup import backup
from storage.errors import StorageError
from storage.migrate import check, upgrade
from storage.origin import IS_COPY
from tests.storage.purchase import AT, rid, submit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dsn(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/live.db"
    upgrade(url)
    return url


def count(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        [(found,)] = connection.execute(f"SELECT count(*) FROM {table}")
        return int(found)


async def test_a_backup_has_what_was_committed_and_nothing_that_came_after(
    dsn: str, tmp_path: Path
) -> None:
    storage = open_storage(dsn)
    await storage.store.transact(rid(1), submit(rid(1)))
    made = backup(dsn, tmp_path / "copy.db")
    await storage.store.transact(rid(2), submit(rid(2)))
    await storage.close()
    assert (made.events, made.ends_at) == (count(tmp_path / "copy.db", "events"), AT)
    assert made.bytes == (tmp_path / "copy.db").stat().st_size
    copy = open_storage(f"sqlite:///{tmp_path}/copy.db")
    found = await copy.store.listed(ListFilter())
    await copy.close()
    assert [each.state.id for each in found.items] == [rid(1)]


def test_a_backup_while_another_process_writes_is_whole(dsn: str, tmp_path: Path) -> None:
    """Each request of the child is one transaction: as many first events as requests."""
    command = [sys.executable, "-m", "tests.contract.child", "submit", dsn]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for number in range(5):
            acknowledged = {child.stdout.readline().strip() for _ in range(50)}
            file = tmp_path / f"copy-{number}.db"
            backup(dsn, file)
            with closing(sqlite3.connect(file)) as copy:
                requests = {row[0] for row in copy.execute("SELECT id FROM requests")}
                first = {row[0] for row in copy.execute("SELECT stream FROM events WHERE seq = 1")}
            assert acknowledged <= requests
            assert requests == first
        child.kill()


def test_a_backup_is_one_file_that_only_its_own_user_reads(dsn: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    backup(dsn, folder / "copy.db")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == 0o600


def test_a_backup_replaces_no_file(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(StorageError, match="there already"):
        backup(dsn, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_draft_of_another_backup_is_left_alone(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db.part").write_text("another's")
    with pytest.raises(StorageError, match="under way or was cut off"):
        backup(dsn, tmp_path / "copy.db")
    assert (tmp_path / "copy.db.part").read_text() == "another's"


def test_a_damaged_database_gives_no_backup_and_the_draft_goes(tmp_path: Path, dsn: str) -> None:
    live = tmp_path / "live.db"
    with closing(sqlite3.connect(live, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'events'")
    with pytest.raises(StorageError, match=r"damaged|malformed"):
        backup(dsn, tmp_path / "copy.db")
    assert sorted(p.name for p in tmp_path.glob("copy*")) == []


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no database at"):
        backup(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_told_to_use_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="pg_dump --format=custom"):
        backup("postgresql://ann:pa55word@127.0.0.1/approvals", tmp_path / "copy.db")


async def test_a_copy_is_refused_until_somebody_says_that_it_counts(
    dsn: str, tmp_path: Path
) -> None:
    backup(dsn, tmp_path / "copy.db")
    copy = f"sqlite:///{tmp_path}/copy.db"
    assert check(dsn) is None
    assert check(copy) == IS_COPY
    with pytest.raises(StorageError, match="countersign db restored"):
        upgrade(copy)
    upgrade(copy, copies=True)
    assert check(copy) == IS_COPY, "to look at it settles nothing"
    storage = open_storage(copy)
    assert await storage.origin.is_copy()
    await storage.origin.settle()
    assert not await storage.origin.is_copy()
    await storage.close()
    upgrade(copy)
    assert check(copy) is None


def test_a_copy_of_a_copy_is_one_too(dsn: str, tmp_path: Path) -> None:
    backup(dsn, tmp_path / "copy.db")
    backup(f"sqlite:///{tmp_path}/copy.db", tmp_path / "again.db")
    assert check(f"sqlite:///{tmp_path}/again.db") == IS_COPY
