"""Events into rows of `outcomes`: votes as they were cast, and how requests ended.

Pure. The rows say nothing that the events do not: they are there so that counting need not
read those.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Dialect, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from core.events import Finished, Recorded, Voted, VoteWithdrawn
from core.request import RequestState, Status
from core.value import Millis
from storage import outcome_tables as tables
from storage.statements import Statement

Row = tuple[Any, ...]

EVERYBODY: Final = ""
"""The person of a row about a whole request."""

PASSED: Final = "passed"
"""What a request was that ended approved without anybody's vote."""

WITHDRAWN: Final = "withdrawn"


def outcomes(state: RequestState, events: Iterable[Recorded]) -> Iterator[Row]:
    """The rows of these events, which lead to this state."""
    for recorded in events:
        at = recorded.at
        match recorded.event:
            case Voted(person=person, level=level, round=round_, revision=revision) as vote:
                took = _took(state, person, level, round_, revision, at)
                yield person, state.id, revision, level, round_, vote.decision.value, at, took
            case VoteWithdrawn(person=person, level=level, round=round_):
                yield person, state.id, state.revision, level, round_, WITHDRAWN, at, None
            case Finished(status=status, by=by):
                alone = status is Status.APPROVED and not by
                what = PASSED if alone else status.value
                yield EVERYBODY, state.id, 0, 0, 0, what, at, max(0, at - state.created_at)


def _took(
    state: RequestState, person: str, level: int, round_: int, revision: int, at: Millis
) -> Millis | None:
    """The time since the person was asked: since the stage opened, or it was handed to them."""
    if revision != state.revision or not 1 <= level <= len(state.stages):
        return None
    stage = state.stages[level - 1]
    if stage.round != round_ or stage.opened_at is None:
        return None
    handed = [d.at for d in state.delegations if d.taker == person and d.at <= at]
    return max(0, at - max(stage.opened_at, *handed, 0))


def kept(dialect: Dialect) -> Statement:
    """The newest row of a vote wins."""
    names = tables.outcomes.c.keys()
    fresh = (sqlite if dialect.name == "sqlite" else postgresql).insert(tables.outcomes)
    fresh = fresh.values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["person", "request_id", "revision", "level", "round"],
        set_={name: fresh.excluded[name] for name in ("what", "at", "took")},
    )
    return Statement(statement, names, dialect)
