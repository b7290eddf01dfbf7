"""Parts of the MCP server by themselves: what is remembered, fenced, waited for and refused."""

import asyncio
import json
import re
import socket
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from bot import cli_mcp
from bot.cli import app
from countersign_client import Ask, AsyncCountersign, Refused, Unavailable
from countersign_client.mcp_server import __main__ as program
from countersign_client.mcp_server import asked, shapes
from countersign_client.mcp_server.acting import Acts
from countersign_client.mcp_server.asked import Memory
from countersign_client.mcp_server.fence import LONGEST, MOST, fenced, quotes, visible
from countersign_client.mcp_server.over_http import CannotListen, Place
from countersign_client.mcp_server.tools import ENTRIES
from countersign_client.request import Request, read_request
from tests.architecture.test_docs import COMMANDS
from tests.client.test_flows import shown

MCP = COMMANDS[("mcp",)]
PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()


# --- what people wrote ---------------------------------------------------------------------


def test_nothing_hidden_stays_hidden_and_no_text_is_endless() -> None:
    assert visible("a\u202eb\u200b\x1b[2J\ufe01\U000e0041\nc") == (
        "a⟦U+202E⟧b⟦U+200B⟧⟦U+001B⟧[2J⟦U+FE01⟧⟦U+E0041⟧\nc"
    )
    long = fenced("x" * (LONGEST + 1), "9f")
    assert long == f"<untrusted-9f>{'x' * LONGEST} [cut]</untrusted-9f>"


def test_every_text_of_people_is_quoted_once_and_the_agents_own_are_not() -> None:
    raw = {
        "stages": [{"votes": [{"person": "m@x", "comment": "No"}, {"person": "f@x"}]}],
        "comments": [{"person": None, "text": "mine"}, {"person": "a@x", "text": "Why?"}],
        "feedback": None,
        "decision": {"by": ["m@x"], "reason": "No"},
    }
    assert [(q.by, q.text) for q in quotes(raw, "9f")] == [
        ("m@x", "<untrusted-9f>No</untrusted-9f>"),
        ("a@x", "<untrusted-9f>Why?</untrusted-9f>"),
    ]
    many = {"comments": [{"person": "a@x", "text": str(n)} for n in range(50)]}
    assert quotes(many, "9f")[0].text == f"<untrusted-9f>{50 - MOST}</untrusted-9f>"


# --- what was asked ------------------------------------------------------------------------


def test_what_is_remembered_is_by_caller_bounded_and_forgotten_once_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asked, "MOST", 2)
    keys = iter("abcdefg")
    memory = Memory(lambda: next(keys))
    assert memory.find("ann", "x").key == memory.find("ann", "x").key == "a"
    assert memory.find("bob", "x").key == "b"
    memory.find("ann", "x").request_id = "R1"
    assert memory.find("ann", "y").key == "c"
    assert memory.find("ann", "x").key == "a"
    memory.used("R1")
    assert memory.find("ann", "x").key == "d"


def test_nobody_pushes_out_what_others_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "OF_ONE", 2)
    keys = iter("abcdefg")
    memory = Memory(lambda: next(keys))
    assert memory.find("ann", "x").key == "a"
    assert [memory.find("bob", each).key for each in "xyz"] == ["b", "c", "d"]
    assert memory.find("ann", "x").key == "a"
    assert memory.find("bob", "x").key == "e"


async def test_the_same_call_sent_twice_at_once_asks_once_after_the_last_was_over() -> None:
    class Over(Pending):
        def __init__(self) -> None:
            super().__init__()
            self.keys, self.status = list[str](), "pending"

        async def submit(self, ask: Ask, *, idempotency_key: str) -> Request:
            self.keys.append(idempotency_key)
            await asyncio.sleep(0)
            return read_request(shown("pending"))

        async def get(self, request_id: str, *, hold: int = 0) -> Request:
            await asyncio.sleep(0)
            return read_request(shown("expired"))

    client, keys = Over(), iter("abcd")
    memory = Memory(lambda: next(keys))
    acts = Acts(cast("AsyncCountersign", client), "", memory, cast("Any", None))
    given = shapes.Asking(action_type="refund", params={"amount": 5}, title="Refund 5")
    await acts.request_approval(given)
    await asyncio.gather(acts.request_approval(given), acts.request_approval(given))
    assert client.keys == ["a", "b", "b"]


async def test_a_question_whose_answer_was_lost_is_sent_again_with_the_same_key() -> None:
    class Losing(Pending):
        keys = list[str]()

        async def submit(self, ask: Ask, *, idempotency_key: str) -> Request:
            self.keys.append(idempotency_key)
            if len(self.keys) == 1:
                raise Unavailable("No answer.")
            if len(self.keys) == 2:
                raise Refused(422, "invalid_input", "Wrong.")
            return read_request(shown("pending"))

    client, keys = Losing(), iter("abc")
    memory = Memory(lambda: next(keys))
    acts = Acts(cast("AsyncCountersign", client), "", memory, cast("Any", None))
    given = shapes.Asking(action_type="refund", params={"amount": 5}, title="Refund 5")
    for raised in (Unavailable, Refused):
        with pytest.raises(raised):
            await acts.request_approval(given)
    assert not (await acts.request_approval(given)).already_asked
    assert (await acts.request_approval(given)).already_asked
    assert client.keys == ["a", "a", "b"]


# --- waiting -------------------------------------------------------------------------------


class Pending:
    """A client whose server holds as long as it is asked to; nobody decides."""

    def __init__(self) -> None:
        self.now, self.holds = 100.0, list[int]()

    async def get(self, request_id: str, *, hold: int = 0) -> Request:
        self.holds.append(hold)
        self.now += hold
        return read_request(shown("pending", id=request_id))


async def test_a_wait_is_bounded_gives_signs_of_life_and_ends_as_pending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, steps = Pending(), list[tuple[float, float]]()
    monkeypatch.setattr("countersign_client.mcp_server.acting.monotonic", lambda: client.now)

    async def progress(done: float, total: float, _: str) -> None:
        steps.append((done, total))

    acts = Acts(cast("AsyncCountersign", client), "", Memory(str), progress)
    found = await acts.wait_for_decision(shapes.Waiting(request_id="R1", seconds=25))
    assert (found.status, found.run_now) == ("pending", False)
    assert client.holds == [10, 10, 5]
    assert steps == [(0, 25), (10, 25), (20, 25)]


async def test_a_server_that_holds_nothing_is_not_asked_without_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stopping(Pending):
        async def get(self, request_id: str, *, hold: int = 0) -> Request:
            return await super().get(request_id, hold=0)

    async def pause(seconds: float) -> None:
        client.now += seconds

    async def progress(*_: Any) -> None: ...

    client = Stopping()
    monkeypatch.setattr("countersign_client.mcp_server.acting.monotonic", lambda: client.now)
    monkeypatch.setattr("countersign_client.mcp_server.acting.sleep", pause)
    acts = Acts(cast("AsyncCountersign", client), "", Memory(str), progress)
    found = await acts.wait_for_decision(shapes.Waiting(request_id="R1", seconds=10))
    assert (found.status, len(client.holds)) == ("pending", 6)


async def test_tokens_are_shown_only_where_they_are_handed_out() -> None:
    class Approving(Pending):
        async def get(self, request_id: str, *, hold: int = 0) -> Request:
            return read_request(shown("approved", id=request_id, token="t.o.k"))

    given = shapes.Named(request_id="R1")
    for wanted, seen in ((False, None), (True, "t.o.k")):
        client = cast("AsyncCountersign", Approving())
        acts = Acts(client, "", Memory(str), cast("Any", None), with_tokens=wanted)
        assert (await acts.check_request(given)).approval_token == seen


# --- where it listens ----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.0.1"])
def test_loopback_is_safe(host: str) -> None:
    allowed = Place(host, 0).allowed()
    assert allowed.enable_dns_rebinding_protection
    assert "127.0.0.1:*" in allowed.allowed_hosts


def test_other_addresses_need_tls_in_front_and_a_name() -> None:
    with pytest.raises(CannotListen, match="--behind-tls"):
        Place("0.0.0.0", 0, ["mcp.example.com"])
    with pytest.raises(CannotListen, match="--allow-host"):
        Place("10.0.0.7", 0, behind_tls=True)
    with pytest.raises(CannotListen, match="no host's name"):
        Place("127.0.0.1", 0, ["*"])
    allowed = Place("0.0.0.0", 0, ["mcp.example.com"], behind_tls=True).allowed()
    assert {"mcp.example.com", "mcp.example.com:*"} <= set(allowed.allowed_hosts)
    assert "https://mcp.example.com" in allowed.allowed_origins
    assert "http://mcp.example.com" not in allowed.allowed_origins


# --- the program and the command -----------------------------------------------------------


def test_without_the_extra_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [n for n in sys.modules if n.startswith("countersign_client.mcp_server.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("countersign_client.mcp_server.running", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    assert program.main([]) == program.WRONG_USAGE
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "pip install 'countersign-client[mcp]'" in err


def test_the_program_says_what_it_misses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("COUNTERSIGN_KEY", raising=False)
    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    (tmp_path / "key").write_text("two words\n")
    listening = socket.create_server(("127.0.0.1", 0))
    taken = str(listening.getsockname()[1])
    for arguments, said in (
        ([], "There is no key"),
        (["--key-file", str(tmp_path / "key")], "not a key"),
        (["--key-file", str(tmp_path / "none")], "No such file"),
        (["--http", "--url", "ftp://x"], "https://host"),
        (["--http", "--host", "0.0.0.0"], "--behind-tls"),
        (["--http", "--port", taken], f"port {taken}: Address already in use"),
    ):
        assert program.main(arguments) == program.WRONG_USAGE
        assert said in capsys.readouterr().err
    listening.close()


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the command became: the words and the environment."""
    made: list[Any] = []
    monkeypatch.setattr(cli_mcp, "_become", lambda *with_what: made.extend(with_what))
    monkeypatch.setenv("COUNTERSIGN_KEY", "cs_from_environment")
    monkeypatch.setenv("COUNTERSIGN_URL", "http://127.0.0.1:9")
    return made


def test_the_command_hands_the_key_over_where_no_list_of_processes_shows_it(
    became: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("cs_from_file\n")
    done = CliRunner().invoke(app, ["mcp", "--key-file", str(tmp_path / "key")])
    assert done.exit_code == 0, done.output
    command, environment = became
    assert command == [sys.executable, "-m", "countersign_client.mcp_server"]
    assert environment["COUNTERSIGN_KEY"] == "cs_from_file"
    assert environment["COUNTERSIGN_URL"] == "http://127.0.0.1:9"


def test_without_a_key_the_command_says_how_to_make_one_for_an_agent(
    became: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COUNTERSIGN_KEY")
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["mcp"])
    assert done.exit_code != 0
    assert "--scope submit --scope read --scope redeem" in done.output
    assert became == []


def test_over_http_the_command_hands_over_no_key_at_all(became: list[Any]) -> None:
    words = ["mcp", "--http", "--host", "0.0.0.0", "--port", "0", "--behind-tls"]
    words += ["--allow-host", "a.example.com", "--allow-host", "b.example.com"]
    done = CliRunner().invoke(app, [*words, "--url", "https://cs.example.com"])
    assert done.exit_code == 0, done.output
    command, environment = became
    assert command[3:] == [
        *("--http", "--host", "0.0.0.0", "--port", "0"),
        *("--allow-host=a.example.com", "--allow-host=b.example.com", "--behind-tls"),
    ]
    assert "COUNTERSIGN_KEY" not in environment
    assert environment["COUNTERSIGN_URL"] == "https://cs.example.com"
    assert program._parser().parse_args(command[3:]).allow_host == [
        "a.example.com",
        "b.example.com",
    ]


def test_the_command_says_what_to_install(
    became: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_mcp, "PROGRAM", "no_such_package.program")
    done = CliRunner().invoke(app, ["mcp"])
    assert done.exit_code != 0
    assert "pip install" in done.output
    assert became == []


# --- the page ------------------------------------------------------------------------------


def test_the_page_names_every_tool_and_every_argument() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
    said = {name: set(re.findall(r"`([a-z_]+)`", takes)) for name, takes in rows}
    assert said == {name: set(entry.given.model_fields) for name, entry in ENTRIES.items()}


def test_the_files_for_clients_are_json_and_start_what_there_is() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    servers = [json.loads(block) for block in blocks]
    entries = [(s.get("mcpServers") or s["servers"])["countersign"] for s in servers]
    started = [entry["args"] for entry in entries if "command" in entry]
    assert (len(entries), len(started)) == (3, 2)
    known = {option for p in MCP.params for option in p.opts}
    for name, *arguments in started:
        assert name == "mcp"
        assert {a for a in arguments if a.startswith("--")} <= known
