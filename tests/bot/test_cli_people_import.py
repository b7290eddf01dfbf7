"""`countersign people import` and `show`, as they are typed."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.sample import DIRECTORY, POLICY
from tests.storage.fresh import migrate

HEAD = "email,name,manager,roles,groups\n"
NINA = "nina@example.com,Nina,mara@example.com,auditor,audit\n"
OTTO = "otto@example.com,Otto,,,\n"


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    Path("directory.yaml").write_text(DIRECTORY.read_text())
    Path("policy.yaml").write_text(POLICY.read_text())
    migrate(f"sqlite:///{tmp_path}/countersign.db")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["people", *arguments])


def bring(text: str, *options: str) -> Result:
    Path("people.csv").write_text(text)
    return run("import", "people.csv", *options)


def listed() -> set[str]:
    return {each["person"] for each in json.loads(run("list", "--json").stdout)["items"]}


def test_a_dry_run_says_what_would_be_and_changes_nothing() -> None:
    tried = bring(HEAD + NINA, "--dry-run")
    assert tried.stdout.splitlines() == [
        "+ nina@example.com  name: Nina, manager: mara@example.com, roles: auditor, groups: audit",
        "Nothing was changed; this is what would be: 1 new, 0 changed, 0 deactivated, "
        "0 as they were. New groups: audit.",
    ]
    assert "nina@example.com" not in listed()
    assert bring(HEAD + NINA).stdout.endswith(
        "\n1 new, 0 changed, 0 deactivated, 0 as they were. New groups: audit.\n"
    )
    assert "nina@example.com" in listed()


def test_how_somebody_came_to_have_a_say_is_shown() -> None:
    bring(HEAD + NINA)
    bring(HEAD + NINA.replace("audit\n", "audit;finance\n"))
    empty = bring(HEAD, "--deactivate-missing")
    assert (empty.exit_code, empty.stderr.partition(",")[0]) == (
        1,
        "people.csv:1:1: the table names nobody",
    )
    gone = bring(HEAD + OTTO, "--deactivate-missing").stdout
    assert gone.splitlines()[1] == "- nina@example.com  not in the table"
    shown = run("show", "NINA@example.com").stdout.splitlines()
    assert shown[:3] == ["person:      nina@example.com", "source:      csv", "active:      no"]
    assert [line.partition("  cli  ")[2] for line in shown[3:]] == [
        "added by csv: groups audit, roles auditor, manager mara@example.com",
        "changed by csv: groups audit -> audit finance",
        "left (missing) by csv, with groups audit finance, roles auditor, manager mara@example.com",
    ]
    assert run("show", "nobody@example.com").exit_code == 1


def test_mistakes_are_told_with_file_line_and_column() -> None:
    wrong = bring(HEAD + "mara@example.com,M,,,\nx@example.com,X,nobody@example.com,,\n")
    assert wrong.exit_code == 1
    assert [line.partition(" ")[0] for line in wrong.stderr.splitlines()] == [
        "people.csv:2:1:",
        "people.csv:3:1:",
    ]
    assert run("import", "nothing.csv").stderr.startswith("nothing.csv: No such file")
    Path("people.csv").write_bytes("email,name\nj\xf6rg@example.com,J\xf6rg\n".encode("latin-1"))
    assert "CSV UTF-8" in run("import", "people.csv").stderr


def test_a_table_that_would_break_the_policy_is_refused() -> None:
    rules = POLICY.read_text().replace("group:finance", "group:audit")
    rules = rules.replace("required_role: finance_analyst", "required_role: auditor")
    assert "group:audit" in rules
    bring(HEAD + NINA)
    Path("policy.yaml").write_text(rules)
    refused = bring(HEAD + OTTO, "--deactivate-missing")
    assert refused.exit_code == 1
    assert "nobody in the directory is in group 'audit'" in refused.stderr
    assert bring(HEAD + NINA.replace("audit\n", "audit;board\n")).exit_code == 0
