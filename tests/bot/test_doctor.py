"""`countersign doctor` on this machine: what it says of settings, files, database and key."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.doctor import own, platforms
from bot.sample import DIRECTORY, POLICY
from bot.settings import Secret, Settings
from bot.signing_keys import new_pem
from core.checkup import Level

Json = dict[str, Any]
OURS = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample's files, and no other Countersign's settings around."""
    for name in [n for n in os.environ if n.startswith(OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY.read_text())
    (tmp_path / "directory.yaml").write_text(DIRECTORY.read_text())
    return tmp_path


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments], env=env)


def found(**env: str) -> dict[str, Json]:
    """The last finding of each thing that was looked at."""
    told = json.loads(run("--json", **env).stdout)
    return {one["check"]: one for one in told["items"]}


def made(place: Path) -> None:
    """The database and the key, as a server's first start makes them."""
    assert CliRunner().invoke(app, ["db", "upgrade"]).exit_code == 0
    (place / "countersign.signing-key.pem").write_text(new_pem())
    (place / "countersign.signing-key.pem").chmod(0o600)


def test_an_installation_without_a_mistake_lacks_but_a_chat_platform(place: Path) -> None:
    made(place)
    told = run()
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.stdout.splitlines()[:4]] == ["ok"] * 4
    assert told.stdout.endswith("0 problems, 1 warning.\n")
    assert "No chat platform is set up: nobody is asked anywhere." in told.stdout


def test_where_nothing_is_found_there_is_nothing_to_mend(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(place)
    monkeypatch.setattr(platforms, "none", lambda _: [])
    assert run().stdout.endswith("Nothing to mend.\n")


def test_before_the_first_start_it_warns_and_makes_nothing(place: Path) -> None:
    before = sorted(place.iterdir())
    told = run()
    assert told.exit_code == 0
    assert "0 problems, 3 warnings." in told.stdout
    assert sorted(place.iterdir()) == before


def test_mistakes_in_the_settings_are_problems_and_end_it() -> None:
    told = run(SLACK_BOT_TOKEN="xoxb-secret-1", COUNTERSIGN_POLCY="p.yaml")
    assert told.exit_code == 1
    assert "COUNTERSIGN_POLCY is not a setting. Did you mean COUNTERSIGN_POLICY?" in told.stdout
    assert "SLACK_SIGNING_SECRET is missing" in told.stdout
    assert "2 problems, 0 warnings.\nNothing else was looked at" in told.stdout
    assert "xoxb" not in told.stdout


def test_a_setting_without_effect_is_warned_of() -> None:
    told = found(OPENAI_API_KEY="sk-secret")["settings"]
    assert told["level"] == "warning"
    assert "OPENAI_API_KEY has no effect" in told["said"]
    assert "sk-secret" not in json.dumps(told)


def test_mistakes_in_the_files_stand_with_their_lines(place: Path) -> None:
    (place / "policy.yaml").write_text("version: 1\nrulez: []\n")
    told = run()
    assert told.exit_code == 1
    assert "policy.yaml:2:1: " in told.stdout


def test_an_unwise_policy_is_a_warning_that_leads_to_its_check(place: Path) -> None:
    one_alone = POLICY.read_text().replace(
        "[dana@example.com, dev@example.com]", "[dana@example.com]"
    )
    (place / "policy.yaml").write_text(one_alone)
    told = found()["policy and directory"]
    assert told["level"] == "warning"
    assert told["said"] == "policy.yaml has 1 thing to think about."
    assert "countersign policy check" in told["remedy"]


def test_without_a_file_the_policy_of_the_database_is_looked_at(place: Path) -> None:
    made(place)
    (place / "policy.yaml").unlink()
    told = found()["policy and directory"]
    assert told["level"] == "warning"
    assert "There is no policy yet" in told["said"]


def test_a_stored_policy_that_does_not_fit_the_directory_is_a_problem() -> None:
    stored = POLICY.read_text().replace("group:finance", "group:nobody")
    settings = Settings(database_url=Secret(""), policy=None, directory="directory.yaml")
    Path("policy.yaml").unlink()
    people, (told,) = own.books(settings, stored)
    assert people is None
    assert told.level is Level.PROBLEM
    assert "does not fit the directory" in told.said


@pytest.mark.parametrize(
    ("version", "said"), [("0001", "countersign db upgrade"), ("9999", "Install that version")]
)
def test_tables_of_another_version_are_a_problem(place: Path, version: str, said: str) -> None:
    made(place)
    with sqlite3.connect(place / "countersign.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", [version])
    database.close()
    told = found()["database"]
    assert told["level"] == "problem"
    assert said in told["remedy"]


def test_what_is_no_database_is_a_problem(place: Path) -> None:
    (place / "countersign.db").write_text("not a database, but a longer text")
    told = found()["database"]
    assert told["level"] == "problem"
    assert "is an SQLite database" in told["remedy"]


def test_a_database_that_does_not_answer_shows_no_password() -> None:
    url = "postgresql://user:pa55word@127.0.0.1:9/countersign"
    told = found(COUNTERSIGN_DATABASE_URL=url, COUNTERSIGN_SIGNING_KEY=new_pem())
    assert told["database"]["level"] == "problem"
    assert "PostgreSQL runs at 127.0.0.1" in told["database"]["remedy"]
    assert "pa55word" not in json.dumps(told)
    assert told["signing key"]["level"] == "ok"


def test_a_key_that_cannot_be_read_is_a_problem_and_is_not_shown(place: Path) -> None:
    made(place)
    (place / "countersign.signing-key.pem").write_text(new_pem().replace("M", "*", 1))
    told = found()["signing key"]
    assert told["level"] == "problem"
    assert "BEGIN" not in json.dumps(told)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_key_that_others_can_read_is_warned_of(place: Path) -> None:
    made(place)
    (place / "countersign.signing-key.pem").chmod(0o644)
    told = found()["signing key"]
    assert told["level"] == "warning"
    assert told["remedy"].startswith("Run: chmod 600 ")
