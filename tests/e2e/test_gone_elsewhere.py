"""A request that a revision took to other people: those before see no more of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.company import Time, company
from tests.e2e.looking import buttons, everything_is_delivered, says
from tests.e2e.rulebook import FAYE, MARA, Desk

ROOM = "C0APPROVALS"
POLICY = f"""
version: 1
defaults: {{expires_in: 24h}}
rules:
  - name: chairs
    when: request.action.type == "expense"
    category: review
    channel: slack:{ROOM}
    stages: [{{name: Manager, approvers: ["{MARA}"]}}]
  - name: salaries
    when: request.action.type == "salary"
    category: review
    stages: [{{name: Payroll, approvers: ["{FAYE}"]}}]
fallback: {{category: review, stages: [{{name: Review, approvers: ["group:admins"]}}]}}
last_resort: group:admins
"""
SECRET = "Raise for Bob"
RAISED = {
    "title": SECRET,
    "description": "Bob asked for it",
    "action": {"type": "salary", "params": {"amount": 77123}},
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, at=Time()) as co:
        yield Desk(co, await co.key("submit", "read"))


async def cards_of(desk: Desk, request: str) -> dict[str, Any]:
    """The one card about the request in each conversation."""
    await desk.co.until(lambda: everything_is_delivered(desk.co))
    slack = (await desk.co.state())["slack"]
    return {
        place["id"]: card
        for place in slack["conversations"].values()
        for card in place["messages"]
        if card["metadata"] is not None and says(card, request)
    }


async def test_who_was_asked_before_sees_where_it_stands_and_nothing_of_what_it_became(
    desk: Desk,
) -> None:
    asked = await desk.ask()
    before = await cards_of(desk, asked["id"])
    assert len(before) == 2, "the room and Mara"
    assert all(says(card, "Chairs") for card in before.values())
    await desk.done(desk.agent, asked, "revisions", RAISED)
    await desk.done(FAYE, asked, "comments", {"text": "He will leave otherwise"})
    after = await cards_of(desk, asked["id"])
    for place in before:
        card = after[place]
        for secret in (SECRET, "Bob", "77,123", "77123", "salar", "otherwise"):
            assert not says(card, secret), (place, secret)
        assert says(card, "Waiting for Payroll")
        assert buttons(card) == []
    [fayes] = [card for place, card in after.items() if place not in before]
    assert says(fayes, SECRET)
    await desk.done(FAYE, asked, "decisions", {"decision": "approve", "revision": 2})
    ended = await cards_of(desk, asked["id"])
    assert all(says(ended[place], "Approved by Faye") for place in before)
    assert not any(says(ended[place], SECRET) for place in before)
