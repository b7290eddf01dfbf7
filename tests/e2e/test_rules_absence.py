"""Out of office over the real product: open items move to who stands in, and come back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock
from tests.e2e.company import Json, Time, company
from tests.e2e.looking import buttons, ephemerals, event_types, says, trail_holds
from tests.e2e.rulebook import ADA, DEV, FINN, MARA, Desk, body_of

IVAN = "ivan@example.com"
POLICY = """\
version: 1
defaults: {expires_in: 30d, sla: 20d}
rules:
  - name: expense
    when: request.action.type == "expense"
    category: review
    stages: [{name: Manager, approvers: [mara@example.com]}]
  - name: contract
    when: request.action.type == "contract"
    category: review
    stages: [{name: Manager, approvers: [mara@example.com]}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
PATH = "/v1/delegations"
HOUR = 3_600_000
FOR_MARA = "You are asked for Mara Miller as Manager"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, at=time) as co:
        yield Desk(co, await co.key("submit", "read"))


def after(time: Time, hours: float) -> str:
    """A moment of the server's clock, as the API takes it."""
    moment = datetime.fromtimestamp((time() + hours * HOUR) / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def away(desk: Desk, who: str, body: Json) -> tuple[int, Json]:
    return await desk.co.call("POST", PATH, await desk.key_of(who), body)


async def pass_by(desk: Desk, time: Time, hours: float) -> None:
    """So many hours later, noticed by the scheduler alone."""
    time.ahead += int(hours * HOUR)
    await desk.co.app.scheduler.turn()
    await desk.co.app.scheduler.sweep()
    desk.co.app.relay.changed([])


async def shows(desk: Desk, person: str, title: str, *, offers: bool, text: str = "") -> Json:
    """The person's card, as soon as it says this and has (or has no) Approve button."""

    async def look() -> Json | None:
        get = desk.co.slack_card if person in (MARA, DEV, ADA) else desk.co.teams_card
        card = await get(person, title)
        fits = ("Approve" in buttons(card)) is offers and says(card, text)
        return card if fits else None

    card: Json = await desk.co.until(look)
    return card


async def test_who_stands_in_decides_for_the_absent_and_both_cards_agree(desk: Desk) -> None:
    asked = await desk.ask(title="Oak desks")
    await shows(desk, MARA, "Oak desks", offers=True)
    status, made = await away(desk, MARA, {"to": FINN})
    assert (status, made["active"]) == (201, True)
    card = await shows(desk, FINN, "Oak desks", offers=True, text=FOR_MARA)
    # The absent person keeps their authority, and reads who may use it meanwhile.
    await shows(desk, MARA, "Oak desks", offers=True, text="Finn Fischer may act for you")
    await desk.co.teams_click(FINN, card, "Approve")
    done = await desk.see(asked)
    assert (done["status"], done["decision"]["by"]) == ("approved", [FINN])
    (vote,) = done["stages"][0]["votes"]
    assert (vote["person"], vote["on_behalf_of"], vote["via"]) == (FINN, MARA, "teams")
    for person in (MARA, FINN):
        card = await shows(desk, person, "Oak desks", offers=False, text="Approved by Finn")
        assert buttons(card) == []
    assert await trail_holds(desk.co, asked["id"])


async def test_the_absent_decides_first_and_who_stands_in_is_told_so(desk: Desk) -> None:
    asked = await desk.ask(title="Oak desks")
    await away(desk, MARA, {"to": FINN})
    old = await shows(desk, FINN, "Oak desks", offers=True, text=FOR_MARA)
    await desk.co.slack_click(MARA, await shows(desk, MARA, "Oak desks", offers=True), "Approve")
    late = await desk.co.teams_click(FINN, old, "Approve")
    assert "Mara Miller" in json.dumps(late["body"]), late
    done = await desk.see(asked)
    votes = [(v["person"], v["on_behalf_of"]) for v in done["stages"][0]["votes"]]
    assert votes == [(MARA, None)]
    await shows(desk, FINN, "Oak desks", offers=False, text="Approved by Mara Miller")


async def test_set_in_slack_until_a_day_and_given_back_when_it_is_over(
    desk: Desk, time: Time
) -> None:
    asked = await desk.ask(title="Oak desks")
    await shows(desk, MARA, "Oak desks", offers=True)
    last = datetime.fromtimestamp(clock.now() / 1000, UTC).date() + timedelta(days=1)
    text = f"ooo {FINN} until {last}"
    told = await desk.co.slack(MARA, "command", command="/approvals", text=text)
    assert "Finn Fischer may act for you" in json.dumps(told["body"]), told
    old = await shows(desk, FINN, "Oak desks", offers=True, text=FOR_MARA)
    await pass_by(desk, time, 3 * 24)
    card = await shows(desk, FINN, "Oak desks", offers=False)
    assert not says(card, FOR_MARA)
    refused = await desk.co.teams_click(FINN, old, "Approve")
    assert (await desk.see(asked))["status"] == "pending", refused
    back = await shows(desk, MARA, "Oak desks", offers=True)
    assert not says(back, "may act for you")
    await desk.co.slack_click(MARA, back, "Approve")
    assert (await desk.see(asked))["decision"]["by"] == [MARA]
    listed = await desk.co.slack(MARA, "command", command="/approvals", text="ooo list")
    assert "Nobody acts for you" in json.dumps(listed["body"])


async def test_a_click_after_the_end_is_refused_though_no_sweep_noticed_it(
    desk: Desk, time: Time
) -> None:
    asked = await desk.ask(title="Oak desks")
    await away(desk, MARA, {"to": FINN, "until": after(time, 2)})
    card = await shows(desk, FINN, "Oak desks", offers=True, text=FOR_MARA)
    await desk.co.app.scheduler.stop()
    time.ahead += 3 * HOUR
    answer = await desk.co.teams_click(FINN, card, "Approve")
    assert "not one of the people asked" in json.dumps(answer["body"]), answer
    seen = await desk.see(asked)
    assert (seen["status"], seen["stages"][0]["votes"]) == ("pending", [])
    types = await event_types(desk.co, asked["id"])
    assert types["delegation_ended"] == 1


async def test_a_future_start_begins_on_time(desk: Desk, time: Time) -> None:
    asked = await desk.ask(title="Oak desks")
    body = {"to": FINN, "starts": after(time, 2), "until": after(time, 48)}
    status, made = await away(desk, MARA, body)
    assert (status, made["active"]) == (201, False)
    assert await desk.refused(FINN, asked, "decisions", {"decision": "approve"}) == (
        404,
        "unknown_request",
    )
    await pass_by(desk, time, 1.9)
    assert (await desk.see(asked))["delegations"] == []
    await pass_by(desk, time, 0.2)
    await shows(desk, FINN, "Oak desks", offers=True, text=FOR_MARA)
    _, listed = await desk.co.call("GET", PATH, await desk.key_of(MARA))
    assert [(i["id"], i["active"]) for i in listed["items"]] == [(made["id"], True)]
    # What is asked meanwhile goes to both as well, and the time is over for all at once.
    await desk.ask(title="Pine desks")
    await shows(desk, FINN, "Pine desks", offers=True, text=FOR_MARA)
    await pass_by(desk, time, 48)
    for title in ("Oak desks", "Pine desks"):
        await shows(desk, FINN, title, offers=False)


async def test_a_cap_and_a_category_leave_the_rest_where_it_is(desk: Desk) -> None:
    cheap, dear = await desk.ask(title="Cheap"), await desk.ask(title="Dear", action=priced(5000))
    other = await desk.ask("contract", title="Contract")
    limits = {"to": FINN, "categories": ["expense"], "amount_cap": "1000"}
    assert (await away(desk, MARA, limits))[0] == 201
    await shows(desk, FINN, "Cheap", offers=True, text=FOR_MARA)
    for request in (dear, other):
        assert (await desk.see(request))["delegations"] == []
        vote = {"decision": "approve"}
        assert (await desk.refused(FINN, request, "decisions", vote))[1] == "unknown_request"
    # A revision that passes the cap gives it back.
    raised = {"action": {"params": {"amount": 1001, "vendor": "ACME", "items": 3}}}
    await desk.done(desk.agent, cheap, "revisions", raised)
    await shows(desk, FINN, "Cheap", offers=False)
    assert [d["ended"] for d in (await desk.see(cheap))["delegations"]] == [True]
    refused = await desk.refused(FINN, cheap, "decisions", {"decision": "approve", "revision": 2})
    assert refused == (403, "not_an_approver")
    await shows(desk, MARA, "Cheap", offers=True)


async def test_taken_back_early_it_ends_at_once_and_a_circle_is_refused_with_a_sentence(
    desk: Desk,
) -> None:
    asked = await desk.ask(title="Oak desks")
    _, made = await away(desk, MARA, {"to": FINN})
    await shows(desk, FINN, "Oak desks", offers=True, text=FOR_MARA)
    status, refused = await away(desk, FINN, {"to": MARA})
    assert (status, refused["reason"]) == (409, "delegation_cycle")
    assert "that would be a circle. Choose somebody else." in refused["detail"]
    await away(desk, FINN, {"to": DEV})
    told = await desk.co.slack(DEV, "command", command="/approvals", text=f"ooo {MARA}")
    assert "that would be a circle. Choose somebody else." in json.dumps(told["body"]), told
    text = f"ooo end {made['id']}"
    ended = await desk.co.slack(MARA, "command", command="/approvals", text=text)
    assert "no longer acts for you" in json.dumps(ended["body"]), ended
    await shows(desk, FINN, "Oak desks", offers=False)
    found = (await desk.see(asked))["delegations"]
    assert [d["ended"] for d in found if d["from"] == MARA] == [True]
    # Nor does anybody to whom it was handed on further have a say.
    for person in (FINN, DEV):
        refused_act = await desk.refused(person, asked, "decisions", {"decision": "approve"})
        assert refused_act == (403, "not_an_approver")
    user = desk.co.people[MARA]["slack_user"]
    assert ephemerals(await desk.co.state(), user), "the answer was for her alone"


async def test_it_reaches_over_three_people_with_one_vote_and_no_further(desk: Desk) -> None:
    asked = await desk.ask(title="Oak desks")
    for giver, taker in ((MARA, FINN), (FINN, DEV), (DEV, ADA), (ADA, IVAN)):
        assert (await away(desk, giver, {"to": taker}))[0] == 201
    # Ivan acts for Ada in what she is asked herself, not in what was handed on to her.
    refused = await desk.refused(IVAN, asked, "decisions", {"decision": "approve"})
    assert refused == (403, "not_an_approver")
    card = await shows(desk, ADA, "Oak desks", offers=True, text=FOR_MARA)
    await desk.co.slack_click(ADA, card, "Approve")
    done = await desk.see(asked)
    (vote,) = done["stages"][0]["votes"]
    assert (vote["person"], vote["on_behalf_of"]) == (ADA, MARA)
    for person in (MARA, FINN, DEV):
        await shows(desk, person, "Oak desks", offers=False, text="Approved by Ada Admin")


async def test_whoever_asked_does_not_decide_for_the_absent(desk: Desk) -> None:
    asked = await desk.ask(title="Oak desks", requester=FINN)
    await away(desk, MARA, {"to": FINN})
    status, refused = await desk.act(FINN, asked, "decisions", {"decision": "approve"})
    assert (status, refused["reason"]) == (403, "self_approval")
    assert (await desk.see(asked))["status"] == "pending"


def priced(amount: int) -> Json:
    action: Json = body_of()["action"]
    return action | {"params": action["params"] | {"amount": amount}}
