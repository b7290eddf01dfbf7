"""Writes down the examples of the API, as a real server answers them.

`python docs/take_examples.py` tells the story of tests/e2e/story.py; a test fails when what is
written is no longer what happens.
"""

import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from adapters.webhook.examples import FILE  # noqa: E402 - the path above makes it importable
from tests.e2e.story import story, teller  # noqa: E402 - as above


async def told() -> dict[str, Any]:
    """The calls of the story, by operation."""
    with tempfile.TemporaryDirectory() as folder:
        async with teller(Path(folder)) as t:
            await story(t)
            return t.told


if __name__ == "__main__":
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    if not FILE.exists():
        FILE.write_text("{}")  # the server that tells them reads it
    FILE.write_text(json.dumps(asyncio.run(told()), indent=1, ensure_ascii=False) + "\n")
