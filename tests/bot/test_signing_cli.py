"""`countersign signing-keys`, and the setting it goes by."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.settings import Secret, SettingsError, read_settings, read_signing_key
from bot.signing_keys import load_ring, new_pem

KEY = "COUNTERSIGN_SIGNING_KEY"
POSTGRESQL = {"COUNTERSIGN_DATABASE_URL": "postgresql://u:pw@h/d"}


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["signing-keys", *arguments])


def served() -> list[str]:
    """The ids of the keys that a server would have here, the active one first."""
    return list(load_ring(*read_signing_key(dict(os.environ))).keys)


# --- the commands ----------------------------------------------------------------------------


def test_new_prints_a_key_that_can_be_used_and_keeps_none(tmp_path: Path) -> None:
    made = run("new")
    assert made.exit_code == 0
    assert len(load_ring(Secret(made.stdout), Secret("postgresql://h/d")).keys) == 1
    assert list(tmp_path.iterdir()) == []


def test_list_and_public_show_the_server_s_keys_without_their_secrets(tmp_path: Path) -> None:
    path = tmp_path / "countersign.signing-key.pem"
    served()
    assert run("rotate").exit_code == 0
    active, retired = served()
    listed = run("list")
    assert listed.stdout == f"kid\tstate\n{active}\tactive\n{retired}\tretired\n"
    assert json.loads(run("list", "--json").stdout) == {
        "items": [{"kid": active, "state": "active"}, {"kid": retired, "state": "retired"}]
    }
    published = run("public").stdout
    assert [key["kid"] for key in json.loads(published)["keys"]] == [active, retired]
    secret = [line for line in path.read_text().splitlines() if not line.startswith("-----")]
    assert not any(line in listed.stdout + published for line in secret)
    assert '"d"' not in published


def test_rotate_says_which_key_signs_next() -> None:
    (before,) = served()
    done = run("rotate")
    active, retired = served()
    assert retired == before
    assert done.stdout == (
        f"From its next start the server signs with {active}.\nRetired keys that still count: 1.\n"
    )


def test_rotate_changes_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(new_pem())
    assert run("rotate", "--file", str(path)).exit_code == 0
    assert path.read_text().count("BEGIN PRIVATE KEY") == 2
    assert [p.name for p in tmp_path.iterdir()] == ["key.pem"]


def test_rotate_changes_the_file_of_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    path.write_text(new_pem())
    monkeypatch.setenv(KEY, "key.pem")
    assert run("rotate").exit_code == 0
    assert path.read_text().count("BEGIN PRIVATE KEY") == 2


def test_a_key_in_the_setting_itself_cannot_be_rotated_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pem = new_pem()
    monkeypatch.setenv(KEY, pem)
    refused = run("rotate")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "holds the key itself" in refused.stderr
    assert pem.splitlines()[1] not in refused.stderr


@pytest.mark.parametrize("command", ["list", "public"])
def test_before_the_first_start_there_is_no_key_to_show(command: str, tmp_path: Path) -> None:
    refused = run(command)
    assert refused.exit_code == 1
    said = "There is no key yet; the server's first start makes countersign.signing-key.pem.\n"
    assert refused.stderr == said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "key"),
    [(["rotate", "--file", "no.pem"], "--file"), (["rotate"], KEY), (["list"], KEY)],
)
def test_a_file_that_is_not_there_is_told_by_what_named_it(
    arguments: list[str], key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(KEY, "no.pem")
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{key}: names a file that is not there. ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "public", "rotate"])
def test_with_postgresql_each_says_what_to_set(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in POSTGRESQL.items():
        monkeypatch.setenv(name, value)
    refused = run(command)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"{KEY}: is missing, and all servers on one database need the same. "
        "Run countersign signing-keys new > key.pem once, and set it to that file's path.\n"
    )


# --- the setting -----------------------------------------------------------------------------


def test_with_sqlite_the_setting_may_be_left_out() -> None:
    assert read_settings({}).signing_key is None
    assert read_settings({KEY: "  "}).signing_key is None
    assert read_settings({KEY: " key.pem "}).signing_key == Secret("key.pem")


def test_with_postgresql_the_setting_is_needed() -> None:
    assert read_settings({**POSTGRESQL, KEY: "key.pem"}).signing_key == Secret("key.pem")
    with pytest.raises(SettingsError) as caught:
        read_settings(POSTGRESQL)
    assert [problem.key for problem in caught.value.problems] == [KEY]


def test_the_setting_does_not_show_and_has_an_effect() -> None:
    pem = new_pem()
    found = read_settings({KEY: pem})
    assert pem.splitlines()[1] not in repr(found)
    assert found.notes == ()
