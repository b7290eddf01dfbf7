"""What was decided before figures were counted is counted once the tables are up to date."""

import asyncio

from sqlalchemy import Connection, text

from core.card import Verb
from core.request import Decision
from storage import open_storage
from storage.engine import open_engines
from storage.migrate import check, upgrade
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


async def test_the_upgrade_counts_what_is_there(dsn: str) -> None:
    await story(dsn)
    engines = open_engines(dsn)
    with engines.writer.begin() as connection:
        before = rows(connection)
        connection.execute(text("DROP TABLE outcomes"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    assert check(dsn) is not None
    await asyncio.to_thread(upgrade, dsn)
    with engines.writer.begin() as connection:
        after = rows(connection)
    engines.dispose()
    assert len(before) == 10
    assert after == before
