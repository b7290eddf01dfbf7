"""`core.web.inbox_port.SavedViews`: the parts of their queue that people gave a name."""

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, delete, select

from core.value import Millis
from core.web.inbox_port import MOST_VIEWS, SavedView
from storage.readers import Readers
from storage.saved_view_tables import saved_views
from storage.texts import storable
from storage.writer import Writer
from storage.writes import upsert

_row = saved_views.c
_THEIRS = (
    select(_row.name, _row.query)
    .where(_row.person == bindparam("its_person"))
    .order_by(_row.at, _row.name)
)
_ITS = (_row.person == bindparam("its_person"), _row.name == bindparam("its_name"))
_FORGET = delete(saved_views).where(*_ITS)


class SqlSavedViews:
    """Saved views in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._dialect = dialect

    async def views(self, person: str) -> Sequence[SavedView]:
        """This person's, the oldest first."""
        if not storable(person):
            return ()
        return await self._readers.read(lambda connection: _read(connection, person))

    async def keep(self, person: str, view: SavedView, at: Millis) -> bool:
        """Keep it under its name, whatever had that name before; False where there are as many
        as one may have."""
        if not all(map(storable, (person, view.name, view.query))):
            return False
        row = {"person": person, "name": view.name, "query": view.query, "at": at}
        fresh = upsert(saved_views, self._dialect).values(row)
        kept = fresh.on_conflict_do_update(
            index_elements=["person", "name"], set_={"query": fresh.excluded.query}
        )

        def run(connection: Connection) -> bool:
            known = {each.name for each in _read(connection, person)}
            if view.name not in known and len(known) >= MOST_VIEWS:
                return False
            connection.execute(kept)
            return True

        return await self._writer.run(run)

    async def forget(self, person: str, name: str) -> bool:
        """Forget it; False where there was none."""
        if not (storable(person) and storable(name)):
            return False
        given = {"its_person": person, "its_name": name}
        return await self._writer.run(lambda c: c.execute(_FORGET, given).rowcount == 1)


def _read(connection: Connection, person: str) -> list[SavedView]:
    rows = connection.execute(_THEIRS, {"its_person": person})
    return [SavedView(name=name, query=query) for name, query in rows]
