"""Lists of requests: filters, and pages by id, which is in the order of creation."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from core.rows import Listed, ListFilter, Snapshot
from storage import people, tables
from storage.reading import Reading
from storage.texts import storable

_requests = tables.requests.c
_people = tables.request_people.c


def listed(connection: Connection, reading: Reading, filter: ListFilter) -> Listed:
    """One page, newest first; the cursor is the last id of the page before."""
    if not _answerable(filter):
        return Listed(items=(), next_cursor=None)
    # One row more than asked for tells whether there is another page.
    ids = list(connection.execute(page(filter)).scalars())
    shown = ids[: filter.limit]
    return Listed(
        items=tuple(reading.snapshots(connection, shown)),
        next_cursor=shown[-1] if len(ids) > len(shown) and shown else None,
    )


def past(
    connection: Connection, reading: Reading, before: str | None, limit: int
) -> Sequence[Snapshot]:
    """Requests older than the id `before`, newest first, without their deliveries."""
    older = ListFilter(limit=limit, cursor=before)
    if not _answerable(older):
        return ()
    ids = list(connection.execute(page(older)).scalars())
    return reading.snapshots(connection, ids[:limit], cards=False)


def page(filter: ListFilter) -> Select[str]:
    """The SELECT of a page's ids and one more."""
    statement = select(_requests.id).order_by(_requests.id.desc()).limit(filter.limit + 1)
    for condition in _conditions(filter):
        statement = statement.where(condition)
    return statement


def _conditions(filter: ListFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.status is not None:
        conditions.append(_requests.status == filter.status)
    if filter.category is not None:
        conditions.append(_requests.category == filter.category)
    if filter.requester is not None:
        conditions.append(_requests.requester == filter.requester)
    if filter.approver is not None:
        conditions.append(_has(filter.approver, people.ASKED))
    if filter.waiting_for is not None:
        conditions.append(_has(filter.waiting_for, people.OPEN))
    visible: list[ColumnElement[bool]] = []
    if filter.visible_to_key is not None:
        visible.append(_requests.agent_key == filter.visible_to_key)
    if filter.visible_to_person is not None:
        visible.append(_has(filter.visible_to_person, None))
    if visible:
        conditions.append(or_(*visible))
    if filter.cursor is not None:
        conditions.append(_requests.id < filter.cursor)
    return conditions


def _has(person: str, kind: str | None) -> ColumnElement[bool]:
    """The person has this to do with the request; anything at all for None."""
    theirs = select(_people.request_id).where(_people.person == person)
    if kind is not None:
        theirs = theirs.where(_people.kind == kind)
    return _requests.id.in_(theirs)


def _answerable(filter: ListFilter) -> bool:
    texts = (
        filter.status,
        filter.category,
        filter.requester,
        filter.approver,
        filter.waiting_for,
        filter.visible_to_key,
        filter.visible_to_person,
        filter.cursor,
    )
    return filter.limit > 0 and all(text is None or storable(text) for text in texts)
