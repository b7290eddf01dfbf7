"""The exit codes: one closed set, the same everywhere, and told in the docs."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.cli_exit import CODES, Exit, code_of
from core.request import Status

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COUNTERSIGN_KEY": "cs_x", **env})


def test_every_status_has_a_code_of_its_own_and_only_an_approval_is_0() -> None:
    codes = {status: int(code_of(status.value)) for status in Status}
    assert len(set(codes.values())) == len(Status)
    assert [status for status, code in codes.items() if code == 0] == [Status.APPROVED]
    assert (codes[Status.REJECTED], codes[Status.EXPIRED]) == (1, 2)
    assert code_of("a status of a later version") is Exit.PENDING


def test_the_docs_and_the_help_list_every_code() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == sorted(Exit)
    in_help = {int(number) for number in re.findall(r"\b(\d+) [a-z]", CODES)}
    assert in_help | {130, 141} == set(Exit)
    for command in ("submit", "status", "watch", "approve", "reject"):
        shown = " ".join(run(command, "--help", COLUMNS="300").stdout.split())
        assert CODES in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["--fly"],
        ["keys", "fly"],
        ["submit", "--fly"],
        ["submit"],
        ["submit", "--title", "x", "--param", "nothing"],
        ["submit", "no-such-file.json"],
        ["status"],
        ["status", "../policy"],
        ["watch", "--timeout", "0"],
        ["approve", "abc"],
    ],
)
def test_wrong_usage_never_looks_like_a_decision(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 64


def test_no_server_is_no_decision_either() -> None:
    assert run("status", "abc", "--url", "http://127.0.0.1:1").exit_code == 69


def test_a_bug_keeps_its_traceback_and_control_c_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_with(problem: BaseException) -> Result:
        def fail(*_: Any) -> None:
            raise problem

        monkeypatch.setattr("bot.cli_client.server", fail)
        return run("queue")

    bug = fails_with(ZeroDivisionError("of ours"))
    assert bug.exit_code == 70
    assert "ZeroDivisionError: of ours" in bug.stderr
    assert fails_with(KeyboardInterrupt()).exit_code == 130


def test_a_reader_that_left_is_told_apart_from_a_rejection() -> None:
    code = (
        "import sys, typer; from bot.cli_exit import Commands\n"
        "app = typer.Typer(cls=Commands)\n"
        "@app.command()\ndef a(): pass\n"
        "@app.command()\ndef b():\n"
        "    while True: print('x' * 1000, flush=True)\n"
        "sys.argv = ['x', 'b']; app()\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    assert (child.wait(20), child.stderr.read()) == (141, b"")
    child.stderr.close()


def test_a_command_loads_only_what_it_needs() -> None:
    modules = "cli_requests, cli_show, cli_trail, cli_watch, cli_table, cli_body, cli_ask"
    code = (
        f"import sys; from bot import cli, {modules}; import adapters.webhook.answers\n"
        "heavy = {'openai', 'botbuilder', 'msrest', 'slack_sdk', 'slack_bolt', 'aiohttp',\n"
        "    'sqlalchemy', 'alembic', 'apscheduler', 'rich.live', 'rich.table', 'ruamel'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
