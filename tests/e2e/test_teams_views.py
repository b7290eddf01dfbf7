"""A card in a Teams channel, end to end: who is asked gets their own view of it, by the server's
own rules, and who is not asked learns so when they press."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sample import POLICY
from tests.e2e.company import ERP, Company, Json, company, teams_titles
from tests.e2e.looking import event_types, everything_is_delivered, teams_cards

MARA, FINN, IVAN = (f"{name}@example.com" for name in ("mara", "finn", "ivan"))
CHANNEL = "19:approvals@thread.tacv2"


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    policy = tmp_path / "policy.yaml"
    text = POLICY.read_text()
    assert "channel: slack:C0APPROVALS" in text
    policy.write_text(text.replace("channel: slack:C0APPROVALS", f"channel: teams:{CHANNEL}"))
    async with company(tmp_path, policy=policy) as running:
        yield running


async def posted(co: Company, words: str) -> Json:
    """The channel's card with these words."""

    async def look() -> Json | None:
        found = teams_cards(await co.state(), "ERP")
        mine = [cards[-1] for place, cards in found.items() if place.startswith(CHANNEL)]
        return mine[0] if mine and words in json.dumps(mine[0]) else None

    card: Json = await co.until(look)
    return card


def content(card: Json) -> Json:
    found: Json = card["attachments"][0]["content"]
    return found


async def refresh(co: Company, person: str, card: Json) -> Any:
    where = {"conversation": card["conversation"], "activity": card["id"]}
    return await co.teams(person, "refresh", **where)


async def test_who_is_asked_has_their_own_view_and_refreshing_it_changes_nothing(
    co: Company,
) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    await co.teams(FINN, "install")
    await co.slack_click(MARA, await co.slack_card(MARA, "ERP"), "Approve")
    card = await posted(co, "Waiting for Finance")
    finn = next(p for p in (await co.state())["people"] if p["email"] == FINN)
    assert finn["teams_mri"] in content(card)["refresh"]["userIds"]
    assert "Delegate" not in teams_titles(card)
    await co.until(lambda: everything_is_delivered(co))
    before = await co.get(key, asked["id"]), await event_types(co, asked["id"])
    for _ in range(3):
        answer = await refresh(co, FINN, card)
        assert answer["ok"], answer
    mine = answer["body"]["value"]
    shown = json.dumps(mine)
    assert "You are asked as Finance" in shown
    assert {"Approve", "Delegate"} <= set(teams_titles({"attachments": [{"content": mine}]}))
    assert mine["refresh"]["userIds"] == [finn["teams_mri"]]
    assert "You are asked as Finance" not in json.dumps(card)
    assert (await co.get(key, asked["id"]), await event_types(co, asked["id"])) == before


async def test_who_is_not_asked_sees_the_common_card_and_is_told_when_they_press(
    co: Company,
) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    card = await posted(co, "Waiting for Manager")
    assert "refresh" not in content(card), "the manager has no account in Teams"
    answer = await co.teams_click(IVAN, card, "Approve")
    assert "You are not one of the people asked at stage Manager" in json.dumps(answer["body"])
    assert (await co.get(key, asked["id"]))["stages"][0]["votes"] == []


async def test_after_the_decision_nothing_is_asked_for_any_more(co: Company) -> None:
    key = await co.key("submit", "read")
    await co.submit(key, ERP)
    await co.teams(FINN, "install")
    await co.slack_click(MARA, await co.slack_card(MARA, "ERP"), "Approve")
    card = await posted(co, "Waiting for Finance")
    assert (await refresh(co, FINN, card))["ok"]
    rejected = await co.teams_click(FINN, card, "Send rejection", {"reason": "Too dear"})
    assert rejected["ok"], rejected
    over = await posted(co, "Rejected by")
    assert "refresh" not in content(over)
    assert teams_titles(over) == []
