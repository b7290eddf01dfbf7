"""Delivery of cards: claiming what is due, and recording how each attempt ended.

Functions of the writer's connection. A lease is known by its end, which goes out with the
claimed delivery and comes back with it: who comes back after losing it changes nothing but
to make the card be rendered once more.
"""

from functools import partial

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Dialect,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    true,
    update,
)

from core.chat.audience import NOWHERE
from core.ports import Dead, Delivered, InDigest, Outcome, RetryAt
from core.rows import IN_DIGEST, Delivery, MessageRef, Recipient
from core.value import Millis, encode
from storage import tables
from storage.backoff import TURN, backoff
from storage.delivery_rows import DELIVERY, Leased, leased
from storage.healing import out_of_date
from storage.posted import Posted
from storage.reading import Reading
from storage.statements import Statement
from storage.writes import NEW_CARD, new_card

_card = tables.deliveries.c
_message = tables.messages.c
_KEY = ("its_request", "its_platform", "its_recipient")
_IS_IT = and_(
    _card.request_id == bindparam("its_request"),
    _card.platform == bindparam("its_platform"),
    _card.recipient == bindparam("its_recipient"),
)

_HAS_MESSAGES = (
    exists()
    .where(
        _message.request_id == _card.request_id,
        _message.platform == _card.platform,
        _message.recipient == _card.recipient,
    )
    .correlate(tables.deliveries)
)
_IS_OPEN = (
    exists()
    .where(tables.requests.c.id == _card.request_id, tables.requests.c.wake_at.is_not(None))
    .correlate(tables.deliveries)
)
NOT_STALE = or_(_card.shown > literal_column("0"), _HAS_MESSAGES, _IS_OPEN)
"""Nobody is to get a first card about what is over; what is shown must not stay false."""


class Cards:
    """The statements on `deliveries` and `messages`, compiled once."""

    def __init__(self, dialect: Dialect, reading: Reading) -> None:
        self._reading = reading
        self._claim = _claim(dialect)
        self._added = _added(dialect)
        self._nowhere_gone = _nowhere_gone(dialect)
        self._revived = _revived(dialect)
        self._postponed = _postponed(dialect)
        self._put_off = _put_off(dialect)
        self._message = _message_kept(dialect)
        self._posted = Posted(dialect)
        self._shown = _shown(dialect)
        self._again = _again(dialect)
        self._died = _died(dialect)
        self._held = _held(dialect)
        self._late = _late(dialect)

    def claim(
        self, connection: Connection, now: Millis, lease_until: Millis, limit: int
    ) -> list[Leased]:
        """Lease what is due; taken over from an ended lease, a delivery is uncertain."""
        rows = self._claim.one(connection, now, lease_until, limit)
        ids = list(dict.fromkeys((row[0],) for row in rows))
        refs = self._reading.refs(connection, ids)
        return sorted((leased(row, refs, lease_until) for row in rows), key=card_key)

    def add(
        self,
        connection: Connection,
        request_id: str,
        to: Recipient,
        wanted: int,
        until: Millis | None = None,
    ) -> None:
        """Want one more card; who has it already keeps their row. With `until` it waits for a
        digest.

        Whoever can be reached somewhere is no longer somebody who can be reached nowhere.
        """
        if to.platform != NOWHERE:
            self._nowhere_gone.affected(connection, request_id, to.id)
        waits = (until or 0, None if until is None else IN_DIGEST)
        self._added.affected(connection, request_id, to.platform, to.id, to.kind, wanted, *waits)

    def revive(self, connection: Connection, platform: str, recipient: str, now: Millis) -> int:
        """Make one recipient's dead cards due again, stale ones not; how many there were."""
        return self._revived.affected(connection, platform, recipient, now)

    def postpone(
        self, connection: Connection, platform: str, recipient: str, until: Millis, lease: Millis
    ) -> None:
        """Give back unsent what is due at one place."""
        self._postponed.affected(connection, platform, recipient, lease, until)

    def out_of_date(
        self, connection: Connection, request: str, message: MessageRef, to: Recipient, now: Millis
    ) -> bool:
        """Want a message's card to be rendered again; whether there is such a card."""
        return out_of_date(connection, request, message, to, partial(self._keep, now=now))

    def put_off(self, connection: Connection, claimed: Delivery, until: Millis) -> None:
        """Give back one, if its lease is still held."""
        key = (claimed.request, claimed.to.platform, claimed.to.id)
        lease = claimed.lease if isinstance(claimed, Leased) else None
        self._put_off.affected(connection, *key, lease, until)

    def settle(
        self,
        connection: Connection,
        done: Delivery,
        shown: int,
        outcome: Outcome | InDigest,
        now: Millis,
        jitter: float,
    ) -> None:
        """Record the outcome and give the lease back, if it is still held."""
        key = (done.request, done.to.platform, done.to.id)
        lease = done.lease if isinstance(done, Leased) else None
        unknown = True
        match outcome:
            case Delivered(ref):
                if ref is not None:
                    self._keep(connection, key, ref, now, known=ref in done.refs)
                newest = [_written(ref), _written(done.refs[-1] if done.refs else None)]
                held = self._shown.affected(connection, *key, lease, shown, *newest)
            case RetryAt(reason=reason, after=after, uncertain=uncertain):
                unknown = uncertain
                wait = backoff(done.attempts + 1, jitter) if after is None else after
                held = self._again.affected(connection, *key, lease, now + wait, uncertain, reason)
            case Dead(reason):
                unknown = False
                held = self._died.affected(connection, *key, lease, done.wanted, reason)
            case InDigest(until):
                unknown = False
                over = shown if until is None else 0
                held = self._held.affected(connection, *key, lease, over, until or 0)
        if not held and unknown:
            self._late.affected(connection, *key)

    def _keep(
        self,
        connection: Connection,
        key: tuple[str, str, str],
        ref: MessageRef,
        now: Millis,
        *,
        known: bool = False,
    ) -> None:
        self._message.affected(connection, *key, encode(ref).decode(), now)
        if not known:
            self._posted.keep(connection, ref, key[0], now)


def _claim(dialect: Dialect) -> Statement:
    due = (
        select(_card.request_id, _card.platform, _card.recipient)
        .where(text(tables.DELIVERY_DUE), _card.next_at <= bindparam("moment"))
        .order_by(_card.next_at, _card.request_id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(tables.deliveries)
        .where(
            _card.request_id == due.c.request_id,
            _card.platform == due.c.platform,
            _card.recipient == due.c.recipient,
        )
        .values(
            lease_until=bindparam("lease"),
            next_at=bindparam("lease"),
            uncertain=or_(_card.uncertain, _card.lease_until.is_not(None)),
        )
        .returning(*DELIVERY)
    )
    return Statement(statement, ("moment", "lease", "most"), dialect)


def _added(dialect: Dialect) -> Statement:
    statement = new_card(dialect).on_conflict_do_nothing(
        index_elements=["request_id", "platform", "recipient"]
    )
    return Statement(statement, NEW_CARD, dialect)


def _nowhere_gone(dialect: Dialect) -> Statement:
    """(request, person): the card that nobody could be found for; nothing ever showed it."""
    statement = delete(tables.deliveries).where(
        _card.request_id == bindparam("its_request"),
        _card.platform == literal_column(f"'{NOWHERE}'"),
        _card.recipient == bindparam("its_recipient"),
        ~_HAS_MESSAGES,
    )
    return Statement(statement, ("its_request", "its_recipient"), dialect)


def _revived(dialect: Dialect) -> Statement:
    statement = (
        update(tables.deliveries)
        .where(
            _card.dead_reason.is_not(None),
            _card.platform == bindparam("its_platform"),
            _card.recipient == bindparam("its_recipient"),
            NOT_STALE,
        )
        .values(dead_reason=null(), attempts=literal_column("0"), next_at=bindparam("moment"))
    )
    return Statement(statement, ("its_platform", "its_recipient", "moment"), dialect)


_LEASE = bindparam("lease", type_=BigInteger)
_HELD = or_(_LEASE.is_(None), _card.lease_until == _LEASE)
_GIVEN_BACK = {"lease_until": null()}


def _postponed(dialect: Dialect) -> Statement:
    statement = (
        update(tables.deliveries)
        .where(
            text(tables.DELIVERY_DUE),
            _card.platform == bindparam("its_platform"),
            _card.recipient == bindparam("its_recipient"),
            or_(
                _card.lease_until == bindparam("lease"),
                and_(_card.lease_until.is_(None), _card.next_at < bindparam("until")),
            ),
        )
        .values(next_at=bindparam("until"), **_GIVEN_BACK)
    )
    return Statement(statement, ("its_platform", "its_recipient", "lease", "until"), dialect)


def _put_off(dialect: Dialect) -> Statement:
    """What waits for a digest goes on waiting for it."""
    waits = _card.waiting_reason == literal_column(f"'{IN_DIGEST}'")
    reason = case((waits, _card.waiting_reason), else_=literal_column(f"'{TURN}'"))
    statement = (
        update(tables.deliveries)
        .where(_IS_IT, _HELD)
        .values(next_at=bindparam("until"), waiting_reason=reason, **_GIVEN_BACK)
    )
    return Statement(statement, (*_KEY, "lease", "until"), dialect)


def _written(ref: MessageRef | None) -> str:
    return "" if ref is None else encode(ref).decode()


def _shown(dialect: Dialect) -> Statement:
    """Shown, unless somebody pressed another of its messages meanwhile: the newest message is
    then neither the one that shows it now nor the one that was the newest before, and shows what
    it showed."""
    text_type = _message.ref.type
    newest = (
        select(_message.ref)
        .where(
            _message.request_id == _card.request_id,
            _message.platform == _card.platform,
            _message.recipient == _card.recipient,
        )
        .order_by(_message.id.desc())
        .limit(literal_column("1"))
        .offset(literal_column("0"))
        .correlate(tables.deliveries)
        .scalar_subquery()
    )
    names = ("its_ref", "newest_before")
    meant = func.coalesce(newest, literal_column("''")).in_(
        [bindparam(name, type_=text_type) for name in names]
    )
    now_shown = bindparam("now_shown", type_=_card.shown.type)
    statement = (
        update(tables.deliveries)
        .where(_IS_IT, _HELD)
        .values(
            shown=case((meant, now_shown), else_=_card.shown),
            attempts=literal_column("0"),
            next_at=literal_column("0"),
            uncertain=false(),
            dead_reason=null(),
            waiting_reason=null(),
            **_GIVEN_BACK,
        )
    )
    return Statement(statement, (*_KEY, "lease", "now_shown", *names), dialect)


def _again(dialect: Dialect) -> Statement:
    statement = (
        update(tables.deliveries)
        .where(_IS_IT, _HELD)
        .values(
            attempts=_card.attempts + literal_column("1"),
            next_at=bindparam("next"),
            uncertain=or_(_card.uncertain, bindparam("unsure", type_=Boolean)),
            waiting_reason=bindparam("reason", type_=_card.waiting_reason.type),
            **_GIVEN_BACK,
        )
    )
    return Statement(statement, (*_KEY, "lease", "next", "unsure", "reason"), dialect)


def _died(dialect: Dialect) -> Statement:
    """Unless a newer version than the one claimed is wanted by now: that one is tried too."""
    reason = bindparam("reason", type_=_card.dead_reason.type)
    newest = _card.wanted <= bindparam("claimed")
    statement = (
        update(tables.deliveries)
        .where(_IS_IT, _HELD)
        .values(
            dead_reason=case((newest, reason), else_=null()),
            waiting_reason=null(),
            next_at=literal_column("0"),  # due at once, should it come back to life
            **_GIVEN_BACK,
        )
    )
    return Statement(statement, (*_KEY, "lease", "claimed", "reason"), dialect)


def _held(dialect: Dialect) -> Statement:
    """Nothing was sent: a digest tells of it, the next one at this moment."""
    over = bindparam("over", type_=_card.shown.type)
    statement = (
        update(tables.deliveries)
        .where(_IS_IT, _HELD)
        .values(
            shown=case((over > _card.shown, over), else_=_card.shown),
            next_at=bindparam("until"),
            uncertain=false(),
            waiting_reason=literal_column(f"'{IN_DIGEST}'"),
            **_GIVEN_BACK,
        )
    )
    return Statement(statement, (*_KEY, "lease", "over", "until"), dialect)


def _late(dialect: Dialect) -> Statement:
    """Somebody sent after losing the lease: what is shown is unknown, so it is rendered again."""
    before = _card.wanted - literal_column("1")
    statement = (
        update(tables.deliveries)
        .where(_IS_IT)
        .values(shown=case((_card.shown < before, _card.shown), else_=before), uncertain=true())
    )
    return Statement(statement, _KEY, dialect)


def _message_kept(dialect: Dialect) -> Statement:
    """Keep a message reference, unless this card has it already."""
    names = ("request_id", "platform", "recipient", "ref")
    given = [bindparam(f"its_{name}", type_=_message[name].type) for name in names]
    known = exists().where(*(_message[n] == g for n, g in zip(names, given, strict=True)))
    moment = bindparam("moment", type_=_message.posted_at.type)
    statement = insert(tables.messages).from_select(
        [*names, "posted_at"], select(*given, moment).where(~known)
    )
    return Statement(statement, (*(g.key for g in given), "moment"), dialect)


def card_key(found: Delivery) -> tuple[str, str, str]:
    """The order of lists: the oldest request first, since ids are in order of time."""
    return found.request, found.to.platform, found.to.id
