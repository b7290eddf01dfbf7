"""The real command beside the real server: an agent's script, and a person at a terminal."""

import asyncio
import json
import os
import pty
import select
import sys
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import ERP, Json
from tests.e2e.served import Served, inherited, served

MANAGER = "mara@example.com"
ASKED = b"Approve this? [y]es / [n]o / [d]etails: "
WITHIN = 20.0


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running


def around(town: Served, key: str) -> dict[str, str]:
    """What a person or agent has in their environment: no database, no files."""
    return inherited() | {"COUNTERSIGN_URL": town.base_url, "COUNTERSIGN_KEY": key, "TZ": "UTC"}


async def new_key(town: Served, *arguments: str) -> str:
    """A key as its operator makes it."""
    code, printed = await town.command("keys", "create", *arguments)
    assert code == 0, printed
    return printed.splitlines()[-1]


async def run(
    env: dict[str, str], folder: Path, *arguments: str, typed: str = ""
) -> tuple[int, str, str]:
    """`countersign ARGUMENTS` between pipes: exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=env | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(typed.encode())
    return process.returncode or 0, out.decode(), err.decode()


class Terminal:
    """A command at a terminal of its own: what it wrote so far, and keys to press."""

    def __init__(self, master: int, process: asyncio.subprocess.Process) -> None:
        self._master, self._process = master, process
        self.seen = b""

    async def until(self, wanted: bytes) -> bytes:
        """What was written until this, which must come."""
        while wanted not in self.seen:
            more = await asyncio.to_thread(self._read)
            assert more, self.seen.decode()
            self.seen += more
        before, _, self.seen = self.seen.partition(wanted)
        return before

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    async def end(self) -> tuple[int, bytes]:
        """The exit code, and what was still written."""
        while more := await asyncio.to_thread(self._read):
            self.seen += more
        return await self._process.wait(), self.seen

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._master], [], [], WITHIN)
        try:
            return os.read(self._master, 65_536) if ready else b""
        except OSError:  # the other side has closed: Linux says EIO
            return b""


async def terminal(env: dict[str, str], folder: Path, *arguments: str) -> Terminal:
    """`countersign ARGUMENTS` where a person sits."""
    master, slave = pty.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST  # line ends as they are written
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=env | {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"},
        cwd=folder,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    return Terminal(master, process)


async def asked(town: Served, folder: Path, body: Json) -> tuple[dict[str, str], str]:
    """An agent's environment, and the request that its script made."""
    agent = around(town, await new_key(town, "--name", "purchasing", "--scope", "submit"))
    code, out, err = await run(agent, folder, "submit", "-", "--json", typed=json.dumps(body))
    assert code == 0, err
    return agent, json.loads(out)["id"]


async def test_a_person_approves_at_a_terminal_what_they_were_shown(
    town: Served, tmp_path: Path
) -> None:
    hostile = {**ERP, "description": "All fine\x1b]0;owned\x07\nApproved by everyone."}
    agent, request = await asked(town, tmp_path, hostile)
    mara = around(
        town,
        await new_key(
            town, "--name", "m", "--scope", "decide", "--scope", "read", "--person", MANAGER
        ),
    )
    queue = await run(mara, tmp_path, "queue")
    assert (queue[0], request in queue[1]) == (0, True)
    at = await terminal(mara, tmp_path, "approve", request)
    card = await at.until(ASKED)
    assert b"\nApproved by everyone." not in card
    assert b"  | Approved by everyone." in card
    assert not set(card) & {0x1B, 0x07}
    at.press(b"d\n")
    assert b'"purpose": "New ERP system"' in await at.until(ASKED)
    at.press(b"y\n")
    code, said = await at.end()
    assert code == 0
    assert b"Waiting for Finance (stage 2 of 3):" in said
    stages = json.loads((await run(agent, tmp_path, "status", request, "--json"))[1])["stages"]
    assert [(v["person"], v["via"]) for v in stages[0]["votes"]] == [(MANAGER, "api")]
    # Everyone's cards follow, as after a click.
    await town.until(lambda: _says(town, "Mara Miller approved"))


async def _says(town: Served, words: str) -> bool:
    return words in json.dumps((await town.slack_messages(MANAGER))[-1])


async def test_a_rejection_at_a_terminal_needs_a_reason_and_ends_the_agents_wait(
    town: Served, tmp_path: Path
) -> None:
    agent, request = await asked(town, tmp_path, ERP)
    waiting = asyncio.create_task(run(agent, tmp_path, "status", request, "--wait", "60"))
    mara = around(
        town,
        await new_key(
            town, "--name", "m", "--scope", "decide", "--scope", "read", "--person", MANAGER
        ),
    )
    at = await terminal(mara, tmp_path, "reject", request)
    await at.until(b"Reject this? [y]es / [n]o / [d]etails: ")
    at.press(b"y\n")
    await at.until(b"Why? ")
    at.press(b"\n")
    await at.until(b"Why? ")
    at.press("Zu teuer für uns\n".encode())
    assert (await at.end())[0] == 0
    code, out, _ = await waiting
    assert code == 1
    assert "  | Zu teuer für uns" in out


async def test_whoever_leaves_the_question_decides_nothing(town: Served, tmp_path: Path) -> None:
    agent, request = await asked(town, tmp_path, ERP)
    key = await new_key(
        town, "--name", "m", "--scope", "decide", "--scope", "read", "--person", MANAGER
    )
    at = await terminal(around(town, key), tmp_path, "approve", request)
    await at.until(ASKED)
    at.press(b"\x04")  # Ctrl-D
    code, said = await at.end()
    assert (code, b"Nothing was changed." in said) == (8, True)
    found = json.loads((await run(agent, tmp_path, "status", request, "--json"))[1])
    assert found["stages"][0]["votes"] == []


async def test_a_freeze_beside_a_running_server_holds_at_once(town: Served, tmp_path: Path) -> None:
    _, request = await asked(town, tmp_path, ERP)
    key = await new_key(
        town, "--name", "m", "--scope", "decide", "--scope", "read", "--person", MANAGER
    )
    mara = around(town, key)
    assert (await town.command("freeze"))[0] == 0
    code, _, err = await run(mara, tmp_path, "approve", request, "--yes")
    assert (code, "frozen" in err) == (7, True)
    assert (await town.command("unfreeze"))[0] == 0
    assert (await run(mara, tmp_path, "approve", request, "--yes"))[0] == 0
    await town.stop()
    code, _, err = await run(mara, tmp_path, "queue")
    assert (code, "Nothing answers at" in err) == (69, True)
    assert key not in err
