"""Each contract test runs over SQLite and over a real PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage import Storage, open_storage
from storage.migrate import upgrade
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.contract.spares import Spares


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server; skips where there is none."""
    try:
        with server() as url:
            yield url
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> Iterator[str]:
    """The URL of a migrated database to copy."""
    url = make_database(postgres)
    upgrade(url, copies=True)  # each copy is to count as a database of its own
    yield url
    drop_database(postgres, url)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_dsn(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    shutil.copy(migrated_sqlite, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session")
def spares(postgres: str, migrated_postgres: str) -> Iterator[Spares]:
    """Copies of the migrated database, used by one test after the other."""
    kept = Spares(postgres, migrated_postgres)
    yield kept
    kept.close()


@pytest.fixture
def postgres_dsn(spares: Spares) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own, in which nothing is yet."""
    url = spares.take()
    yield url
    spares.give_back(url)


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    url = make_database(postgres)
    yield url
    drop_database(postgres, url)


@pytest.fixture(params=["sqlite", "postgresql"])
def dsn(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, of each kind."""
    which = "sqlite_dsn" if request.param == "sqlite" else "postgres_dsn"
    url: str = request.getfixturevalue(which)
    return url


@pytest.fixture
async def storage(dsn: str) -> AsyncIterator[Storage]:
    """Storage over a migrated database."""
    opened = open_storage(dsn)
    yield opened
    await opened.close()


@pytest.fixture
async def replica(dsn: str) -> AsyncIterator[Storage]:
    """A second storage over the same database, as another process would have."""
    opened = open_storage(dsn)
    yield opened
    await opened.close()
