"""What was recorded in a time in streams that are not a request's, by the kinds of its events."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from core.audit.chain import Link
from core.value import Millis
from storage.tables import events

_event = events.c


def recorded(
    connection: Connection,
    stream: str,
    kinds: Sequence[str],
    since: Millis,
    until: Millis,
    limit: int,
) -> list[Link]:
    """The newest of a stream from `since` until just before `until`, the oldest first. A stream
    that ends with a colon stands for all that begin so, of which none is a request's."""
    # The character after the colon: no stream's name ends there.
    last = f"{stream[:-1]};" if stream.endswith(":") else stream
    statement = (
        select(_event.seq, _event.type, _event.at, _event.body, _event.hash)
        .where(
            # BETWEEN has no place for the collation that the driver writes.
            _event.stream >= stream,
            _event.stream <= last,
            _event.type.in_(kinds),
            _event.at >= since,
            _event.at < until,
        )
        .order_by(_event.at.desc(), _event.stream.desc(), _event.seq.desc())
        .limit(limit)
    )
    return [Link(*row) for row in reversed(connection.execute(statement).all())]
