"""The Home tab end to end: the real core, storage and server, and a browser that looks at it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from core.events import read_recorded
from tests.e2e.company import ERP, Company, company
from tests.playground.page_browser import ARGUMENTS, CHROMIUM, needs_chromium

Json = dict[str, Any]

PICTURES = Path(__file__).parents[2] / "artifacts"
MARA, EVE = "mara@example.com", "faye@example.com"

POLICY = """
version: 1
defaults: {expires_in: 24h, sla: 60m}
rules:
  - name: office-supplies
    when: request.action.type == "purchase_order" && request.amount <= 10000
    category: review
    confirm: 60
    batch: true
    stages:
      - {name: Manager, approvers: ["manager_of:requester"], sla: 4h}
  - name: large-purchase
    when: request.action.type == "purchase_order"
    category: review
    stages:
      - {name: Manager, approvers: ["manager_of:requester"]}
fallback: {category: review, stages: [{name: Review, approvers: [mara@example.com]}]}
last_resort: group:admins
"""
SMALL = (
    ("Four office chairs", 1200, 10),
    ("Team lunch for the quarter", 640, 5),
    ("Replacement laptop for Alice", 2300, 25),
    ("Emergency generator rental", 9900, 85),
)


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy) as running:
        yield running


async def asked(co: Company) -> tuple[str, dict[str, str]]:
    """A key that reads, and the ids of some requests by title."""
    key = await co.key("submit", "read", "read_all")
    made: dict[str, str] = {}
    for title, amount, risk in SMALL:
        action = {"type": "purchase_order", "params": {"amount": amount, "currency": "EUR"}}
        body = {**ERP, "title": title, "action": action, "risk_score": risk}
        made[title] = (await co.submit(key, body))["id"]
    made["New ERP system"] = (await co.submit(key, ERP))["id"]
    other = {**ERP, "title": "Rename the staging cluster"}
    other["action"] = {"type": "rename", "params": {"from": "old", "to": "new"}}
    made[other["title"]] = (await co.submit(key, other))["id"]
    return key, made


async def tab(co: Company, person: str) -> Json:
    await co.slack(person, "home")
    user = co.people[person]["slack_user"]
    found: Json = (await co.state())["slack"]["homes"][user]
    return found


def boxes(view: Json) -> dict[str, str]:
    """The values of the boxes that can be ticked, by block."""
    return {
        block["block_id"]: element["options"][0]["value"]
        for block in view["blocks"]
        for element in block.get("elements", [])
        if element.get("type") == "checkboxes"
    }


async def test_several_are_approved_in_one_click_each_with_its_own_record(co: Company) -> None:
    key, made = await asked(co)
    view = await tab(co, MARA)
    ticked = boxes(view)
    # The risky one, the large one and the one that no rule names are decided by themselves.
    assert len(ticked) == 3
    state = {block: {"countersign_home_pick": [value]} for block, value in ticked.items()}
    await co.slack(
        MARA, "click", view_id=view["id"], action_id="countersign_home_together", state=state
    )
    user = co.people[MARA]["slack_user"]
    question = (await co.state())["slack"]["modals"][user][-1]
    assert question["submit"]["text"] == "Approve 3"
    done = await co.slack(MARA, "submit", view_id=question["id"])
    assert done["ok"], done
    statuses = {title: (await co.get(key, found))["status"] for title, found in made.items()}
    assert [title for title, status in statuses.items() if status == "approved"] == [
        title for title, _, risk in SMALL if risk < 60
    ]
    for title, _, _ in SMALL[:3]:
        links = await co.storage.store.links(made[title])
        votes = [read_recorded(link.body).actor for link in links if link.type == "voted"]
        assert [(vote.person, vote.evidence["together"]) for vote in votes] == [(MARA, "3")]
    left = (await co.state())["slack"]["homes"][user]
    assert boxes(left) == {}
    assert "3 requests wait for you" in str(left["blocks"][0])


@needs_chromium
async def test_a_browser_selects_two_approves_them_and_sets_out_of_office(co: Company) -> None:
    await asked(co)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1280, "height": 1500})
        await page.goto(co.play.base_url)
        await page.get_by_test_id(f"person-{MARA}").click()
        pane = page.get_by_test_id("slack-pane")
        await pane.get_by_role("tab", name="Home").click()
        home = page.get_by_test_id("slack-home")
        await expect(home).to_contain_text("6 requests wait for you")
        await home.get_by_role("checkbox").nth(0).check()
        await home.get_by_role("checkbox").nth(1).check()
        await picture(page, "home-queue")
        await page.set_viewport_size({"width": 390, "height": 1700})
        await picture(page, "home-phone")
        await page.set_viewport_size({"width": 1280, "height": 1500})
        await home.get_by_role("button", name="Approve selected…").click()
        modal = page.get_by_test_id("modal")
        await expect(modal).to_contain_text("Approve these 2 requests?")
        await picture(page, "home-question")
        await modal.get_by_test_id("modal-submit").click()
        await expect(modal).to_contain_text("Your 2 approvals are recorded.")
        await picture(page, "home-outcome")
        await modal.get_by_role("button", name="Close").last.click()
        await expect(home).to_contain_text("4 requests wait for you")
        await home.get_by_role("button", name="Out of office").click()
        await expect(modal).to_contain_text("Nobody acts for you")
        await picture(page, "home-away")
        await modal.get_by_label("Or their e-mail address").fill(EVE)
        await modal.get_by_test_id("modal-submit").click()
        await expect(modal).to_contain_text("may act for you from")
        await modal.get_by_role("button", name="Close").last.click()
        await expect(home).to_contain_text("You are out of office")
        await home.get_by_role("button", name="Show").first.click()
        await expect(modal).to_contain_text("Request 01")
        await picture(page, "home-card")
        await browser.close()


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
