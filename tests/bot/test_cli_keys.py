"""Keys over their life, as an operator sees them at the terminal."""

import asyncio
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot import cli_keys, cli_keys_change
from bot.cli import app
from bot.cli_exit import Exit
from bot.doctor.keys import keys as findings
from core.rows import ApiKey, KeyUse
from core.system_events import KeyUsed
from storage.database import open_storage

HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_780_000_020_000  # 2026-05-28T20:27:00Z


class Clock:
    """The clock that the commands read."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> int:
        return self.at


@pytest.fixture(autouse=True)
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A database of the test's own, and a clock that stands still."""
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", f"sqlite:///{tmp_path}/countersign.db")
    monkeypatch.chdir(tmp_path)
    found = Clock()
    for module in (cli_keys, cli_keys_change):
        monkeypatch.setattr(module, "clock", found)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def make(*arguments: str) -> str:
    """The id of a new key."""
    made = run("create", "--name", "purchasing", "--scope", "submit", *arguments)
    assert made.exit_code == 0, made.output
    return made.stdout.split()[1]


def listed(id: str) -> dict[str, Any]:
    items = json.loads(run("list", "--json").stdout)["items"]
    found: dict[str, Any] = next(item for item in items if item["id"] == id)
    return found


def row(path: Path) -> dict[str, Any]:
    with sqlite3.connect(path / "countersign.db") as database:
        database.row_factory = sqlite3.Row
        [found] = database.execute("SELECT * FROM api_keys")
    database.close()
    return dict(found)


def use(path: Path, id: str, secret_hash: str, at: int) -> None:
    """What a server writes of a key that is used."""
    used = KeyUsed(key=id, since=at, until=at, calls={}, networks={})

    async def record() -> None:
        storage = open_storage(f"sqlite:///{path}/countersign.db")
        await storage.keys.record_uses([KeyUse(used=used, secrets=((secret_hash, at),))], "")
        await storage.close()

    asyncio.run(record())


def test_a_rotation_shows_the_new_secret_and_until_when_the_old_one_goes_on(tmp_path: Path) -> None:
    key = make()
    before = row(tmp_path)
    rotated = run("rotate", key)
    assert rotated.exit_code == 0
    lines = rotated.stdout.splitlines()
    assert lines[:-1] == [
        f"Key {key} for purchasing has a new secret.",
        "The old one goes on until 2026-05-29T20:27:00Z.",
        "Keep it safe; it is not shown again:",
    ]
    assert re.fullmatch(r"cs_[A-Za-z0-9_-]{43}", lines[-1])
    after = row(tmp_path)
    same = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert (after["older_hash"], after["older_until"]) == (before["hash"], NOW + DAY)
    assert after["hash"] != before["hash"]


def test_a_second_rotation_says_which_secret_it_ends(clock: Clock) -> None:
    key = make("--expires", "90d")
    run("rotate", key, "--overlap", "7d")
    clock.at += HOUR
    said = run("rotate", key, "--overlap", "0", "--expires", "10d").stdout.splitlines()
    assert said[1:4] == [
        "The old one ended now.",
        "The one before that, good until 2026-06-04T20:27:00Z, ended now too.",
        "The key itself ends at 2026-06-07T21:27:00Z.",
    ]


def test_a_key_that_is_over_is_not_rotated_or_limited(clock: Clock) -> None:
    over, gone = make("--expires", "1h"), make()
    run("revoke", gone)
    clock.at += HOUR
    for key, why in ((over, "has expired"), (gone, "no valid key"), ("nope", "no valid key")):
        for arguments in (("rotate", key), ("limit", key, "--per-day", "5")):
            refused = run(*arguments)
            assert refused.exit_code == 1
            assert why in refused.stderr
            assert "cs_" not in refused.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("rotate", "k", "--overlap", "24"),
        ("rotate", "k", "--overlap", "31d"),
        ("rotate", "k", "--expires", "yesterday"),
        ("limit", "k"),
        ("limit", "k", "--burst", "5"),
        ("limit", "k", "--rate", "off", "--burst", "5"),
        ("limit", "k", "--rate", "fast"),
        ("limit", "k", "--per-day", "0"),
        ("create", "--name", "n", "--scope", "read", "--rate", "1/d"),
        ("create", "--name", "n", "--scope", "read", "--per-day", "many"),
    ],
)
def test_what_cannot_be_meant_so_is_wrong_usage_and_changes_nothing(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    refused = run(*arguments)
    assert refused.exit_code in (2, Exit.USAGE)
    assert not (tmp_path / "countersign.db").exists()


def test_limits_are_set_shown_and_taken_back() -> None:
    key = make("--rate", "120/m", "--burst", "40", "--per-day", "1000")
    found = listed(key)
    assert (found["rate"], found["per_day"], found["used_today"]) == ("120/m burst 40", 1000, 0)
    said = run("limit", key, "--rate", "10/s").stdout
    assert (
        said == f"Key {key} for purchasing: calls at 10/s burst 10, at most 1,000 requests a day.\n"
    )
    said = run("limit", key, "--rate", "default", "--per-day", "off").stdout
    assert said == (
        f"Key {key} for purchasing: calls at the server's own rate, any number of requests a day.\n"
    )
    found = listed(key)
    assert (found["rate"], found["per_day"], found["used_today"]) == (None, None, None)
    run("limit", key, "--rate", "off")
    assert listed(key)["rate"] == "off"


def test_the_list_says_to_the_minute_when_each_secret_was_used(
    tmp_path: Path, clock: Clock
) -> None:
    key = make()
    first = row(tmp_path)["hash"]
    use(tmp_path, key, first, NOW + 61_000)
    assert listed(key)["used_at"] == "2026-05-28T20:28Z"
    clock.at += HOUR
    run("rotate", key, "--overlap", "2h")
    table = run("list").stdout
    assert "until 2026-05-28T23:27Z, used 2026-05-28T20:28Z" in table
    found = listed(key)
    assert (found["used_at"], found["rotated_at"]) == (None, "2026-05-28T21:27:00Z")
    older = {"until": "2026-05-28T23:27:00Z", "used_at": "2026-05-28T20:28Z"}
    assert found["older_secret"] == older
    clock.at += 3 * HOUR
    assert "2026-05-28T20:28Z" not in run("list").stdout, "that it was used before is past"
    use(tmp_path, key, first, clock.at)
    assert "ended, but tried 2026-05-29T00:27Z" in run("list").stdout


def test_keys_that_end_within_a_week_are_named_beside_the_list() -> None:
    soon = make("--expires", "6d")
    make("--expires", "8d")
    make()
    shown = run("list", "--json")
    assert len(json.loads(shown.stdout)["items"]) == 3
    assert shown.stderr == (
        f"Note: 1 key ends within 7 days: purchasing ({soon}). "
        "Run: countersign keys rotate ID --expires 90d\n"
    )
    run("revoke", soon)
    assert run("list").stderr == ""


def test_the_doctor_names_them_too() -> None:
    keys = [
        ApiKey(id=f"k{n}", name="agent", scopes=(), hash=f"{n}", expires_at=NOW + DAY)
        for n in range(7)
    ]
    [found] = findings([*keys, ApiKey(id="k9", name="n", scopes=(), hash="9")], NOW)
    assert (found.level, found.check) == ("warning", "API keys")
    assert found.said.startswith("7 keys end within 7 days: agent (k0), agent (k1)")
    assert found.said.endswith("agent (k4) and 2 more.")
    assert findings(keys, NOW + DAY) == []
