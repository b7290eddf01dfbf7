"""The example for a shell: run as printed, by a POSIX shell, against the real server."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.client.answering import answer, both, titled
from tests.e2e.company import Company, company

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPT = Path(__file__).parents[2] / "client" / "examples" / "curl.sh"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with company(tmp_path_factory.mktemp("company")) as made:
        yield made


async def run(co: Company, key: str, order: str) -> tuple[int | None, str, str]:
    """Exit status, output and errors."""
    shell = shutil.which("dash") or "/bin/sh"
    env = {"PATH": os.environ["PATH"], "COUNTERSIGN_URL": co.base_url, "COUNTERSIGN_KEY": key}
    made = await asyncio.create_subprocess_exec(
        shell,
        str(SCRIPT),
        env=env | {"ORDER": order},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await made.communicate()
    return made.returncode, out.decode(), err.decode()


async def test_it_runs_what_was_approved_once_however_often_it_is_started(co: Company) -> None:
    key = await co.key("submit", "read", "redeem")
    yes = answer(co, "Two chairs", "approve")
    assert await both(run(co, key, "1"), yes) == (0, "ordered from Office Example for 840\n", "")
    (request,) = await titled(co, "Two chairs")
    assert request["execution"] == "succeeded"
    status, out, err = await run(co, key, "1")
    assert (status, out) == (2, "")
    assert "used" in err
    assert len(await titled(co, "Two chairs")) == 1


async def test_it_says_why_it_does_not_run(co: Company) -> None:
    key = await co.key("submit", "read", "redeem")
    no = answer(co, "Two chairs", "reject", comment="Too dear")
    assert await both(run(co, key, "2"), no) == (2, "not ordered: rejected Too dear\n", "")


async def test_it_says_what_is_wrong_without_the_key(co: Company) -> None:
    status, out, err = await run(co, "cs_wrong", "3")
    assert (status, out) == (3, "")
    assert "key" in err
    assert "cs_wrong" not in err
