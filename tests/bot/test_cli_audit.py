"""`countersign audit` as an operator and an auditor use it."""

import asyncio
import base64
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import cli_audit, ids, log
from bot.cli import app
from bot.verifying import verify_file
from core.audit.verifying import Fault, Trust
from core.commands import Facts
from core.decide import decide
from core.request import RequestState
from core.rows import Changes, Loaded
from storage.database import open_storage
from tests.core.builders import ALICE, NOW, a_submit
from tests.core.exported import OTHER_RING, RING, batches, export
from tests.storage.purchase import CANCELLED, happen


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and an environment without settings of any other Countersign."""
    for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(log, "configure", lambda *_: None)  # it would outlive the test


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def told(*arguments: str) -> str:
    """What a command that succeeds prints."""
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def failed(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exit_code == 1, done.output
    return done.stderr


def submitted(*, over: bool = True) -> str:
    """A request in the database here, which is made on the first call; its id."""
    told("db", "upgrade")
    made = ids.new_id()

    def fn(loaded: Loaded) -> Changes[None]:
        command = a_submit()
        own = decide(RequestState(id=made), command, Facts(), NOW)
        content = (command.content, command.rationale)
        return Changes(result=None, state=own.state, events=own.events, content=content)

    async def make() -> None:
        storage = open_storage("sqlite:///countersign.db")
        await storage.store.transact(made, fn)
        if over:
            await storage.store.transact(made, happen(CANCELLED))
        await storage.close()

    asyncio.run(make())
    return made


@pytest.fixture
def exported() -> Path:
    """An export of one request, with `keys.json` beside it."""
    submitted()
    told("audit", "export", "--out", "export.jsonl")
    Path("keys.json").write_text(told("signing-keys", "public"))
    return Path("export.jsonl")


def test_an_export_is_checked_without_the_server(exported: Path, tmp_path: Path) -> None:
    written = run("audit", "export", "--out", "again.jsonl")
    count = json.loads(Path("again.jsonl").read_bytes().splitlines()[-1])["end"]["events"]
    assert written.stdout == ""
    assert written.stderr == (
        f"Wrote {count} events in 1 checkpoint to again.jsonl. Check it: audit verify\n"
    )
    for path in tmp_path.glob("countersign.*"):
        path.unlink()
    said = told("audit", "verify", "export.jsonl", "--key", "keys.json")
    assert "events at positions 1 to" in said
    assert "all there, in order and unchanged." in said
    assert not list(tmp_path.glob("countersign.*"))


def test_the_first_bad_line_is_named_and_the_exit_code_says_so(exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    said = failed("audit", "verify", "export.jsonl", "--key", "keys.json")
    assert said == ("export.jsonl: line 4 should not come yet: the event before it was removed.\n")


def test_the_output_holds_nothing_but_the_export(exported: Path) -> None:
    command = [sys.executable, "-m", "bot", "audit", "export"]
    again = subprocess.run(
        command, capture_output=True, check=True, env=os.environ | {"PYTHONPATH": _root()}
    )
    # All but the last line, which says when it was made.
    assert again.stdout.splitlines()[:-1] == exported.read_bytes().splitlines()[:-1]
    assert again.stderr.decode().startswith("Wrote ")


def _root() -> str:
    return str(Path(__file__).parents[2])


def test_an_export_may_begin_where_the_last_one_ended(exported: Path) -> None:
    last = json.loads(exported.read_bytes().splitlines()[-1])["end"]["last"]
    submitted(over=False)
    told("audit", "export", "--out", "later.jsonl", "--since", str(last))
    said = told(
        *("audit", "verify", "later.jsonl", "--key", "keys.json"),
    )
    assert f"What came before position {last + 1} is not in this export." in said
    assert "There is no position 9999" in failed("audit", "export", "--since", "9999")


def test_checkpoints_are_kept_elsewhere_and_looked_for_in_a_later_export(exported: Path) -> None:
    Path("kept.jsonl").write_text(told("audit", "checkpoints"))
    items = [json.loads(line) for line in Path("kept.jsonl").read_text().splitlines()]
    Path("kept.json").write_text(json.dumps({"items": items, "next_cursor": None}))
    submitted(over=False)
    told("audit", "export", "--out", "later.jsonl")
    for kept in ("kept.jsonl", "kept.json", "export.jsonl"):
        told("audit", "verify", "later.jsonl", "--key", "keys.json", "--checkpoints", kept)
    assert told("audit", "checkpoints", "--after", "1").count("\n") == 1
    # Whoever holds the machine writes the trail anew and signs it with its own key.
    with closing(sqlite3.connect("countersign.db", isolation_level=None)) as database:
        for name in ("checkpoints_no_delete", "checkpoints_no_update"):
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DELETE FROM checkpoints")
    told("audit", "export", "--out", "rewritten.jsonl")
    told("audit", "verify", "rewritten.jsonl", "--key", "keys.json")
    said = failed(
        *("audit", "verify", "rewritten.jsonl", "--key", "keys.json"),
        *("--checkpoints", "kept.jsonl"),
    )
    assert said.endswith("line 2 is not the checkpoint 1 that was received earlier.\n")


@pytest.mark.parametrize("form", ["set", "one", "pem"])
def test_public_keys_are_read_in_several_forms(form: str) -> None:
    jwk = RING.active.public_jwk
    # RFC 8410: an Ed25519 public key is these bytes and its own.
    der = bytes.fromhex("302a300506032b6570032100") + base64.urlsafe_b64decode(jwk["x"] + "=")
    pem = base64.b64encode(der).decode()
    Path("key").write_text(
        {
            "set": json.dumps({"keys": [OTHER_RING.active.public_jwk, jwk]}),
            "one": json.dumps(jwk),
            "pem": f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n",
        }[form]
    )
    Path("e.jsonl").write_bytes(export(batches()))
    told("audit", "verify", "e.jsonl", "--key", "key")
    Path("e.jsonl").write_bytes(export(batches(), OTHER_RING))
    if form != "set":
        assert "not among the keys given" in failed("audit", "verify", "e.jsonl", "--key", "key")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds neither JSON nor PEM"),
        ("[]", "holds no JSON Web Key Set"),
        ('{"keys": []}', "holds no JSON Web Key Set"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no PEM public key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no PEM public"),
    ],
)
def test_a_file_without_public_keys_is_told_with_the_remedy(text: str, words: str) -> None:
    Path("key").write_text(text)
    Path("e.jsonl").write_bytes(export(batches()))
    said = failed("audit", "verify", "e.jsonl", "--key", "key")
    assert words in said
    assert "signing-keys public" in said


def test_files_that_are_not_there_are_told(exported: Path) -> None:
    there = "No such file or directory"
    assert there in failed("audit", "verify", "none.jsonl", "--key", "keys.json")
    assert there in failed("audit", "verify", "export.jsonl", "--key", "none.json")
    kept = ("--checkpoints", "none.jsonl")
    assert there in failed("audit", "verify", "export.jsonl", "--key", "keys.json", *kept)
    assert there in failed("audit", "export", "--out", "no/such/folder.jsonl")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no checkpoint"),
        ('{"items": []}', "holds no checkpoint"),
        ('{"items": [1]}', "holds no list of checkpoints"),
        ('{"checkpoint":{}}\n', "line 1 is not a checkpoint"),
    ],
)
def test_what_was_received_must_be_checkpoints(exported: Path, text: str, words: str) -> None:
    Path("kept").write_text(text)
    kept = ("--checkpoints", "kept")
    assert words in failed("audit", "verify", "export.jsonl", "--key", "keys.json", *kept)


def test_a_received_checkpoint_with_a_foreign_signature_is_not_used(exported: Path) -> None:
    Path("kept").write_bytes(export(batches(), OTHER_RING))
    said = failed(
        *("audit", "verify", "export.jsonl", "--key", "keys.json", "--checkpoints", "kept")
    )
    assert "checkpoint 1 is signed with the key" in said


@pytest.mark.parametrize("parts", [1, 2, 3, 8])
def test_a_file_is_judged_the_same_in_however_many_parts_it_is_read(
    tmp_path: Path, parts: int
) -> None:
    path, trust = tmp_path / "e.jsonl", Trust(RING.jwks())
    whole = export(batches())
    path.write_bytes(whole)
    found = verify_file(path, trust, parts)
    assert (found.events, found.lines, len(found.hashes)) == (27, 33, 4)
    lines = whole.splitlines(keepends=True)
    for number in (3, 12, 20, 30):
        path.write_bytes(b"".join([*lines[:number], *lines[number + 1 :]]))
        with pytest.raises(Fault) as fault:
            verify_file(path, trust, parts)
        assert fault.value.line == number + 1


def test_content_is_erased_by_request_and_by_person(exported: Path) -> None:
    one = submitted()
    two = submitted(over=False)
    erased = run("audit", "erase", "--request", one, "--reason", "asked for", "--yes")
    assert erased.stdout == "Erased 2 texts of 1 request.\n"
    assert erased.stderr == ("This erases all content of 1 request. Nobody can bring it back.\n")
    again = ("audit", "erase", "--request", one, "--reason", "again", "--yes")
    assert "no content to erase" in failed(*again)
    done = run("audit", "erase", "--person", ALICE, "--reason", "asked for", "--yes")
    assert done.exit_code == 1
    assert done.stdout == "Erased 2 texts of 1 request.\n"
    first, second = done.stderr.splitlines()
    assert first == (
        f"This erases all content of 1 request made for {ALICE}, and what they wrote in others. "
        "Nobody can bring it back. 1 request still open would keep theirs."
    )
    assert second.startswith(f"Kept, since somebody still has to decide on it: {two}.")
    told("audit", "export", "--out", "later.jsonl")
    kept = ("--checkpoints", "export.jsonl")
    told("audit", "verify", "later.jsonl", "--key", "keys.json", *kept)
    trail = Path("later.jsonl").read_text()
    assert trail.count('"type":"content_erased"') == 2
    assert "asked for" not in trail


def test_erase_asks_in_a_terminal_and_a_script_must_say_yes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = submitted()
    erase = ["audit", "erase", "--request", one, "--reason", "asked for"]
    assert "needs --yes" in run(*erase).stderr
    monkeypatch.setattr(cli_audit, "in_terminal", lambda: True)
    no = CliRunner().invoke(app, erase, input="n\n")
    assert (no.exit_code, "Nothing was erased." in no.stdout) == (1, True)
    yes = CliRunner().invoke(app, erase, input="y\n")
    assert (yes.exit_code, "Erased 2 texts of 1 request." in yes.stdout) == (0, True)


@pytest.mark.parametrize(
    "given",
    [
        ["--reason", "why"],
        ["--reason", "why", "--request", "a", "--person", "b"],
        ["--reason", " ", "--request", "a"],
        ["--request", "a"],
    ],
)
def test_erase_needs_one_of_both_and_a_reason(given: list[str]) -> None:
    assert run("audit", "erase", *given).exit_code == 64
