"""`countersign db`: a backup beside a running server, and what is said after a restore."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot import cli_database, cli_table, log
from bot.sample import DIRECTORY
from storage.errors import Unavailable
from storage.store import SqlStore
from tests.bot.cli_office import MANAGER, Office

BIG = {"action": {"type": "purchase_order", "params": {"amount": 800}}}


def counted(database: str, status: str, what: str) -> str:
    """Of all tests before, too: they share the server. Nobody uses an approval here."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        query = "SELECT count(*) FROM requests WHERE status = ?"
        [(found,)] = connection.execute(query, (status,))
    assert found > 0
    return cli_table.counted(found, what)


def system_events(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT type FROM events WHERE stream = 'system' ORDER BY seq")
        return [row[0] for row in found]


@pytest.fixture
def copy(desk: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A backup in which one approval could be used and one request is open."""
    monkeypatch.setenv("COUNTERSIGN_DIRECTORY", str(DIRECTORY))
    monkeypatch.setattr(log, "configure", lambda *_: None)  # it would outlive the test
    approved = desk.submit(**BIG)
    desk.decide(MANAGER, approved, decision="approve")
    desk.submit()
    made = desk.operate("db", "backup", str(tmp_path / "copy.db"))
    assert made.exit_code == 0, made.output
    assert "signing key" in made.stdout
    return f"sqlite:///{tmp_path}/copy.db"


def test_after_a_restore_approvals_are_taken_back_and_open_requests_told(
    desk: Office, copy: str, tmp_path: Path
) -> None:
    done = desk.operate("db", "restored", "--yes", database=copy)
    assert done.exit_code == 0, done.output
    approved, pending = counted(copy, "approved", "approval"), counted(copy, "pending", "request")
    assert f"Took back {approved}. Open as they were then: {pending}." in done.stdout
    assert "Nothing here says" not in done.stderr
    assert system_events(tmp_path / "copy.db") == ["database_restored"]
    again = desk.operate("db", "restored", "--yes", database=copy)
    assert "Took back 0 approvals." in again.stdout
    assert "if it was not, this takes approvals back for no reason" in again.stderr


def test_a_database_that_was_only_moved_keeps_its_approvals(desk: Office, copy: str) -> None:
    moved = desk.operate("db", "restored", "--nothing-lost", "--yes", database=copy)
    assert moved.exit_code == 0, moved.output
    assert "Took back" not in moved.stdout
    assert desk.operate("db", "upgrade", database=copy).exit_code == 0


def test_without_a_terminal_it_needs_a_yes(desk: Office, copy: str) -> None:
    assert desk.operate("db", "restored", database=copy).exit_code == 64
    refused = desk.operate("db", "upgrade", database=copy)
    assert refused.exit_code == 1
    assert "Run countersign db restored before you serve it." in refused.stderr


def test_who_says_no_changes_nothing(
    desk: Office, copy: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli_database, "in_terminal", lambda: True)
    refused = desk.operate("db", "restored", database=copy)
    assert refused.exit_code == 1
    assert "Go on?" in refused.output
    assert system_events(tmp_path / "copy.db") == []


def test_one_that_was_cut_off_in_between_is_refused_until_it_was_run_again(
    desk: Office, copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> list[str]:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "open_ids", fails)
        cut = desk.operate("db", "restored", "--yes", database=copy)
        assert (cut.exit_code, cut.stderr.endswith("The disk is full.\n")) == (1, True)
        assert desk.operate("db", "upgrade", database=copy).exit_code == 1
    again = desk.operate("db", "restored", "--yes", database=copy)
    pending = counted(copy, "pending", "request")
    assert f"Took back 0 approvals. Open as they were then: {pending}." in again.stdout
    assert desk.operate("db", "upgrade", database=copy).exit_code == 0


def test_a_database_without_events_needs_nothing(desk: Office, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    assert desk.operate("db", "upgrade", database=empty).exit_code == 0
    told = desk.operate("db", "restored", "--yes", database=empty)
    assert told.exit_code == 1
    assert "nothing has to be settled" in told.stderr
    missing = desk.operate("db", "restored", "--yes", database=f"sqlite:///{tmp_path}/none.db")
    assert missing.stderr.startswith(f"There is no database at {tmp_path}/none.db.")
