"""Dialogs on the Teams side of the page: opened from a card, filled in, sent, and ended."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.playground import page_teams as given
from tests.playground.page_browser import chromium, needs_chromium, visit
from tests.playground.test_page_teams import card_of, either, with_card

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def button(title: str, **data: Any) -> Json:
    return {"type": "Action.Submit", "title": title, "data": data}


def task(*body: Json, actions: tuple[Json, ...]) -> Json:
    card = {"type": "AdaptiveCard", "version": "1.5", "body": list(body), "actions": list(actions)}
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"task": {"type": "continue", "value": {"title": "Delegate", "card": attached}}}


def answered(body: Json) -> Json:
    return {"ok": True, "status": 200, "ms": 1.0, "body": body}


REASON = {"type": "Input.Text", "id": "reason", "label": "Why?", "isRequired": True}
SEND = button("Send", verb="delegate")
OPENS = button("Delegate", verb="form", msteams={"type": "task/fetch"})


@either
async def test_a_button_opens_a_dialog_whose_form_is_sent_and_which_then_says_so(
    browser: Browser, cards: str
) -> None:
    play = with_card({"type": "TextBlock", "text": "The request"}, actions=[OPENS])
    play.answer = answered(task(REASON | {"errorMessage": "Say why."}, actions=(SEND,)))
    async with visit(browser, "carol@example.com", play, cards=cards) as seen:
        await card_of(seen).get_by_role("button", name="Delegate").click()
        opened = await seen.act()
        assert (opened["do"], opened["activity"]) == ("fetch", "3")
        assert opened["action"] == OPENS
        dialog = seen.page.get_by_test_id("teams-dialog")
        await expect(dialog.get_by_role("heading", name="Delegate")).to_be_visible()
        await dialog.get_by_role("button", name="Send").click()
        await expect(dialog.get_by_text("Say why.")).to_be_visible()
        assert seen.play.acts.empty()
        await dialog.get_by_label("Why?").fill("On leave")
        play.answer = answered({"task": {"type": "message", "value": "You <b>delegated</b> this."}})
        await dialog.get_by_role("button", name="Send").click()
        sent = await seen.act()
        assert (sent["do"], sent["inputs"], sent["action"]) == (
            "send",
            {"reason": "On leave"},
            SEND,
        )
        await expect(dialog).to_contain_text("You <b>delegated</b> this.")
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)
        assert seen.complaints == []


async def test_what_is_written_in_a_dialog_stays_when_the_card_changes_beneath_it(
    browser: Browser,
) -> None:
    play = with_card({"type": "TextBlock", "text": "The request"}, actions=[OPENS])
    play.answer = answered(task(REASON, actions=(SEND,)))
    async with visit(browser, "carol@example.com", play, cards="own") as seen:
        await card_of(seen).get_by_role("button", name="Delegate").click()
        dialog = seen.page.get_by_test_id("teams-dialog")
        await dialog.get_by_label("Why?").fill("On leave")
        shown = play.state["teams"]["conversations"][given.CAROL_CHAT]["activities"]
        shown[0]["attachments"][0]["content"]["body"][0]["text"] = "Changed"
        play.change()
        await expect(card_of(seen)).to_contain_text("Changed")
        await expect(dialog.get_by_label("Why?")).to_have_value("On leave")
