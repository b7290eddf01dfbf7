"""The client's README: its first example is run as printed, the others are at least Python."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from tests.client.test_against_server import decide
from tests.e2e.company import company

README = Path(__file__).parents[2] / "client" / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


def test_every_block_is_python_and_imports_what_is_there() -> None:
    assert len(BLOCKS) >= 5
    for block in BLOCKS:
        compile(block, "README.md", "exec")
        for line in re.findall(r"^from .*$", block, re.MULTILINE):
            exec(line, {})


async def test_the_first_example_runs_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with company(tmp_path) as co:
        monkeypatch.setenv("COUNTERSIGN_URL", co.base_url)
        key = await co.key("submit", "read", "redeem", owner="alice@example.com")
        monkeypatch.setenv("COUNTERSIGN_KEY", key)
        names: dict[str, Any] = {}
        reader = decide_all(co)
        await asyncio.gather(asyncio.to_thread(exec, BLOCKS[0], names), reader)
    assert capsys.readouterr().out == "ordered from Nordwind Software for 120000\n"


async def decide_all(co: Any) -> None:
    """Everybody whom the sample policy asks says yes."""
    for person in ("mara@example.com", "faye@example.com", "dana@example.com"):
        await decide(co, person=person, decision="approve")
