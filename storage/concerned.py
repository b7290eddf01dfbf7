"""Whom requests concern, for those who look at a page while others change them."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Dialect, select

from storage import tables
from storage.readers import Readers
from storage.statements import ByKeys
from storage.texts import storable

_people = tables.request_people.c


class SqlConcerned:
    """Reads who has to do with requests."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        self._found = ByKeys(
            select(_people.request_id, _people.person).distinct(), [_people.request_id], dialect
        )

    async def people(self, ids: Sequence[str]) -> Mapping[str, Collection[str]]:
        """By request, everybody who may have it in a list; nothing for one that is not there."""
        keys = [(each,) for each in ids if storable(each)]

        def read(connection: Connection) -> dict[str, set[str]]:
            found: dict[str, set[str]] = {}
            for request, person in self._found.fetch(connection, keys):
                found.setdefault(request, set()).add(person)
            return found

        return await self._readers.read(read) if keys else {}
