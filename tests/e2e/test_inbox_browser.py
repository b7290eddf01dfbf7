"""The inbox in a real browser: from the one-time link to the decision, with the keyboard, on a
phone, in the dark, and while others decide.
"""

from collections.abc import AsyncIterator
from dataclasses import replace as with_fields

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from adapters.web.inbox import live
from bot.settings import WebSettings
from core.events import Actor, Voted, read_recorded
from tests.e2e.axe import too_wide, violations
from tests.e2e.company import SMALL, Company, Json, company
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

PUBLIC = "http://127.0.0.1"
MARA, FINN, ALICE = "mara@example.com", "finn@example.com", "alice@example.com"
ANYTHING = 6_000
"""Milliseconds until something that must happen is given up."""

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    folder = tmp_path_factory.mktemp("inbox")
    web = WebSettings(public_url=PUBLIC)
    often = pytest.MonkeyPatch()
    often.setattr(live, "SECOND", 0.02)
    async with company(
        folder, relay=False, change=lambda given: with_fields(given, web=web)
    ) as running:
        yield running
        often.undo()
        running.app.waiters.wake_all()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tools:
        found = await tools.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mara(co: Company, browser: Browser) -> Page:
    """Mara's browser, signed in by the link that she got."""
    return await signed_in(co, browser, MARA)


async def signed_in(co: Company, browser: Browser, person: str) -> Page:
    # Without the colours that lie between two, while one changes into the other.
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    context.set_default_timeout(ANYTHING)
    # Pages do not ask all at once: here there is no need to draw lots for it.
    await context.add_init_script("Math.random = () => 0")
    page = await context.new_page()
    link = await co.app.accounts.signing.link_for(person, Actor(via="cli"))
    await page.goto(link.replace(PUBLIC, co.base_url, 1))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    return page


async def a_request(co: Company, title: str, amount: int = 840) -> str:
    params = {"purpose": title, "amount": amount}
    action = {"type": "purchase_order", "params": params}
    body: Json = SMALL | {"title": title, "currency": "EUR", "action": action}
    made = await co.submit(await co.key("submit"), body)
    return str(made["id"])


async def status(co: Company, request: str) -> str:
    found = await co.storage.store.snapshot(request)
    assert found is not None
    return found.state.status.value


async def surfaces(co: Company, request: str) -> list[str]:
    """On which page each vote was given."""
    links = await co.storage.store.links(request)
    trail = [read_recorded(link.body) for link in links]
    return [each.actor.evidence["surface"] for each in trail if isinstance(each.event, Voted)]


async def looks_right(page: Page) -> None:
    """In the light on a desk, and in the dark on a phone."""
    assert await violations(page) == []
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await too_wide(page) == []
    assert await violations(page) == []
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 1280, "height": 800})


async def test_several_are_approved_together_after_each_was_named(co: Company, mara: Page) -> None:
    requests = [await a_request(co, title) for title in ("Two chairs", "A <b>desk</b>")]
    await mara.goto(f"{co.base_url}/inbox")
    await looks_right(mara)
    for box in await mara.get_by_role("checkbox").all():
        await box.check()
    await mara.get_by_role("button", name="Approve together").click()
    await expect(mara.get_by_role("row")).to_have_count(3)
    await expect(mara.get_by_role("rowheader", name="A <b>desk</b>")).to_be_visible()
    await looks_right(mara)
    await mara.get_by_role("button", name="Approve 2").click()
    await expect(mara.get_by_role("heading", level=1)).to_have_text("2 of 2 approved")
    await expect(mara.get_by_role("heading", level=1)).to_be_focused()
    assert [await status(co, each) for each in requests] == ["approved", "approved"]
    assert await surfaces(co, requests[0]) == ["batch"]


async def test_a_rejection_asks_for_its_reason_by_keyboard_alone(co: Company, mara: Page) -> None:
    request = await a_request(co, "Golden chairs")
    await mara.goto(f"{co.base_url}/inbox")
    await mara.get_by_role("link", name="Golden chairs").press("Enter")
    summary = mara.get_by_text("Reject …")
    await summary.press("Enter")
    await mara.keyboard.press("Tab")
    reason = mara.get_by_label("Why? Everyone concerned will read it.")
    await expect(reason).to_be_focused()
    await mara.keyboard.type("   ")
    await mara.keyboard.press("Tab")
    await mara.keyboard.press("Enter")
    # Blank is not empty to a browser: the page itself says what is missing, where it is missing.
    await expect(reason).to_be_focused()
    await expect(reason).to_have_attribute("aria-invalid", "true")
    await expect(mara.locator("#wrong-reject-reason")).to_contain_text("reason")
    await looks_right(mara)
    await reason.fill("Wood will do")
    await mara.keyboard.press("Tab")
    await mara.keyboard.press("Enter")
    told = mara.get_by_role("status").filter(has_text="You rejected this")
    await expect(told).to_be_focused()
    assert await status(co, request) == "rejected"
    assert await surfaces(co, request) == ["details"]


async def test_somebody_else_is_asked_to_decide_and_sees_it_come(
    co: Company, browser: Browser, mara: Page
) -> None:
    dana = await signed_in(co, browser, "dana@example.com")
    await expect(dana.get_by_text("Nothing waits for you. This page")).to_be_visible()
    request = await a_request(co, "A lamp")
    await mara.goto(f"{co.base_url}/inbox/{request}")
    await mara.get_by_text("Delegate …").click()
    await mara.get_by_label("Who should act for you?").fill("Dana Director")
    await mara.get_by_role("button", name="Delegate").click()
    await expect(mara.get_by_role("status").filter(has_text="Dana Director")).to_be_visible()
    # Nobody touches Dana's page meanwhile.
    await expect(dana.get_by_role("link", name="A lamp")).to_be_visible()
    await expect(dana.locator("#live")).to_contain_text("1 waits for you")
    await dana.get_by_role("checkbox").check()
    await mara.get_by_role("button", name="Approve").click()
    await expect(mara.get_by_role("status").filter(has_text="You approved this")).to_be_visible()
    # What is ticked is not taken away; what is sent then is answered with what is true.
    await expect(dana.locator("#live")).to_contain_text("The list has changed.")
    await expect(dana.get_by_role("checkbox")).to_be_checked()
    await dana.locator("#live").get_by_role("button", name="Show").click()
    await expect(dana.get_by_text("Nothing waits for you. This page")).to_be_visible()
    await dana.context.close()


async def test_a_page_of_a_request_says_when_somebody_else_changed_it(
    co: Company, browser: Browser, mara: Page
) -> None:
    request = await a_request(co, "A shelf")
    await mara.goto(f"{co.base_url}/inbox/{request}")
    alice = await signed_in(co, browser, ALICE)
    await alice.goto(f"{co.base_url}/inbox/{request}")
    await alice.get_by_text("Comment …").click()
    await alice.get_by_label("Your comment").fill("It is for <i>all</i> of us")
    await alice.get_by_role("button", name="Send").click()
    await expect(alice.get_by_text("It is for <i>all</i> of us", exact=True)).to_be_visible()
    await expect(mara.locator("#live")).to_contain_text("This request has changed")
    await mara.locator("#live").get_by_role("button").click()
    await expect(mara.get_by_text("It is for <i>all</i> of us", exact=True)).to_be_visible()
    await alice.context.close()


async def test_somebody_asks_and_finds_what_they_asked_for(co: Company, browser: Browser) -> None:
    alice = await signed_in(co, browser, ALICE)
    await alice.get_by_role("link", name="New request").click()
    await looks_right(alice)
    await alice.get_by_label("What is it?").select_option("purchase_order")
    await alice.get_by_label("In one line").fill("A whiteboard")
    await alice.get_by_label("Amount").fill("twelve")
    await alice.get_by_role("button", name="Ask").click()
    await expect(alice.get_by_label("Amount")).to_be_focused()
    await alice.get_by_label("Amount").fill("120")
    await alice.get_by_role("button", name="Ask").click()
    await expect(alice.get_by_role("status").filter(has_text="is sent")).to_be_focused()
    await alice.get_by_role("link", name="My requests").click()
    await expect(alice.get_by_role("link", name="A whiteboard")).to_be_visible()
    await expect(alice.locator("#live")).to_be_empty()
    await looks_right(alice)
    await alice.goto(f"{co.base_url}/inbox/away")
    await looks_right(alice)
    await alice.context.close()
