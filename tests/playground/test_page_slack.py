"""The Slack side of the page in Chromium: cards, dialogs, forms, commands, hostile text."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.playground import page_slack as given
from tests.playground.page_browser import Pretended, chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
CARD_TS = f"{given.NOON}.000100"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def with_modal(view: dict[str, Any]) -> Pretended:
    play = Pretended()
    play.state["slack"]["modals"] = {"U0BOB": [view]}
    return play


def with_message(*blocks: dict[str, Any], text: str = "") -> Pretended:
    play = Pretended()
    messages = [given.message(f"{given.NOON}.000300", given.BOT, text, list(blocks))]
    play.state["slack"]["conversations"][given.BOB_DM]["messages"] = messages
    return play


async def test_a_card_shows_its_texts_fields_and_buttons(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        card = seen.page.get_by_test_id("slack-message").last
        await expect(card.get_by_role("heading")).to_have_text("Approval needed: New ERP system")
        await expect(card).to_contain_text("🤖 procurement-agent asks for @Alice Novak")
        await expect(card.locator(".bk-field").nth(1)).to_have_text("Amount120,000.00 EUR")
        await expect(card.locator("blockquote")).to_contain_text("R&D and Sales wait for it.")
        await expect(card.get_by_role("link")).to_have_attribute(
            "href", "https://example.com/po/88"
        )
        names = await card.locator(".bk-actions").get_by_role("button").all_inner_texts()
        assert names == ["Approve", "Reject", "Request changes", "Delegate"]
        assert seen.complaints == []


async def test_a_shortcode_in_plain_text_stays_as_typed_when_emoji_are_off(
    browser: Browser,
) -> None:
    def typed(**emoji: bool) -> dict[str, Any]:
        return {"type": "plain_text", "text": ":tada: A&amp;B", **emoji}

    off, on = typed(emoji=False), typed(emoji=True)
    button = {"type": "button", "action_id": "go", "text": off}
    play = with_message(
        {"type": "header", "block_id": "off", "text": off},
        {"type": "header", "block_id": "on", "text": on},
        {"type": "header", "block_id": "unsaid", "text": typed()},
        {"type": "section", "block_id": "s", "text": off, "fields": [off, on]},
        {"type": "context", "block_id": "c", "elements": [off]},
        {"type": "actions", "block_id": "a", "elements": [button]},
    )
    async with visit(browser, "bob@example.com", play) as seen:
        card = seen.page.get_by_test_id("slack-message").last
        as_typed, drawn = ":tada: A&B", "🎉 A&B"
        await expect(card.get_by_role("heading")).to_have_text([as_typed, drawn, drawn])
        await expect(card.locator(".bk-text")).to_have_text(as_typed)
        await expect(card.locator(".bk-field")).to_have_text([as_typed, drawn])
        await expect(card.locator(".bk-context-item")).to_have_text(as_typed)
        await expect(card.locator(".bk-actions").get_by_role("button")).to_have_text(as_typed)


async def test_a_button_sends_its_block_action_and_value(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        await seen.page.get_by_role("button", name="Reject").click()
        assert await seen.act() == {
            "user": "U0BOB",
            "do": "click",
            "channel": given.BOB_DM,
            "ts": CARD_TS,
            "action_id": "reject",
            "block_id": "decide",
            "value": "r1:2:1:1",
            "state": {},
        }


async def test_a_confirm_dialog_asks_before_anything_is_sent(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        approve = seen.page.get_by_test_id("slack-message").get_by_role("button", name="Approve")
        dialog = seen.page.get_by_test_id("confirm")
        await approve.click()
        await expect(dialog).to_contain_text("Approve 120,000.00 EUR?")
        await expect(dialog.locator("strong")).to_have_text("high risk")
        await dialog.get_by_role("button", name="Back").click()
        await expect(dialog).to_be_hidden()
        await expect(approve).to_be_focused()
        await approve.click()
        await seen.page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        assert seen.play.acts.empty()
        await approve.click()
        await dialog.get_by_role("button", name="Approve").click()
        assert (await seen.act())["action_id"] == "approve"


async def test_a_failed_click_is_said_beside_the_card(browser: Browser) -> None:
    play = Pretended(answer={"ok": False, "error": "operation_timeout", "shown": "No luck."})
    async with visit(browser, "bob@example.com", play) as seen:
        await seen.page.get_by_role("button", name="Delegate", exact=True).click()
        await expect(seen.page.get_by_test_id("slack-problem").last).to_have_text("No luck.")


async def test_the_overflow_menu_works_with_the_keyboard(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        page = seen.page
        await (
            page.get_by_test_id("slack-message").get_by_role("button", name="More actions").focus()
        )
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="View full action")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        act = await seen.act()
        assert (act["do"], act["action_id"], act["value"]) == ("select", "more", "history")
        await expect(page.get_by_role("menu")).to_be_hidden()


async def test_hostile_text_stays_text_everywhere(browser: Browser) -> None:
    bad = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>&lt;b&gt;"
    options = [{"text": given.plain(bad), "value": bad}]
    blocks = [
        {"type": "header", "block_id": "1", "text": given.plain(bad)},
        given.section(bad, accessory={"type": "overflow", "action_id": bad, "options": options}),
        {"type": "section", "block_id": "2", "fields": [given.mrkdwn(bad), given.plain(bad)]},
        {"type": "context", "block_id": "3", "elements": [given.mrkdwn(f"`{bad}` *{bad}*")]},
        {
            "type": "actions",
            "block_id": "4",
            "elements": [given.button(bad, "x", url="javascript:alert(3)")],
        },
        {"type": "image", "block_id": "5", "image_url": "http://x.example/", "alt_text": bad},
        {"type": bad, "block_id": "6"},
    ]
    play = with_message(*blocks, text=bad)
    play.state["people"][0] |= {"name": bad, "title": bad}
    play.state["company"] = bad
    play.state["slack"]["channels"][0]["name"] = bad
    play.state["slack"]["conversations"][given.FINANCE]["name"] = bad
    view = given.reject_modal() | {"title": given.plain(bad), "blocks": blocks[:4]}
    play.state["slack"]["modals"] = {"U0BOB": [view]}
    async with visit(browser, "bob@example.com", play) as seen:
        dialogs: list[str] = []
        seen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await expect(seen.page.get_by_test_id("modal")).to_contain_text("onerror=alert(1)")
        row = seen.page.get_by_test_id("slack-message")
        shown = await row.get_by_role("heading", include_hidden=True).text_content()
        assert shown == "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><b>"
        found = (
            "document.querySelectorAll('img, body script, [onerror], a[href^=javascript]').length"
        )
        assert await seen.page.evaluate(found) == 0
        assert dialogs == []
        assert seen.complaints == []


async def test_a_form_with_an_empty_required_field_is_not_sent(browser: Browser) -> None:
    async with visit(browser, "bob@example.com", with_modal(given.reject_modal())) as seen:
        modal = seen.page.get_by_test_id("modal")
        reason = modal.get_by_label("Reason")
        await expect(reason).to_be_focused()
        await seen.page.get_by_test_id("modal-submit").click()
        wrong = modal.locator("[data-block=reason]").get_by_test_id("field-error")
        await expect(wrong).to_have_text("Please complete this required field.")
        await expect(reason).to_have_attribute("aria-invalid", "true")
        assert seen.play.acts.empty()


async def test_a_form_sends_its_values_as_slack_names_them(browser: Browser) -> None:
    async with visit(browser, "bob@example.com", with_modal(given.reject_modal())) as seen:
        modal = seen.page.get_by_test_id("modal")
        await modal.get_by_label("Reason").fill("too expensive\nby far")
        await modal.get_by_label("Kind").select_option("Wrong vendor")
        await modal.get_by_label("Tell").select_option("Dana Klein")
        await modal.get_by_test_id("modal-submit").click()
        act = await seen.act()
        option = {"text": given.plain("Wrong vendor"), "value": "wrong vendor"}
        assert (act["do"], act["view_id"]) == ("submit", "V1")
        assert act["values"] == {
            "reason": {"text": {"type": "plain_text_input", "value": "too expensive\nby far"}},
            "kind": {"pick": {"type": "static_select", "selected_option": option}},
            "notify": {"who": {"type": "users_select", "selected_user": "U0DANA"}},
        }


async def test_the_apps_errors_stand_below_their_fields(browser: Browser) -> None:
    play = with_modal(given.reject_modal())
    play.answer = {"ok": True, "status": 200, "ms": 1, "errors": {"kind": "Choose a kind."}}
    async with visit(browser, "bob@example.com", play) as seen:
        modal = seen.page.get_by_test_id("modal")
        await modal.get_by_label("Reason").fill("no")
        await modal.get_by_test_id("modal-submit").click()
        wrong = modal.locator("[data-block=kind]").get_by_test_id("field-error")
        await expect(wrong).to_have_text("Choose a kind.")
        await expect(modal.get_by_label("Reason")).to_have_value("no")


async def test_a_form_the_app_does_not_answer_says_so_and_stays(browser: Browser) -> None:
    play = with_modal(given.reject_modal())
    play.answer = {"ok": False, "error": "operation_timeout"}
    async with visit(browser, "bob@example.com", play) as seen:
        modal = seen.page.get_by_test_id("modal")
        await modal.get_by_label("Reason").fill("no")
        await modal.get_by_test_id("modal-submit").click()
        problem = modal.get_by_test_id("modal-problem")
        await expect(problem).to_have_text("We had some trouble connecting. Try again?")


async def test_an_updated_form_keeps_what_was_typed(browser: Browser) -> None:
    play = with_modal(given.reject_modal())
    async with visit(browser, "bob@example.com", play) as seen:
        modal = seen.page.get_by_test_id("modal")
        await modal.get_by_label("Reason").fill("half a sent")
        view = given.reject_modal() | {"hash": "2.2"}
        view["blocks"] = [given.section("Someone else rejected it."), *view["blocks"][1:]]
        play.state["slack"]["modals"] = {"U0BOB": [view]}
        play.change()
        await expect(modal).to_contain_text("Someone else rejected it.")
        await expect(modal.get_by_label("Reason")).to_have_value("half a sent")


async def test_closing_a_form_tells_slack_and_the_top_of_a_stack_is_shown(browser: Browser) -> None:
    play = with_modal(given.reject_modal())
    play.state["slack"]["modals"]["U0BOB"].append(
        given.reject_modal() | {"id": "V2", "title": given.plain("On top")}
    )
    async with visit(browser, "bob@example.com", play) as seen:
        await expect(seen.page.get_by_role("dialog", name="On top")).to_be_visible()
        await seen.page.keyboard.press("Escape")
        assert await seen.act() == {"user": "U0BOB", "do": "close", "view_id": "V2"}
        play.state["slack"]["modals"]["U0BOB"].pop()
        play.change()
        await expect(seen.page.get_by_role("dialog", name="Reject the request")).to_be_visible()


async def test_every_kind_of_input_is_read(browser: Browser) -> None:
    options = [{"text": given.plain(name), "value": name.lower()} for name in ("One", "Two")]
    elements: dict[str, dict[str, Any]] = {
        "Radio": {"type": "radio_buttons", "options": options},
        "Boxes": {"type": "checkboxes", "options": options, "initial_options": [options[0]]},
        "Several": {"type": "multi_static_select", "options": options},
        "People": {"type": "multi_users_select", "initial_users": ["U0DANA"]},
        "Day": {"type": "datepicker", "initial_date": "2026-11-21"},
        "Hour": {"type": "timepicker"},
        "Moment": {"type": "datetimepicker", "initial_date_time": given.NOON},
        "Number": {"type": "number_input", "is_decimal_allowed": False},
    }
    blocks = [
        {
            "type": "input",
            "block_id": name,
            "label": given.plain(name),
            "element": {**element, "action_id": "a"},
        }
        for name, element in elements.items()
    ]
    async with visit(
        browser, "bob@example.com", with_modal(given.reject_modal() | {"blocks": blocks})
    ) as seen:
        page = seen.page
        await page.get_by_role("radiogroup").get_by_label("Two").check()
        await page.get_by_role("group", name="Boxes").get_by_label("Two").check()
        await page.get_by_role("group", name="Several").get_by_label("One").check()
        await page.get_by_label("Hour").fill("09:30")
        await page.get_by_label("Number").fill("7")
        await page.get_by_test_id("modal-submit").click()
        values = {name: value["a"] for name, value in (await seen.act())["values"].items()}
        assert values == {
            "Radio": {"type": "radio_buttons", "selected_option": options[1]},
            "Boxes": {"type": "checkboxes", "selected_options": options},
            "Several": {"type": "multi_static_select", "selected_options": [options[0]]},
            "People": {"type": "multi_users_select", "selected_users": ["U0DANA"]},
            "Day": {"type": "datepicker", "selected_date": "2026-11-21"},
            "Hour": {"type": "timepicker", "selected_time": "09:30"},
            "Moment": {"type": "datetimepicker", "selected_date_time": given.NOON},
            "Number": {"type": "number_input", "value": "7"},
        }


async def test_a_select_in_a_message_sends_what_was_chosen(browser: Browser) -> None:
    select = {"type": "users_select", "action_id": "to", "placeholder": given.plain("Delegate to")}
    play = with_message({"type": "actions", "block_id": "b", "elements": [select]})
    async with visit(browser, "bob@example.com", play) as seen:
        await seen.page.get_by_label("Delegate to").select_option("Dana Klein")
        act = await seen.act()
        assert (act["do"], act["value"]["selected_user"]) == ("select", "U0DANA")


async def test_an_ephemeral_message_is_shown_to_its_reader_only(browser: Browser) -> None:
    play = Pretended()
    told = {"id": "9.9", "user": "U0BOB", "channel": given.BOB_DM, "text": "It is *over*."}
    blocks = [given.section("It is *over*."), given.decision_buttons()]
    play.state["slack"]["ephemerals"] = [{**told, "blocks": blocks, "at": given.NOON + 9}]
    async with visit(browser, "bob@example.com", play) as seen:
        note = seen.page.get_by_test_id("ephemeral")
        await expect(note).to_contain_text("Only visible to you")
        await note.get_by_role("button", name="Reject").click()
        act = await seen.act()
        assert act["ephemeral"] == "9.9"
        assert "ts" not in act
        await note.get_by_role("button", name="Dismiss message").click()
        assert await seen.act() == {"user": "U0BOB", "do": "dismiss", "ephemeral": "9.9"}
        await seen.page.get_by_test_id("person-dana@example.com").click()
        await expect(note).to_have_count(0)


async def test_a_slash_command_and_a_message_are_told_apart(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        box = seen.page.get_by_test_id("composer-slack")
        await box.fill("/approvals status req_1")
        await box.press("Enter")
        assert await seen.act() == {
            "user": "U0BOB",
            "do": "command",
            "command": "/approvals",
            "text": "status req_1",
            "channel": given.BOB_DM,
        }
        await box.fill("two\nlines")
        await seen.page.get_by_test_id("slack-pane").get_by_role("button", name="Send").click()
        act = await seen.act()
        assert (act["do"], act["text"]) == ("message", "two\nlines")
        await expect(box).to_have_value("")


async def test_an_app_that_subscribes_to_no_messages_is_offered_commands_only(
    browser: Browser,
) -> None:
    play = Pretended()
    play.state["slack"]["events"] = []
    async with visit(browser, "bob@example.com", play) as seen:
        box = seen.page.get_by_test_id("composer-slack")
        await expect(box).to_have_attribute(
            "placeholder", "Slash commands only, such as /approvals"
        )
        await box.fill("what is open?")
        await box.press("Enter")
        told = "Countersign reads slash commands only, such as /approvals. Nothing was sent."
        await expect(seen.page.get_by_test_id("ephemeral")).to_contain_text(told)
        await expect(box).to_have_value("what is open?")
        await box.fill("/approvals")
        await box.press("Enter")
        assert (await seen.act())["do"] == "command"
        await expect(box).to_have_value("")
        assert seen.play.acts.empty()


async def test_a_command_that_fails_is_told_by_slackbot(browser: Browser) -> None:
    shown = '/nope failed with the error "dispatch_failed"'
    play = Pretended(answer={"ok": False, "error": "http_error", "shown": shown})
    async with visit(browser, "bob@example.com", play) as seen:
        await seen.page.get_by_test_id("composer-slack").fill("/nope")
        await seen.page.keyboard.press("Enter")
        await expect(seen.page.get_by_test_id("ephemeral")).to_contain_text(shown)


async def test_a_reply_stands_below_its_message(browser: Browser) -> None:
    play = Pretended()
    first = given.message(f"{given.NOON}.000001", given.BOT, "first")
    second = given.message(f"{given.NOON}.000002", given.BOT, "second")
    reply = given.message(f"{given.NOON}.000003", "U0BOB", "reply") | {"thread_ts": first["ts"]}
    play.state["slack"]["conversations"][given.BOB_DM]["messages"] = [first, second, reply]
    async with visit(browser, "bob@example.com", play) as seen:
        rows: Any = seen.page.get_by_test_id("slack-message").locator(".bk-text")
        await expect(rows).to_have_text(["first", "reply", "second"])
