"""A model that listens on loopback, and advisers that ask it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.ai.app import build
from adapters.ai.openai_adviser import OpenAiAdviser
from adapters.ai.settings import Azure, ModelSettings
from core.advice.port import Spending
from playground.app import Running, start
from playground.world import parse
from tests.adapters.ai.facts import KEY, NOW
from tests.playground.conftest import WORLD


@dataclass
class Clock:
    """A time that tests move."""

    at: int = NOW

    def __call__(self) -> int:
        return self.at


@dataclass
class Models:
    """Makes advisers that ask the simulated model."""

    running: Running
    clock: Clock = field(default_factory=Clock)
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __call__(
        self, name: str = "good", spending: Spending | None = None, **more: Any
    ) -> OpenAiAdviser:
        settings = ModelSettings(
            model=name, **{"key": KEY, "base_url": self.running.model_url, **more}
        )
        found = build(settings, self.clock, spending)
        self.closing.push_async_callback(found.aclose)
        return found

    def azure(self, deployment: str, **more: Any) -> OpenAiAdviser:
        where = Azure(f"{self.running.base_url}/model", deployment, "2024-10-21")
        # Azure's library adds /openai to its endpoint.
        return self(deployment, base_url=None, azure=where, **more)


@pytest.fixture
async def models(tmp_path: Path) -> AsyncIterator[Models]:
    running = await start(parse(WORLD), tmp_path / "playground")
    made = Models(running)
    async with made.closing:
        yield made
    await running.aclose()


Asks = Callable[..., OpenAiAdviser]
