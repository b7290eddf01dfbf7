"""Finding out whether a commit happened whose answer never came.

A batch is stored whole or not at all, so one row that only this batch could have written
tells of all.
"""

import time

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from storage import rule_tables, tables
from storage.errors import Unavailable
from storage.rules import RuleRows
from storage.session import CommitBroke, Session
from storage.writes import Rows

WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts to reach the database again."""


def witness_of(rows: Rows) -> Select[str] | None:
    """A SELECT that finds a row if these rows were stored; None if it could not tell."""
    if rows.events:
        stream, seq, *_, digest = rows.events[0]
        events = tables.events.c
        return select(events.hash).where(
            events.stream == stream, events.seq == seq, events.hash == digest
        )
    if rows.idempotency:
        holder, key, _, request_id, *_ = rows.idempotency[0]
        once = tables.idempotency.c
        return select(once.key).where(
            once.holder == holder, once.key == key, once.request_id == request_id
        )
    if rows.seen:
        platform, key, at = rows.seen[0]
        seen = tables.seen.c
        return select(seen.key).where(seen.platform == platform, seen.key == key, seen.at == at)
    if rows.content:
        request_id, row_id, *_ = rows.content[0]
        content = tables.content.c
        return select(content.id).where(content.request_id == request_id, content.id == row_id)
    return _witness_of_rules(rows.rules)


def _witness_of_rules(rows: RuleRows) -> Select[str] | None:
    """The freeze and the means of times tell nothing: others set them to the same."""
    if rows.in_force:
        number, version, at, by = rows.in_force[0]
        history = rule_tables.policies_in_force.c
        return select(history.version).where(
            history.number == number,
            history.version == version,
            history.at == at,
            history.by == by,
        )
    if rows.refusals:
        agent_key, digest, request_id, at = rows.refusals[-1]
        rejections = rule_tables.rejections.c
        return select(rejections.request_id).where(
            rejections.agent_key == agent_key,
            rejections.action_digest == digest,
            rejections.request_id == request_id,
            rejections.at == at,
        )
    if rows.standing:
        its_id, *_, body = rows.standing[-1]
        standing = rule_tables.standing_delegations.c
        return select(standing.id).where(standing.id == its_id, standing.body == body)
    return None


def was_committed(session: Session, witness: Select[str]) -> bool | None:
    """Whether the witness is there, once nothing can bring it any more; None: cannot be said."""
    for wait in WAITS:
        try:
            with session.transaction() as connection:
                if session.lost_has_ended(connection):
                    return connection.execute(witness).first() is not None
        except (Unavailable, CommitBroke, SQLAlchemyError):
            session.close()
        time.sleep(wait)
    return None
