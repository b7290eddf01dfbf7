"""What findings are made of, what was found, and what was proposed: `core.insight.port.Ledger`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Dialect, Executable, delete, select, update

from core.insight.cases import Ballot, Case, Kind, StageKey
from core.insight.port import Followed, Proposed
from core.insight.proposals import Found
from core.insight.thresholds import MOST_KINDS, MOST_WRONG, NEWEST
from core.value import Millis, encode
from storage import insight_tables as tables
from storage.insight_following import KIND, STAGE, WRONG, Following
from storage.readers import Readers
from storage.reading import Reading
from storage.statements import Row
from storage.texts import storable
from storage.writer import Writer
from storage.writes import upsert

_case: Final = msgspec.json.Decoder(Case).decode
_ballot: Final = msgspec.json.Decoder(Ballot).decode
_found: Final = msgspec.json.Decoder(Found).decode

_cases, _ballots, _groups = tables.cases.c, tables.ballots.c, tables.groups.c
_proposals, _texts = tables.proposals.c, tables.texts.c
_ONE: Final = "newest"


class SqlInsight:
    """Insight in SQLite or PostgreSQL."""

    def __init__(
        self, writer: Writer, readers: Readers, reading: Reading, dialect: Dialect
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._dialect = dialect
        self._following = Following(dialect, reading)

    async def follow(self, since: Millis) -> Followed:
        """Take up the next page of events."""
        page = await self._readers.read(lambda c: self._following.read(c, since))
        if not page.seen:
            return Followed(seen=0)
        return await self._writer.run(lambda c: self._following.write(c, page))

    async def cases(self, since: Millis) -> Mapping[Kind, Sequence[Case]]:
        """The newest of each kind, and those with incidents."""
        return await self._readers.read(lambda c: _all_cases(c, since))

    async def ballots(self, since: Millis) -> Mapping[StageKey, Sequence[Ballot]]:
        """The newest of each stage."""
        return await self._readers.read(lambda c: _all_ballots(c, since))

    async def prune(self, before: Millis, limit: int) -> int:
        """Forget what is older, a few at a time."""

        def run(connection: Connection) -> int:
            old = select(_cases.request_id).where(_cases.ended_at < before)
            old = old.order_by(_cases.ended_at).limit(limit)
            ids = [row[0] for row in connection.execute(old)]
            connection.execute(delete(tables.cases).where(_cases.request_id.in_(ids)))
            votes = select(_ballots.request_id).where(_ballots.at < before)
            votes = votes.order_by(_ballots.at).limit(limit)
            theirs = [row[0] for row in connection.execute(votes)]
            gone = delete(tables.ballots).where(
                _ballots.request_id.in_(theirs), _ballots.at < before
            )
            connection.execute(gone)
            connection.execute(delete(tables.groups).where(_groups.newest < before))
            return len(ids) + len(theirs)

        return await self._writer.run(run)

    async def keep(self, found: Found) -> None:
        """What was found last replaces what was found before."""
        fresh = upsert(tables.found, self._dialect).values(name=_ONE, body=encode(found))
        statement = fresh.on_conflict_do_update(
            index_elements=["name"], set_={"body": fresh.excluded.body}
        )
        await self._run(statement)

    async def found(self) -> Found | None:
        """What was found last."""
        its = select(tables.found.c.body).where(tables.found.c.name == _ONE)
        body = await self._readers.read(lambda c: c.execute(its).scalar())
        return None if body is None else _found(body)

    async def keep_text(self, digest: str, text: str, at: Millis) -> None:
        """Keep a policy's text that is about to be proposed."""
        row = upsert(tables.texts, self._dialect).values(digest=digest, text=text, made_at=at)
        await self._run(row.on_conflict_do_nothing())

    async def text(self, digest: str) -> str | None:
        """A text that was proposed."""
        its = select(_texts.text).where(_texts.digest == digest)
        return await self._readers.read(lambda c: c.execute(its).scalar())

    async def add(self, proposed: Proposed) -> None:
        """A proposal that was made."""
        row = upsert(tables.proposals, self._dialect).values(_row(proposed))
        await self._run(row.on_conflict_do_nothing())

    async def end(self, request: str, status: str, at: Millis) -> None:
        """What became of it; what is over stays as it is."""
        its = update(tables.proposals).where(
            _proposals.request_id == request, _proposals.ended_at.is_(None)
        )
        await self._run(its.values(status=status, ended_at=at))

    async def proposed(self, limit: int, finding: str | None = None) -> Sequence[Proposed]:
        """The newest, of all or of one finding."""
        its = select(*_proposals).order_by(_proposals.made_at.desc()).limit(limit)
        if finding is not None:
            if not storable(finding):
                return ()
            its = its.where(_proposals.finding == finding)
        return await self._readers.read(lambda c: [Proposed(*row) for row in c.execute(its)])

    async def open(self, limit: int) -> Sequence[Proposed]:
        """Those that are not over, the oldest first."""
        its = select(*_proposals).where(_proposals.ended_at.is_(None))
        its = its.order_by(_proposals.made_at).limit(limit)
        return await self._readers.read(lambda c: [Proposed(*row) for row in c.execute(its)])

    async def _run(self, statement: Executable) -> None:
        def run(connection: Connection) -> None:
            connection.execute(statement)

        await self._writer.run(run)


def _row(proposed: Proposed) -> dict[str, Any]:
    names = tables.proposals.c.keys()
    return dict(zip(names, (getattr(proposed, f) for f in Proposed.__struct_fields__), strict=True))


def _all_cases(connection: Connection, since: Millis) -> dict[Kind, Sequence[Case]]:
    found: dict[Kind, Sequence[Case]] = {}
    for action_type, rule, currency in _newest_groups(connection, KIND, since, MOST_KINDS):
        its = select(_cases.body).where(
            _cases.action_type == action_type, _cases.rule == rule, _cases.currency == currency
        )
        its = its.where(_cases.ended_at >= since).order_by(_cases.ended_at.desc()).limit(NEWEST)
        bodies = connection.execute(its).scalars()
        found[Kind(action_type, rule, currency)] = tuple(map(_case, bodies))
    for kind, case in _wrong(connection, since):
        others = found.get(kind, ())
        if case.request not in (each.request for each in others):
            found[kind] = (*others, case)
    return found


def _wrong(connection: Connection, since: Millis) -> Iterator[tuple[Kind, Case]]:
    """The newest cases with incidents, of whatever kind."""
    ids = [first for first, _, _ in _newest_groups(connection, WRONG, since, MOST_WRONG)]
    its = select(_cases.action_type, _cases.rule, _cases.currency, _cases.body).where(
        _cases.request_id.in_(ids)
    )
    for *kind, body in connection.execute(its.order_by(_cases.ended_at.desc())):
        yield Kind(*kind), _case(body)


def _all_ballots(connection: Connection, since: Millis) -> dict[StageKey, Sequence[Ballot]]:
    found: dict[StageKey, Sequence[Ballot]] = {}
    for rule, stage, _ in _newest_groups(connection, STAGE, since, MOST_KINDS):
        its = select(_ballots.body).where(_ballots.rule == rule, _ballots.stage == stage)
        its = its.where(_ballots.at >= since).order_by(_ballots.at.desc()).limit(NEWEST)
        found[StageKey(rule, stage)] = tuple(map(_ballot, connection.execute(its).scalars()))
    return found


def _newest_groups(connection: Connection, what: str, since: Millis, most: int) -> Sequence[Row]:
    its = select(_groups.first, _groups.second, _groups.third).where(
        _groups.what == what, _groups.newest >= since
    )
    return connection.execute(its.order_by(_groups.newest.desc()).limit(most)).all()
