"""Threads on the page's Slack side: one replies below a message, and leaves the thread again."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.playground import page_slack as given
from tests.playground.page_browser import chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_a_reply_goes_to_the_thread_of_its_message_and_no_command_does(
    browser: Browser,
) -> None:
    async with visit(browser, "bob@example.com") as seen:
        card = seen.page.get_by_test_id("slack-message").last
        ts = await card.get_attribute("data-ts")
        await card.get_by_test_id("slack-reply").click()
        box = seen.page.get_by_test_id("composer-slack")
        await expect(box).to_be_focused()
        await expect(box).to_have_attribute("placeholder", "Reply in the thread")
        await box.fill("/approvals")
        await box.press("Enter")
        await expect(seen.page.get_by_test_id("ephemeral").last).to_contain_text(
            "/approvals is not supported in threads. Nothing was sent."
        )
        await box.fill("Why so much?")
        await box.press("Enter")
        act = await seen.act()
        assert (act["do"], act["text"], act["thread_ts"]) == ("message", "Why so much?", ts)
        await seen.page.get_by_role("button", name="Leave the thread").click()
        await expect(seen.page.get_by_test_id("slack-replying")).to_be_hidden()
        await box.fill("Hello")
        await box.press("Enter")
        assert "thread_ts" not in await seen.act()
        assert seen.play.acts.empty()
        assert act["channel"] == given.BOB_DM
