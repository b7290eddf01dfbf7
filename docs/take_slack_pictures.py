"""Takes the pictures of Slack: what the real adapter posts, drawn by slack-blocks-to-jsx.

`python docs/take_slack_pictures.py` needs `npm install`, Node and Chromium. It starts the sample
company of the tests and plays one request through. The pictures are look-alikes, not Slack.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot import clock  # noqa: E402 - the path above makes it importable
from tests.e2e.company import Company, company  # noqa: E402 - as above
from tests.playground.page_browser import ARGUMENTS, CHROMIUM  # noqa: E402 - as above

Json = dict[str, Any]

HERE = ROOT / "docs"
PACKAGES = ROOT / "node_modules"
PICTURES = HERE / "pictures"
WIDTHS = {"": 620, "-phone": 390}
"""CSS pixels: Slack's column beside its side bar, and a phone."""
ON_THE_PHONE_ONLY = {"slack-reject", "slack-approved"}

MANAGER, FINANCE, DIRECTOR = "mara@example.com", "finn@example.com", "dana@example.com"
TITLE = "New ERP system"
WITHOUT_HINTS = """
() => document.querySelectorAll("p").forEach((hint) => {
    if (hint.textContent.startsWith("↵ Please")) hint.parentElement.remove();
})
"""
"""The renderer writes a hint below every input that Slack does not show."""
ZONE = ZoneInfo("Europe/Berlin")
ERP: Json = {
    "title": TITLE,
    "description": "Replaces the three systems that Finance reconciles by hand each month. "
    "The offer ends on 30 November.",
    "requester": "alice@example.com",
    "currency": "EUR",
    "risk_score": 78,
    "action": {
        "type": "purchase_order",
        "params": {"purpose": TITLE, "amount": 120000, "vendor": "Nordwind Software"},
    },
    "context": {
        "reasoning": "The cheapest of three offers that cover payroll.",
        "confidence": 0.86,
    },
}

SMALL = {"Two office chairs": 840, "Train tickets to Munich": 189, "Standing desks": 2400}


def morning() -> Callable[[], int]:
    """A clock that began on a Monday at half past nine."""
    began = int(datetime(2026, 11, 23, 9, 30, tzinfo=ZONE).timestamp() * 1000)
    real = clock.now()
    return lambda: began + clock.now() - real


async def main() -> None:
    """One request, from its first card to its end, with a form and the Home tab on the way."""
    with tempfile.TemporaryDirectory() as folder:
        async with company(Path(folder), at=morning()) as co:
            shown = await _played(co)
    script = _bundled()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, what in shown.items():
            for suffix, width in WIDTHS.items():
                if suffix == "" and name in ON_THE_PHONE_ONLY:
                    continue
                await _take(browser, _page(script, what), f"{name}{suffix}", width)
        await browser.close()


async def _played(co: Company) -> dict[str, Json]:
    """What people see, by the picture's name."""
    agent = await co.key("submit", "read", name="purchasing-agent")
    await co.submit(agent, ERP)
    waiting = await co.slack_card(MANAGER, "Waiting for Manager")
    shown = {"slack-waiting": _message(waiting)}
    await co.slack_click(MANAGER, waiting, "Reject")
    user = co.people[MANAGER]["slack_user"]
    shown["slack-reject"] = _view((await co.state())["slack"]["modals"][user][-1], "modal")
    for small, amount in SMALL.items():
        params = {"purpose": small, "amount": amount}
        action = {"type": "purchase_order", "params": params}
        await co.submit(agent, {**ERP, "title": small, "risk_score": 10, "action": action})
        await co.slack_card(MANAGER, small)
    await co.slack(MANAGER, "home")

    async def home() -> Json | None:
        found: Json | None = (await co.state())["slack"]["homes"].get(user)
        return found

    shown["slack-home"] = _view(await co.until(home), "home")
    await co.slack_click(MANAGER, await co.slack_card(MANAGER, TITLE), "Approve")
    for person, stage in ((FINANCE, "Waiting for Finance"), (DIRECTOR, "Waiting for Director")):
        await co.teams_click(person, await co.teams_card(person, stage), "Approve")
    shown["slack-approved"] = _message(await co.slack_card(MANAGER, "Approved by"))
    return shown


def _message(card: Json) -> Json:
    return {"kind": "message", "blocks": card["blocks"]}


def _view(view: Json, kind: str) -> Json:
    texts = {name: (view.get(name) or {}).get("text") for name in ("title", "submit", "close")}
    return {"kind": kind, "blocks": view["blocks"], **texts}


def _bundled() -> str:
    """The page's script; esbuild is among the packages."""
    done = subprocess.run(  # noqa: S603 - our own command, and no text from outside
        [
            str(PACKAGES / ".bin" / "esbuild"),
            str(HERE / "slack_look.jsx"),
            *["--bundle", "--format=iife", "--jsx=automatic", "--log-level=warning"],
            '--define:process.env.NODE_ENV="production"',
        ],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.stdout.replace("</script", "<\\/script")


def _page(script: str, what: Mapping[str, Any]) -> str:
    styles = (PACKAGES / "slack-blocks-to-jsx" / "dist" / "style.css", HERE / "slack_look.css")
    style = "".join(path.read_text() for path in styles)
    data = json.dumps(_drawable(what)).replace("</", "<\\/")
    return (
        f"<!doctype html><meta charset=utf8><style>{style}</style><div id=root></div>"
        f"<script>window.shown = {data};</script><script>{script}</script>"
    )


def _drawable(value: Any) -> Any:
    """What the renderer cannot draw, as Slack would: dates, and times beside its emoji parser."""
    if isinstance(value, list):
        return [_drawable(item) for item in value]
    if isinstance(value, dict):
        if "initial_option" in value:  # which it does not show
            value = {**value, "placeholder": value["initial_option"]["text"]}
        # It shows the marks of what is verbatim, where Slack only makes no links of names.
        return {name: _drawable(item) for name, item in value.items() if name != "verbatim"}
    if not isinstance(value, str):
        return value
    dated = re.sub(r"<!date\^(\d+)\^[^|>]*\|[^>]*>", lambda m: _date(int(m[1])), value)
    # It reads 14:00-15: as an emoji; a hidden character between them keeps it from doing so.
    return re.sub(r"(?<=\d):(?=\d)", ":\u200b", dated)


def _date(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, ZONE):%-d %b at %H:%M}"


async def _take(browser: Browser, html: str, name: str, width: int) -> None:
    page = await browser.new_page(
        viewport={"width": width, "height": 200}, device_scale_factor=2, locale="en-GB"
    )
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.set_content(html)
    await page.wait_for_timeout(300)
    await page.evaluate(WITHOUT_HINTS)
    assert not problems, problems
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    await page.close()


if __name__ == "__main__":
    asyncio.run(main())
