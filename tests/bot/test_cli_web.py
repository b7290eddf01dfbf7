"""`countersign web`: links and sessions, as an operator types them."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from bot import clock, ids
from bot.cli import app
from bot.files import load_directory
from bot.sample import DIRECTORY
from core.web.signing_in import SigningIn, SigningWorld
from storage.database import open_storage

T = TypeVar("T")
MARA = "mara@example.com"


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(("COUNTERSIGN_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COUNTERSIGN_PUBLIC_URL", "https://approve.example.com")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "directory.yaml").write_text(DIRECTORY.read_text())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["web", *arguments])


def served(use: Callable[[SigningIn], Coroutine[Any, Any, T]]) -> T:
    """As a server does it on the same database."""

    async def with_it() -> T:
        storage, directory = (
            open_storage("sqlite:///countersign.db"),
            load_directory("directory.yaml"),
        )
        world = SigningWorld(
            sessions=storage.sessions,
            directory=lambda: directory,
            clock=clock.now,
            new_id=ids.new_id,
            new_salt=ids.new_salt,
        )
        try:
            return await use(SigningIn(world))
        finally:
            await storage.close()

    return asyncio.run(with_it())


def test_a_link_signs_in_who_is_then_listed_and_signed_out() -> None:
    made = run("link", "Mara@example.com")
    assert made.exit_code == 0, made.output
    said, url = made.stdout.strip().splitlines()
    assert said == f"For {MARA} alone, once, within 10 minutes:"
    link = re.fullmatch(r"https://approve\.example\.com/signin/link\?t=([0-9a-f]{64})", url)
    assert link is not None
    assert isinstance(served(lambda signing: signing.with_link(link[1])), tuple)
    (row,) = json.loads(run("sessions", "--json").stdout)["items"]
    assert (row["person"], row["how"]) == (MARA, "link")
    assert run("sessions").stdout.splitlines()[0].split()[:2] == ["person", "how"]
    ended = run("end", MARA).stdout
    assert ended == f"1 session of {MARA} ended; links for them no longer work.\n"
    assert json.loads(run("sessions", "--json").stdout)["items"] == []
    assert run("end", MARA).stdout.startswith("0 sessions of")


def test_who_is_not_there_gets_no_link() -> None:
    made = run("link", "nobody@example.com")
    assert made.exit_code == 1
    assert "nobody@example.com" in made.output
    assert "/signin/" not in made.output


def test_without_pages_it_says_how_to_switch_them_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERSIGN_PUBLIC_URL")
    made = run("link", MARA)
    assert made.exit_code == 1
    assert "COUNTERSIGN_PUBLIC_URL" in made.output
