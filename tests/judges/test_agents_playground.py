"""Our bot in Microsoft's Agents Playground, clicked in a browser: messages, cards, forms."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, Route, async_playwright, expect

from adapters.teams.buttons import ASK, SEND
from tests.judges import agents_playground
from tests.judges.agents_playground import CHANNEL, DANA, GROUP, PRIYA, RUI, Json, playground
from tests.judges.office import Office, office
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

WHY = agents_playground.missing()
pytestmark = [needs_chromium, pytest.mark.skipif(WHY is not None, reason=WHY or "")]

POLICY: Json = {
    "version": 1,
    "rules": [
        {
            "name": "purchase",
            "when": 'request.action.type == "purchase"',
            "category": "review",
            "channel": f"teams:{CHANNEL}",
            "stages": [{"name": "Manager", "approvers": [PRIYA["email"], DANA["email"]]}],
        },
        {
            "name": "gift",
            "when": 'request.action.type == "gift"',
            "category": "review",
            "channel": f"teams:{GROUP}",
            "stages": [{"name": "Director", "approvers": [DANA["email"]]}],
        },
    ],
    "fallback": {"category": "review", "stages": [{"name": "Any", "approvers": [DANA["email"]]}]},
    "last_resort": DANA["email"],
}
TITLE = "New ERP system"
CARD = ".ac-adaptiveCard"
# It asks for fonts at a public address: names are not looked up at all.
QUIET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@dataclass(frozen=True)
class Seat:
    """The open page, our server and the program between them."""

    page: Page
    office: Office
    url: str

    async def say(self, text: str) -> None:
        await self.page.locator("[role=textbox][contenteditable=true]").first.click()
        await self.page.keyboard.type(text)
        await self.page.get_by_label("Send Message").click()

    def card(self, title: str) -> Locator:
        """The newest card in sight that has this title."""
        return self.page.locator(CARD).filter(has_text=title).last

    async def becoming(self, user: Json) -> asyncio.Queue[Json]:
        """From now on whatever is pressed in the browser is pressed by somebody else.

        The browser is not told of the answers; they are put into the queue.
        """
        answers: asyncio.Queue[Json] = asyncio.Queue()

        async def press(route: Route) -> None:
            asked = {**(route.request.post_data_json or {}), "from": {"id": user["id"]}}
            async with self.office.http.post(route.request.url, json=asked) as reply:
                assert reply.status == 200, await reply.text()
                answers.put_nowait(await reply.json())
            await route.abort()

        await self.page.route("**/_conversation/v1/invoke", press)
        return answers


@asynccontextmanager
async def seat(folder: Path) -> AsyncIterator[Seat]:
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(office(folder, POLICY, [PRIYA, RUI, DANA]))
        url = await stack.enter_async_context(playground(folder, f"{ours.url}/api/messages"))
        started = await stack.enter_async_context(async_playwright())
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, QUIET])
        stack.push_async_callback(browser.close)
        page = await browser.new_page(viewport={"width": 1500, "height": 1100})
        await page.goto(url, wait_until="domcontentloaded")
        yield Seat(page, ours, url)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Seat]:
    async with seat(tmp_path) as taken:
        await expect(taken.page.get_by_text("installationUpdate")).to_be_visible()
        yield taken


async def test_what_is_written_is_answered(at: Seat) -> None:
    await at.say("help")
    await expect(at.page.get_by_text("I understand:").last).to_be_visible()
    await expect(at.page.get_by_text("status ID").last).to_be_visible()
    await at.office.ask("Two chairs", RUI["email"])
    await expect(at.card("Two chairs")).to_be_visible()
    await at.say("queue")
    await expect(at.page.locator(CARD)).to_have_count(2)
    await expect(at.page.locator(CARD).last).to_contain_text("Two chairs")


async def test_a_card_comes_by_itself_and_all_its_copies_show_the_approval(at: Seat) -> None:
    request = await at.office.ask(TITLE, RUI["email"])
    mine = at.card(TITLE)
    await expect(mine).to_contain_text("1,200 EUR")
    await mine.get_by_role("button", name="Approve", exact=True).click()
    await expect(mine).to_contain_text("Approved by Priya Approver")
    await expect(mine.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    decided = await at.office.status(request)
    assert decided["status"] == "approved"
    assert decided["decision"]["by"] == [PRIYA["email"]]
    await at.page.get_by_label("Finance - Approvals").click()
    posted = at.card(TITLE)
    await expect(posted).to_contain_text("Approved by Priya Approver")
    await expect(posted.get_by_role("button", name="Approve", exact=True)).to_have_count(0)


async def test_a_rejection_needs_its_reason(at: Seat) -> None:
    request = await at.office.ask(TITLE, RUI["email"])
    mine = at.card(TITLE)
    await mine.get_by_role("button", name="Reject", exact=True).click()
    await mine.get_by_role("button", name=SEND).click()
    await expect(mine).to_contain_text(ASK)
    assert (await at.office.status(request, wait=0))["status"] == "pending"
    await mine.locator("textarea, input[type=text]").last.fill("Over the *budget*")
    await mine.get_by_role("button", name=SEND).click()
    await expect(mine).to_contain_text("Rejected by Priya Approver")
    await expect(mine).to_contain_text("Over the *budget*")
    assert (await at.office.status(request))["status"] == "rejected"


async def test_a_card_in_a_channel_is_pressed_by_another_and_changes_for_all(at: Seat) -> None:
    request = await at.office.ask(TITLE, RUI["email"])
    await expect(at.card(TITLE)).to_be_visible()
    await at.page.get_by_label("Finance - Approvals").click()
    posted = at.card(TITLE)
    await at.becoming(DANA)
    await posted.get_by_role("button", name="Approve", exact=True).click()
    # The page is told nothing of the answer: it changes by the edit of the message alone.
    await expect(posted).to_contain_text("Approved by Dana Director")
    await expect(posted.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    assert (await at.office.status(request))["decision"]["by"] == [DANA["email"]]


async def test_a_group_chat_gets_its_card_too(at: Seat) -> None:
    request = await at.office.ask("A watch", RUI["email"], kind="gift")
    await at.page.get_by_role("treeitem", name="Finance group").click()
    posted = at.card("A watch")
    await expect(posted).to_contain_text("Waiting for Director")
    await at.becoming(DANA)
    await posted.get_by_role("button", name="Approve", exact=True).click()
    await expect(posted).to_contain_text("Approved by Dana Director")
    assert (await at.office.status(request))["status"] == "approved"


async def test_a_press_by_somebody_who_was_not_asked_decides_nothing(at: Seat) -> None:
    request = await at.office.ask(TITLE, RUI["email"])
    await expect(at.card(TITLE)).to_be_visible()
    await at.page.get_by_label("Finance - Approvals").click()
    answers = await at.becoming(RUI)
    await at.card(TITLE).get_by_role("button", name="Approve", exact=True).click()
    answer = await asyncio.wait_for(answers.get(), 5)
    assert "Approved" not in json.dumps(answer)
    found = await at.office.status(request, wait=0)
    assert (found["status"], found["stages"][0]["votes"]) == ("pending", [])
