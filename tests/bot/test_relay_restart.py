"""A server that starts tries once more what an earlier one gave up."""

import asyncio
from pathlib import Path

import pytest

from bot import serve
from bot.sample import DIRECTORY, POLICY
from bot.settings import Secret, Settings
from core.ports import Dead
from core.tokens.signing import KeyRing, SigningKey
from storage import open_storage
from storage.migrate import upgrade
from tests.storage.purchase import BOB_IN_SLACK, rid, submit


async def test_dead_letters_are_tried_when_a_server_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = f"sqlite:///{tmp_path / 'restart.db'}"
    upgrade(dsn)
    storage = open_storage(dsn)
    await storage.store.transact(
        rid(1), submit(rid(1), audience=(BOB_IN_SLACK,), expires_at=10**13)
    )
    [claimed] = await storage.deliveries.claim_cards(1000, 2000, 1)
    await storage.deliveries.settle_card(claimed, 2, Dead(reason="invalid_auth"), 1000)
    stop = asyncio.Event()
    monkeypatch.setattr(serve, "stop_signal", lambda _seconds: stop)
    settings = Settings(database_url=Secret(dsn), policy=str(POLICY), directory=str(DIRECTORY))
    ring = KeyRing(SigningKey(bytes(32)))
    server = asyncio.create_task(serve._serve(settings, ring, "127.0.0.1", 0))
    reasons: set[str | None] = {"invalid_auth"}
    async with asyncio.timeout(5):
        while "slack is switched off" not in reasons:
            assert not server.done()
            await asyncio.sleep(0.01)
            found = await storage.store.snapshot(rid(1))
            assert found is not None
            reasons = {each.dead_reason for each in found.deliveries}
    stop.set()
    await server
    await storage.close()
    assert "slack is switched off" in reasons, "this server has no Slack"
