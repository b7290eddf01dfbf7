"""The mail side of the page in Chromium: a box that appears with its first letter."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.playground.page_browser import Json, Pretended, chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
PHONE = (390, 844)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def letter(number: int, to: str = "carol@example.com", subject: str = "") -> Json:
    return {
        "id": str(number),
        "to": to,
        "from": "Countersign <approvals@example.com>",
        "subject": subject or f"Please decide: New ERP system {number}",
        "at": f"2026-09-21T14:13:{number:02}+00:00",
    }


async def test_the_box_appears_with_the_first_letter(browser: Browser) -> None:
    play = Pretended()
    async with visit(browser, "carol@example.com", play) as seen:
        pane = seen.page.get_by_test_id("mail-pane")
        await expect(pane).to_be_hidden()
        play.state["mail"]["letters"] = [letter(1), letter(2, to="bob@example.com")]
        play.change()
        await expect(pane).to_be_visible()
        await expect(pane.get_by_role("listitem")).to_have_count(1)
        inside = seen.page.frame_locator("[data-testid=letter]")
        await expect(inside.get_by_role("heading")).to_have_text("New ERP system")
        assert seen.complaints == []


async def test_the_newest_letter_is_open_and_another_can_be_chosen(browser: Browser) -> None:
    play = Pretended()
    play.state["mail"]["letters"] = [letter(1), letter(2)]
    async with visit(browser, "carol@example.com", play) as seen:
        pane = seen.page.get_by_test_id("mail-pane")
        lines = pane.get_by_role("list", name="Letters").get_by_role("button")
        await expect(lines.first).to_have_attribute("aria-current", "true")
        await expect(lines.first).to_contain_text("system 2")
        await lines.last.click()
        await expect(pane.get_by_role("heading", level=2)).to_have_text(
            "Please decide: New ERP system 1"
        )
        # What is being read is not taken away by a new letter.
        play.state["mail"]["letters"].append(letter(3))
        play.change()
        await expect(lines).to_have_count(3)
        await expect(pane.get_by_role("heading", level=2)).to_contain_text("system 1")


async def test_a_link_of_a_letter_opens_beside_the_page(browser: Browser) -> None:
    play = Pretended()
    play.state["mail"]["letters"] = [letter(1)]
    async with visit(browser, "carol@example.com", play) as seen:
        async with seen.page.expect_popup() as opened:
            await seen.page.frame_locator("[data-testid=letter]").get_by_role("link").click()
        assert (await opened.value).url.endswith("/elsewhere")
        assert "#as=carol" in seen.page.url


async def test_a_hostile_subject_is_text(browser: Browser) -> None:
    play = Pretended()
    play.state["mail"]["letters"] = [letter(1, subject="<img src=x onerror=alert(1)>")]
    async with visit(browser, "carol@example.com", play) as seen:
        line = seen.page.get_by_test_id("mail-pane").get_by_role("listitem")
        await expect(line).to_contain_text("<img src=x onerror=alert(1)>")
        assert seen.complaints == []


async def test_on_a_phone_mail_is_a_tab_of_its_own(browser: Browser) -> None:
    play = Pretended()
    play.state["mail"]["letters"] = [letter(1)]
    async with visit(browser, "carol@example.com", play, size=PHONE) as seen:
        page = seen.page
        await expect(page.get_by_test_id("mail-pane")).to_be_hidden()
        await page.get_by_test_id("tab-mail").click()
        await expect(page.get_by_test_id("mail-pane")).to_be_visible()
        await expect(page.get_by_test_id("teams-pane")).to_be_hidden()
        await expect(page.get_by_test_id("tab-mail")).to_have_text("Mail (1)")
        await page.get_by_test_id("person-bob@example.com").click()
        await expect(page.get_by_test_id("tab-mail")).to_be_hidden()
        await expect(page.get_by_test_id("slack-pane")).to_be_visible()
