"""No statement that runs all day looks at every row of a table: its plan names an index."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Delete, Executable, Select, Update

from core.rows import ListFilter
from storage import deliveries, erasure, listing, retention
from storage.absences import Absences
from storage.alert_counting import Counting
from storage.alert_following import Following as AlertFollowing
from storage.cards import Cards
from storage.condition import SqlCondition
from storage.due import Due
from storage.engine import open_engines
from storage.figures_following import FollowingFigures
from storage.figures_reading import FiguresReading
from storage.figures_sums import Stored
from storage.history_following import Following
from storage.history_queue import Queue
from storage.history_statements import Looking
from storage.loading import Loads
from storage.migrate import upgrade
from storage.notices import Notices
from storage.open_requests import OpenRequests
from storage.posted import Posted
from storage.queues import Queues
from storage.readers import Readers
from storage.reading import Reading
from storage.rule_loading import RuleLoads
from storage.rule_writes import RuleWrites
from storage.statements import ByKeys, Statement
from storage.statistics import SqlStatistics
from storage.streams import Streams
from storage.tallies import SqlTallies
from storage.writes import Writes

DIALECT = open_engines("sqlite:///unused.db").writer.dialect
READING = Reading(DIALECT)
TALLIES = SqlTallies(cast("Readers", None), DIALECT)
STATISTICS = SqlStatistics(cast("Readers", None), DIALECT)
CONDITION = SqlCondition(cast("Readers", None), DIALECT)
PARTS = (
    Loads(DIALECT),
    READING,
    Writes(DIALECT),
    Cards(DIALECT, READING),
    Notices(DIALECT),
    Queues(DIALECT, READING),
    RuleLoads(DIALECT),
    RuleWrites(DIALECT),
    Absences(DIALECT),
    Due(DIALECT),
    OpenRequests(DIALECT),
    Streams(DIALECT),
    Posted(DIALECT),
    Following(DIALECT, READING),
    FollowingFigures(DIALECT),
    Stored(DIALECT),
    Looking(DIALECT),
    Queue(DIALECT),
    AlertFollowing(DIALECT),
    Counting(DIALECT),
    TALLIES,
    STATISTICS,
    CONDITION,
)
LISTS = (
    ListFilter(),
    ListFilter(status="pending"),
    ListFilter(category="prohibited"),
    ListFilter(requester="a@example.com"),
    ListFilter(approver="a@example.com"),
    ListFilter(waiting_for="a@example.com"),
    ListFilter(visible_to_person="a@example.com", cursor="x"),
    ListFilter(visible_to_key="k", visible_to_person="a@example.com", status="pending"),
)


def text_of(statement: Executable) -> str:
    compiled = statement.compile(  # type: ignore[attr-defined]  # every Core statement has it
        dialect=DIALECT, compile_kwargs={"render_postcompile": True}
    )
    return str(compiled)


def statements() -> Iterator[tuple[str, str]]:
    for part in PARTS:
        for name, value in vars(part).items():
            if isinstance(value, ByKeys):
                yield f"{type(part).__name__}.{name}", value._text(32)
            if isinstance(value, Statement):
                yield f"{type(part).__name__}.{name}", value.text
    for each in LISTS:
        yield str(each), text_of(listing.page(each))
    for name in ("_NEXT_CARD", "_NEXT_NOTICE", "_CARDS", "_NOTICES", "_REVIVE_CARDS"):
        yield name, text_of(getattr(deliveries, name))
    for name, value in (*vars(erasure).items(), *vars(retention).items()):
        # Whatever has no index is read away from the writer, once for all that go together.
        if isinstance(value, Select | Update | Delete) and name != "_KEYS":
            text = str(value.compile(dialect=DIALECT))
            yield f"erasing{name}", re.sub(r"__\[POSTCOMPILE_\w+\]", "?", text)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("plans") / "plans.db"
    upgrade(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def scans(connection: sqlite3.Connection, sql: str) -> list[str]:
    """The tables that the plan reads from end to end without an index."""
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    found = [re.match(r"SCAN (\w+)(?! USING)\b", row[3]) for row in rows]
    return [match[1] for match in found if match and match[1] in tables]


@pytest.mark.parametrize(("name", "sql"), list(statements()), ids=[n for n, _ in statements()])
def test_it_is_answered_by_an_index(connection: sqlite3.Connection, name: str, sql: str) -> None:
    assert scans(connection, sql) == []


def test_a_queue_is_put_in_order_from_indexes_alone(connection: sqlite3.Connection) -> None:
    sql = Queues(DIALECT, READING)._first.text
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
    plan = [row[3].split(" (")[0] for row in rows]
    assert plan == [
        "SEARCH request_people USING COVERING INDEX request_people_person",
        "SEARCH requests USING COVERING INDEX requests_deadline",
        "USE TEMP B-TREE FOR ORDER BY",
    ]


def test_a_queue_is_counted_by_rule_from_indexes_alone(connection: sqlite3.Connection) -> None:
    sql = Queues(DIALECT, READING)._rules.text
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
    plan = [row[3].split(" (")[0] for row in rows]
    assert plan[:2] == [
        "SEARCH request_people USING COVERING INDEX request_people_person",
        "SEARCH requests USING COVERING INDEX requests_deadline",
    ]


def test_a_scan_would_be_noticed(connection: sqlite3.Connection, tmp_path: Path) -> None:
    assert scans(connection, "SELECT * FROM requests WHERE agent = ?") == ["requests"]


def test_figures_are_counted_from_indexes_alone(connection: sqlite3.Connection) -> None:
    found = []
    for statement in (TALLIES._counts, TALLIES._times, TALLIES._open):
        rows = connection.execute(
            f"EXPLAIN QUERY PLAN {statement.text}", [None] * statement.text.count("?")
        )
        found.append([row[3].split(" (")[0] for row in rows if "USING" in row[3]])
    assert found == [
        ["SEARCH outcomes USING COVERING INDEX outcomes_at"],
        ["SEARCH outcomes USING COVERING INDEX outcomes_at"],
        ["SEARCH requests USING COVERING INDEX requests_status"],
    ]


def test_figures_of_a_period_are_found_by_their_spans(connection: sqlite3.Connection) -> None:
    sql = FiguresReading(DIALECT)._spans.text
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
    found = [row[3] for row in rows if "figures" in row[3]]
    key = "(kind=? AND span=? AND day>? AND day<?)"
    assert found == [f"SEARCH figures USING PRIMARY KEY {key}"] * 5


def test_statistics_read_what_ended_in_the_period_and_what_is_open(
    connection: sqlite3.Connection,
) -> None:
    found = {}
    for name in ("_from", "_ended", "_times", "_open"):
        sql = getattr(STATISTICS, name).text
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
        found[name] = [row[3].split(" (")[0] for row in rows if " INDEX " in row[3]]
    ended = "SEARCH outcomes USING COVERING INDEX outcomes_at"
    request = "SEARCH requests USING INDEX sqlite_autoindex_requests_1"
    assert found == {
        "_from": [ended],
        "_ended": [ended, request],
        "_times": [ended, request],
        "_open": ["SEARCH requests USING INDEX requests_status"],
    }


def test_what_is_due_is_claimed_and_foreseen_from_the_index_alone_in_its_order(
    connection: sqlite3.Connection,
) -> None:
    due = Due(DIALECT)
    found = {}
    for name in ("_claim", "_next_request", "_next_turn"):
        sql = getattr(due, name).text
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
        found[name] = [row[3].split(" (")[0] for row in rows]
    assert found == {
        "_claim": ["SEARCH requests USING COVERING INDEX requests_due"],
        "_next_request": ["SEARCH requests USING COVERING INDEX requests_due"],
        "_next_turn": [
            "SEARCH standing_delegations USING COVERING INDEX standing_delegations_turning"
        ],
    }


def test_what_was_decided_about_the_like_is_found_by_an_index_in_its_order(
    connection: sqlite3.Connection,
) -> None:
    looking, queue = Looking(DIALECT), Queue(DIALECT)
    found = {}
    for name, statement in (*vars(looking).items(), ("due", queue._due), ("next", queue._next)):
        sql = statement.text
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
        found[name] = [row[3].split(" (")[0] for row in rows]
    assert found == {
        "requester": ["SEARCH past USING COVERING INDEX past_requester"],
        "action": ["SEARCH past USING COVERING INDEX past_action"],
        "party": ["SEARCH past USING COVERING INDEX past_party"],
        "label": ["SEARCH past_labels USING PRIMARY KEY"],
        "amounts": ["SEARCH past USING COVERING INDEX past_amounts"],
        "rejection": ["SEARCH past USING INDEX past_rejected"],
        "same": ["SEARCH past USING INDEX past_digest"],
        "alike": ["SEARCH past USING INDEX past_likeness"],
        "due": ["SEARCH advice_due USING INDEX advice_due_next"],
        "next": ["SEARCH advice_due USING COVERING INDEX advice_due_next"],
    }
