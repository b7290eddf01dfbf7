"""`countersign demo` as its user meets it: one command, one address, a browser, clicks.

Screenshots are kept in artifacts/ so that a person can look at what was clicked.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright, expect

from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

PICTURES = Path(__file__).parents[2] / "artifacts"
MANAGER = "mara@example.com"
FINANCE = "finn@example.com"
DIRECTOR = "dana@example.com"
TITLE = "New ERP system"


@asynccontextmanager
async def demo(
    folder: Path, port: int, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The demo running in a folder, ended as by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "bot", "demo", "--port", str(port), *arguments],
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 20)


async def line_with(process: asyncio.subprocess.Process, text: str) -> str:
    """The next line of output that holds this text."""
    assert process.stdout is not None
    seen = []
    while True:
        line = (await asyncio.wait_for(process.stdout.readline(), 40)).decode()
        seen.append(line)
        assert line, "".join(seen)
        if text in line:
            return line


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def become(page: Page, person: str) -> None:
    await page.get_by_test_id(f"person-{person}").click()


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def slack_card(page: Page) -> Locator:
    return page.get_by_test_id("slack-message").filter(has_text=TITLE).last


def teams_card(page: Page) -> Locator:
    return page.get_by_test_id("teams-activity").filter(has_text=TITLE).last


@needs_chromium
async def test_the_demo_walks_three_stages_over_both_platforms(tmp_path: Path) -> None:
    async with demo(tmp_path, free_port()) as process, async_playwright() as playwright:
        address = (await line_with(process, "Open http")).split()[1]
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, headless=True
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(address)

        await become(page, MANAGER)
        await expect(slack_card(page)).to_contain_text("Waiting for Manager")
        await picture(page, "1-manager-in-slack")
        await slack_card(page).get_by_role("button", name="Approve").click()
        await expect(slack_card(page).get_by_role("button", name="Approve")).to_have_count(0)

        await become(page, FINANCE)
        await expect(teams_card(page)).to_contain_text("Waiting for Finance")
        await picture(page, "2-finance-in-teams")
        await teams_card(page).get_by_role("button", name="Approve").click()
        await expect(teams_card(page).get_by_role("button", name="Approve")).to_have_count(0)

        await become(page, DIRECTOR)
        await expect(teams_card(page)).to_contain_text("Waiting for Director")
        await picture(page, "3-director-in-teams")
        await teams_card(page).get_by_role("button", name="Approve").click()
        await expect(teams_card(page)).to_contain_text("Approved by")

        await become(page, MANAGER)
        await expect(slack_card(page)).to_contain_text("Approved by")
        buttons = slack_card(page).get_by_role("button")
        await expect(buttons.filter(has_not_text="Reply in thread")).to_have_count(0)
        await picture(page, "4-approved-everywhere")
        assert "approved by" in await line_with(process, f"{TITLE}: approved")
        await browser.close()


async def test_a_second_demo_goes_on_and_fresh_starts_over(tmp_path: Path) -> None:
    port = free_port()
    async with demo(tmp_path, port) as process:
        first = await line_with(process, TITLE)
    async with demo(tmp_path, port) as process:
        assert await line_with(process, TITLE) == first
    async with demo(tmp_path, port, "--fresh") as process:
        assert await line_with(process, TITLE) != first
