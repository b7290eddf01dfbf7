"""What a batch of commands reads beside the requests: nothing that no command asked for."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, Dialect, func, literal_column, select, text

from core.rows import PolicyRow, Refusal
from core.rules.absence import Standing
from storage import people_tables
from storage import rule_tables as tables
from storage import tables as request_tables
from storage.commands import Transact
from storage.rules import Rules
from storage.statements import ByKeys, Statement, Texts
from storage.texts import storable

decode_standing = msgspec.json.Decoder(Standing).decode

_FREEZE_WAITS = text("LOCK TABLE switches IN ROW SHARE MODE")


class RuleLoads:
    """The SELECTs, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._locks = dialect.name == "postgresql"
        requests, rejections = request_tables.requests.c, tables.rejections.c
        self._rules = _rules(dialect)
        self._refusals = ByKeys(
            select(tables.rejections), [rejections.agent_key, rejections.action_digest], dialect
        )
        self._followers = ByKeys(
            select(requests.previous, requests.id), [requests.previous], dialect
        )
        self._policy = _policy(dialect)

    def load(self, connection: Connection, commands: Iterable[Transact]) -> Rules:
        """What is beside the requests as the database stands now."""
        repeats: dict[Texts, None] = {}
        followed: dict[Texts, None] = {}
        rules = Rules()
        wants_rules = wants_policy = False
        for command in commands:
            reads = command.reads
            wants_rules = wants_rules or reads.rules
            wants_policy = wants_policy or reads.policy
            if reads.repeat is not None:
                repeats[reads.repeat] = None
            if reads.follows is not None and storable(reads.follows):
                followed[reads.follows,] = None
        if wants_rules:
            self._load_rules(connection, rules)
        if wants_policy:
            self._load_policy(connection, rules)
        for row in self._refusals.fetch(connection, list(repeats)):
            rules.refusals[row[0], row[1]] = Refusal(*row)
        for previous, follower in self._followers.fetch(connection, list(followed)):
            rules.followers[previous] = follower
        return rules

    def hold_off_freeze(self, connection: Connection) -> None:
        """Let a freeze that is under way come first, and another wait for this transaction.

        Before any row is locked: whoever freezes may lock rows behind it.
        """
        if self._locks:
            # A freeze waits for everyone who may have read that there is none, and who reads
            # after it sees it. A lock of the table and not of its row: the row's would let new
            # readers pass a freeze that waits, and the busier they are the longer it would wait.
            # https://www.postgresql.org/docs/current/explicit-locking.html
            connection.execute(_FREEZE_WAITS)

    def _load_rules(self, connection: Connection, rules: Rules) -> None:
        self.hold_off_freeze(connection)
        rows = self._rules.one(connection)
        rules.frozen, rules.directory = bool(rows[0][0]), int(rows[0][1])
        standing = (decode_standing(body) for *_, body in rows if body is not None)
        rules.absences = {each.id: each for each in standing}

    def _load_policy(self, connection: Connection, rules: Rules) -> None:
        rules.policies = 0
        for number, *row in self._policy.one(connection):
            rules.policies, rules.policy = number, PolicyRow(*row)


def _rules(dialect: Dialect) -> Statement:
    """(frozen, the directory's number, a standing delegation or NULL): at least one row, since
    the switch is one."""
    switches, standing = tables.switches, tables.standing_delegations
    changes = people_tables.directory_changes
    statement = (
        select(switches.c.is_on, changes.c.number, standing.c.body)
        .select_from(
            switches.join(changes, changes.c.name == literal_column("'people'")).outerjoin(
                standing, text(f"({tables.NOT_OVER})")
            )
        )
        .where(switches.c.name == literal_column("'frozen'"))
    )
    return Statement(statement, (), dialect)


def _policy(dialect: Dialect) -> Statement:
    """(number, version, text, at, by) of the version in force."""
    policies, history = tables.policies.c, tables.policies_in_force.c
    newest = select(func.max(history.number)).scalar_subquery()
    statement = (
        select(history.number, history.version, policies.text, history.at, history.by)
        .join_from(tables.policies_in_force, tables.policies, policies.version == history.version)
        .where(history.number == newest)
    )
    return Statement(statement, (), dialect)
