"""Signing in in a real browser, by a link from chat and with the company account, and what can be
decided with which of them."""

from collections.abc import AsyncIterator
from dataclasses import replace as with_fields
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sample import POLICY
from bot.sample.world import APP_ID
from bot.settings import Settings, WebSettings
from bot.web_settings import IdentityProvider
from core.events import Voted, read_recorded
from tests.e2e.axe import too_wide, violations
from tests.e2e.company import SMALL, Company, Json, company, slack_labels
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

PICTURES = Path(__file__).parents[2] / "artifacts"
MARA = "mara@example.com"
ANYTHING = 6_000

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    folder, port = tmp_path_factory.mktemp("signin"), unused_port()
    policy = folder / "policy.yaml"
    rule = "    batch: true\n"
    assert rule in POLICY.read_text()
    policy.write_text(POLICY.read_text().replace(rule, "    decide_in: web\n"))

    def with_pages(given: Settings) -> Settings:
        assert given.slack is not None
        assert given.teams is not None
        place = str(given.slack.api_url).removesuffix("/slack/api/")
        oidc = IdentityProvider(
            issuer=f"{place}/oidc", client_id=APP_ID, client_secret=given.teams.app_password
        )
        url = f"http://127.0.0.1:{port}"
        return with_fields(given, web=WebSettings(public_url=url, oidc=oidc))

    async with company(folder, policy=policy, change=with_pages, port=port) as running:
        yield running
        running.app.waiters.wake_all()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tools:
        found = await tools.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


async def opened(
    browser: Browser, width: int = 1280, scheme: str = "light"
) -> tuple[Page, list[str]]:
    """A page of a new browser, and what that complains about."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(ANYTHING)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


async def link_from_slack(co: Company) -> str:
    answer = await co.slack(MARA, "command", command="/approvals", text="web")
    text: str = answer["body"]["blocks"][0]["text"]["text"]
    return text.removeprefix("*<").partition("|")[0]


async def test_what_is_for_the_web_is_decided_there_with_the_company_account_alone(
    co: Company, browser: Browser
) -> None:
    request = await co.submit(await co.key("submit", "read"), {**SMALL, "title": "A safe"})
    card = await co.slack_card(MARA, "A safe")
    assert not {"Approve", "Reject"} & set(slack_labels(card))
    assert "decided on the web pages" in str(card)
    key = await co.key("decide", person=MARA)
    body: Json = {"decision": "approve", "revision": 1}
    status, told = await co.call("POST", f"/v1/requests/{request['id']}/decisions", key, body)
    assert (status, told["reason"]) == (403, "decide_elsewhere")

    page, said = await opened(browser)
    await page.goto(await link_from_slack(co))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    await page.goto(f"{co.base_url}/inbox/{request['id']}")
    await expect(page.get_by_text("you came by a link")).to_be_visible()
    assert await page.get_by_role("button", name="Approve", exact=True).count() == 0

    await page.get_by_role("link", name="Use your company account").click()
    await page.get_by_role("button", name="Mara Miller").click()
    await page.get_by_role("button", name="Approve", exact=True).first.click()
    await expect(page.locator("p.told")).to_contain_text("You approved")
    found = await co.storage.store.snapshot(request["id"])
    assert found is not None
    assert found.state.status == "approved"
    links = await co.storage.store.links(request["id"])
    events = [read_recorded(link.body) for link in links]
    (vote,) = [each for each in events if isinstance(each.event, Voted)]
    assert (vote.actor.via, vote.actor.evidence["signed_in"]) == ("web", "oidc")
    assert said == []


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark")])
async def test_signing_in_and_out_can_be_used_by_everybody_on_every_screen(
    co: Company, browser: Browser, width: int, scheme: str
) -> None:
    page, said = await opened(browser, width, scheme)
    PICTURES.mkdir(exist_ok=True)

    async def looked_at(name: str) -> None:
        await page.screenshot(path=PICTURES / f"web-{name}-{width}-{scheme}.png", full_page=True)
        assert await violations(page) == []
        assert await too_wide(page) == []

    await page.goto(f"{co.base_url}/account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await looked_at("signin")
    await page.goto(await link_from_slack(co))
    await looked_at("confirm")
    # With the keyboard alone: past the link that skips the navigation, to the one button.
    for key in ("Tab", "Tab", "Enter"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    await page.goto(f"{co.base_url}/account")
    await looked_at("account")
    await page.goto(f"{co.base_url}/inbox/no-such-request")
    await page.goto(f"{co.base_url}/account")
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_role("status")).to_contain_text("You are signed out")
    await page.goto(f"{co.base_url}/account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert [each for each in said if "404" not in each] == []
