"""The dashboard and the review in a real browser, over figures that the server really counted.

Screenshots are kept in artifacts/ so that a person can look at them.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from adapters.web.pages import Nav
from bot.settings import Settings, WebSettings
from tests.adapters.web.dashboard.quarters import review_rig
from tests.adapters.web.dashboard.samples import rig
from tests.e2e.axe import too_wide, violations
from tests.e2e.company import SMALL, Company, Json, company
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

PICTURES = Path(__file__).parents[2] / "artifacts"
ADMIN = "ada@example.com"
MANAGER = "mara@example.com"
COOKIE = "countersign"

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
_UNFOLD = "document.querySelectorAll('details').forEach((each) => each.open = true)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tools:
        found = await tools.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


@asynccontextmanager
async def samples() -> AsyncIterator[str]:
    """Both pages over figures made by hand, which have everything that can be drawn."""
    dashboard, door, _ = rig()
    review, other, _ = review_rig()
    for pages in (door.pages, other.pages):
        pages.add(Nav(order=40, label="Dashboard", href="/dashboard"))
    app = web.Application()
    routes = [*dashboard.routes(door), *review.routes(other), *door.pages.assets.routes()]
    app.router.add_routes(routes)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_everybody_can_use_the_pages_on_every_screen_and_on_paper(browser: Browser) -> None:
    async with samples() as address:
        screen: ViewportSize = {"width": 1280, "height": 900}
        page = await browser.new_page(viewport=screen, reduced_motion="reduce")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await page.goto(f"{address}dashboard")
        await page.evaluate(_UNFOLD)
        PICTURES.mkdir(exist_ok=True)
        await page.screenshot(path=PICTURES / "dashboard.png", full_page=True)
        assert await violations(page) == []
        await page.emulate_media(color_scheme="dark")
        assert await violations(page) == []
        await page.set_viewport_size({"width": 320, "height": 900})
        assert await too_wide(page) == []

        await page.goto(f"{address}review?quarter=2026-Q3")
        assert await too_wide(page) == []
        assert await violations(page) == []
        await page.emulate_media(color_scheme="dark", media="print")
        await page.set_viewport_size({"width": 690, "height": 990})  # what is printed on of A4
        assert await too_wide(page) == [], "nothing of a table is cut off on paper"
        assert await violations(page) == []
        assert said == [], "the policy for scripts and styles is kept"


async def test_the_figures_of_what_was_really_decided(browser: Browser, tmp_path: Path) -> None:
    async with company(tmp_path, change=_with_pages) as co:
        agent = await co.key("submit", name="purchasing")
        mara = await co.key("decide", "read", person=MANAGER)
        ids = [(await co.submit(agent, SMALL | {"title": f"Chairs {n}"}))["id"] for n in range(3)]
        for number, id_ in enumerate(ids[:2]):
            decision = {"decision": "reject" if number else "approve", "stage": "Manager"}
            body = decision | {"revision": 1, "comment": "not needed"}
            status, found = await co.call("POST", f"/v1/requests/{id_}/decisions", mara, body)
            assert status == 200, found
        cookie = await _signed_in(co, ADMIN)
        await co.until(lambda: _counted(co, cookie, submitted=3, decided=2))

        page = await _page(browser, co, cookie)
        await page.goto(f"{co.base_url}/dashboard")
        await expect(page.locator("dl.tiles div").first).to_contain_text("Submitted3")
        await expect(page.locator("#decided .value")).to_contain_text("2, half in")
        await expect(page.locator("#stage-votes .value")).to_have_text("1 of 2")

        await page.screenshot(path=PICTURES / "dashboard-counted.png", full_page=True)

        # Everything by keyboard: to the agent's field, and the form is sent.
        await page.get_by_role("combobox", name="Agent").focus()
        await page.keyboard.type("somebody else")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Nothing was submitted or decided")).to_be_visible()
        assert "agent=somebody+else" in page.url
        await page.go_back()

        async with page.expect_download() as waited:
            await page.get_by_role("link", name="CSV").click()
        file = await (await waited.value).path()
        text = await asyncio.to_thread(file.read_text, "utf-8")
        rows = list(csv.reader(io.StringIO(text)))
        assert ["agent", "purchasing", "", *rows[1][3:5], "rejected", "1"] in rows

        await page.get_by_role("link", name="Review of a quarter").click()
        await page.get_by_role("combobox", name="Quarter").select_option(index=0)
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_text("The quarter is not over")).to_be_visible()
        await expect(page.get_by_role("row", name="purchasing")).to_have_count(
            2
        )  # figures, its key

        other = await _page(browser, co, await _signed_in(co, MANAGER))
        await other.goto(f"{co.base_url}/dashboard")
        await expect(other.locator("dd").first).to_have_text("1")
        await expect(other.locator("figure")).to_have_count(0)
        answer = await other.goto(f"{co.base_url}/review")
        assert answer is not None
        assert answer.status == 403


def _with_pages(settings: Settings) -> Settings:
    return replace(settings, web=WebSettings(public_url="http://127.0.0.1"))


async def _signed_in(co: Company, person: str) -> str:
    """A session's secret, as its cookie holds it."""
    found = await co.app.accounts.signing.as_person(person)
    assert isinstance(found, tuple)
    return found[0]


async def _counted(co: Company, cookie: str, *, submitted: int, decided: int) -> bool:
    url = f"{co.base_url}/dashboard/figures.json"
    async with aiohttp.ClientSession(cookies={COOKIE: cookie}) as http, http.get(url) as answer:
        assert answer.status == 200
        total: Json = (await answer.json())["total"]
        return bool(total["submitted"] == submitted and total["timed"] == decided)


async def _page(browser: Browser, co: Company, cookie: str) -> Page:
    context = await browser.new_context()
    await context.add_cookies([{"name": COOKIE, "value": cookie, "url": co.base_url}])
    return await context.new_page()
