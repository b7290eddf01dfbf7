"""Our card in Microsoft's own renderer: what each button takes along, and what holds it back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from adapters.teams import dialogs
from adapters.teams.render import render
from tests.adapters.teams.cards import ASK_TWICE, DATA, MORE, REJECT, VIEW, a_card
from tests.playground import page_teams as given
from tests.playground.page_browser import Pretended, Visit, chromium, needs_chromium, visit
from tests.playground.test_page_teams import MICROSOFTS, card_of

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not MICROSOFTS.is_file(), reason="npm's adaptivecards is not installed"),
    pytest.mark.asyncio(loop_scope="module"),
]
Json = dict[str, Any]
FULL = a_card(more=(*MORE, VIEW), buttons=(ASK_TWICE, REJECT))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def showing(card: Json) -> Pretended:
    play = Pretended()
    activities = [given.activity("3", "bot", "", card)]
    play.state["teams"]["conversations"][given.CAROL_CHAT]["activities"] = activities
    return play


async def press(seen: Visit, name: str) -> None:
    await card_of(seen).get_by_role("button", name=name, exact=True).click()


async def test_approve_goes_with_or_without_a_comment_and_never_waits_for_a_reason(
    browser: Browser,
) -> None:
    play = showing(dialogs.opening(render(a_card())))
    async with visit(browser, "carol@example.com", play, cards="microsoft") as seen:
        await press(seen, "Approve")
        act = await seen.act()
        assert act["action"]["data"] == {**DATA, "verb": "approve"}
        assert act["inputs"] == {"comment": ""}
        await card_of(seen).get_by_placeholder("Comment with your approval").fill("Fine")
        await press(seen, "Reject")
        await press(seen, "Approve")
        assert (await seen.act())["inputs"] == {"comment": "Fine"}
        assert seen.complaints == []


async def test_a_rejection_waits_for_its_reason_alone(browser: Browser) -> None:
    play = showing(dialogs.opening(render(a_card())))
    async with visit(browser, "carol@example.com", play, cards="microsoft") as seen:
        await press(seen, "Reject")
        await press(seen, "Send rejection")
        await expect(card_of(seen)).to_contain_text("a rejection needs a reason")
        assert seen.play.acts.empty()
        await card_of(seen).get_by_label("Why?").fill("Too dear")
        await press(seen, "Send rejection")
        act = await seen.act()
        assert (act["do"], act["inputs"]["reason"]) == ("execute", "Too dear")


async def test_what_is_risky_asks_once_more_and_takes_the_comment_along(browser: Browser) -> None:
    play = showing(dialogs.opening(render(FULL)))
    async with visit(browser, "carol@example.com", play, cards="microsoft") as seen:
        await card_of(seen).get_by_placeholder("Comment with your approval").fill("Fine")
        await press(seen, "Approve")
        await expect(card_of(seen)).to_contain_text("Approve this high-risk request?")
        assert seen.play.acts.empty()
        await press(seen, "Yes, approve")
        act = await seen.act()
        assert (act["action"]["verb"], act["inputs"]) == ("approve", {"comment": "Fine"})


async def test_the_menu_in_the_middle_of_the_card_opens_dialogs(browser: Browser) -> None:
    play = showing(dialogs.opening(render(FULL)))
    async with visit(browser, "carol@example.com", play, cards="microsoft") as seen:
        await press(seen, "View full action")
        act = await seen.act()
        assert (act["do"], act["action"]["data"]["verb"]) == ("fetch", "page")
        buttons = card_of(seen).get_by_role("button")
        await buttons.filter(has_text="...").last.click()
        await seen.page.get_by_text("Delegate", exact=True).click()
        act = await seen.act()
        assert (act["do"], act["action"]["data"]["act"]) == ("fetch", "delegate")
        assert act["inputs"] == {}
