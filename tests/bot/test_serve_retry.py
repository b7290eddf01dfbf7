"""What a server that starts tries once more."""

from pathlib import Path

from bot.serve import _retry_dead
from core.ports import Dead
from storage import open_storage
from storage.migrate import upgrade
from tests.bot.logged import logged
from tests.storage.purchase import BOB_IN_SLACK, CANCELLED, happen, rid, submit


async def test_a_first_card_about_what_is_over_is_not_among_it(tmp_path: Path) -> None:
    dsn = f"sqlite:///{tmp_path / 'retry.db'}"
    upgrade(dsn)
    storage = open_storage(dsn)
    for number in (1, 2):
        await storage.store.transact(rid(number), submit(rid(number), audience=(BOB_IN_SLACK,)))
    await storage.store.transact(rid(2), happen(CANCELLED))
    for claimed in await storage.deliveries.claim_cards(1000, 2000, 10):
        dead = Dead(reason="invalid_auth")
        await storage.deliveries.settle_card(claimed, claimed.wanted, dead, 1000)
    with logged() as logs:
        await _retry_dead(storage)
    cards, _ = await storage.deliveries.undelivered()
    await storage.close()
    assert [(d.request, d.dead_reason) for d in cards] == [(rid(1), None), (rid(2), "invalid_auth")]
    assert [(line["event"], line["count"]) for line in logs] == [("dead_letters_tried_again", 1)]
