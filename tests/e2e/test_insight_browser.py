"""The page of findings in a real browser: for everybody, on every screen, by keyboard.

Screenshots are kept in artifacts/ so that a person can look at them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import ViewportSize, async_playwright, expect

from adapters.web.insight.handlers import PATH
from adapters.web.pages import Nav
from bot.documents import read_document
from core.insight.cases import StageKey
from core.insight.findings import findings
from core.insight.port import Proposed
from core.insight.proposals import Found, examined
from tests.adapters.web.insight.insight_rig import Here
from tests.core.builders import ADA, NOW
from tests.core.test_insight_findings import POLICY, TRIP, ballots, cases, read
from tests.e2e.axe import too_wide, violations
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

PICTURES = Path(__file__).parents[2] / "artifacts"
SCREEN: ViewportSize = {"width": 1280, "height": 900}

pytestmark = needs_chromium


@asynccontextmanager
async def served(here: Here) -> AsyncIterator[str]:
    """Findings of every kind, and a proposal."""
    stages = {StageKey("travel", "Manager"): ballots(60, took=2_000)}
    found = findings(POLICY, {TRIP: cases()}, stages, NOW)
    items = [examined(f, POLICY, read_document, read, lambda _: {"same": 9}) for f in found]
    here.fake.ledger.newest = Found(
        at=NOW, policy=POLICY.version, items=tuple(items), cases=100, ballots=60
    )
    here.fake.ledger.made = [Proposed("R7", found[0].id, "a", "b", ADA, NOW)]
    here.door.pages.add(Nav(order=50, label="Insight", href=PATH))
    app = web.Application()
    app.router.add_routes([*here.page.routes(here.door), *here.door.pages.assets.routes()])
    async with TestServer(app) as server:
        yield str(server.make_url(PATH))


async def test_everybody_can_read_and_propose_on_every_screen() -> None:
    here = Here()
    async with served(here) as address, async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport=SCREEN, reduced_motion="reduce")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await page.goto(address)
        PICTURES.mkdir(exist_ok=True)
        await page.screenshot(path=PICTURES / "insight.png", full_page=True)
        assert await violations(page) == []
        await page.emulate_media(color_scheme="dark")
        assert await violations(page) == []
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await too_wide(page) == []
        button = page.get_by_role("button", name="Propose “Approve trip up to 95 EUR")
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Proposed, with request R7")
        [(finding, person, _)] = here.fake.calls
        assert (person, finding) == (ADA, findings(POLICY, {TRIP: cases()}, {}, NOW)[0].id)
        assert said == [], "the policy for scripts and styles is kept"
        await browser.close()
