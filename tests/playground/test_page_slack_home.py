"""The page's Home tab of the app in Slack, in a browser."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.playground import page_slack as given
from tests.playground.page_browser import Pretended, chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_the_home_tab_is_there_once_it_is_published(browser: Browser) -> None:
    play = Pretended()
    async with visit(browser, "bob@example.com", play) as seen:
        tab: Any = seen.page.get_by_test_id("slack-pane").get_by_role("tab", name="Home")
        await expect(tab).to_have_count(0)
        buttons = {"type": "actions", "block_id": "x", "elements": [given.button("Refresh", "r")]}
        view = {"id": "V9", "type": "home", "blocks": [given.section("*1* to decide"), buttons]}
        play.state["slack"]["homes"] = {"U0BOB": view}
        play.change()
        await tab.click()
        assert await seen.act() == {"user": "U0BOB", "do": "home"}
        home = seen.page.get_by_test_id("slack-home")
        await expect(home).to_contain_text("1 to decide")
        await home.get_by_role("button", name="Refresh").click()
        act = await seen.act()
        assert (act["view_id"], act["action_id"]) == ("V9", "r")


async def test_an_app_that_listens_to_its_opening_always_has_the_home_tab(
    browser: Browser,
) -> None:
    play = Pretended()
    play.state["slack"]["events"] = ["app_home_opened"]
    async with visit(browser, "bob@example.com", play) as seen:
        await seen.page.get_by_test_id("slack-pane").get_by_role("tab", name="Home").click()
        assert await seen.act() == {"user": "U0BOB", "do": "home"}
        home = seen.page.get_by_test_id("slack-home")
        await expect(home).to_contain_text("The app has shown nothing here yet.")
