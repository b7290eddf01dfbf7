"""A posted message that shows something old, as a press on it told: it is rendered again.

Functions of the writer's connection. The message becomes the newest of its card, which is the
one that is edited from now on.
"""

from collections.abc import Callable

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    literal_column,
    null,
    select,
    update,
)

from core.rows import MessageRef, Recipient
from storage import tables
from storage.delivery_rows import Card
from storage.posted_tables import posted
from storage.reading import decode_ref
from storage.texts import storable

_card = tables.deliveries.c
_message = tables.messages.c

_WAYS = frozenset({"team", "tenant", "service_url"})
"""What a reference says beside which message it is: through whom it is reached."""

Post = Callable[[Connection, Card, MessageRef], None]
"""Keep a message as the newest of a card."""


def out_of_date(
    connection: Connection, request: str, message: MessageRef, to: Recipient, post: Post
) -> bool:
    """Want the message's card to be rendered again; whether there is such a card.

    What a button says of its request is from outside: a message that is known to be about
    another one is left as it is.
    """
    if not all(map(storable, (request, to.id, message.key, *message.fields.values()))):
        return False
    if _is_of_another(connection, request, message):
        return False
    rows = connection.execute(
        select(_message.id, _message.recipient, _message.ref)
        .where(_message.request_id == request, _message.platform == message.platform)
        .order_by(_message.id)
    ).all()
    known = next((row for row in rows if _same(decode_ref(row.ref), message)), None)
    card = (request, message.platform, to.id if known is None else known.recipient)
    if not connection.execute(select(exists().where(_is_it(card)))).scalar():
        return False
    if known is None:
        post(connection, card, message)
    elif known.id != max(row.id for row in rows if row.recipient == known.recipient):
        connection.execute(delete(tables.messages).where(_message.id == known.id))
        post(connection, card, decode_ref(known.ref))
    _render_again(connection, card)
    return True


def _is_of_another(connection: Connection, request: str, message: MessageRef) -> bool:
    about = select(posted.c.request_id).where(
        posted.c.platform == message.platform, posted.c.key == message.key
    )
    return connection.execute(about).scalar() not in (None, request)


def _same(ref: MessageRef, message: MessageRef) -> bool:
    """Whether a kept reference is of that message: either may name more than the other, and
    in a conversation of several organisations each has another way there."""
    shared = (ref.fields.keys() & message.fields.keys()) - _WAYS
    return bool(shared) and all(ref.fields[name] == message.fields[name] for name in shared)


def _is_it(card: Card) -> ColumnElement[bool]:
    request, platform, recipient = card
    return and_(
        _card.request_id == request, _card.platform == platform, _card.recipient == recipient
    )


def _render_again(connection: Connection, card: Card) -> None:
    before = _card.wanted - literal_column("1")
    shown = case((_card.shown < before, _card.shown), else_=before)
    # While somebody sends it the moment is their lease's.
    due = case((_card.lease_until.is_(None), 0), else_=_card.next_at)
    connection.execute(
        update(tables.deliveries)
        .where(_is_it(card))
        .values(shown=shown, dead_reason=null(), attempts=0, next_at=due)
    )
