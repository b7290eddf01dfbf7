"""What happened in the playground, kept on disk so that a restart (or a kill) loses nothing.

Generic: a platform keeps its state in named sections and gives them their
meaning itself. This module knows no platform, no HTTP and no clock.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections import deque
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_SCHEMA = """
PRAGMA locking_mode=EXCLUSIVE;
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS rows(
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    section TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE(section, key));
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS calls(n INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL);
"""


class StoreBusy(RuntimeError):
    """Another playground already uses the directory."""


class Section(MutableMapping[str, Json]):
    """A named map of JSON objects in order of first insertion; assigning saves at once.

    Values are copies both ways: changing what you got changes nothing until
    you assign it back.
    """

    def __init__(self, db: sqlite3.Connection, name: str) -> None:
        self._db = db
        self._name = name
        found = db.execute("SELECT key, value FROM rows WHERE section=? ORDER BY position", (name,))
        self._texts: dict[str, str] = dict(found.fetchall())

    def __getitem__(self, key: str) -> Json:
        value: Json = json.loads(self._texts[key])
        return value

    def __setitem__(self, key: str, value: Json) -> None:
        text = json.dumps(value, separators=(",", ":"))
        self._db.execute(
            "INSERT INTO rows(section, key, value) VALUES(?, ?, ?) "
            "ON CONFLICT(section, key) DO UPDATE SET value=excluded.value",
            (self._name, key, text),
        )
        self._texts[key] = text

    def __delitem__(self, key: str) -> None:
        del self._texts[key]
        self._db.execute("DELETE FROM rows WHERE section=? AND key=?", (self._name, key))

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._texts))

    def __len__(self) -> int:
        return len(self._texts)

    def forget(self) -> None:
        """Drop what is held in memory; the rows are removed by `Store.reset`."""
        self._texts.clear()


class Store:
    """Sections, counters, the log of calls received and a revision that grows with every change.

    `fresh` starts empty; the revision still goes on from the old one.
    Raises StoreBusy when another process holds the directory.
    """

    def __init__(self, directory: Path, *, fresh: bool = False) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            directory / "playground.sqlite3",
            isolation_level=None,
            timeout=0.2,
            check_same_thread=False,
        )
        try:
            self._db.executescript(_SCHEMA)
            self._db.execute("UPDATE counters SET value=value WHERE name='revision'")
        except sqlite3.OperationalError as problem:
            self._db.close()
            raise StoreBusy(f"{directory}: {problem}") from None
        self._sections: dict[str, Section] = {}
        self._changed = asyncio.Event()
        self._deliveries: deque[Json] = deque(maxlen=50)
        self.revision = self._counter("revision")
        if fresh:
            self.reset()

    def section(self, name: str) -> Section:
        """Return the section of that name ("platform.what"), made on first use."""
        if name not in self._sections:
            self._sections[name] = Section(self._db, name)
        return self._sections[name]

    def next_number(self, name: str) -> int:
        """Return 1, 2, 3, ... for that name, going on after a restart and after a reset."""
        self._db.execute(
            "INSERT INTO counters VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET value=value+1",
            (name,),
        )
        return self._counter(name)

    def changed(self) -> None:
        """Say that the visible state is another one now: the revision grows and waiters wake."""
        self.revision = self.next_number("revision")
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def wait_beyond(self, since: int, seconds: float) -> int:
        """Return the revision as soon as it differs from `since`, or after that many seconds."""
        if self.revision == since:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)
        return self.revision

    def log_call(
        self, platform: str, method: str, args: Json, *, status: int, error: str | None, at: float
    ) -> None:
        """Append one API call received (without its token) to the log."""
        said = {"args": args, "status": status, "error": error, "at": at}
        record = json.dumps({"platform": platform, "method": method, **said}, separators=(",", ":"))
        self._db.execute("INSERT INTO calls(record) VALUES(?)", (record,))

    def calls(self, since: int = 0) -> list[Json]:
        """Return the calls after number `since`, oldest first, each with its number `n`."""
        found = self._db.execute("SELECT n, record FROM calls WHERE n>? ORDER BY n", (since,))
        return [{"n": n, **json.loads(record)} for n, record in found.fetchall()]

    def delivered(
        self,
        platform: str,
        kind: str,
        *,
        status: int | None,
        ms: float,
        at: float,
        error: str | None,
    ) -> None:
        """Remember one outgoing call to the bot; the last 50 are kept, in memory only."""
        said = {"status": status, "ms": round(ms, 1), "at": at, "error": error}
        self._deliveries.append({"platform": platform, "kind": kind, **said})
        self.changed()

    def deliveries(self) -> list[Json]:
        """Return the last outgoing calls to the bot, oldest first."""
        return list(self._deliveries)

    def reset(self) -> None:
        """Forget everything that happened; numbers and the revision go on."""
        self._db.execute("DELETE FROM rows")
        self._db.execute("DELETE FROM calls")
        for section in self._sections.values():
            section.forget()
        self._deliveries.clear()
        self.changed()

    def close(self) -> None:
        """Write everything out and let go of the directory."""
        self._db.close()

    def _counter(self, name: str) -> int:
        found = self._db.execute("SELECT value FROM counters WHERE name=?", (name,)).fetchone()
        return int(found[0]) if found else 0
