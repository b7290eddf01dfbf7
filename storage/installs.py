"""`core.installs.Installations`: where chat apps are installed."""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    bindparam,
    literal_column,
    null,
    or_,
    select,
    update,
)

from core.installs import Installation
from core.value import Millis
from storage.install_tables import installations
from storage.readers import Readers
from storage.statements import Row, Statement
from storage.writer import Writer
from storage.writes import upsert

_row = installations.c
_FOUND = (_row.platform, _row.team, _row.enterprise, _row.body, _row.at, _row.version)
_IS_IT = (_row.platform == bindparam("its_platform"), _row.id == bindparam("its_id"))
_LIVE = _row.ended_at.is_(None)
_AS_READ: tuple[ColumnElement[bool], ...] = (
    *_IS_IT,
    _LIVE,
    _row.version == bindparam("its_version"),
)
_KEY = ("its_platform", "its_id")


class SqlInstallations:
    """Installations in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._all = Statement(
            select(*_FOUND).where(_row.platform == bindparam("its_platform"), _LIVE).order_by("id"),
            ("its_platform",),
            dialect,
        )
        self._install = _install(dialect)
        self._claim = _claim(dialect)
        self._reseal = _reseal(dialect)
        self._end = _end(dialect)

    async def installed(self, platform: str) -> Sequence[Installation]:
        """All that have not ended, by id."""
        rows = await self._readers.read(lambda c: self._all.one(c, platform))
        return [_installation(row) for row in rows]

    async def install(self, found: Installation) -> None:
        """Keep it, whatever was kept under its id before; `version` goes on counting."""
        names = (found.platform, found.id, found.team, found.enterprise, found.body, found.at)
        await self._writer.run(lambda c: self._install.affected(c, *names))

    async def claim(self, found: Installation, now: Millis, until: Millis) -> bool:
        """Whether the exchange of its token is this caller's until then."""
        return await self._one(self._claim, *_key(found), found.version, now, until)

    async def reseal(self, found: Installation, body: bytes) -> bool:
        """Put another body in its place if it is as it was read, and give the claim back."""
        return await self._one(self._reseal, *_key(found), found.version, body)

    async def end(self, platform: str, id: str, at: Millis) -> bool:
        """End it, if it was installed by then, and forget its body."""
        return await self._one(self._end, platform, id, at, b"")

    async def _one(self, statement: Statement, *values: object) -> bool:
        def run(connection: Connection) -> bool:
            return statement.affected(connection, *values) == 1

        return await self._writer.run(run)


def _key(found: Installation) -> tuple[str, str]:
    return found.platform, found.id


def _installation(row: Row) -> Installation:
    platform, team, enterprise, body, at, version = row
    return Installation(
        platform=platform,
        team=team,
        enterprise=enterprise,
        body=bytes(body),
        at=at,
        version=version,
    )


def _install(dialect: Dialect) -> Statement:
    names = ("platform", "id", "team", "enterprise", "body", "at")
    fresh = upsert(installations, dialect).values(
        {name: bindparam(name) for name in names}
        | {"version": literal_column("1"), "claimed_until": null(), "ended_at": null()}
    )
    again = {name: fresh.excluded[name] for name in names[2:]}
    statement = fresh.on_conflict_do_update(
        index_elements=["platform", "id"],
        set_=again
        | {
            "version": _row.version + literal_column("1"),
            "claimed_until": null(),
            "ended_at": null(),
        },
    )
    return Statement(statement, names, dialect)


def _claim(dialect: Dialect) -> Statement:
    free = or_(_row.claimed_until.is_(None), _row.claimed_until <= bindparam("moment"))
    statement = update(installations).where(*_AS_READ, free).values(claimed_until=bindparam("end"))
    return Statement(statement, (*_KEY, "its_version", "moment", "end"), dialect)


def _reseal(dialect: Dialect) -> Statement:
    statement = (
        update(installations)
        .where(*_AS_READ)
        .values(
            body=bindparam("new_body"),
            version=_row.version + literal_column("1"),
            claimed_until=null(),
        )
    )
    return Statement(statement, (*_KEY, "its_version", "new_body"), dialect)


def _end(dialect: Dialect) -> Statement:
    moment = bindparam("moment", type_=_row.at.type)
    statement = (
        update(installations)
        .where(*_IS_IT, _LIVE, _row.at <= moment)
        .values(
            body=bindparam("nothing"),
            version=_row.version + literal_column("1"),
            claimed_until=null(),
            ended_at=moment,
        )
    )
    return Statement(statement, (*_KEY, "moment", "nothing"), dialect)
