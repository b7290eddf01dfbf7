"""`countersign people`: codes, links and their ends, as an administrator types them."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner, Result

from bot import clock
from bot.cli import app
from bot.sample import DIRECTORY
from core.directory import binding
from core.directory.accounts import Ledger, LinkCode
from core.directory.codes import read_code
from core.directory.people import Identity
from storage.database import open_storage

T = TypeVar("T")
ADA, MARA = "ada@example.com", "mara@example.com"
OTHER = Identity(platform="slack", realm="T0OTHER", account="U0NEW")


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory with the sample directory, and no other settings."""
    for name in [n for n in os.environ if n.startswith(("COUNTERSIGN_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "directory.yaml").write_text(DIRECTORY.read_text())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["people", *arguments])


def on_the_ledger(fn: Callable[[Ledger], T]) -> T:
    async def with_it() -> T:
        storage = open_storage("sqlite:///countersign.db")
        try:
            return await storage.accounts.transact(fn)
        finally:
            await storage.close()

    return asyncio.run(with_it())


def items() -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(run("list", "--json").stdout)["items"]
    return found


def redeemed(code: str) -> LinkCode | None:
    now = clock.now()
    return on_the_ledger(lambda ledger: binding.redeemed(ledger, code, OTHER, now))


def test_a_code_is_printed_once_and_is_for_that_person() -> None:
    made = run("link", "MARA@example.com")
    first, last = made.stdout.splitlines()
    assert first == f"For {MARA} alone, once, within 24 hours. They write in Slack:"
    code = read_code(last.removeprefix("/approvals link "))
    assert code is not None
    assert code not in Path("countersign.db").read_bytes().decode("latin-1")
    found = redeemed(code)
    assert found is not None
    assert (found.person, found.made_by, found.identity) == (MARA, "cli", None)
    assert found.expires_at - found.made_at == 24 * 3_600_000


def test_no_two_codes_are_the_same() -> None:
    codes = {run("link", MARA).stdout.splitlines()[-1] for _ in range(5)}
    assert len(codes) == 5


def test_an_account_is_linked_listed_and_ended() -> None:
    linked = run("link", ADA, "--slack", "T0OTHER/U0NEW")
    assert linked.stdout == (
        "The Slack account T0OTHER/U0NEW acts as ada@example.com from now on.\n"
    )
    theirs = [(i["account"], i["how"]) for i in items() if i["person"] == ADA]
    assert theirs == [("T0EXAMPLE/U0ADA", "directory"), ("T0OTHER/U0NEW", "admin")]
    ended = run("unlink", "ADA@example.com")
    assert ended.stdout == "The Slack account T0OTHER/U0NEW no longer acts as ada@example.com.\n"
    assert [i["account"] for i in items() if i["person"] == ADA] == ["T0EXAMPLE/U0ADA"]


def test_only_the_account_that_is_named_is_ended() -> None:
    run("link", ADA, "--slack", "T1/U1")
    run("link", ADA, "--slack", "T2/U2")
    run("unlink", ADA, "--slack", "T1/U1")
    assert [i["account"] for i in items() if i["person"] == ADA][1:] == ["T2/U2"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("link", "nobody@example.com"), "nobody@example.com is not in the directory."),
        (("link", MARA, "--slack", "T0EXAMPLE/U9"), "The directory file names another Slack"),
        (("link", MARA, "--slack", "T0EXAMPLE/U0ADA"), "The directory file gives this Slack"),
        (("unlink", MARA), "No account of mara@example.com was linked there."),
    ],
)
def test_a_refusal_is_a_sentence_and_changes_nothing(arguments: tuple[str, ...], said: str) -> None:
    before = items()
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(said)
    assert items() == before


@pytest.mark.parametrize("account", ["U0NEW", "T1/", "T1/U1/x", "T1/U 1", "../U1"])
def test_an_account_is_a_team_and_a_user(account: str) -> None:
    wrong = run("link", MARA, "--slack", account)
    assert wrong.exit_code == 64
    assert "use TEAM/USER" in wrong.stderr


def test_people_without_an_account_and_links_of_who_is_gone_are_listed() -> None:
    run("link", ADA, "--slack", "T1/U1")
    Path("directory.yaml").write_text("people:\n  - {email: new@example.com, name: New}\n")
    assert [(i["person"], i["account"]) for i in items()] == [
        ("new@example.com", None),
        (ADA, "T1/U1"),
    ]
    table = run("list").stdout
    assert "new@example.com" in table


def test_without_a_directory_it_says_which_file_is_missing() -> None:
    Path("directory.yaml").unlink()
    refused = run("link", MARA)
    assert refused.exit_code == 1
    assert "directory.yaml" in refused.stderr
    assert run("link", MARA, "--directory", str(DIRECTORY)).exit_code == 0


def test_a_code_that_got_into_wrong_hands_is_ended() -> None:
    code = read_code(run("link", MARA).stdout.splitlines()[-1].removeprefix("/approvals link "))
    assert code is not None
    elsewhere = run("unlink", MARA, "--slack", "T1/U1")
    assert elsewhere.exit_code == 1
    ended = run("unlink", MARA)
    assert ended.stdout == "No account was linked; codes for mara@example.com no longer work.\n"
    assert redeemed(code) is None
    assert run("unlink", MARA).exit_code == 1
