"""The Home tab in the simulated Slack: looking at it, and deciding one request from it."""

from typing import Any

import pytest

from adapters.slack import desk, home
from core.chat import home_turns
from core.chat.home import PAGE
from core.chat.port import Chat
from tests.adapters.slack.conftest import EVE, FINN, TEAM, Rig
from tests.adapters.slack.home_office import (
    ALONE,
    FINN_MAIL,
    Office,
    listed,
    opened,
    press,
    tab,
    texts,
)
from tests.core import builders
from tests.core.builders import DAY, NOW, a_route, stage

Json = dict[str, Any]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def chat(office: Office) -> Chat:
    return office.chat()


# --- looking -------------------------------------------------------------------------------


async def test_whoever_opens_the_app_finds_their_queue(rig: Rig, office: Office) -> None:
    made = office.wait(2)
    view = await opened(rig)
    assert listed(view) == made
    assert "2 requests wait for you" in texts(view)
    assert office.desk.revived == [("slack", FINN_MAIL)]


async def test_an_event_that_comes_twice_shows_the_same(rig: Rig, office: Office) -> None:
    office.wait(1)
    first = await opened(rig)
    again = await opened(rig)
    assert (first["id"], first["blocks"]) == (again["id"], again["blocks"])


async def test_the_messages_tab_publishes_nothing_and_still_revives(
    rig: Rig, office: Office
) -> None:
    event = {"type": "app_home_opened", "user": FINN, "tab": "messages", "channel": "D1"}
    assert (await rig.act(FINN, "event", event=event))["ok"]
    assert rig.calls("views.publish") == []
    assert office.desk.revived == [("slack", FINN_MAIL)]


async def test_a_stranger_is_told_that_nobody_knows_them(rig: Rig, office: Office) -> None:
    office.wait(1)
    view = await opened(rig, EVE)
    assert "This Slack account is not linked to anyone in the directory" in texts(view)
    assert listed(view) == []


async def test_pages_go_forward_and_back(rig: Rig, office: Office) -> None:
    made = office.wait(2 * PAGE + 1)
    assert listed(await opened(rig)) == made[:PAGE]
    assert listed(await press(rig, home.NEXT)) == made[PAGE : 2 * PAGE]
    assert listed(await press(rig, home.NEXT)) == made[2 * PAGE :]
    assert "Page 3 · 31 in all" in texts(tab(rig))
    assert listed(await press(rig, home.BACK)) == made[PAGE : 2 * PAGE]
    assert listed(await press(rig, home.BACK)) == made[:PAGE]


async def test_a_page_that_is_empty_by_now_gives_way_to_the_first(rig: Rig, office: Office) -> None:
    made = office.wait(PAGE + 1)
    await opened(rig)
    await press(rig, home.NEXT)
    del office.desk.store.states[made[-1]]
    assert listed(await press(rig, home.REFRESH)) == made[:PAGE]


async def test_the_filter_holds_until_it_is_changed(rig: Rig, office: Office) -> None:
    office.wait(2)
    alone = office.wait(1, ALONE, expires_at=NOW + 30 * DAY)
    await opened(rig)
    assert listed(await press(rig, home.ONLY, value="rule:alone")) == alone
    assert listed(await press(rig, home.REFRESH)) == alone
    assert listed(await opened(rig)) == alone
    assert listed(await press(rig, home.ONLY, value=home_turns.DUE)) == []
    assert len(listed(await press(rig, home.ONLY, value=home_turns.EVERYTHING))) == 3


async def test_own_requests_have_a_page_of_their_own(rig: Rig, office: Office) -> None:
    own = office.wait(2, requester=FINN_MAIL, route=a_route(stage(1, "Board", builders.MARA)))
    view = await opened(rig)
    assert "Nothing waits for you" in texts(view)
    assert "Your newest requests" in texts(view)
    view = await press(rig, home.OWN)
    ids = [b["block_id"] for b in view["blocks"] if "_own_" in b["block_id"]]
    assert ids == [f"countersign_own_{request}" for request in reversed(own)]
    assert "Nothing waits for you" in texts(await press(rig, home.QUEUE))


async def test_turning_pages_never_overwrites_something_newer(rig: Rig, office: Office) -> None:
    office.wait(2 * PAGE)
    stale = await opened(rig)
    await press(rig, home.ONLY, value=home_turns.DUE)
    newer = tab(rig)
    # A press on the tab as it was before: the view in it, and so the hash, is the older one.
    body = {
        "type": "block_actions",
        "user": {"id": FINN, "team_id": TEAM},
        "team": {"id": TEAM},
        "view": stale,
        "actions": [{"type": "button", "action_id": home.NEXT, "block_id": "b", "value": "1.R"}],
    }
    assert (await rig.send(body))[0] == 200
    assert tab(rig) == newer


async def test_slack_being_down_harms_nothing(rig: Rig, office: Office) -> None:
    office.wait(1)
    rig.fault("views.publish", do="500")
    assert (await rig.act(FINN, "home"))["ok"]
    assert rig.state["homes"] == {}


async def test_a_page_that_slack_does_not_take_is_said(rig: Rig, office: Office) -> None:
    office.wait(PAGE + 1)
    before = await opened(rig)
    rig.fault("views.publish", do="429", retry_after=30)
    assert await press(rig, home.NEXT) == before
    [said] = rig.messages(FINN)
    assert desk.NOT_TURNED in said["text"]


# --- a card --------------------------------------------------------------------------------


async def test_a_card_opens_decides_and_stays_in_one_modal(rig: Rig, office: Office) -> None:
    [request] = office.wait(1)
    await opened(rig)
    await press(rig, home.SHOW)
    modal = rig.modal(FINN)
    assert modal is not None
    assert "New ERP system" in texts(modal)
    done = await rig.act(FINN, "click", view_id=modal["id"], action_id="countersign_approve")
    assert done["ok"]
    after = rig.modal(FINN)
    assert after is not None
    assert after["id"] == modal["id"]
    assert "You approved this. Approved by Finn Fischer." in texts(after)
    assert office.desk.store.states[request].status.value == "approved"
    assert listed(tab(rig)) == []


async def test_a_form_above_the_card_leads_back_to_the_same_page(rig: Rig, office: Office) -> None:
    made = office.wait(PAGE + 2)
    await opened(rig)
    await press(rig, home.NEXT)
    await press(rig, home.SHOW, f"countersign_home_pick_{made[PAGE]}")
    card = rig.modal(FINN)
    assert card is not None
    await rig.act(FINN, "click", view_id=card["id"], action_id="countersign_reject")
    form = rig.modal(FINN)
    assert form is not None
    assert len(rig.state["modals"][FINN]) == 2
    reason = {"type": "plain_text_input", "value": "Too dear"}
    values = {"countersign_field_0": {"reason": reason}}
    done = await rig.act(FINN, "submit", view_id=form["id"], values=values)
    assert done["ok"], done
    assert office.desk.store.states[made[PAGE]].status.value == "rejected"
    assert FINN not in rig.state["modals"]
    assert listed(tab(rig)) == made[PAGE + 1 :]


async def test_a_card_that_may_not_be_seen_any_more_says_so(rig: Rig, office: Office) -> None:
    office.wait(1)
    await opened(rig)
    office.desk.store.states.clear()
    await press(rig, home.SHOW)
    modal = rig.modal(FINN)
    assert modal is not None
    assert "There is no request" in texts(modal)


async def test_whoever_asked_withdraws_the_request_from_its_card(rig: Rig, office: Office) -> None:
    board = a_route(stage(1, "Board", builders.MARA))
    [request] = office.wait(1, requester=FINN_MAIL, route=board)
    await opened(rig)
    await press(rig, home.OWN)
    await press(rig, home.SHOW)
    card = rig.modal(FINN)
    assert card is not None
    [menu] = [e for b in card["blocks"] for e in b.get("elements", []) if e["type"] == "overflow"]
    options = {o["text"]["text"]: o["value"] for o in menu["options"]}
    assert "Nudge" in options
    where = {"view_id": card["id"], "action_id": "countersign_menu"}
    done = await rig.act(FINN, "select", **where, value=options["Withdraw the request"])
    assert done["ok"], done
    form = rig.modal(FINN)
    assert form is not None
    assert (await rig.act(FINN, "submit", view_id=form["id"]))["ok"]
    assert office.desk.store.states[request].status.value == "cancelled"
    assert "Withdrawn by Finn Fischer" in texts(tab(rig))
