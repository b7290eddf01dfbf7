"""The sample company, running for one test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import accounts
from bot import app as composition
from tests.e2e.company import Company, company


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    async with company(tmp_path) as running:
        yield running


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in this process looks every moment for what it looks for every few seconds."""
    monkeypatch.setattr(composition, "REFRESH_SECONDS", 0.05)
    monkeypatch.setattr(accounts, "EVERY_SECONDS", 0.05)
