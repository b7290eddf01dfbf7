"""Where a run keeps its databases: as files of its folder, or on a PostgreSQL server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import postgresql
from bench.children import counted


@dataclass(frozen=True, slots=True)
class Backend:
    """`title` for the report; `database` makes one of this name and gives its URL."""

    title: str
    database: Callable[[str], AbstractContextManager[str]]


def sqlite(folder: Path) -> Backend:
    """Files of the folder."""

    @contextmanager
    def database(name: str) -> Iterator[str]:
        yield f"sqlite:///{folder}/{name}.db"

    return Backend("SQLite, synchronous=FULL", database)


@contextmanager
def on_postgresql() -> Iterator[Backend]:
    """Databases of a server, which runs meanwhile; raises NotMeasured."""
    with postgresql.server() as url:
        title = f"PostgreSQL {postgresql.version(url)}, {postgresql.SAID}"
        yield Backend(title, lambda _name: postgresql.database(url))


def number(dsn: str, query: str) -> int:
    """The one number that a query gives, read while others write."""
    if dsn.startswith("sqlite"):
        return counted(Path(dsn.removeprefix("sqlite:///")), query)
    return postgresql.asked(dsn, query)
