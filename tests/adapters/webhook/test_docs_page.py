"""The docs page as its reader meets it: in a browser, and call by call."""

import asyncio
import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Page, Request, expect

from adapters.webhook import docs_operation
from adapters.webhook.docs_words import json_code, text, written
from adapters.webhook.schema_acts import RedeemBody
from adapters.webhook.strict_json import parse
from adapters.webhook.validate import body_of
from tests.adapters.webhook.conftest import Api
from tests.playground.page_browser import chromium, needs_chromium

PICTURES = Path(__file__).parents[3] / "artifacts"


async def picture(page: Page, name: str) -> None:
    await asyncio.to_thread(PICTURES.mkdir, exist_ok=True)
    await page.screenshot(path=PICTURES / f"docs-{name}.png", animations="disabled")


@needs_chromium
async def test_it_is_read_filtered_and_copied_and_asks_for_nothing_elsewhere(api: Api) -> None:
    asked: list[str] = []
    said: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("request", note)
        page.on("console", lambda line: said.append(line.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(f"{api.url}/docs")
        await picture(page, "wide")
        await filtered_with_the_keyboard(page)
        await copied(page, api.url)
        await page.emulate_media(color_scheme="dark")
        await picture(page, "dark")
        await page.set_viewport_size({"width": 390, "height": 844})
        await picture(page, "phone")
        # Long words are broken, and code scrolls by itself: the page never does sideways.
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
    assert [
        u for u in asked if urlsplit(u)._replace(fragment="").geturl() != f"{api.url}/docs"
    ] == []
    assert said == [], "and the browser has nothing to complain about"


async def filtered_with_the_keyboard(page: Page) -> None:
    listed = page.locator("nav li[data-words]:visible")
    everything = await listed.count()
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("/")
    await page.keyboard.type("redeem")
    await expect(listed).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("#redeemToken$"))
    await expect(page.locator("#redeemToken h3")).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(listed).to_have_count(everything)


async def copied(page: Page, url: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.locator("#start .copy").first.click()
    await expect(page.locator("#start .copy").first).to_have_text("Copied")
    found = await page.evaluate("navigator.clipboard.readText()")
    assert found.startswith(f"URL={url}\n"), "the address is this server's own"


# --- calls --------------------------------------------------------------------------------


def described(**fields: Any) -> dict[str, Any]:
    good = {"description": "", "content": {}}
    return {"operationId": "x", "security": [{}], "responses": {"200": good}, **fields}


async def test_every_call_that_can_be_copied_sends_what_the_example_says(api: Api) -> None:
    """As a shell would take them apart: text within single quotes is sent as it is."""
    page = (await api.get("/docs", key=None)).text
    document = (await api.get("/openapi.json", key=None)).json
    section = page.partition('<section class="route" id="submitRequest">')[2]
    call = section.partition('<pre tabindex="0"><code>')[2].partition("</code>")[0]
    body = document["paths"]["/v1/requests"]["post"]["requestBody"]["content"]["application/json"]
    first = next(iter(body["examples"].values()))["value"]
    assert json.loads(call.partition("-d '")[2].rpartition("'")[0]) == first
    assert call.startswith('curl "$URL/v1/requests" \\\n')
    assert "Idempotency-Key: po-4711" in call


async def test_the_first_calls_are_ones_that_the_server_takes(api: Api) -> None:
    page = (await api.get("/docs", key=None)).text
    start = unescape(page.partition('id="start"')[2].partition("</section>")[0])
    asking, using = re.findall(r"-d '(\{.*?\})'</code>", start, re.DOTALL)
    assert (await api.send(asking.encode())).status == 201
    assert body_of(parse(using.replace("'\"$TOKEN\"'", "e30").encode()), RedeemBody)


def test_what_stands_in_a_call_cannot_leave_its_quotes_nor_the_page() -> None:
    hostile = "</code><script>alert(1)</script>'; rm -rf / #"
    example = {"summary": hostile, "value": {"title": hostile}}
    form = {"schema": {"$ref": "#/components/schemas/X"}, "examples": {"x": example}}
    body = {"required": True, "content": {"application/json": form}}
    shown = docs_operation.section(
        "post",
        "/v1/x",
        described(summary=hostile, requestBody=body),
        {"X": {"type": "object", "properties": {}}},
        frozenset(),
    )
    assert "<script" not in shown
    assert "'\"'\"'; rm -rf" in shown


def test_json_is_laid_out_as_people_write_it() -> None:
    value = {"a": ["x", 'y "z"', 1], "b": [{"c": []}], "long": ["w" * 50, "v" * 50]}
    assert json.loads(written(value)) == value
    assert '"a": ["x", "y \\"z\\"", 1]' in written(value)
    assert written(value).count("\n") == 11
    assert '  <i>"a"</i>: ["x",' in json_code(value)
    assert "<b>" not in json_code({"<b>": "<b>"})
    assert text("say `a < b` & c") == "say <code>a &lt; b</code> &amp; c"
