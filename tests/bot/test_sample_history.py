"""The weeks that a demo looks back on: plausible, over, and nobody's cards."""

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.sample import history
from core.insight.figures import Asked, day_of
from storage.database import Storage, open_storage
from tests.storage.fresh import migrate

UNTIL = 1_800_003_600_000
"""A Friday morning."""


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(history, "WEEKS", 2)
    monkeypatch.setattr(history, "EACH_DAY", 9)
    found = f"sqlite:///{tmp_path}/demo.db"
    migrate(found)
    return found


async def one(storage: Storage, statement: str) -> tuple[object, ...]:
    read = storage.figures._readers.read
    return tuple(await read(lambda c: c.execute(text(statement)).one()))


async def test_the_weeks_before_now_were_lived_once(url: str) -> None:
    made = await history.make(url, UNTIL)
    assert made > 30
    assert await history.make(url, UNTIL) == 0, "only where nothing happened yet"
    storage = open_storage(url)
    try:
        first, last = await one(storage, "SELECT min(at), max(at) FROM events")
        assert isinstance(first, int)
        assert isinstance(last, int)
        assert UNTIL - 14 * history.DAY <= first < last <= UNTIL
        due = "SELECT count(*) FROM requests WHERE wake_at < :now".replace(":now", str(UNTIL))
        assert await one(storage, due) == (0,), "what was due was done when it was"
        cards = "SELECT count(*) FROM deliveries d JOIN requests r ON r.id = d.request_id "
        assert await one(storage, cards + "WHERE r.deadline IS NULL AND d.wanted > d.shown") == (0,)
        assert await one(storage, "SELECT count(*) FROM outbox") == (0,)
        keys = "SELECT count(*), min(expires_at), max(expires_at) FROM api_keys"
        assert await one(storage, keys) == (3, UNTIL, UNTIL)
        await storage.trail.number()
        while (await storage.figures.follow()).seen:
            pass
        asked = Asked(first=day_of(UNTIL) - 14, last=day_of(UNTIL), people=True)
        found = await storage.figures.figures(asked, UNTIL)
    finally:
        await storage.close()
    assert found.total.submitted == made
    assert min(found.total.approved, found.total.automatic, found.total.rejected) > 0
    assert found.total.revised + found.total.edits > 0
    assert {"purchasing-agent", "travel-agent"} <= set(found.by_agent)
    assert found.people["mara@example.com"].decided > 5
