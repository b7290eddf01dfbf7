"""Takes the pictures of Teams: what the real adapter posts, drawn by Microsoft's own renderer.

`python docs/take_pictures.py` needs `npm install` (adaptivecards) and Chromium. It starts the
sample company of the tests and plays one request through. The frame around a card is ours: the
pictures are look-alikes, not Teams. take_slack_pictures.py takes those of Slack.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.take_slack_pictures import (  # noqa: E402 - the path above makes it importable
    DIRECTOR,
    ERP,
    FINANCE,
    MANAGER,
    PICTURES,
    ZONE,
    morning,
)
from playground.page import page_routes  # noqa: E402 - as above
from tests.e2e.company import Company, company  # noqa: E402 - as above
from tests.playground.page_browser import ARGUMENTS, CHROMIUM  # noqa: E402 - as above

Json = dict[str, Any]

WIDTHS = {"": 560, "-phone": 390}
"""CSS pixels: a card in Teams' chat on a desktop, and a phone."""
ON_THE_PHONE_ONLY = {"teams-reject", "teams-approved"}
LOOK = """<!doctype html><meta charset=utf8>
<link rel=stylesheet href=/static/style.css><link rel=stylesheet href=/static/teams.css>
<style>
  html, body { display: block; height: auto; min-height: 0; background: #f5f5f5; }
  body { padding: 14px; font-family: "Segoe UI", Arial, sans-serif; }
  .who { display: flex; gap: 8px; align-items: center; margin-bottom: 6px; font-size: 13px; }
  .who i { width: 28px; height: 28px; border-radius: 6px; background: #1f6f54; color: #fff;
    font-style: normal; line-height: 28px; text-align: center; }
</style>
<div class=teams><div class=who><i>✓</i><b>Countersign</b></div><div class=card></div></div>
<script src=/static/adaptivecards.min.js></script>
<script type=module>
  import { renderCard } from "/static/mscards.js";
  window.show = (card) => document.querySelector(".card").append(renderCard(card, () => {}));
</script>"""


async def main() -> None:
    """One request, from the card of its second stage to its end, with a form on the way."""
    with tempfile.TemporaryDirectory() as folder:
        async with company(Path(folder), at=morning()) as co:
            shown = await _played(co)

    async def look(_: web.Request) -> web.Response:
        return web.Response(text=LOOK, content_type="text/html")

    page = web.Application()
    page.add_routes([*page_routes(), web.get("/look", look)])
    async with TestServer(page) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, card in shown.items():
            for suffix, width in WIDTHS.items():
                if suffix == "" and name in ON_THE_PHONE_ONLY:
                    continue
                opens = "Reject" if name == "teams-reject" else None
                at = str(server.make_url("/look"))
                await _take(browser, at, card, f"{name}{suffix}", width, opens)
        await browser.close()


async def _played(co: Company) -> dict[str, Json]:
    """The cards that people see, by the picture's name."""
    agent = await co.key("submit", "read", name="purchasing-agent")
    await co.submit(agent, ERP)
    await co.slack_click(MANAGER, await co.slack_card(MANAGER, "Waiting for Manager"), "Approve")
    waiting = await co.teams_card(FINANCE, "Waiting for Finance")
    shown = {"teams-waiting": _card(waiting), "teams-reject": _card(waiting)}
    await co.teams_click(FINANCE, waiting, "Approve")
    await co.teams_click(DIRECTOR, await co.teams_card(DIRECTOR, "Waiting for Director"), "Approve")
    shown["teams-approved"] = _card(await co.teams_card(FINANCE, "Approved by"))
    return shown


def _card(message: Json) -> Json:
    card: Json = message["attachments"][0]["content"]
    return card


async def _take(
    browser: Browser, at: str, card: Json, name: str, width: int, opens: str | None
) -> None:
    page = await browser.new_page(
        viewport={"width": width, "height": 200},
        device_scale_factor=2,
        locale="en-GB",
        timezone_id=str(ZONE),
    )
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(at)
    await page.evaluate(f"show({json.dumps(card)})")
    if opens:
        await page.get_by_role("button", name=opens, exact=True).click()
    assert await page.locator("[data-renderer=microsoft]").count() == 1, "npm install"
    assert not problems, problems
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    await page.close()


if __name__ == "__main__":
    asyncio.run(main())
