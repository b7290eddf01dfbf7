"""What was decided before figures were counted is counted once the tables are up to date."""

from alembic import command
from sqlalchemy import Connection, text

from core.card import Verb
from core.request import Decision
from storage import open_storage
from storage.engine import open_engines
from storage.migrate import _config, check
from tests.contract.office import Office
from tests.core.builders import FINN, HOUR, MARA


def rows(connection: Connection) -> list[tuple[object, ...]]:
    found = connection.execute(text("SELECT * FROM outcomes ORDER BY 1, 2, 3, 4, 5"))
    return [tuple(row) for row in found]


async def story(dsn: str) -> None:
    storage = open_storage(dsn)
    office = await Office(storage).open()
    for ends in (Decision.APPROVE, Decision.REQUEST_CHANGES):
        made = await office.ask(office.now % 100_000)
        office.now += HOUR
        await office.says(MARA, Decision.APPROVE, made.snapshot.state.id)
        office.now += HOUR
        await office.says(FINN, ends, made.snapshot.state.id)
    await office.ask(1, "coffee")
    await office.ask(2, "gift")
    cancelled = await office.ask(3)
    await office.cancel(cancelled.snapshot.state.id)
    open_ = await office.ask(4)
    await office.click(MARA, Verb.REJECT, open_.snapshot.state.id)
    await storage.close()


def _stand_at(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revision})


async def test_the_upgrade_counts_what_is_there(dsn: str) -> None:
    await story(dsn)
    engines = open_engines(dsn)
    with engines.writer.begin() as connection:
        before = rows(connection)
        newest = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("DROP TABLE outcomes"))
        _stand_at(connection, "0006")
        command.upgrade(_config(connection), "0007")
        after = rows(connection)
        _stand_at(connection, newest)
    engines.dispose()
    assert check(dsn) is None
    assert len(before) == 10
    assert after == before
