"""`countersign callbacks`: secrets that are shown once, what is not delivered, sending again."""

import asyncio
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.webhook.callback_secrets import CallbackSeal
from bot import cli_callbacks, clock
from bot.cli import app
from bot.cli_exit import Exit
from bot.cli_table import shown_time
from bot.encryption_keys import load_keys
from bot.settings import Secret
from core.callbacks import SealedSecret
from core.ports import Dead, Outcome, RetryAt
from core.rows import CallbackRow, Changes
from storage.database import open_storage
from storage.migrate import upgrade


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and an environment without settings of any other Countersign."""
    for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, to copy."""
    path = tmp_path_factory.mktemp("made") / "countersign.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Path:
    """The one in the working directory."""
    return Path(shutil.copy(made, tmp_path / "countersign.db"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def new_key() -> str:
    made = run("keys", "create", "--name", "agent", "--scope", "submit")
    found = re.match(r"Key (\S+) for", made.stdout)
    assert found is not None, made.output
    return found[1]


def secrets_of(key: str, database: Path) -> Sequence[SealedSecret]:
    """Those that sign now, as they are stored."""

    async def read() -> Sequence[SealedSecret]:
        storage = open_storage(f"sqlite:///{database}")
        found = await storage.callback_secrets.secrets(key, clock.now())
        await storage.close()
        return found

    return asyncio.run(read())


def test_a_secret_is_shown_once_alone_on_the_last_line_and_stored_sealed(
    database: Path, tmp_path: Path
) -> None:
    key = new_key()
    made = run("callbacks", "secret", key)
    assert made.exit_code == 0, made.output
    secret = made.stdout.splitlines()[-1]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    [row] = secrets_of(key, database)
    own = load_keys(None, Secret(f"sqlite:///{database}"))
    assert CallbackSeal(own).open(row) == secret
    for path in tmp_path.iterdir():
        assert secret[6:].encode() not in path.read_bytes()
    again = run("callbacks", "secret", key)
    assert again.exit_code == 1
    assert f"countersign callbacks secret {key} --rotate" in again.stderr
    assert "whsec_" not in again.output


def test_a_secret_is_exchanged_with_an_overlap(database: Path) -> None:
    key = new_key()
    first = run("callbacks", "secret", key, "--rotate")  # there is none before it
    assert "signs too" not in first.stdout
    rotated = run("callbacks", "secret", key, "--rotate", "--overlap", "30m")
    assert "The secret before it signs too for 30m" in rotated.stdout
    new, old = secrets_of(key, database)
    assert new.ends_at is None
    assert old.ends_at == new.created_at + 30 * 60_000
    alone = run("callbacks", "secret", key, "--rotate", "--overlap", "0")
    assert "signs too" not in alone.stdout
    assert len(secrets_of(key, database)) == 1


@pytest.mark.usefixtures("database")
def test_a_secret_needs_a_key_that_is_valid() -> None:
    refused = run("callbacks", "secret", "nobody")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("There is no valid key nobody.")
    assert "whsec_" not in refused.output


def told(request: str, sequence: int, at: int) -> CallbackRow:
    return CallbackRow(
        request=request,
        sequence=sequence,
        id=f"msg_{request}{sequence}",
        type="request.rejected",
        key="k1",
        host="hooks.example.com",
        status="rejected",
        revision=1,
        at=at,
    )


def queue(database: Path, now: int) -> None:
    """Two that were given up, an old one and a new one, and one that waits for its next try."""
    rows = (told("r1", 4, now - 86_400_000), told("r2", 5, now - 1_000), told("r3", 6, now - 1_000))

    async def fill() -> None:
        storage = open_storage(f"sqlite:///{database}")
        await storage.store.transact("", lambda _: Changes(result=None, callbacks=rows))
        for found in await storage.callbacks.claim(now, now + 1_000, {}, 4, 10):
            outcome: Outcome = Dead(reason="the receiver wants [b]no[/b] more (410)")
            if found.row.request == "r3":
                outcome = RetryAt(reason="the receiver answers 500", after=60_000)
            await storage.callbacks.settle(found, outcome, now)
        await storage.close()

    asyncio.run(fill())


def test_what_is_not_delivered_is_listed_with_the_reason(database: Path) -> None:
    assert run("callbacks", "list").stdout == "Everything is delivered.\n"
    now = clock.now()
    queue(database, now)
    items = json.loads(run("callbacks", "list", "--json").stdout)["items"]
    assert [(i["request"], i["sequence"], i["state"]) for i in items] == [
        ("r1", 4, "dead"),
        ("r2", 5, "dead"),
        ("r3", 6, "waiting"),
    ]
    assert items[2]["next_at"] == shown_time(now + 60_000)
    listed = run("callbacks", "list", "r2").stdout.splitlines()
    assert listed[0].split("\t") == list(cli_callbacks.COLUMNS)
    assert listed[1].split("\t")[-1] == "the receiver wants [b]no[/b] more (410)"
    assert run("callbacks", "list", "r9").stdout == "This request has no callbacks.\n"
    outbox = json.loads(run("outbox", "list", "--json").stdout)["items"]
    assert [(i["what"], i["platform"], i["recipient"], i["state"]) for i in outbox] == [
        ("callback", "callback", "hooks.example.com", state)
        for state in ("dead", "dead", "waiting")
    ]


def test_what_was_given_up_is_sent_again_of_one_request_or_of_all_since(database: Path) -> None:
    queue(database, clock.now())
    replay = ("callbacks", "replay")
    assert run(*replay, "--all-dead", "--since", "1h").stdout.startswith("1 callback is sent again")
    assert run(*replay, "--all-dead", "--since", "1h").stdout.startswith("There is nothing")
    assert run(*replay, "r1").stdout.startswith("1 callback is sent again")
    assert run(*replay, "--all-dead", "--since", "2020-01-31").stdout.startswith("There is nothing")
    with sqlite3.connect(database) as opened:
        found = opened.execute("SELECT body FROM events WHERE stream = 'key:k1'").fetchall()
    opened.close()
    recorded = [json.loads(body) for (body,) in found]
    assert [(r["event"].get("request"), r["event"]["count"]) for r in recorded] == [
        (None, 1),
        ("r1", 1),
    ]
    assert {r["actor"]["via"] for r in recorded} == {"cli"}


def test_the_outbox_tries_callbacks_again_too(database: Path) -> None:
    queue(database, clock.now())
    assert run("outbox", "retry", "r9").stdout == "Nothing was given up.\n"
    assert run("outbox", "retry", "r1").stdout == "1 will be tried again.\n"
    assert run("outbox", "retry").stdout == "1 will be tried again.\n"
    assert run("outbox", "retry").stdout == "Nothing was given up.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "r1", "--all-dead"),
        ("replay", "--all-dead", "--since", "yesterday"),
        ("secret", "k1", "--rotate", "--overlap", "long"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_done(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    assert run("callbacks", *arguments).exit_code == Exit.USAGE
    assert list(tmp_path.iterdir()) == []
