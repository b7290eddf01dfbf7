"""The main job on PostgreSQL: the same product, another database."""

from pathlib import Path

import pytest

from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.e2e.company import ERP, company

MANAGER, FINANCE, DEPUTY = "mara@example.com", "finn@example.com", "dev@example.com"


async def test_three_stages_over_both_platforms_on_postgresql(tmp_path: Path) -> None:
    try:
        with server() as url:
            database = make_database(url)
            await _three_stages(tmp_path, database)
            drop_database(url, database)
    except NoServer as reason:
        pytest.skip(str(reason))


async def _three_stages(folder: Path, database: str) -> None:
    async with company(folder, database=database) as co:
        key = await co.key("submit", "read")
        asked = await co.submit(key, ERP, Idempotency_Key="one")
        again = await co.submit(key, ERP, Idempotency_Key="one")
        assert again["id"] == asked["id"]
        await co.slack_click(MANAGER, await co.slack_card(MANAGER, "ERP"), "Approve")
        await co.teams_click(FINANCE, await co.teams_card(FINANCE, "ERP"), "Approve")
        await co.slack_click(DEPUTY, await co.slack_card(DEPUTY, "ERP"), "Approve")
        decided = await co.get(key, asked["id"], wait=10)
        assert decided["decision"]["by"] == [MANAGER, FINANCE, DEPUTY]
        status, found = await co.call("GET", "/v1/requests?status=approved", key)
        assert (status, [r["id"] for r in found["items"]]) == (200, [asked["id"]])
