"""Requests by id, page by page: the open ones, those that concern somebody, and chains."""

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, literal_column, select

from core.request import Status
from storage import people, tables
from storage.statements import ByKeys, Statement
from storage.texts import storable

_requests = tables.requests.c
_people = tables.request_people.c

_MEMBERS = (people.ASKED, people.PLANNED)
"""Who belongs to a stage, or stands in; who is waited for was asked."""


class OpenRequests:
    """The statements, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._open = _open(dialect)
        self._concerning = _concerning(dialect)
        self._versions = ByKeys(select(_requests.id, _requests.version), [_requests.id], dialect)
        self._statuses = ByKeys(select(_requests.id, _requests.status), [_requests.id], dialect)
        self._previous = Statement(
            select(_requests.previous).where(_requests.id == bindparam("its_id")),
            ("its_id",),
            dialect,
        )
        self._follower = Statement(
            select(_requests.id).where(_requests.previous == bindparam("its_id")),
            ("its_id",),
            dialect,
        )

    def ids(self, connection: Connection, after: str, limit: int) -> list[str]:
        """Ids of open requests beyond `after`, in their order."""
        if not storable(after):
            return []
        return [row[0] for row in self._open.one(connection, after, max(limit, 0))]

    def concerning(
        self, connection: Connection, person: str, after: str, limit: int
    ) -> Sequence[str]:
        """The same of those of which a person belongs to a stage, or stands in."""
        if not (storable(person) and storable(after)):
            return []
        # One SELECT a kind, so that each comes in order from the index and stops at the limit.
        found = {
            row[0]
            for kind in _MEMBERS
            for row in self._concerning.one(connection, person, kind, after, max(limit, 0))
        }
        return sorted(found)[: max(limit, 0)]

    def left_pending(self, connection: Connection, ids: Sequence[str]) -> Sequence[str]:
        """Those of these that are no longer pending."""
        keys = [(each,) for each in ids if storable(each)]
        rows = self._statuses.fetch(connection, keys)
        return [its for its, status in rows if status != Status.PENDING]

    def versions(self, connection: Connection, ids: Sequence[str]) -> dict[str, int]:
        """The versions at which these are, by id."""
        keys = [(each,) for each in ids if storable(each)]
        return dict(map(tuple, self._versions.fetch(connection, keys)))

    def chain(self, connection: Connection, request_id: str) -> Sequence[str]:
        """The request, what it follows and what follows it, the first one first."""
        if not storable(request_id):
            return []
        here = self._previous.one(connection, request_id)
        if not here:
            return []
        chain = [request_id]
        while here and here[0][0] is not None:
            chain.insert(0, here[0][0])
            here = self._previous.one(connection, chain[0])
        while follower := self._follower.one(connection, chain[-1]):
            chain.append(follower[0][0])
        return chain


def _open(dialect: Dialect) -> Statement:
    statement = (
        select(_requests.id)
        # What is open has a deadline: the index holds no other.
        .where(_requests.deadline.is_not(None), _requests.id > bindparam("after"))
        .order_by(_requests.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("after", "most"), dialect)


def _concerning(dialect: Dialect) -> Statement:
    statement = (
        select(_people.request_id)
        .join_from(tables.request_people, tables.requests, _requests.id == _people.request_id)
        .where(
            _people.person == bindparam("its_person"),
            _people.kind == bindparam("its_kind"),
            _people.request_id > bindparam("after"),
            _requests.deadline.is_not(None),
        )
        .order_by(_people.request_id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(statement, ("its_person", "its_kind", "after", "most"), dialect)
