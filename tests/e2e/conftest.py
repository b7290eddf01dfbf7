"""The sample company, running for one test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import Company, company


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    async with company(tmp_path) as running:
        yield running
