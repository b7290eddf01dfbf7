"""Legal holds: what keeps content from being erased, in SQLite or PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import (
    Connection,
    Dialect,
    bindparam,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    true,
    update,
)

from core.audit.holding import REQUEST, RULE, Hold, Holding
from core.system_events import HoldLifted, HoldSet, SystemRecorded
from storage import tables
from storage.evidence_tables import erasures_due, holds
from storage.history_tables import following
from storage.readers import Readers
from storage.streams import Streams
from storage.texts import storable
from storage.writer import Writer

SYSTEM = "system"
_hold, _due, _request = holds.c, erasures_due.c, tables.requests.c

TURN = select(following.c.position).where(following.c.name == "erasures").with_for_update()
"""Whoever erases or holds takes this row first, so that nothing is erased that is held."""

_ON_REQUEST = exists().where(_hold.scope == REQUEST, _hold.name == _request.id)
_ON_RULE = exists().where(_hold.scope == RULE, _hold.name == _request.rule)
_HELD = select(_request.id).where(or_(_ON_REQUEST, _ON_RULE))
_ALL = select(_hold.scope, _hold.name, _hold.at, _hold.by).order_by(_hold.at, _hold.name)
_IS_IT = [_hold.scope == bindparam("its_scope"), _hold.name == bindparam("its_name")]
_BY_SCOPE = {REQUEST: _due.request_id, RULE: _due.rule}
MOST_AT_ONCE = 500


class SqlHolds:
    """Holds in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._streams = Streams(dialect)

    async def all(self) -> Sequence[Hold]:
        """Every hold that stands, the oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_ALL).all())
        return [Hold(*row) for row in rows]

    async def add(self, scope: str, name: str, holding: Holding) -> bool:
        """Hold it from now on; False if it is held already, or is a request that is not there."""
        if not storable(name):
            return False

        def run(connection: Connection) -> bool:
            connection.execute(TURN)
            known = {"its_scope": scope, "its_name": name}
            if connection.execute(select(_hold.at).where(*_IS_IT), known).first() is not None:
                return False
            if scope == REQUEST and not _is_there(connection, name):
                return False
            reason = holding.reason
            event = HoldSet(scope, name, reason.id, reason.commitment)
            self._record(connection, event, holding)
            values = {"scope": scope, "name": name, "at": holding.at, "by": holding.by}
            connection.execute(insert(holds), values | {"reason": reason.id})
            self._mark(connection, scope, name, held=True)
            return True

        return await self._writer.run(run)

    async def remove(self, scope: str, name: str, holding: Holding) -> bool:
        """Hold it no longer; False if it is not held."""
        if not storable(name):
            return False

        def run(connection: Connection) -> bool:
            connection.execute(TURN)
            known = {"its_scope": scope, "its_name": name}
            if connection.execute(delete(holds).where(*_IS_IT), known).rowcount != 1:
                return False
            reason = holding.reason
            event = HoldLifted(scope, name, reason.id, reason.commitment)
            self._record(connection, event, holding)
            # What another hold keeps is found when its turn comes.
            self._mark(connection, scope, name, held=False)
            return True

        return await self._writer.run(run)

    def _mark(self, connection: Connection, scope: str, name: str, *, held: bool) -> None:
        which = _BY_SCOPE[scope] == name
        connection.execute(
            update(erasures_due).where(which).values(held=true() if held else false())
        )

    def _record(
        self, connection: Connection, event: HoldSet | HoldLifted, holding: Holding
    ) -> None:
        recorded = SystemRecorded(event=event, actor=holding.actor, at=holding.at)
        self._streams.append(connection, SYSTEM, recorded)
        reason = holding.reason
        row = {"request_id": SYSTEM, "id": reason.id, "salt": reason.salt, "body": reason.body}
        connection.execute(insert(tables.content), row)


def held(connection: Connection, requests: Sequence[str]) -> set[str]:
    """Those of these requests whose content is held. Who erases asks after it took `TURN`."""
    found: set[str] = set()
    for start in range(0, len(requests), MOST_AT_ONCE):
        some = requests[start : start + MOST_AT_ONCE]
        found.update(connection.execute(_HELD.where(_request.id.in_(some))).scalars())
    return found


def _is_there(connection: Connection, request: str) -> bool:
    return connection.execute(select(_request.id).where(_request.id == request)).first() is not None
