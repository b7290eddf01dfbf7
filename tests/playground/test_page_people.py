"""The frame of the page in Chromium: who is chosen, what they see, live changes, phone, faults."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.playground import page_slack as given
from tests.playground.page_browser import Pretended, chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
PHONE = (390, 844)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_the_picker_names_everybody_and_counts_what_waits(browser: Browser) -> None:
    async with visit(browser, "alice@example.com") as seen:
        names = [
            await one.get_attribute("aria-label")
            for one in await seen.page.get_by_role("navigation", name="Act as")
            .get_by_role("button")
            .all()
        ]
        assert names == [
            "Alice Novak, Product Manager, Slack",
            "Bob Fischer, Engineering Manager, Slack, 1 to decide",
            "Carol Diaz, Finance Analyst, Teams, 1 to decide",
            "Dana Klein, Managing Director, Slack and Teams, new messages",
            "Erin Wolf, Night Guard, no chat account",
        ]
        assert (
            await seen.page.get_by_test_id("person-bob@example.com")
            .get_by_test_id("badge")
            .inner_text()
            == "1"
        )


async def test_without_a_choice_somebody_with_work_is_chosen(browser: Browser) -> None:
    async with visit(browser) as seen:
        chosen = seen.page.get_by_test_id("person-bob@example.com")
        await expect(chosen).to_have_attribute("aria-pressed", "true")


async def test_a_person_is_chosen_by_click_by_address_and_by_keyboard(browser: Browser) -> None:
    async with visit(browser, "alice@example.com") as seen:
        page = seen.page
        await page.get_by_test_id("person-dana@example.com").click()
        await expect(page).to_have_url(re.compile(r"#as=dana@example\.com$"))
        await page.evaluate("location.hash = '#as=carol%40example.com'")
        await expect(page.get_by_test_id("person-carol@example.com")).to_have_attribute(
            "aria-pressed", "true"
        )
        await page.get_by_test_id("person-bob@example.com").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("slack-message")).to_have_count(3)
        await expect(page.get_by_test_id("person-bob@example.com")).to_be_focused()
        await page.evaluate("location.hash = '#as=%'")
        await expect(page.get_by_test_id("person-bob@example.com")).to_have_attribute(
            "aria-pressed", "true"
        )


async def test_a_person_sees_their_own_chats_and_the_channels_they_are_in(
    browser: Browser,
) -> None:
    async with visit(browser, "alice@example.com") as seen:
        page = seen.page
        await expect(page.get_by_test_id("slack-message")).to_have_text(
            [re.compile("Team laptops")]
        )
        await expect(
            page.get_by_test_id("slack-pane").get_by_role("button", name="finance")
        ).to_have_count(0)
        await expect(page.get_by_test_id("teams-activity")).to_have_count(0)
        await page.get_by_test_id("person-dana@example.com").click()
        own = page.get_by_test_id("slack-pane").get_by_text(
            "This is the start of your conversation"
        )
        await expect(own).to_be_visible()
        await page.get_by_test_id("slack-pane").get_by_role("button", name="finance").click()
        await expect(page.get_by_test_id("slack-message")).to_have_text(
            [re.compile("Approved: Team laptops")]
        )
        await expect(page.get_by_test_id("teams-activity")).to_have_count(1)


async def test_a_missing_account_is_said_in_one_sentence(browser: Browser) -> None:
    async with visit(browser, "erin@example.com") as seen:
        await expect(seen.page.get_by_text("Erin Wolf has no Slack account.")).to_be_visible()
        await expect(
            seen.page.get_by_text("Erin Wolf has no Microsoft Teams account.")
        ).to_be_visible()
        await expect(seen.page.get_by_test_id("composer-slack")).to_be_hidden()


async def test_reading_a_chat_takes_its_dot_away_for_good(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        dot = seen.page.get_by_test_id("person-alice@example.com").get_by_test_id("unread")
        await expect(dot).to_be_visible()
        await seen.page.get_by_test_id("person-alice@example.com").click()
        await expect(dot).to_have_count(0)
        await seen.page.reload()
        await expect(seen.page.get_by_test_id("person-bob@example.com")).to_be_visible()
        await expect(dot).to_have_count(0)


async def test_a_change_is_drawn_at_once_and_announced(browser: Browser) -> None:
    play = Pretended()
    async with visit(browser, "bob@example.com", play) as seen:
        await expect(seen.page.get_by_role("button", name="Approve")).to_be_visible()
        messages = play.state["slack"]["conversations"][given.BOB_DM]["messages"]
        messages[-1] = messages[-1] | {"blocks": given.decided_blocks()}
        messages.append(given.message(f"{given.NOON}.000900", given.BOT, "*It* is done."))
        play.change()
        await expect(seen.page.get_by_test_id("slack-message")).to_have_count(4)
        await expect(seen.page.get_by_role("button", name="Approve")).to_have_count(0)
        await expect(
            seen.page.get_by_test_id("person-bob@example.com").get_by_test_id("badge")
        ).to_have_count(0)
        said = seen.page.locator("[aria-live=polite]")
        await expect(said).to_have_text("Slack, Countersign: It is done.")


async def test_the_newest_message_is_in_view(browser: Browser) -> None:
    play = Pretended()
    messages = play.state["slack"]["conversations"][given.BOB_DM]["messages"]
    messages += [
        given.message(f"{given.NOON}.{100 + n:06d}", given.BOT, f"number {n}") for n in range(1, 60)
    ]
    async with visit(browser, "bob@example.com", play) as seen:
        await expect(seen.page.get_by_text("number 59", exact=True)).to_be_in_viewport(ratio=1)
        messages.append(given.message(f"{given.NOON}.900000", given.BOT, "the last"))
        play.change()
        await expect(seen.page.get_by_text("the last", exact=True)).to_be_in_viewport(ratio=1)


async def test_a_tall_newest_card_is_shown_from_its_head_and_does_not_jump(
    browser: Browser,
) -> None:
    play = Pretended()
    messages = play.state["slack"]["conversations"][given.BOB_DM]["messages"]
    lines = "\n".join(f"line {n}" for n in range(60))
    messages.append(given.message(f"{given.NOON}.900000", given.BOT, f"The head\n{lines}"))
    async with visit(browser, "bob@example.com", play) as seen:
        head = seen.page.get_by_text("The head", exact=True)
        await expect(head).to_be_in_viewport(ratio=1)
        end = seen.page.get_by_text("line 59", exact=True)
        await end.scroll_into_view_if_needed()
        messages[0]["text"] = "changed"
        play.change()
        await expect(seen.page.get_by_text("changed", exact=True)).to_be_attached()
        await expect(end).to_be_in_viewport(ratio=1)


async def test_people_beyond_the_edge_are_hinted_at(browser: Browser) -> None:
    play = Pretended()
    async with visit(browser, "alice@example.com", play) as seen:
        people = seen.page.locator("#people")
        await expect(people).to_have_class("people-list")
        one = play.state["people"][-1]
        play.state["people"] += [
            one | {"name": f"Erin Number {n}", "email": f"e{n}@example.com"} for n in range(9)
        ]
        play.change()
        await expect(people).to_have_class("people-list more-after")
        await seen.page.get_by_test_id("person-e8@example.com").click()
        await expect(people).to_have_class("people-list more-before")


async def test_a_persons_colour_is_theirs_whoever_is_drawn_first(browser: Browser) -> None:
    colour = "node => [...node.classList].find((name) => name.startsWith('tint-'))"
    for email in ("bob@example.com", "dana@example.com"):
        async with visit(browser, email) as seen:
            faces = await seen.page.locator(".person .avatar").all()
            assert [await face.evaluate(colour) for face in faces] == [
                *("tint-0", "tint-1", "tint-2", "tint-3", "tint-4"),
            ]


async def test_a_lost_playground_is_said_and_found_again(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        await expect(seen.page.get_by_role("status")).to_have_text("Live")
        await seen.page.route("**/_play/state*", lambda route: route.abort())
        seen.play.change()
        await expect(seen.page.get_by_role("status")).to_have_text("Reconnecting…")
        await seen.page.unroute("**/_play/state*")
        await expect(seen.page.get_by_role("status")).to_have_text("Live")


async def test_a_phone_shows_one_platform_at_a_time(browser: Browser) -> None:
    async with visit(browser, "bob@example.com", size=PHONE) as seen:
        page = seen.page
        slack, teams = page.get_by_test_id("slack-pane"), page.get_by_test_id("teams-pane")
        await expect(slack).to_be_visible()
        await expect(teams).to_be_hidden()
        await expect(page.get_by_test_id("tab-slack")).to_have_text("Slack (1)")
        await page.get_by_test_id("person-carol@example.com").click()
        await expect(teams).to_be_visible()
        await expect(slack).to_be_hidden()
        await page.get_by_test_id("tab-slack").click()
        await expect(page.get_by_text("Carol Diaz has no Slack account.")).to_be_visible()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width == PHONE[0]


async def test_a_fault_is_set_and_shown_on_the_button(browser: Browser) -> None:
    async with visit(browser, "bob@example.com") as seen:
        page = seen.page
        await page.get_by_test_id("faults-button").click()
        panel = page.get_by_test_id("fault-panel")
        await expect(panel.get_by_role("row")).to_have_text([re.compile("block_actions.*200")])
        await panel.get_by_role("button", name="Fail once after accepting").first.click()
        await expect(panel).to_contain_text("slack *: 5xx_after_accept × 1")
        await panel.get_by_label("Deliver everything twice").check()
        await expect(page.get_by_test_id("faults-button")).to_have_text("Faults (2)")
        assert seen.play.state["faults"] == {
            "slack": {"*": [{"do": "5xx_after_accept", "times": 1}]},
            "teams": {},
            "to_bot": {"twice": True},
        }
        await panel.get_by_role("button", name="Switch all off").click()
        await expect(page.get_by_test_id("faults-button")).to_have_text("Faults")
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        await expect(page.get_by_test_id("faults-button")).to_be_focused()


async def test_everything_that_can_be_pressed_has_a_name(browser: Browser) -> None:
    nameless = """[...document.querySelectorAll('button, input, textarea, select, a')]
      .filter((node) => node.checkVisibility() && !node.textContent.trim())
      .filter((node) => !node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby'))
      .filter((node) => !node.labels?.length).map((node) => node.outerHTML)"""
    play = Pretended()
    play.state["slack"]["modals"] = {"U0BOB": [given.reject_modal()]}
    async with visit(browser, "bob@example.com", play) as seen:
        await seen.page.get_by_test_id("faults-button").click()
        assert await seen.page.evaluate(nameless) == []
        await seen.page.get_by_test_id("person-carol@example.com").click()
        assert await seen.page.evaluate(nameless) == []
