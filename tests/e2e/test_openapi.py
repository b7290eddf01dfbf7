"""schemathesis judges the API by its own description: no 5xx, no undocumented answer."""

import asyncio
import json
import sys
from pathlib import Path

from tests.e2e.company import ERP, SMALL, Company

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
REFUSED = """\
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""
"""What is made up may be larger than any body may be: 413 rejects it as well."""

SCOPES = ("submit", "read", "decide", "redeem", "admin")


async def test_the_api_does_what_its_description_says(co: Company, tmp_path: Path) -> None:
    key = await co.key(*SCOPES, person="mara@example.com")
    await co.submit(key, SMALL)
    path = tmp_path / "schemathesis.toml"
    path.write_text(REFUSED)
    await judge(co, key, path, "examples,coverage,fuzzing")


async def test_it_does_so_too_where_what_is_named_exists(co: Company, tmp_path: Path) -> None:
    """With ids and people that are known, what is sent comes as far as the rules. Calls also
    follow one another: what one answers, the next one names."""
    key = await co.key(*SCOPES, person="mara@example.com")
    made = [await co.submit(key, body) for body in (ERP, SMALL) * 8]
    path = tmp_path / "schemathesis.toml"
    path.write_text(known([m["id"] for m in made], list(co.people)))
    found_by = ["--include-path-regex", "/(requests/{id}|delegations)"]
    phases = "examples,fuzzing,stateful"
    await judge(co, key, path, phases, *found_by, "--exclude-path-regex", "cancel$")
    after = [await co.get(key, m["id"]) for m in made]
    # What it made up was taken, and not only refused: nearly any text is a comment.
    assert any(found["comments"] for found in after)


def known(ids: list[str], people: list[str]) -> str:
    """Has most of what is made up named from these lists."""
    lists = {"ids": ids, "people": people}
    named = {"path.id": "ids", "body.to": "people", "body.from": "people"}
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(of)}" for name, of in lists.items()]
    bound = [f'"{k}" = {{dictionary = "{v}", probability = 0.9}}' for k, v in named.items()]
    return "\n".join([*lines, "[parameters]", *bound, REFUSED])


async def judge(co: Company, key: str, config: Path, phases: str, *only: str) -> None:
    # A long wait is right but would only hold the judge up: everyone who waits is woken soon.
    waking = asyncio.create_task(keep_waking(co))
    process = await asyncio.create_subprocess_exec(
        str(SCHEMATHESIS),
        *["--config-file", str(config)],
        "run",
        f"{co.base_url}/openapi.json",
        *["--header", f"Authorization: Bearer {key}"],
        *["--checks", ",".join(CHECKS)],
        *["--max-examples", "25", "--seed", "1", "--workers", "1", "--no-color"],
        *["--phases", phases],
        *only,
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
