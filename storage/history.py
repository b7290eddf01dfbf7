"""What was decided before about the like, answered by index; and what a model is asked about.

Implements `core.advice.history.Remembers`, `core.advice.asking.Questions`,
`core.advice.calibration.Records` and `core.advice.port.Spending`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, func, select

from core.advice.asking import Followed, Wanted, Wants
from core.advice.calibration import Cases, Kind
from core.advice.history import MOST_AMOUNTS, MOST_COUNTED, MOST_TWINS, About, History, Tally, Twin
from core.request import Status
from core.statistics import PASSED
from core.value import Millis
from storage import history_tables as tables
from storage.history_following import PAGE, Following
from storage.history_queue import Queue
from storage.history_statements import Looking
from storage.readers import Readers
from storage.reading import Reading
from storage.statements import Row, Statement
from storage.texts import storable
from storage.writer import Writer
from storage.writes import upsert

_record = tables.advice_record.c
_RECORD = select(*_record).order_by(_record.source, _record.recommendation, _record.confidence)

_used = tables.advice_spent.c
_SPENT = select(
    func.coalesce(func.sum(_used.tokens), 0), func.coalesce(func.sum(_used.cost), 0)
).where(_used.day >= bindparam("since"))
DAY: Final[Millis] = 86_400_000


class SqlHistory:
    """History in SQLite or PostgreSQL."""

    def __init__(
        self, writer: Writer, readers: Readers, reading: Reading, dialect: Dialect
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._following = Following(dialect, reading)
        self._queue = Queue(dialect)
        self._looking = Looking(dialect)
        self._spend = _spend(dialect)

    async def history(self, about: About) -> History:
        """What was decided about the like, as far as the events were followed."""
        return await self._readers.read(lambda c: self._history(c, about))

    async def follow(self, wants: Wants, now: Millis, most: int = PAGE) -> Followed:
        """Look at the next page of events that have a position, and keep what they say."""
        page = await self._readers.read(lambda c: self._following.read(c, wants, most))
        if not page.seen:
            return Followed(seen=0)
        return await self._writer.run(lambda c: self._following.write(c, page, now))

    async def claim(self, now: Millis, lease: Millis, limit: int) -> Sequence[Wanted]:
        """Lease what is due, the longest waiting first."""
        return await self._writer.run(lambda c: self._queue.claim(c, now, lease, limit))

    async def settle(self, wanted: Wanted, again: Millis | None) -> None:
        """Give it back, if its lease is still held."""
        await self._writer.run(lambda c: self._queue.settle(c, wanted, again))

    async def next_due(self) -> Millis | None:
        """When there may be something to claim."""
        return await self._readers.read(self._queue.next_due)

    async def record(self) -> tuple[Cases, ...]:
        """How often advice was right, by kind."""
        rows = await self._readers.read(lambda c: c.execute(_RECORD).all())
        return tuple(Cases(kind=Kind(*row[:3]), cases=row[3], agreed=row[4]) for row in rows)

    async def spend(self, at: Millis, tokens: int, cost: int) -> None:
        """Count what an answer used; `cost` in millionths."""
        row = (at - at % DAY, tokens, cost)
        await self._writer.run(lambda c: self._spend.run(c, [row]))

    async def spent(self, since: Millis) -> tuple[int, int]:
        """Tokens, and money in millionths, that were used since the UTC day of this moment."""
        day = {"since": since - since % DAY}
        tokens, cost = await self._readers.read(lambda c: c.execute(_SPENT, day).one())
        return int(tokens), int(cost)

    def _history(self, connection: Connection, about: About) -> History:
        look, its = self._looking, about.request
        kind, currency = about.action_type, about.currency or ""
        who, with_whom = about.requester or "", about.party or ""
        if not all(map(storable, (its, kind, currency, who))):
            return History()
        theirs = look.requester.one(connection, who, kind, its, MOST_COUNTED) if who else ()
        alike = look.action.one(connection, kind, its, MOST_COUNTED)
        # Who asks may write a text that no column holds; the rest is looked up all the same.
        is_kept = with_whom and storable(with_whom)
        party = look.party.one(connection, with_whom, its, MOST_COUNTED) if is_kept else ()
        labels = [
            look.label.one(connection, each, its, MOST_COUNTED) if storable(each) else ()
            for each in about.labels
        ]
        amounts = look.amounts.one(connection, kind, currency, its, MOST_AMOUNTS)
        no = look.rejection.one(connection, who, kind, its, 1) if who else ()
        return History(
            requester=_tally(theirs),
            action=_tally(alike),
            party=_tally(party),
            labels=tuple(map(_tally, labels)),
            amounts=tuple(amount for (amount,) in amounts),
            rejection=no[0][1] if no else None,
            rejected_at=no[0][2] if no else None,
            rejected=no[0][0] if no else None,
            twins=tuple(self._twins(connection, about))[:MOST_TWINS],
        )

    def _twins(self, connection: Connection, about: About) -> Iterator[Twin]:
        """Those that ask for the very same, the newest first, then those that nearly do."""
        known = set[str]()
        looks = ((self._looking.same, about.digest), (self._looking.alike, about.likeness))
        for statement, given in looks:
            for request, status, at, digest in statement.one(
                connection, given, about.since, about.request, 2 * MOST_TWINS
            ):
                if request not in known:
                    known.add(request)
                    known_as = Status.APPROVED.value if status == PASSED else status
                    exact = digest == about.digest
                    yield Twin(request=request, status=known_as, at=at, exact=exact)


def _spend(dialect: Dialect) -> Statement:
    row = tables.advice_spent
    fresh = upsert(row, dialect).values({n: bindparam(n) for n in ("day", "tokens", "cost")})
    statement = fresh.on_conflict_do_update(
        index_elements=["day"],
        set_={name: row.c[name] + fresh.excluded[name] for name in ("tokens", "cost")},
    )
    return Statement(statement, ("day", "tokens", "cost"), dialect)


def _tally(rows: Sequence[Row]) -> Tally:
    found = Counter(status for (status,) in rows)
    return Tally(
        count=found.total(),
        approved=found[Status.APPROVED.value],
        rejected=found[Status.REJECTED.value],
    )
