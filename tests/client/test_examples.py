"""The examples for agents' frameworks run, and say which extra is missing where they cannot."""

import asyncio
import importlib
import runpy
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.client.answering import answer, both
from tests.e2e.company import Company, company

EXAMPLES = Path(__file__).parents[2] / "client" / "examples"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with company(tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("openai_agents", "Buy from Office Example for 840", "I did what I could."),
        ("langgraph", "Buy from Office Example", "ordered from Office Example for 840"),
        ("temporal", "Two chairs", "ordered from Office Example for 840"),
    ],
)
async def test_an_example_orders_once_people_agree(
    name: str,
    title: str,
    said: str,
    co: Company,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for other in ("OPENAI_API_KEY", "TEMPORAL_ADDRESS"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("COUNTERSIGN_URL", co.base_url)
    monkeypatch.setenv("COUNTERSIGN_KEY", await co.key("submit", "read", "redeem"))
    path = str(EXAMPLES / f"with_{name}.py")
    running = asyncio.to_thread(runpy.run_path, path, run_name="__main__")
    await both(running, answer(co, title, "approve"))
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == said
    assert "ordered from Office Example for 840" in printed


@pytest.mark.parametrize(
    ("adapter", "package", "extra"),
    [
        ("openai_agents", "agents", "openai-agents"),
        ("langgraph", "langgraph.config", "langgraph"),
        ("langgraph_resuming", "langgraph.types", "langgraph"),
        ("temporal", "temporalio", "temporal"),
    ],
)
def test_an_adapter_without_its_framework_names_the_extra(
    adapter: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith("countersign_client.frameworks.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match=rf"countersign-client\[{extra}\]"):
        importlib.import_module(f"countersign_client.frameworks.{adapter}")


def test_every_example_is_run_here() -> None:
    ours = [
        p.name for p in EXAMPLES.glob("*.py") if "countersign_client.frameworks" in p.read_text()
    ]
    assert set(ours) == {
        "with_langgraph.py",
        "with_openai_agents.py",
        "with_temporal.py",
    }
