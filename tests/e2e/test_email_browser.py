"""The page behind a letter in a real browser: its own style and nothing else, on any screen.

Screenshots are kept in artifacts/ so that a person can look at them.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from core.events import Voted, read_recorded
from tests.e2e.company import SMALL, Json
from tests.e2e.lettered import PUBLIC, Office, office
from tests.mailserver import body, links
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

PICTURES = Path(__file__).parents[2] / "artifacts"
MARA = "mara@example.com"
LONG: Json = SMALL | {
    "description": "Unbreakable" * 60,
    "action": {"type": "purchase_order", "params": {"amount": 840, "x" * 60: "y" * 300}},
}
SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]

pytestmark = needs_chromium


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path, by_mail=(MARA,)) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tools:
        found = await tools.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


async def opened(
    browser: Browser, width: int = 390, scheme: str = "light"
) -> tuple[Page, list[str]]:
    """A page without scripts, and what the browser complains about."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=False,
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(request.url))
    return page, said


def here(desk: Office, link: str) -> str:
    return link.replace(PUBLIC, desk.co.base_url)


async def fits(page: Page) -> bool:
    """Whether nothing stands beyond the right edge."""
    box = await page.locator("body").bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    edges = [await each.bounding_box() for each in await page.locator("main *:visible").all()]
    return all(e is None or e["x"] + e["width"] <= size["width"] + 1 for e in [box, *edges])


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
async def test_page_and_letter_fit_every_screen_with_their_own_style(
    desk: Office, browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    await desk.co.submit(await desk.co.key("submit"), LONG)
    letter = await desk.letter(MARA)
    page, said = await opened(browser, width, scheme)
    await page.goto(here(desk, links(letter)["look"]))
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"decide-{width}-{scheme}.png", full_page=True)
    assert await fits(page)
    button = await page.get_by_role("button", name="Approve").bounding_box()
    assert button is not None
    assert button["height"] >= 44, "a thumb can hit it: the style is applied"
    file = tmp_path / "letter.html"
    file.write_text(body(letter, "html"))
    await page.goto(file.as_uri())
    await page.screenshot(path=PICTURES / f"letter-{width}-{scheme}.png", full_page=True)
    assert said == []


async def test_somebody_rejects_with_the_keyboard_alone_and_loads_the_answer_again(
    desk: Office, browser: Browser
) -> None:
    request = await desk.co.submit(await desk.co.key("submit"), SMALL)
    page, said = await opened(browser)
    await page.goto(here(desk, links(await desk.letter(MARA))["reject"]))
    reason = page.get_by_label("Why? Everyone concerned will read it.")
    await reason.focus()
    await page.keyboard.type("Too dear")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    told = "You rejected this. Rejected by Mara Miller."
    assert await page.get_by_role("status").inner_text() == told
    assert await page.get_by_role("button").count() == 0
    await page.reload()
    assert await page.get_by_role("status").inner_text() == told
    found = await desk.co.storage.store.snapshot(request["id"])
    assert found is not None
    assert found.state.status == "rejected"
    trail = [read_recorded(each.body) for each in await desk.co.storage.store.links(request["id"])]
    [vote] = [each for each in trail if isinstance(each.event, Voted)]
    assert vote.actor.evidence["surface"] == "decide", "the page behind a letter"
    assert said == []
