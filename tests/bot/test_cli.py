"""The command line as people and programs use it: what is printed, and the exit code."""

import asyncio
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner, Result

from bot import cli_outbox, ids
from bot.cli import app
from bot.cli_table import shown_time
from bot.sample import DIRECTORY, POLICY
from core.commands import Facts
from core.decide import decide
from core.ports import Dead, RetryAt
from core.request import RequestState
from core.rows import Changes, Loaded, OutboxRow, Recipient
from storage.database import open_storage
from tests.core.builders import NOW, a_submit


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and an environment without settings of any other Countersign."""
    ours = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_")
    for name in [n for n in os.environ if n.startswith(ours)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def make(*arguments: str) -> str:
    """A new key; gives its secret."""
    made = run("keys", "create", *arguments)
    assert made.exit_code == 0, made.output
    return made.stdout.splitlines()[-1]


def rows(path: Path, table: str) -> list[dict[str, object]]:
    with sqlite3.connect(path / "countersign.db") as database:
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
    database.close()
    return found


def test_a_key_is_printed_once_alone_on_the_last_line_and_stored_only_hashed(
    tmp_path: Path,
) -> None:
    secret = make("--name", "purchasing", "--scope", "submit", "--scope", "read")
    assert re.fullmatch(r"cs_[A-Za-z0-9_-]{43}", secret)
    stored = rows(tmp_path, "api_keys")[0]
    assert stored["hash"] == hashlib.sha256(secret.encode()).hexdigest()
    assert json.loads(str(stored["scopes"])) == ["submit", "read"]
    assert secret.encode() not in (tmp_path / "countersign.db").read_bytes()
    assert secret not in run("keys", "list", "--json").stdout


def test_all_that_a_key_may_be_bound_to_is_stored(tmp_path: Path) -> None:
    make(
        *["--name", "m", "--scope", "decide", "--person", "Mara@Example.com"],
        *["--owner", "olga@example.com", "--for", "group:sales", "--for", "Alice@example.com"],
        *["--expires", "90d"],
    )
    listed = json.loads(run("keys", "list", "--json").stdout)["items"]
    assert len(listed) == 1
    assert listed[0]["person"] == "mara@example.com"
    assert listed[0]["owner"] == "olga@example.com"
    assert listed[0]["for"] == ["group:sales", "alice@example.com"]
    assert listed[0]["state"] == "valid"
    stored = rows(tmp_path, "api_keys")[0]
    lifetime = int(str(stored["expires_at"])) - int(str(stored["created_at"]))
    assert lifetime == 90 * 86_400_000


@pytest.mark.parametrize(
    "arguments",
    [
        ["--scope", "submit"],
        ["--name", "x"],
        ["--name", "x", "--scope", "everything"],
        ["--name", "x", "--scope", "decide"],
        ["--name", " ", "--scope", "read"],
        ["--name", "x" * 101, "--scope", "read"],
        ["--name", "Chat", "--scope", "submit"],
        ["--name", "x", "--scope", "decide", "--person", "mara"],
        ["--name", "x", "--scope", "submit", "--owner", "a b@example.com"],
        ["--name", "x", "--scope", "submit", "--for", "sales"],
        ["--name", "x", "--scope", "submit", "--expires", "soon"],
        ["--name", "x", "--scope", "submit", "--expires", "2020-01-01"],
    ],
)
def test_a_key_that_cannot_be_meant_so_is_wrong_usage_and_makes_nothing(
    arguments: list[str], tmp_path: Path
) -> None:
    refused = run("keys", "create", *arguments)
    assert refused.exit_code == 64
    assert not (tmp_path / "countersign.db").exists()


def test_every_scope_is_offered() -> None:
    offered = run("keys", "create", "--help").stdout
    assert "submit|read|read_all|redeem|decide|admin" in "".join(offered.split())


def test_a_key_for_somebody_the_directory_does_not_have_is_told(tmp_path: Path) -> None:
    asked = ("keys", "create", "--name", "n", "--scope", "decide", "--person")
    assert run(*asked, "nobody@example.com").stderr == ""
    (tmp_path / "directory.yaml").write_text(DIRECTORY.read_text())
    stranger = run(*asked, "nobody@example.com")
    assert (stranger.exit_code, stranger.stderr) == (
        0,
        "Note: nobody@example.com is not in directory.yaml, so the key cannot decide until they "
        "are.\n",
    )
    assert run(*asked, "mara@example.com").stderr == ""


def test_keys_are_listed_as_a_table_with_whole_ids() -> None:
    assert "There are no keys" in run("keys", "list").stdout
    make("--name", "one", "--scope", "read")
    key = json.loads(run("keys", "list", "--json").stdout)["items"][0]
    table = run("keys", "list").stdout
    assert key["id"] in table
    assert "one" in table


def test_a_table_is_safe_to_print_whatever_a_name_holds() -> None:
    make("--name", "[red]x[/red]\x1b[31m", "--scope", "read")
    table = run("keys", "list").stdout
    assert "[red]x[/red]?[31m" in table
    assert "\x1b" not in table


def test_a_key_is_revoked_once() -> None:
    make("--name", "one", "--scope", "read")
    key = json.loads(run("keys", "list", "--json").stdout)["items"][0]["id"]
    revoked = run("keys", "revoke", key)
    assert (revoked.exit_code, revoked.stdout) == (0, f"Key {key} is revoked.\n")
    assert json.loads(run("keys", "list", "--json").stdout)["items"][0]["state"] == "revoked"
    again = run("keys", "revoke", key)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "countersign keys list" in again.stderr


def test_the_database_is_brought_up_to_date_and_it_is_safe_to_repeat(tmp_path: Path) -> None:
    for _ in range(2):
        done = run("db", "upgrade")
        assert (done.exit_code, done.stdout) == (0, "The database is up to date.\n")
    assert rows(tmp_path, "requests") == []


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "countersign.db").write_bytes(b"not a database at all" * 100)
    failed = run("keys", "list")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "The database cannot be upgraded: file is not a database. See that "
        f"{tmp_path}/countersign.db is an SQLite database, that this user may read and write it "
        "and its folder, and that no other program holds it.\n"
    )


def test_a_database_that_cannot_be_opened_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", f"sqlite:///{tmp_path}/no/such/place.db")
    failed = run("db", "upgrade")
    assert failed.exit_code == 1
    assert "database" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_settings_come_from_the_env_file_too_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("COUNTERSIGN_DATABASE_URL=sqlite:///filed.db\n")
    run("db", "upgrade")
    assert (tmp_path / "filed.db").exists()
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "sqlite:///given.db")
    run("db", "upgrade")
    assert (tmp_path / "given.db").exists()


def test_wrong_settings_are_all_told_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUNTERSIGN_POLCY", "x")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    refused = run("serve")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "COUNTERSIGN_POLCY: is not a setting. Did you mean COUNTERSIGN_POLICY?",
        "SLACK_SIGNING_SECRET: is missing, so Slack is only half set up. "
        "Set SLACK_SIGNING_SECRET, or remove SLACK_BOT_TOKEN to switch Slack off.",
    ]
    assert not (tmp_path / "countersign.db").exists()


def test_unsigned_teams_calls_are_refused_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS_ALLOW_ANONYMOUS", "1")
    refused = run("serve", "--host", "0.0.0.0")
    assert refused.exit_code == 1
    assert "--host 127.0.0.1" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["serve", "--log-level", "loud"], ["serve", "--port", "70000"], ["fly"]]
)
def test_wrong_usage_has_an_exit_code_of_its_own(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 64


def test_the_sample_policy_is_checked_without_mistakes() -> None:
    checked = run("policy", "check", "--policy", str(POLICY), "--directory", str(DIRECTORY))
    assert checked.exit_code == 0
    assert re.match(r"No mistakes: \d+ rules \(version [0-9a-f]+\), \d+ people\.", checked.stdout)


def test_every_mistake_of_both_files_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("version: 2\nrulez: []\n")
    (tmp_path / "directory.yaml").write_text("people:\n  - {email: nobody, name: N}\n")
    refused = run("policy", "check")
    assert refused.exit_code == 1
    places = [line.partition(": ")[0] for line in refused.stderr.splitlines()]
    assert any(re.fullmatch(r"policy\.yaml:\d+:\d+", place) for place in places)
    assert any(re.fullmatch(r"directory\.yaml:\d+:\d+", place) for place in places)
    assert len(places) >= 3


def queue_something_dead(path: Path) -> str:
    """A request with a card and a notice that were given up; gives its id."""
    request = ids.new_id()

    async def fill() -> None:
        storage = open_storage(f"sqlite:///{path}/countersign.db")

        def ask(loaded: Loaded) -> Changes[None]:
            own = decide(RequestState(id=request), a_submit(), Facts(), NOW)
            to = Recipient(platform="slack", id="mara@example.com")
            notice = OutboxRow(
                id=ids.new_id(), dedupe=request, kind="result", request=request, to=to
            )
            command = a_submit()
            return Changes(
                result=None,
                state=own.state,
                events=own.events,
                content=(command.content, command.rationale),
                audience=(to,),
                outbox=(notice,),
            )

        await storage.store.transact(request, ask)
        for card in await storage.deliveries.claim_cards(NOW, NOW + 1000, 10):
            dead = Dead(reason="user_not_found: [b]check[/b] the directory")
            await storage.deliveries.settle_card(card, card.wanted, dead, NOW)
        for told in await storage.deliveries.claim_notices(NOW, NOW + 1000, 10):
            limited = RetryAt(reason="Slack limits our rate", after=61_000)
            await storage.deliveries.settle_notice(told, limited, NOW)
        await storage.close()

    asyncio.run(fill())
    return request


def test_the_outbox_shows_what_is_not_delivered_and_tries_again(tmp_path: Path) -> None:
    assert run("outbox", "list").stdout == "Everything is delivered.\n"
    request = queue_something_dead(tmp_path)
    items = json.loads(run("outbox", "list", "--json").stdout)["items"]
    assert [(i["request"], i["what"], i["platform"], i["state"]) for i in items] == [
        (request, "card", "slack", "dead"),
        (request, "result", "slack", "waiting"),
    ]
    due = shown_time(NOW + 61_000)
    assert [(i["next_at"], i["reason"]) for i in items] == [
        (None, "user_not_found: [b]check[/b] the directory"),
        (due, "Slack limits our rate"),
    ]
    card, result = (
        f"{request}\tcard\tslack\tmara@example.com\tdead\t0\t-\t{items[0]['reason']}",
        f"{request}\tresult\tslack\tmara@example.com\twaiting\t1\t{due}\tSlack limits our rate",
    )
    listed = run("outbox", "list").stdout.splitlines()
    assert listed[0].split("\t") == list(cli_outbox.COLUMNS)
    assert listed[1:] == [card, result]
    assert run("outbox", "retry", "another").stdout == "Nothing was given up.\n"
    assert run("outbox", "retry", request).stdout == "1 will be tried again.\n"
    assert run("outbox", "retry").stdout == "Nothing was given up.\n"


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from bot.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'sqlalchemy', 'slack_bolt', 'botbuilder', 'apscheduler', 'alembic'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = child("-c", code)
    assert done.returncode == 0, done.stderr
    for command in ("serve", "demo", "keys", "outbox", "policy", "db"):
        assert f" {command} " in done.stdout


def test_the_version_is_the_package_s() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("--version").stdout)


def environment() -> dict[str, str]:
    """A child's environment: the sample company, and this checkout."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "COUNTERSIGN_POLICY": str(POLICY),
        "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
    }


def child(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def serving(*more: str) -> tuple[asyncio.subprocess.Process, str]:
    """`countersign serve` on a free port, once it says that it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve", "--port", "0", "--log-json", *more),
        env=environment(),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    while line := await asyncio.wait_for(process.stderr.readline(), 30):
        said = json.loads(line)
        if said["event"] == "ready":
            return process, said["url"]
    raise AssertionError("the server ended before it was ready")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serve_stops_cleanly_and_answers_who_waits(number: signal.Signals) -> None:
    key = await asyncio.to_thread(make, "--name", "a", "--scope", "submit", "--scope", "read")
    process, url = await serving()
    headers = {"Authorization": f"Bearer {key}"}
    body = {
        "title": "Chairs",
        "requester": "alice@example.com",
        "action": {"type": "purchase_order", "params": {"amount": 840}},
    }
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.post(f"{url}/v1/requests", json=body) as answer:
            assert answer.status == 201, await answer.text()
            path = answer.headers["Location"]

        async def wait() -> tuple[int, str]:
            async with http.get(f"{url}{path}?wait=60") as answer:
                return answer.status, (await answer.json())["status"]

        waiting = asyncio.create_task(wait())
        async with http.get(f"{url}/v1/requests") as answer:  # the wait was sent before this
            assert answer.status == 200
        await asyncio.sleep(0.1)
        process.send_signal(number)
        assert await asyncio.wait_for(waiting, 5) == (200, "pending")
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_serve_on_a_port_in_use_says_so() -> None:
    process, url = await serving()
    port = url.rpartition(":")[2]
    done = await asyncio.to_thread(child, "-m", "bot", "serve", "--port", port)
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
