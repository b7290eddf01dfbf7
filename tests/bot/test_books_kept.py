"""The policy and the directory where people are kept in the database beside the file."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace as fields
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from bot.books import Books, check_files, open_books, reload
from bot.files import FileMistakes
from bot.settings import Secret, Settings
from core.directory.kept import NOBODY, Kept, KeptPerson, Newer
from core.directory.people import Identity
from core.ports import Store
from core.rows import PolicyRow

POLICY = """\
version: 1
rules:
  - name: pay
    when: request.action.type == "pay"
    category: review
    stages: [{name: Money, approvers: ["group:treasury"], required_role: clerk}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
PEOPLE = "people:\n  - {email: ada@example.com, name: Ada, groups: [admins]}\n"
ZOE = KeptPerson(
    id="z", email="zoe@example.com", name="Zoe", groups=("treasury",), roles=("clerk",)
)
WITH_ZOE = Kept(1, {"z": ZOE})
WITHOUT = Kept(2, {"z": replace(ZOE, roles=())})
"""Nobody in the treasury is a clerk any more."""


class Past:
    """Policies that were in force."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        return [PolicyRow("v", text, 0, "file") for text in self.texts[:limit]]

    async def policy_text(self, version: str) -> PolicyRow | None:
        return PolicyRow(version, self.texts[0], 0, "file") if self.texts else None


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (tmp_path / "rules.yaml").write_text(POLICY)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    monkeypatch.chdir(tmp_path)
    url = Secret(f"sqlite:///{tmp_path}/none.db")
    return Settings(database_url=url, policy="rules.yaml", directory="people.yaml")


def opened(files: Settings, kept: Kept, *past: str) -> Books:
    return asyncio.run(open_books(files, cast("Store", Past(*past)), kept))


def test_the_policy_may_name_whoever_is_kept(files: Settings) -> None:
    books = opened(files, WITH_ZOE)
    assert books.directory().group("treasury") == ("zoe@example.com",)
    assert list(books.alone().people) == ["ada@example.com"]
    with pytest.raises(FileMistakes, match="treasury"):
        opened(files, NOBODY)
    with pytest.raises(FileMistakes, match="treasury"):
        check_files(files)
    assert not Path("none.db").exists(), "looking makes nothing"


def test_a_policy_that_was_in_force_is_taken_whoever_has_left(files: Settings) -> None:
    with pytest.raises(FileMistakes, match="clerk"):
        opened(files, WITHOUT)
    assert opened(files, WITHOUT, POLICY).policy().text == POLICY
    with pytest.raises(FileMistakes, match="treasury"):
        opened(files, NOBODY, POLICY)
    stored = fields(files, policy=None)
    assert opened(stored, WITHOUT, POLICY).policy().text == POLICY


def test_the_file_is_read_again_whoever_has_left(files: Settings) -> None:
    """Somebody is taken out of the file while the policy names a role that nobody has."""
    books = opened(files, WITH_ZOE)
    books.take(Newer(number=2, people=[WITHOUT.people["z"]]))
    Path("people.yaml").write_text(PEOPLE.replace("ada", "eve").replace("Ada", "Eve"))
    assert reload(files, books)
    assert books.directory().person("ada@example.com") is None
    assert books.directory().person("zoe@example.com") is not None
    assert not reload(files, books)
    Path("rules.yaml").write_text(POLICY + "# another one\n")
    assert not reload(files, books), "another policy must fit"


def test_an_older_state_changes_nothing_and_accounts_stay_bound(files: Settings) -> None:
    books = opened(files, NOBODY.with_newer(Newer(number=1, people=[ZOE])))
    account = Identity(platform="slack", realm="T1", account="UZOE")
    books.bind([(account, "zoe@example.com")])
    assert not books.take(Newer(number=1))
    assert books.take(Newer(number=3, people=[replace(ZOE, name="Zoe Z.")]))
    found = books.directory().by_identity(account)
    assert found is not None
    assert (found.name, books.file().by_identity(account)) == ("Zoe Z.", None)
    assert not books.take(Newer(number=2, people=[ZOE]))
