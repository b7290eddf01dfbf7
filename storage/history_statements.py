"""The SELECTs behind what advice looks back on: each is answered from one index, with a bound."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Dialect, Select, bindparam, literal_column, select, text

from storage.history_tables import ENDED, REJECTED, SPENT, past, past_labels
from storage.statements import Statement

_row = past.c


class Looking:
    """The statements, compiled once. They take what they look for, the id of the request that is
    left out, and how many rows at most; the newest come first.

    `requester`, `action`, `party` and `label` give statuses, `amounts` amounts, `rejection` the
    newest (request, content id, moment), `same` and `alike` rows as `Twin` has them, with their
    digest.
    """

    def __init__(self, dialect: Dialect) -> None:
        theirs, ours = ("requester", "action_type"), ("action_type",)
        self.requester = _newest(dialect, [_row.status], ENDED, theirs)
        self.action = _newest(dialect, [_row.status], ENDED, ours)
        self.party = _newest(dialect, [_row.status], f"{ENDED} AND party IS NOT NULL", ("party",))
        self.label = _labelled(dialect)
        self.amounts = _newest(dialect, [_row.amount], SPENT, ("action_type", "currency"))
        why = [_row.request_id, _row.reason, _row.ended_at]
        self.rejection = _newest(dialect, why, REJECTED, theirs)
        self.same = _twins(dialect, "digest")
        self.alike = _twins(dialect, "likeness")


def _newest(
    dialect: Dialect, what: Sequence[Column[Any]], which: str, names: tuple[str, ...]
) -> Statement:
    same = (_row[name] == bindparam(f"its_{name}") for name in names)
    found = select(*what).where(text(which), *same).order_by(_row.ended_at.desc())
    return Statement(_some(found), (*(f"its_{n}" for n in names), "its_request", "most"), dialect)


def _labelled(dialect: Dialect) -> Statement:
    row = past_labels.c
    found = (
        select(row.status)
        .where(row.label == bindparam("its_label"), row.request_id != bindparam("its_request"))
        .order_by(row.ended_at.desc())
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(found, ("its_label", "its_request", "most"), dialect)


def _twins(dialect: Dialect, name: str) -> Statement:
    found = (
        select(_row.request_id, _row.status, _row.created_at, _row.digest)
        .where(_row[name] == bindparam("its_mark"), _row.created_at >= bindparam("since"))
        .order_by(_row.created_at.desc())
    )
    return Statement(_some(found), ("its_mark", "since", "its_request", "most"), dialect)


def _some(found: Select[Any]) -> Select[Any]:
    """At most so many, and never the request itself."""
    bounded = found.where(_row.request_id != bindparam("its_request")).limit(bindparam("most"))
    return bounded.offset(literal_column("0"))  # SQLite would be given it as one more parameter
