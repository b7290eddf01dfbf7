"""schemathesis judges the API by its own description: no 5xx, no undocumented answer."""

import asyncio
import sys
from pathlib import Path

from tests.e2e.company import SMALL, Company

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)


async def test_the_api_does_what_its_description_says(co: Company) -> None:
    key = await co.key("submit", "read", "decide", "admin", person="mara@example.com")
    await co.submit(key, SMALL)
    # A long wait is right but would only hold the judge up: everyone who waits is woken soon.
    waking = asyncio.create_task(keep_waking(co))
    process = await asyncio.create_subprocess_exec(
        str(SCHEMATHESIS),
        "run",
        f"{co.base_url}/openapi.json",
        *["--header", f"Authorization: Bearer {key}"],
        *["--checks", ",".join(CHECKS)],
        *["--max-examples", "25", "--seed", "1", "--workers", "1", "--no-color"],
        *["--phases", "examples,coverage,fuzzing"],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    waking.cancel()
    assert process.returncode == 0, printed.decode()[-6000:]


async def keep_waking(co: Company) -> None:
    while True:
        await asyncio.sleep(0.05)
        co.app.waiters.wake_all()
