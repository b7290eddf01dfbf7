"""`countersign insight` and `policy accepted`: what was found, and from a finding to its text."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import log
from bot.books import FIRST_POLICY
from bot.cli import app
from bot.documents import read_document
from bot.files import load_directory
from core.insight.cases import Case, Kind
from core.insight.proposals import Found
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.service.proposing import Gathered
from storage.database import open_storage
from tests.core.found import worked_out
from tests.storage.fresh import migrate

PEOPLE = """\
people:
  - {email: ada@example.com, name: Ada, groups: [admins]}
  - {email: amy@example.com, name: Amy, groups: [admins]}
  - {email: bob@example.com, name: Bob}
"""


class Terminal:
    """A database without a server, and what is typed beside it."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/db.sqlite"
        self.people = folder / "directory.yaml"
        self.people.write_text(PEOPLE)
        self.logged_from: list[str] = []

    def types(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    def find(self) -> str:
        """A hundred deployments that people approved; the id of what that comes to."""
        cases = tuple(Case(f"R{n}", 1_000 + n, "approved") for n in range(100))
        directory = load_directory(str(self.people))

        def read(text: str) -> Policy:
            return read_policy(read_document(text), text, directory)

        given = Gathered(
            policy=read(FIRST_POLICY),
            directory=directory,
            kinds={Kind("deploy", "fallback"): cases},
            stages={},
            past=(),
            now=1_800_000_000_000,
        )
        asyncio.run(self._keep(found := worked_out(given, read)))
        return found.items[0].finding.id

    async def _keep(self, found: Found) -> None:
        storage = open_storage(self.url)
        await storage.insight.keep(found)
        await storage.close()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", made.url)
    monkeypatch.setenv("COUNTERSIGN_DIRECTORY", str(made.people))
    # Log lines would stand among what is printed; the tests' own settings stay as they are.
    monkeypatch.setattr(log, "configure", lambda level, **_: made.logged_from.append(level))
    migrate(made.url)
    return made


def test_from_a_finding_to_a_request(terminal: Terminal) -> None:
    assert "Nothing was worked out yet" in terminal.types("insight", "list").output
    finding = terminal.find()
    listed = terminal.types("insight", "list").output
    assert finding in listed
    assert "Approve deploy without a person" in listed
    [item] = json.loads(terminal.types("insight", "list", "--json").output)["items"]
    assert item["numbers"]["Approved"] == "100 of 100"
    shown = terminal.types("insight", "show", finding).output
    assert "+    when: 'request.action.type == \"deploy\"'" in shown
    nobody = terminal.types("insight", "propose", finding, "--as", "bob@example.com")
    assert (nobody.exit_code, "Only an administrator" in nobody.output) == (1, True)
    done = terminal.types("insight", "propose", finding, "--as", "ada@example.com")
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == 1
    assert set(terminal.logged_from) == {"error"}
    request = done.output.split("request ")[1].split(".")[0]
    again = terminal.types("insight", "propose", finding, "--as", "amy@example.com")
    assert f"proposed already, with request {request}" in again.output
    early = terminal.types("policy", "accepted", request)
    assert (early.exit_code, "not approved" in early.output) == (1, True)


def test_what_is_not_there_is_said(terminal: Terminal) -> None:
    for words, said in (
        (("insight", "show", "none"), "There is no finding none"),
        (("insight", "propose", "none", "--as", "ada@example.com"), "There is no finding none"),
        (("policy", "accepted", "none"), "There is no request none"),
    ):
        found = terminal.types(*words)
        assert (found.exit_code, said in found.output) == (1, True), found.output
