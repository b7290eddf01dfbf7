"""`core.ports.Deliveries`: what is wanted but not shown, and notices not yet sent."""

from collections.abc import Callable, Sequence

from sqlalchemy import (
    Connection,
    Dialect,
    bindparam,
    func,
    literal_column,
    select,
    text,
    union_all,
    update,
)

from core.ports import InDigest, Outcome
from core.rows import Delivery, MessageRef, QueuedNotice, Recipient
from core.value import Millis
from storage import tables
from storage.cards import NOT_STALE, Cards, card_key
from storage.delivery_rows import DELIVERY, delivery
from storage.notices import NOTICE, Notices, notice, notice_key
from storage.readers import Readers
from storage.reading import Reading
from storage.writer import Writer

_card = tables.deliveries.c
_row = tables.outbox.c
_CARD_DUE = text(tables.DELIVERY_DUE)
_NOTICE_DUE = text(tables.NOTICE_DUE)
_NEXT_CARD = select(func.min(_card.next_at)).where(_CARD_DUE)
_NEXT_NOTICE = select(func.min(_row.next_at)).where(_NOTICE_DUE)
_DEAD_NOTICE = text("state = 'dead'")
_DEAD_CARD = _card.dead_reason.is_not(None)
# Two SELECTs each, so that each has an index of its own and nothing delivered is looked at.
_CARDS = union_all(select(*DELIVERY).where(_CARD_DUE), select(*DELIVERY).where(_DEAD_CARD))
_NOTICES = union_all(select(*NOTICE).where(_NOTICE_DUE), select(*NOTICE).where(_DEAD_NOTICE))
_REVIVE_CARDS = (
    update(tables.deliveries)
    .where(_DEAD_CARD)
    .values(dead_reason=None, attempts=0, next_at=bindparam("moment"))
)
_REVIVE_NOTICES = (
    update(tables.outbox)
    .where(_DEAD_NOTICE)
    .values(
        state=literal_column("'pending'"),
        dead_reason=None,
        attempts=0,
        next_at=bindparam("moment"),
    )
)


class SqlDeliveries:
    """Deliveries and notices in the database. `jitter` gives numbers from 0 to 1."""

    def __init__(
        self,
        writer: Writer,
        readers: Readers,
        reading: Reading,
        dialect: Dialect,
        jitter: Callable[[], float],
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._reading = reading
        self._cards = Cards(dialect, reading)
        self._notices = Notices(dialect)
        self._jitter = jitter

    async def claim_cards(self, now: Millis, lease_until: Millis, limit: int) -> Sequence[Delivery]:
        """Lease deliveries that are due; one whose earlier lease ended is `uncertain`.

        Give back each with `settle_card` as it was given, or let the lease end.
        """
        return await self._writer.run(lambda c: self._cards.claim(c, now, lease_until, limit))

    async def settle_card(
        self, delivery: Delivery, shown: int, outcome: Outcome | InDigest, now: Millis
    ) -> None:
        """Record how a claimed delivery ended; `shown` is the version that was rendered.

        After the lease was lost only the message is kept, and the card is rendered again.
        """
        jitter = self._jitter()
        await self._writer.run(
            lambda c: self._cards.settle(c, delivery, shown, outcome, now, jitter)
        )

    async def claim_notices(
        self, now: Millis, lease_until: Millis, limit: int
    ) -> Sequence[QueuedNotice]:
        """Lease notices that are due."""
        return await self._writer.run(lambda c: self._notices.claim(c, now, lease_until, limit))

    async def settle_notice(self, notice: QueuedNotice, outcome: Outcome, now: Millis) -> None:
        """Record how a claimed notice ended and give the lease back.

        After the lease was lost only that it was told counts.
        """
        jitter = self._jitter()
        await self._writer.run(lambda c: self._notices.settle(c, notice, outcome, now, jitter))

    async def postpone(
        self, platform: str, recipient: str, until: Millis, lease_until: Millis
    ) -> None:
        """Give back unsent all that is due at one place, in one transaction."""

        def both(connection: Connection) -> None:
            self._cards.postpone(connection, platform, recipient, until, lease_until)
            self._notices.postpone(connection, platform, recipient, until, lease_until)

        await self._writer.run(both)

    async def out_of_date(
        self, request_id: str, message: MessageRef, to: Recipient, now: Millis
    ) -> bool:
        """Want the card that a posted message shows to be rendered again, dead or not, and this
        message to be the one that is edited; whether there is such a card.

        A message that was never recorded is the card of `to`.
        """
        return await self._writer.run(
            lambda c: self._cards.out_of_date(c, request_id, message, to, now)
        )

    async def put_off(self, items: Sequence[tuple[Delivery | QueuedNotice, Millis]]) -> None:
        """Give back unsent what was claimed, each until its moment, in one transaction."""

        def each(connection: Connection) -> None:
            for item, until in items:
                if isinstance(item, Delivery):
                    self._cards.put_off(connection, item, until)
                else:
                    self._notices.put_off(connection, item, until)

        await self._writer.run(each)

    async def next_due(self) -> Millis | None:
        """The earliest moment at which something becomes claimable (0: at once), or None."""
        return await self._readers.read(_next_due)

    async def undelivered(self) -> tuple[Sequence[Delivery], Sequence[QueuedNotice]]:
        """Everything not delivered yet, dead letters included, oldest first."""
        return await self._readers.read(self._undelivered)

    async def add_card(
        self, request_id: str, to: Recipient, wanted: int, until: Millis | None = None
    ) -> None:
        """Want a card for one more recipient; one who has it already keeps their row. With
        `until` it waits for the digest that comes then.

        What stood for them as being reachable nowhere is removed.
        """
        await self._writer.run(lambda c: self._cards.add(c, request_id, to, wanted, until))

    async def revive(self, platform: str, recipient: str, now: Millis) -> int:
        """Make one recipient's dead letters due again; how many there were.

        A first card about a finished request stays dead.
        """

        def run(connection: Connection) -> int:
            cards = self._cards.revive(connection, platform, recipient, now)
            return cards + self._notices.revive(connection, platform, recipient, now)

        return await self._writer.run(run)

    async def retry_dead(
        self,
        request_id: str | None,
        now: Millis,
        *,
        stale: bool = True,
        platform: str | None = None,
    ) -> int:
        """Make dead letters due again, of one request or of all, on one platform or on all; how
        many there were.

        Without `stale`, first cards about finished requests stay dead.
        """
        return await self._writer.run(lambda c: _revive(c, request_id, now, stale, platform))

    def _undelivered(
        self, connection: Connection
    ) -> tuple[Sequence[Delivery], Sequence[QueuedNotice]]:
        rows = connection.execute(_CARDS).all()
        ids = list(dict.fromkeys((row[0],) for row in rows))
        refs = self._reading.refs(connection, ids)
        cards = sorted((delivery(row, refs) for row in rows), key=card_key)
        notices = [notice(row) for row in connection.execute(_NOTICES)]
        return cards, sorted(notices, key=notice_key)


def _next_due(connection: Connection) -> Millis | None:
    found = [connection.execute(each).scalar() for each in (_NEXT_CARD, _NEXT_NOTICE)]
    return min((moment for moment in found if moment is not None), default=None)


def _revive(
    connection: Connection,
    request_id: str | None,
    now: Millis,
    stale: bool,
    platform: str | None,
) -> int:
    cards, notices = _REVIVE_CARDS, _REVIVE_NOTICES
    if not stale:
        cards = cards.where(NOT_STALE)
    if request_id is not None:
        cards = cards.where(_card.request_id == request_id)
        notices = notices.where(_row.request_id == request_id)
    if platform is not None:
        cards = cards.where(_card.platform == platform)
        notices = notices.where(_row.platform == platform)
    values = {"moment": now}
    return connection.execute(cards, values).rowcount + connection.execute(notices, values).rowcount
