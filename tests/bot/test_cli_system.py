"""What operators do to the whole: freeze and unfreeze, and the policy of a server."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.cli_office import MANAGER, RULES, Office, office


@pytest.fixture
def free(tmp_path: Path) -> Iterator[Office]:
    """A server whose policy is kept in its database."""
    with office(tmp_path, from_file=False) as running:
        yield running


def test_a_freeze_stops_approvals_until_it_is_undone(desk: Office) -> None:
    request, mara = desk.submit(), desk.of(MANAGER)
    frozen = desk.operate("freeze")
    assert frozen.exit_code == 0
    assert "nothing is approved" in frozen.stdout
    assert "countersign unfreeze" in frozen.stdout
    assert desk.operate("freeze").stdout.startswith("It was frozen already.")
    refused = desk.run(mara, "approve", request, "--yes")
    assert refused.exit_code == 7
    assert "frozen by an administrator" in refused.stderr
    assert desk.operate("unfreeze").stdout.startswith("Approvals go on.")
    assert desk.operate("unfreeze").stdout.startswith("Nothing was frozen")
    assert desk.run(mara, "approve", request, "--yes").exit_code == 0
    with sqlite3.connect(desk.database.removeprefix("sqlite:///")) as database:
        found = database.execute("SELECT body FROM events WHERE stream = 'system'").fetchall()
    database.close()
    recorded = [json.loads(body) for (body,) in found]
    assert [r["event"]["type"] for r in recorded] == ["frozen", "unfrozen"]
    assert {r["actor"]["via"] for r in recorded} == {"cli"}


def test_a_freeze_of_no_database_is_no_freeze(desk: Office, tmp_path: Path) -> None:
    refused = desk.operate("freeze", database=f"sqlite:///{tmp_path}/elsewhere.db")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"There is no database at {tmp_path}/elsewhere.db.")
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_policy_is_read_and_changed_on_the_server(free: Office) -> None:
    admin = free.key("admin")
    (Path("new.yaml")).write_text(RULES.replace("sla: 60m", "sla: 90m"))
    put = free.run(admin, "policy", "put", "new.yaml")
    assert put.exit_code == 0, put.output
    version = put.stdout.split()[-1].rstrip(".")
    shown = free.run(admin, "policy", "show")
    assert shown.stdout == Path("new.yaml").read_text()
    assert version in shown.stderr
    rows = [r.split("\t") for r in free.run(admin, "policy", "history").stdout.splitlines()[1:]]
    assert [(row[0] == version, row[3]) for row in rows] == [(True, "yes"), (False, "-")]
    assert free.run(admin, "policy", "show", rows[1][0]).stdout == RULES
    assert free.run(admin, "policy", "show", "nothing").exit_code == 7


def test_every_mistake_of_a_policy_is_told_with_its_place(free: Office) -> None:
    admin = free.key("admin")
    bad = RULES.replace("sla: 60m", "sla: soon").replace("quorum: 1", "quorum: 9")
    put = free.run(admin, "policy", "put", "-", typed=bad)
    assert put.exit_code == 7
    assert len(put.stderr.splitlines()) >= 2
    assert all(line.startswith("text:") for line in put.stderr.splitlines())
    assert free.run(free.agent, "policy", "put", "-", typed=RULES).exit_code == 7


def test_a_policy_from_a_file_is_changed_there(desk: Office) -> None:
    put = desk.run(desk.key("admin"), "policy", "put", "-", typed=RULES)
    assert put.exit_code == 7
    assert "Change that file" in put.stderr
