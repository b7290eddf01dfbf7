"""What a pack of evidence needs beside the trail: policies by time, ends, standing delegations."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Dialect, select

from core.request import RequestState
from core.rules.absence import Standing
from core.value import Millis
from storage import rule_tables, tables
from storage.loading import decode_state
from storage.readers import Readers
from storage.rule_loading import decode_standing
from storage.statements import ByKeys, Texts

_history, _texts = rule_tables.policies_in_force.c, rule_tables.policies.c
_POLICIES = (
    select(_history.number, _history.version, _history.at, _history.by, _texts.text)
    .join_from(
        rule_tables.policies_in_force, rule_tables.policies, _texts.version == _history.version
    )
    .order_by(_history.number)
)
_standing = rule_tables.standing_delegations.c
_STANDING = select(_standing.body).order_by(_standing.id)


class InForce(NamedTuple):
    """A policy version that was in force from `at` until `until`, None for the present one."""

    number: int
    version: str
    at: Millis
    until: Millis | None
    by: str
    text: str


class SqlEvidence:
    """Reads only."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        row = tables.requests.c
        self._states = ByKeys(select(row.id, row.snapshot), [row.id], dialect)

    async def policies(self, begins: Millis, ends: Millis) -> Sequence[InForce]:
        """All that were in force at some moment from `begins` until before `ends`, in order."""
        rows = await self._readers.read(lambda c: c.execute(_POLICIES).all())
        nexts = [*(row.at for row in rows[1:]), None]
        found = [
            InForce(row.number, row.version, row.at, until, row.by, row.text)
            for row, until in zip(rows, nexts, strict=False)
        ]
        return [f for f in found if f.at < ends and (f.until is None or f.until > begins)]

    async def states(self, ids: Sequence[str]) -> Sequence[RequestState]:
        """The requests of these ids as they are now, in that order."""

        def read(connection: Connection) -> list[RequestState]:
            keys: list[Texts] = [(each,) for each in ids]
            found = {row[0]: row[1] for row in self._states.fetch(connection, keys)}
            return [decode_state(found[each]) for each in ids if each in found]

        return await self._readers.read(read)

    async def standing(self) -> Sequence[Standing]:
        """Every standing delegation that was ever made."""
        rows = await self._readers.read(lambda c: c.execute(_STANDING).all())
        return [decode_standing(row.body) for row in rows]
