"""Takes the README's picture of Teams: the demo's own card, posted by the real adapter.

`python docs/take_pictures.py` needs Chromium; it starts the demo in a folder of its own.
take_slack_pictures.py takes those of Slack.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Locator, async_playwright, expect

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.test_browser import (  # noqa: E402 - the path above makes it importable
    FINANCE,
    MANAGER,
    become,
    demo,
    free_port,
    line_with,
    slack_card,
    teams_card,
)
from tests.playground.page_browser import ARGUMENTS, CHROMIUM  # noqa: E402 - as above

PICTURES = ROOT / "docs" / "pictures"


async def main() -> None:
    """The second card of the three-stage request."""
    with tempfile.TemporaryDirectory() as folder:
        async with demo(Path(folder), free_port()) as process, async_playwright() as playwright:
            address = (await line_with(process, "Open http")).split()[1]
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = await browser.new_page(
                viewport={"width": 1240, "height": 1400},
                device_scale_factor=2,
                timezone_id="Europe/Berlin",
                locale="en-GB",
            )
            await page.goto(address)
            await become(page, MANAGER)
            await slack_card(page).get_by_role("button", name="Approve").click()
            await expect(slack_card(page)).to_contain_text("Waiting for Finance")
            await become(page, FINANCE)
            await take(teams_card(page), "teams-card")
            await browser.close()


async def take(card: Locator, name: str) -> None:
    await expect(card).to_contain_text("Waiting for")
    PICTURES.mkdir(exist_ok=True)
    await card.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    asyncio.run(main())
