"""`countersign teams package`: what it writes, and what it says of what it cannot use."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app

ID = "22222222-bbbb-4bbb-8bbb-000000000002"
URL = "https://countersign.example.com"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and no settings around."""
    for name in [n for n in os.environ if n.startswith(("COUNTERSIGN_", "MICROSOFT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, ["teams", "package", *arguments], env={"COLUMNS": "400", **env})


def test_it_writes_the_package_and_says_what_to_do_with_it(place: Path) -> None:
    told = run("--url", URL, "--app-id", ID, "--out", "mine.zip")
    assert told.exit_code == 0
    assert "Wrote mine.zip. Upload it at https://admin.teams.microsoft.com" in told.stdout
    with zipfile.ZipFile(place / "mine.zip") as held:
        assert json.loads(held.read("manifest.json"))["bots"][0]["botId"] == ID


def test_the_settings_stand_in_for_options(place: Path) -> None:
    (place / ".env").write_text(f"MICROSOFT_APP_ID={ID}\n")
    told = run("--name", "Approvals", COUNTERSIGN_PUBLIC_URL=URL)
    assert told.exit_code == 0
    with zipfile.ZipFile(place / "countersign-teams.zip") as held:
        made = json.loads(held.read("manifest.json"))
    assert (made["id"], made["developer"]["websiteUrl"]) == (ID, URL)
    assert made["name"]["short"] == "Approvals"


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(place: Path) -> None:
    told = run("--app-version", "2")
    assert told.exit_code == 64
    for option in ("--app-id", "--url", "--app-version"):
        assert f"{option}: " in told.stderr
    assert list(place.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told_with_a_remedy() -> None:
    told = run("--url", URL, "--app-id", ID, "--out", "gone/mine.zip")
    assert told.exit_code == 64
    assert "Name a file in a folder of yours" in told.stderr
