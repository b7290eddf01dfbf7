"""The Teams side of the page in Chromium: Adaptive Cards by our own and by Microsoft's renderer."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from playground import page as served
from tests.playground import page_teams as given
from tests.playground.page_browser import Pretended, Visit, chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
NAMED = os.environ.get("PLAYGROUND_ADAPTIVECARDS")
BESIDE = "node_modules/adaptivecards/dist/adaptivecards.min.js"
MICROSOFTS = Path(NAMED) if NAMED else Path(served.__file__).parents[1] / BESIDE
RENDERERS = [
    "own",
    pytest.param(
        "microsoft",
        marks=pytest.mark.skipif(
            not MICROSOFTS.is_file(), reason="npm's adaptivecards is not installed"
        ),
    ),
]
MORE = re.compile("More (actions|options)")
either = pytest.mark.parametrize("cards", RENDERERS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def with_card(*body: dict[str, Any], **beside: Any) -> Pretended:
    play = Pretended()
    card = {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **beside}
    activities = [given.activity("3", "bot", "", card)]
    play.state["teams"]["conversations"][given.CAROL_CHAT]["activities"] = activities
    return play


def card_of(seen: Visit) -> Any:
    return seen.page.get_by_test_id("teams-card").last


@either
async def test_a_card_shows_its_texts_facts_and_buttons(browser: Browser, cards: str) -> None:
    async with visit(browser, "carol@example.com", cards=cards) as seen:
        card = card_of(seen)
        renderer = card.locator("[data-renderer]")
        await expect(renderer).to_have_attribute("data-renderer", cards)
        await expect(card).to_contain_text("Approval needed: New ERP system")
        await expect(card).to_contain_text("120,000.00 EUR")
        await expect(card).to_contain_text("Sat, Nov 21, 2026")
        await expect(card.locator("li").first).to_have_text("8 times the usual amount")
        for name in ("Approve", "Reject", "Details"):
            await expect(card.get_by_role("button", name=name)).to_be_visible()
        assert seen.complaints == []


@either
async def test_rejecting_without_a_reason_shows_the_error_and_sends_nothing(
    browser: Browser, cards: str
) -> None:
    async with visit(browser, "carol@example.com", cards=cards) as seen:
        card = card_of(seen)
        await expect(card.get_by_role("button", name="Send rejection")).to_be_hidden()
        await card.get_by_role("button", name="Reject").click()
        await card.get_by_role("button", name="Send rejection").click()
        await expect(card.get_by_text("A reason is required.")).to_be_visible()
        assert seen.play.acts.empty()


@either
async def test_rejecting_with_a_reason_sends_action_and_inputs(
    browser: Browser, cards: str
) -> None:
    async with visit(browser, "carol@example.com", cards=cards) as seen:
        card = card_of(seen)
        await card.get_by_role("button", name="Reject").click()
        await card.get_by_label("Reason").fill("too expensive")
        await card.get_by_role("button", name="Send rejection").click()
        act = await seen.act()
        assert (act["oid"], act["do"], act["activity"]) == (given.CAROL_OID, "execute", "3")
        assert act["conversation"] == given.CAROL_CHAT
        shown = given.pending_card()["actions"][1]["card"]["actions"][0]
        assert act["action"] == shown
        assert act["inputs"] == {"reason": "too expensive"}


@either
async def test_an_action_without_associated_inputs_is_not_held_back_by_them(
    browser: Browser, cards: str
) -> None:
    reason = {"type": "Input.Text", "id": "reason", "label": "Reason", "isRequired": True}
    approve = given.card_action("Approve", "approve", associatedInputs="none")
    play = with_card(reason | {"errorMessage": "needed"}, actions=[approve])
    async with visit(browser, "carol@example.com", play, cards=cards) as seen:
        await card_of(seen).get_by_role("button", name="Approve").click()
        act = await seen.act()
        assert (act["action"]["verb"], act["inputs"]) == ("approve", {})


@either
async def test_hostile_card_text_stays_text(browser: Browser, cards: str) -> None:
    bad = "<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3)) \"'"
    open_ = {"type": "Action.OpenUrl", "title": bad, "url": "javascript:alert(4)"}
    play = with_card(
        {"type": "TextBlock", "text": bad, "wrap": True},
        {"type": "FactSet", "facts": [{"title": bad, "value": bad}]},
        {"type": "Input.Text", "id": "i", "label": bad, "value": bad, "placeholder": bad},
        {"type": "Image", "url": "http://x.example/a.png", "altText": bad},
        {"type": bad},
        actions=[given.card_action(bad, "approve"), open_],
    )
    play.state["teams"]["notices"] = [
        {"id": "1", "oid": given.CAROL_OID, "conversation": given.CAROL_CHAT, "text": bad, "at": 1}
    ]
    async with visit(browser, "carol@example.com", play, cards=cards) as seen:
        dialogs: list[str] = []
        seen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await expect(card_of(seen)).to_contain_text("<img src=x onerror=alert(1)>")
        await expect(seen.page.get_by_test_id("teams-notice")).to_contain_text("<script>alert(2)")
        for one in await card_of(seen).get_by_role("button").all():
            await one.click()
        found = (
            "document.querySelectorAll('img, body script, [onerror], a[href^=javascript]').length"
        )
        assert await seen.page.evaluate(found) == 0
        assert dialogs == []
        assert seen.complaints == []


@either
async def test_a_hidden_part_is_shown_by_its_toggle(browser: Browser, cards: str) -> None:
    async with visit(browser, "carol@example.com", cards=cards) as seen:
        part = card_of(seen).get_by_text("Revision 2, digest")
        await expect(part).to_be_hidden()
        await card_of(seen).get_by_role("button", name="Details").click()
        await expect(part).to_be_visible()


async def test_inputs_are_sent_as_texts(browser: Browser) -> None:
    choices = [{"title": name, "value": name.lower()} for name in ("Carol", "Dana")]
    play = with_card(
        {"type": "Input.ChoiceSet", "id": "to", "label": "To", "choices": choices},
        {"type": "Input.ChoiceSet", "id": "cc", "isMultiSelect": True, "choices": choices},
        {"type": "Input.Date", "id": "until", "label": "Until", "value": "2026-12-01"},
        {"type": "Input.Toggle", "id": "urgent", "title": "Urgent"},
        {"type": "ActionSet", "actions": [given.card_action("Delegate", "delegate")]},
    )
    async with visit(browser, "carol@example.com", play) as seen:
        card = card_of(seen)
        await card.get_by_label("To", exact=True).select_option("Dana")
        await card.get_by_role("checkbox", name="Carol").check()
        await card.get_by_role("checkbox", name="Dana").check()
        await card.get_by_role("checkbox", name="Urgent").check()
        await card.get_by_role("button", name="Delegate").click()
        assert (await seen.act())["inputs"] == {
            "to": "dana",
            "cc": "carol,dana",
            "until": "2026-12-01",
            "urgent": "true",
        }


@either
async def test_secondary_actions_are_in_a_menu_and_sent_like_buttons(
    browser: Browser, cards: str
) -> None:
    comment = given.card_action("Comment", "form", mode="secondary", associatedInputs="none")
    history = given.card_action("History", "history", mode="secondary", associatedInputs="none")
    approve = given.card_action("Approve", "approve", style="positive", associatedInputs="none")
    play = with_card(
        {"type": "TextBlock", "text": "line\n\n" * 12, "wrap": True},
        actions=[approve, comment, history],
    )
    async with visit(browser, "carol@example.com", play, cards=cards) as seen:
        card, page = card_of(seen), seen.page
        await expect(card.get_by_text("Comment", exact=True)).to_be_hidden()
        await card.get_by_role("button", name=MORE).click()
        await expect(page.get_by_text("History", exact=True)).to_be_in_viewport()
        await page.get_by_text("Comment", exact=True).click()
        act = await seen.act()
        assert (act["do"], act["action"], act["inputs"]) == ("execute", comment, {})
        assert seen.complaints == []


async def test_more_than_six_buttons_go_on_in_the_menu(browser: Browser) -> None:
    play = with_card(actions=[given.card_action(f"No {n}", "go") for n in range(8)])
    async with visit(browser, "carol@example.com", play) as seen:
        card = card_of(seen)
        await expect(card.get_by_role("button", name="No 5")).to_be_visible()
        await expect(card.get_by_text("No 6")).to_be_hidden()
        await card.get_by_role("button", name=MORE).press("Enter")
        await expect(card.get_by_role("menuitem", name="No 6")).to_be_focused()


@either
async def test_a_person_is_picked_from_everyone_of_the_tenant(browser: Browser, cards: str) -> None:
    query = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
    picker = {"type": "Input.ChoiceSet", "id": "to", "label": "To", "choices": []}
    send = given.card_action("Send", "delegate")
    play = with_card(picker | {"choices.data": query}, actions=[send])
    async with visit(browser, "carol@example.com", play, cards=cards) as seen:
        await card_of(seen).get_by_label("To").select_option(label="Dana Klein")
        await card_of(seen).get_by_role("button", name="Send").click()
        act = await seen.act()
        assert (act["action"], act["inputs"]) == (send, {"to": given.DANA_OID})


async def test_a_submit_action_is_sent_as_one(browser: Browser) -> None:
    submit = {"type": "Action.Submit", "title": "Approve", "data": {"verb": "approve"}}
    play = with_card(actions=[submit])
    async with visit(browser, "carol@example.com", play) as seen:
        await card_of(seen).get_by_role("button", name="Approve").click()
        act = await seen.act()
        assert (act["do"], act["action"]) == ("submit", submit)


async def test_what_the_client_refuses_is_said_below_the_card(browser: Browser) -> None:
    play = Pretended(answer={"ok": False, "status": None, "ms": 0.0, "error": "No such button."})
    async with visit(browser, "carol@example.com", play) as seen:
        await card_of(seen).get_by_role("button", name="Approve").click()
        await expect(seen.page.get_by_test_id("teams-problem").last).to_have_text("No such button.")


async def test_a_person_sees_their_own_view_of_a_card(browser: Browser) -> None:
    play = Pretended()
    play.state["teams"]["views"] = {f"3|{given.CAROL_OID}": given.decided_card()}
    async with visit(browser, "carol@example.com", play) as seen:
        await expect(card_of(seen)).to_have_text("✅ Approved by Carol Diaz · 14:05")
        await expect(
            seen.page.get_by_test_id("person-carol@example.com").get_by_test_id("badge")
        ).to_have_count(0)


async def test_a_card_that_wants_it_is_refreshed_once_for_those_it_names(browser: Browser) -> None:
    action = {"type": "Action.Execute", "verb": "refresh", "data": {"request": "r1"}}
    play = with_card(refresh={"action": action, "userIds": [f"29:{given.CAROL_OID}"]})
    async with visit(browser, "carol@example.com", play) as seen:
        act = await seen.act()
        assert (act["do"], act["activity"], act["action"]) == ("refresh", "3", action)
        play.state["company"] = "Other Corp"
        play.change()
        await expect(seen.page.get_by_role("heading", name="Other Corp")).to_be_visible()
        assert play.acts.empty()
        play.state["teams"]["views"] = {f"3|{given.CAROL_OID}": given.pending_card()}
        play.change()
        await expect(card_of(seen)).to_contain_text("Approval needed")
        play.state["teams"]["views"] = {}
        play.change()
        assert (await seen.act())["do"] == "refresh"


async def test_a_card_that_names_others_is_not_refreshed(browser: Browser) -> None:
    action = {"type": "Action.Execute", "verb": "refresh"}
    play = with_card(refresh={"action": action, "userIds": ["29:someone-else"]})
    async with visit(browser, "carol@example.com", play) as seen:
        await expect(card_of(seen)).to_be_visible()
        await seen.page.wait_for_timeout(100)
        assert play.acts.empty()


async def test_typed_input_survives_a_change_elsewhere(browser: Browser) -> None:
    play = Pretended()
    async with visit(browser, "carol@example.com", play) as seen:
        await card_of(seen).get_by_role("button", name="Reject").click()
        await card_of(seen).get_by_label("Reason").fill("half a sent")
        later = given.activity("9", "bot", "Something else happened.")
        play.state["teams"]["conversations"][given.CAROL_CHAT]["activities"].append(later)
        play.change()
        await expect(seen.page.get_by_text("Something else happened.").last).to_be_visible()
        await expect(seen.page.get_by_label("Reason")).to_have_value("half a sent")
        await expect(seen.page.get_by_label("Reason")).to_be_focused()


async def test_a_message_goes_to_the_bot_and_in_a_channel_only_with_a_mention(
    browser: Browser,
) -> None:
    async with visit(browser, "carol@example.com") as seen:
        box = seen.page.get_by_test_id("composer-teams")
        await box.fill("queue")
        await box.press("Enter")
        chat = await seen.act()
        await seen.page.get_by_test_id("teams-pane").get_by_role("button", name="Finance").click()
        await box.fill("lunch?")
        await box.press("Enter")
        plain = await seen.act()
        await box.fill("@Countersign queue")
        await box.press("Enter")
        mention = await seen.act()
    sent = [(act["conversation"], act["text"], act["mention"]) for act in (chat, plain, mention)]
    assert sent == [
        (given.CAROL_CHAT, "queue", True),
        (given.TEAMS_FINANCE, "lunch?", False),
        (given.TEAMS_FINANCE, "queue", True),
    ]


async def test_a_plain_text_is_drawn_as_it_is(browser: Browser) -> None:
    play = Pretended()
    text = "**not bold** <b>tag</b>\n  1. indented\n\n_end_"
    told = given.activity("9", "bot", text) | {"textFormat": "plain"}
    play.state["teams"]["conversations"][given.CAROL_CHAT]["activities"] = [told]
    async with visit(browser, "carol@example.com", play) as seen:
        bubble = seen.page.get_by_test_id("teams-activity").locator(".bubble")
        assert await bubble.evaluate("node => node.textContent") == text
        assert await bubble.evaluate("node => node.childElementCount") == 0
        await expect(bubble).to_have_css("white-space", "pre-wrap")


async def test_the_app_can_be_added_and_removed(browser: Browser) -> None:
    play = Pretended()
    async with visit(browser, "carol@example.com", play) as seen:
        await seen.page.get_by_role("button", name="Chat options").click()
        await seen.page.get_by_role("menuitem", name="Remove app").click()
        assert await seen.act() == {"oid": given.CAROL_OID, "do": "uninstall"}
        play.state["teams"]["installed"] = []
        play.change()
        await seen.page.get_by_role("button", name="Add app").click()
        assert await seen.act() == {"oid": given.CAROL_OID, "do": "install"}
