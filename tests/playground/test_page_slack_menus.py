"""A card's menu on the page: it opens where it can be seen and clicked, wherever the card is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.playground import page_slack as given
from tests.playground.page_browser import Pretended, chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]

ENTRIES = ("Edit and approve", "Request changes", "Delegate", "Ask a question", "More…")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def cards(count: int, buttons: int) -> Pretended:
    """A conversation of that many cards, each ending in a row of buttons with a menu."""
    options = [{"text": given.plain(label), "value": label} for label in ENTRIES]
    menu = {"type": "overflow", "action_id": "menu", "options": options}
    before = [given.button("View full action", f"b{n}") for n in range(buttons)]
    row: dict[str, Any] = {"type": "actions", "block_id": "row", "elements": [*before, menu]}
    play = Pretended()
    play.state["slack"]["conversations"][given.BOB_DM]["messages"] = [
        given.message(
            f"{given.NOON}.000{n:03}", given.BOT, "Card", [given.section("word " * 90), row]
        )
        for n in range(count)
    ]
    return play


@pytest.mark.parametrize("buttons", [0, 2], ids=["alone", "beside buttons"])
@pytest.mark.parametrize(("count", "at"), [(1, 0), (9, -1)], ids=["above", "at the end"])
async def test_every_entry_of_a_menu_can_be_seen_and_clicked(
    browser: Browser, count: int, at: int, buttons: int
) -> None:
    play = cards(count, buttons)
    async with visit(browser, "bob@example.com", play, (1440, 760)) as seen:
        room = await seen.page.locator(".slack .messages").bounding_box()
        assert room is not None
        for label in (ENTRIES[0], ENTRIES[-1]):
            await seen.page.get_by_role("button", name="More actions").nth(at).click()
            entry = seen.page.get_by_role("menuitem", name=label)
            box = await entry.bounding_box()
            assert box is not None
            assert room["x"] <= box["x"]
            assert box["x"] + box["width"] <= room["x"] + room["width"]
            await entry.click(timeout=3000)
            assert (await seen.act())["value"] == label
        assert seen.complaints == []
