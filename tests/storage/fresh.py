"""An empty SQLite database, which is migrated once and then copied."""

import functools
import tempfile
from pathlib import Path

from storage.migrate import upgrade

_SQLITE = "sqlite:///"


def migrate(url: str) -> None:
    """Give a database today's tables, as `upgrade` does; a new one of SQLite costs only a copy."""
    path = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not path.exists():
        path.write_bytes(_migrated())
    upgrade(url)


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        upgrade(f"{_SQLITE}{path}")
        return path.read_bytes()
