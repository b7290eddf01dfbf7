"""What a batch writes beside the requests: one statement a table, all rows in one call."""

from sqlalchemy import Connection, Dialect, bindparam, insert, literal_column, text, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import rule_tables as tables
from storage.outcomes import kept
from storage.rules import Row, RuleRows
from storage.stage_times import StageTimes
from storage.statements import Statement

_WAIT_FOR_READERS = text("LOCK TABLE switches IN EXCLUSIVE MODE")


class RuleWrites:
    """The statements that put `RuleRows` into the database."""

    def __init__(self, dialect: Dialect) -> None:
        self._locks = dialect.name == "postgresql"
        self._upsert = (sqlite if dialect.name == "sqlite" else postgresql).insert
        self._freeze = _freeze(dialect)
        self._standing = self._standing_rows(dialect)
        self._policies = self._policy_texts(dialect)
        self._in_force = Statement(
            insert(tables.policies_in_force).values(
                {c.name: bindparam(c.name) for c in tables.policies_in_force.c}
            ),
            tables.policies_in_force.c.keys(),
            dialect,
        )
        self._refusals = self._refusal_rows(dialect)
        times = StageTimes(dialect)
        self._stage_times, self._stage_samples = times.updated, times.sampled
        self._outcomes = kept(dialect)

    def freeze(self, connection: Connection, rows: RuleRows) -> None:
        """Set the switch, before anything else of the batch is locked.

        It waits for the transactions that have read it; see `rule_loading`. So does a standing
        delegation, which stands in the same SELECT: else a request that did not see it could
        come after it and miss it, and two people could hand over to each other at once.
        """
        if self._locks and (rows.freeze is not None or rows.standing):
            connection.execute(_WAIT_FOR_READERS)
        if rows.freeze is None:
            return
        if self._freeze.affected(connection, rows.freeze) != 1:
            raise LookupError("the switch `frozen` is gone from the database")

    def write(self, connection: Connection, rows: RuleRows) -> None:
        """Write the rest, what many batches write last."""
        self._standing.run(connection, sorted(rows.standing, key=_key))
        self._policies.run(connection, rows.policies)
        self._in_force.run(connection, rows.in_force)
        self._refusals.run(connection, sorted(rows.refusals, key=_two))
        self._stage_times.run(connection, sorted(rows.stage_times))
        self._stage_samples.run(connection, sorted(rows.stage_samples))
        self._outcomes.run(connection, sorted(rows.outcomes, key=_two))

    def _standing_rows(self, dialect: Dialect) -> Statement:
        names = tables.standing_delegations.c.keys()
        fresh = self._upsert(tables.standing_delegations)
        fresh = fresh.values({name: bindparam(name) for name in names})
        statement = fresh.on_conflict_do_update(
            index_elements=["id"],
            set_={name: fresh.excluded[name] for name in names if name != "id"},
        )
        return Statement(statement, names, dialect)

    def _policy_texts(self, dialect: Dialect) -> Statement:
        statement = (
            self._upsert(tables.policies)
            .values(version=bindparam("version"), text=bindparam("text"))
            .on_conflict_do_nothing(index_elements=["version"])
        )
        return Statement(statement, ("version", "text"), dialect)

    def _refusal_rows(self, dialect: Dialect) -> Statement:
        """The newest wins."""
        names = tables.rejections.c.keys()
        fresh = self._upsert(tables.rejections)
        fresh = fresh.values({name: bindparam(name) for name in names})
        statement = fresh.on_conflict_do_update(
            index_elements=["agent_key", "action_digest"],
            set_={name: fresh.excluded[name] for name in ("request_id", "at")},
            where=tables.rejections.c.at <= fresh.excluded.at,
        )
        return Statement(statement, names, dialect)


def _freeze(dialect: Dialect) -> Statement:
    switches = tables.switches
    statement = (
        update(switches)
        .where(switches.c.name == literal_column("'frozen'"))
        .values(is_on=bindparam("is_on"))
    )
    return Statement(statement, ("is_on",), dialect)


# Rows under one key keep the order of their commands.


def _key(row: Row) -> str:
    return str(row[0])


def _two(row: Row) -> tuple[str, str]:
    return str(row[0]), str(row[1])
