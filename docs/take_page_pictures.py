"""Takes the pictures of the web pages, in Chromium, as people see them.

`python docs/take_page_pictures.py` lets the sample company work for some weeks, as
`make demo ARGS=--history` does, asks for a few things more, and signs in by a one-time link.
"""

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.sample.history import make  # noqa: E402 - the path above makes it importable
from bot.settings import WebSettings  # noqa: E402 - as above
from core.events import Actor  # noqa: E402 - as above
from docs.take_slack_pictures import ERP, MANAGER, PICTURES, SMALL, ZONE, morning  # noqa: E402
from tests.e2e.company import Company, Json, company  # noqa: E402 - as above
from tests.playground.page_browser import ARGUMENTS, CHROMIUM  # noqa: E402 - as above

PUBLIC = "http://127.0.0.1"
ADMIN = "ada@example.com"
DESK, PHONE = (1120, 760), (390, 780)


async def main() -> None:
    """The inbox, one request in it, and the dashboard."""
    clock = morning()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/countersign.db"
        await make(database, clock())
        web = WebSettings(public_url=PUBLIC)
        async with company(
            Path(folder),
            database=database,
            at=clock,
            change=lambda settings: replace(settings, web=web),
        ) as co:
            request = await _asked(co)
            await _counted(co)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                await _inbox(co, browser, request)
                await _dashboard(co, browser)
                await browser.close()


async def _asked(co: Company) -> str:
    """What waits for the manager; the id of the largest."""
    agent = await co.key("submit", "read", name="purchasing-agent")
    for title, amount in SMALL.items():
        params = {"purpose": title, "amount": amount}
        action = {"type": "purchase_order", "params": params}
        body: Json = {"title": title, "requester": "alice@example.com", "currency": "EUR"}
        await co.submit(agent, body | {"action": action})
    return str((await co.submit(agent, ERP))["id"])


async def _counted(co: Company) -> None:
    """Until the figures hold all that happened."""
    await co.storage.trail.number()
    while (await co.storage.figures.follow()).seen:
        await co.storage.trail.number()


async def _signed_in(co: Company, browser: Browser, person: str, size: tuple[int, int]) -> Page:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2,
        locale="en-GB",
        timezone_id=str(ZONE),
    )
    page = await context.new_page()
    link = await co.app.accounts.signing.link_for(person, Actor(via="cli"))
    await page.goto(link.replace(PUBLIC, co.base_url, 1))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", level=1).wait_for()
    return page


async def _take(page: Page, name: str) -> None:
    await page.wait_for_load_state("load")
    await page.screenshot(path=PICTURES / f"{name}.png")


async def _inbox(co: Company, browser: Browser, request: str) -> None:
    desk = await _signed_in(co, browser, MANAGER, DESK)
    await desk.goto(f"{co.base_url}/inbox")
    await _take(desk, "pages-inbox")
    phone = await _signed_in(co, browser, MANAGER, PHONE)
    for page, suffix in ((desk, ""), (phone, "-phone")):
        await page.goto(f"{co.base_url}/inbox/{request}")
        await _take(page, f"pages-request{suffix}")
        await page.context.close()


async def _dashboard(co: Company, browser: Browser) -> None:
    page = await _signed_in(co, browser, ADMIN, DESK)
    await page.goto(f"{co.base_url}/dashboard")
    await page.locator("#by-stage").evaluate("heading => heading.scrollIntoView()")
    await _take(page, "pages-dashboard-stages")
    await page.context.close()


if __name__ == "__main__":
    asyncio.run(main())
