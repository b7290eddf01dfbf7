"""`core.alerting.port.AlertStore`: what alerts count, and the episodes of which people are told."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Dialect, bindparam, delete, select, text, update

from core.alerting.episode import Episode, Kind
from core.alerting.port import Counts, Windows
from core.alerting.rising import Mark, is_rising, noted
from core.alerting.signs import Trouble
from core.rows import OutboxRow, Recipient
from core.system_events import SystemRecorded
from core.value import Millis, encode
from storage import alert_tables as tables
from storage.alert_counting import Counting
from storage.alert_following import NOT_BEGUN, PAGE, Following, statuses
from storage.condition import MOST, SqlCondition
from storage.readers import Readers
from storage.statements import Statement
from storage.streams import Streams
from storage.writer import Writer
from storage.writes import outbox_rows, upsert

STREAM: Final = "system"
DAY: Final[Millis] = 86_400_000

_row = tables.alert_episodes.c
_mark = tables.alert_marks.c
_OPEN = select(tables.alert_episodes).where(text(tables.OPEN)).order_by(_row.opened_at, _row.id)
_IS_OPEN = (_row.id == bindparam("its_id"), text(tables.OPEN))
_CLOSE = update(tables.alert_episodes).where(*_IS_OPEN).values(closed_at=bindparam("at"))
_MOVE = update(tables.alert_episodes).where(*_IS_OPEN).values(calm_since=bindparam("since"))
_CLAIM = (
    update(tables.alert_marks)
    .where(_mark.name == "look", _mark.at <= bindparam("now"))
    .values(at=bindparam("until"))
)
_DEAD = select(tables.alert_marks).where(_mark.name.startswith("dead:", autoescape=True))
_HERE = select(_mark.name).where(
    _mark.name.startswith("replica:", autoescape=True), _mark.at >= bindparam("since")
)
_NOT_HERE = delete(tables.alert_marks).where(
    _mark.name.startswith("replica:", autoescape=True), _mark.at < bindparam("before")
)
_told = msgspec.json.Decoder(tuple[Recipient, ...]).decode
_facts = msgspec.json.Decoder(dict[str, str]).decode


class SqlAlerts:
    """Alerts in SQLite or PostgreSQL."""

    def __init__(
        self, writer: Writer, readers: Readers, condition: SqlCondition, dialect: Dialect
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._condition = condition
        self._dialect = dialect
        self._following = Following(dialect)
        self._counting = Counting(dialect)
        self._streams = Streams(dialect)
        self._outbox = outbox_rows(dialect)
        self._begin = _begin(dialect)

    async def follow(self, now: Millis) -> bool:
        """Take up the next page of events that have a position; whether there may be more."""
        after = await self._readers.read(self._following.place)
        if after == NOT_BEGUN:
            await self._begin_following()
            return True
        page = await self._readers.read(lambda c: self._following.read(c, after))
        if not page.seen:
            return False
        done = await self._writer.run(lambda c: self._following.write(c, page, now))
        return done and page.seen == PAGE

    async def counts(self, windows: Windows) -> Counts:
        """What was counted, as of one read."""
        return await self._readers.read(lambda c: self._counting.counts(c, windows))

    async def dead(self, now: Millis, quiet: Millis) -> Sequence[Trouble]:
        """Platforms to which more was given up within the last `quiet` milliseconds."""
        dead = (await self._condition.now(now)).dead
        rows = await self._readers.read(lambda c: c.execute(_DEAD).all())
        marks = {name: Mark(*mark) for name, *mark in rows}
        new = dict[str, Mark]()
        for name in sorted({f"dead:{what}:{where}" for what, where in dead} | marks.keys()):
            _, what, where = name.split(":", 2)
            new[name] = noted(marks.get(name), dead.get((what, where), 0), now, quiet)
            if new[name] != marks.get(name):
                await self._keep_mark(name, new[name])
        return [_trouble(name, m) for name, m in new.items() if is_rising(m, now, quiet)]

    async def claim(self, replica: str, now: Millis, until: Millis) -> bool:
        """Whether this replica looks now for all; it is also noted as being there."""

        def claim(connection: Connection) -> bool:
            self._put_mark(connection, f"replica:{replica}", Mark(0, now))
            connection.execute(_NOT_HERE, {"before": now - DAY})
            given = {"now": now, "until": until}
            return connection.execute(_CLAIM, given).rowcount == 1

        return await self._writer.run(claim)

    async def gone(self, since: Millis) -> Sequence[str]:
        """Replicas with open episodes that were not there since this moment."""

        def read(connection: Connection) -> list[str]:
            here = {name for (name,) in connection.execute(_HERE, {"since": since})}
            with_own = {row.replica for row in connection.execute(_OPEN) if row.replica}
            return sorted(each for each in with_own if f"replica:{each}" not in here)

        return await self._readers.read(read)

    async def open(self) -> Sequence[Episode]:
        """The episodes that are not over, the oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_OPEN).all())
        return [_episode(row) for row in rows]

    async def begin(
        self, episode: Episode, rows: Sequence[OutboxRow], recorded: SystemRecorded
    ) -> bool:
        """Open it, with its record and what tells of it, unless one of its kind and subject is
        open."""
        values = _written(episode)

        def begin(connection: Connection) -> bool:
            opened = self._begin.affected(connection, *values) == 1
            if opened:
                self._tell(connection, rows, recorded)
            return opened

        return await self._writer.run(begin)

    async def end(
        self, episode: Episode, rows: Sequence[OutboxRow], recorded: SystemRecorded
    ) -> bool:
        """Close it, with its record and what tells of it, unless it is closed."""
        given = {"its_id": episode.id, "at": recorded.at}

        def end(connection: Connection) -> bool:
            closed = connection.execute(_CLOSE, given).rowcount == 1
            if closed:
                self._tell(connection, rows, recorded)
            return closed

        return await self._writer.run(end)

    async def move(self, episodes: Sequence[Episode]) -> None:
        """Keep since when it is calm."""
        given = [{"its_id": each.id, "since": each.calm_since} for each in episodes]
        if given:
            await self._writer.run(lambda c: c.execute(_MOVE, given))

    async def forget(self) -> None:
        """Stop following, and forget what was counted."""
        if await self._readers.read(self._following.place) != NOT_BEGUN:
            await self._writer.run(self._following.forget)

    def _tell(
        self, connection: Connection, rows: Sequence[OutboxRow], recorded: SystemRecorded
    ) -> None:
        self._streams.append(connection, STREAM, recorded)
        self._outbox(connection, rows)

    async def _begin_following(self) -> None:
        """From the newest event on, with what is open."""
        following = self._following
        last = await self._readers.read(following.last)
        for status in statuses():
            after: str | None = ""
            while after is not None:
                after = await self._begin_page(status, after)
        await self._writer.run(lambda c: following.begun(c, last))

    async def _begin_page(self, status: str, after: str) -> str | None:
        states = await self._readers.read(lambda c: self._following.walk(c, status, after))
        await self._writer.run(lambda c: self._following.keep(c, states))
        return states[-1].id if len(states) == PAGE else None

    async def _keep_mark(self, name: str, mark: Mark) -> None:
        await self._writer.run(lambda c: self._put_mark(c, name, mark))

    def _put_mark(self, connection: Connection, name: str, mark: Mark) -> None:
        row = {"count": mark.count, "at": mark.risen_at, "lower_since": mark.lower_since}
        fresh = upsert(tables.alert_marks, self._dialect).values(name=name, **row)
        connection.execute(fresh.on_conflict_do_update(index_elements=["name"], set_=row))


def _trouble(name: str, mark: Mark) -> Trouble:
    _, what, where = name.split(":", 2)
    many = f"{mark.count:,}" + (" or more" if mark.count >= MOST else "")
    said = f"More was given up of late: {many} of kind {what} now cannot be delivered"
    place = "" if where in ("callback", "none") else f" on {where}"
    remedy = "Countersign outbox list says why."
    return Trouble(f"undeliverable {what} {where}", f"{said}{place}. {remedy}")


def _begin(dialect: Dialect) -> Statement:
    names = _row.keys()
    fresh = upsert(tables.alert_episodes, dialect).values({n: bindparam(n) for n in names})
    once = fresh.on_conflict_do_nothing(
        index_elements=["kind", "subject", "replica"], index_where=text(tables.OPEN)
    )
    return Statement(once, names, dialect)


def _written(episode: Episode) -> tuple[Any, ...]:
    """In the order of the columns."""
    return (
        episode.id,
        episode.kind.value,
        episode.subject,
        episode.replica,
        episode.opened_at,
        episode.calm_since,
        episode.closed_at,
        encode(episode.told).decode(),
        encode(episode.facts).decode(),
    )


def _episode(row: Any) -> Episode:
    return Episode(
        id=row.id,
        kind=Kind(row.kind),
        subject=row.subject,
        opened_at=row.opened_at,
        facts=_facts(row.facts),
        told=_told(row.told),
        replica=row.replica,
        calm_since=row.calm_since,
        closed_at=row.closed_at,
    )
