"""A row of `deliveries` as a value."""

from typing import Any

from core.rows import Delivery, MessageRef, Recipient
from core.value import Millis
from storage import tables
from storage.statements import Row

Card = tuple[str, str, str]
"""(request, platform, recipient): the key of a delivery."""

DELIVERY = (
    tables.deliveries.c.request_id,
    tables.deliveries.c.platform,
    tables.deliveries.c.recipient,
    tables.deliveries.c.kind,
    tables.deliveries.c.wanted,
    tables.deliveries.c.shown,
    tables.deliveries.c.attempts,
    tables.deliveries.c.next_at,
    tables.deliveries.c.uncertain,
    tables.deliveries.c.dead_reason,
    tables.deliveries.c.waiting_reason,
)
"""The columns that `delivery` reads, in its order."""


class Leased(Delivery, frozen=True):
    """A claimed delivery; `lease` is the end of the lease, by which it is known."""

    lease: Millis | None = None


def delivery(row: Row, refs: dict[Card, list[MessageRef]]) -> Delivery:
    """A delivery from the columns of `DELIVERY` and all message references known."""
    return Delivery(**_fields(row, refs))


def leased(row: Row, refs: dict[Card, list[MessageRef]], lease: Millis) -> Leased:
    """The same of a row that was claimed until `lease`."""
    return Leased(**_fields(row, refs), lease=lease)


def _fields(row: Row, refs: dict[Card, list[MessageRef]]) -> dict[str, Any]:
    request_id, platform, recipient, kind, wanted, shown, attempts, next_at, *rest = row
    uncertain, dead, waiting = rest
    return {
        "request": request_id,
        "to": Recipient(platform=platform, id=recipient, kind=kind),
        "wanted": wanted,
        "shown": shown,
        "attempts": attempts,
        "refs": tuple(refs.get((request_id, platform, recipient), ())),
        "uncertain": bool(uncertain),
        "next_at": next_at,
        "dead_reason": dead,
        "waiting_reason": waiting,
    }
