"""Who finds another process migrating waits for its end, whatever a writer would wait."""

import threading
import time

import psycopg
import pytest

from storage import engine
from storage.migrate import _LOCK, check, upgrade


def test_a_migration_that_takes_long_is_waited_for(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    failed: list[Exception] = []

    def second() -> None:
        try:
            upgrade(empty_postgres)
        except Exception as error:
            failed.append(error)

    with psycopg.connect(empty_postgres) as first:
        first.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        waiting = threading.Thread(target=second)
        waiting.start()
        while not _waits(empty_postgres) and waiting.is_alive():
            time.sleep(0.02)
        time.sleep(0.5)
        first.rollback()
    waiting.join(60)
    assert failed == []
    assert check(empty_postgres) is None


def _waits(url: str) -> bool:
    """Whether somebody waits for the lock."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        return found.fetchone() is not None
