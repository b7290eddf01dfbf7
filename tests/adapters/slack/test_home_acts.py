"""The Home tab in the simulated Slack: several approvals at once, and out of office."""

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.slack import actions, away, desk, home, home_state, home_together
from core.chat.forms import ONE_PERSON, PERSON_NEEDED
from core.chat.home import PAGE
from core.chat.port import Chat
from core.events import read_recorded
from tests.adapters.slack.conftest import EVE, FINN, TEAM, Rig
from tests.adapters.slack.home_office import (
    ALONE,
    EVE_MAIL,
    FINN_MAIL,
    Office,
    boxes,
    listed,
    opened,
    press,
    press_all,
    tab,
    texts,
)
from tests.core import builders
from tests.core.builders import HOUR, NOW

Json = dict[str, Any]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def chat(office: Office) -> Chat:
    return office.chat()


# --- several at once -----------------------------------------------------------------------


async def test_three_of_five_are_approved_each_by_itself(rig: Rig, office: Office) -> None:
    made = office.wait(5)
    view = await opened(rig)
    chosen = boxes(view, made[0], made[2], made[4])
    await press(rig, home.TOGETHER, state=chosen)
    question = rig.modal(FINN)
    assert question is not None
    assert "Approve these 3 requests?" in texts(question)
    done = await rig.act(FINN, "submit", view_id=question["id"])
    assert done["ok"], done
    assert "Your 3 approvals are recorded." in texts(rig.modal(FINN) or {})
    assert office.statuses() == ["approved", "pending", "approved", "pending", "approved"]
    assert listed(tab(rig)) == [made[1], made[3]]
    for request in (made[0], made[2], made[4]):
        records = [read_recorded(link.body) for link in office.desk.store.trail[request]]
        evidence = records[0].actor.evidence
        assert (evidence["together"], evidence["team"]) == ("3", TEAM)
        assert evidence["view"] == question["id"]


async def test_what_changes_while_the_question_stands_does_not_count(
    rig: Rig, office: Office
) -> None:
    made = office.wait(3)
    await press_all(rig, made)
    store = office.desk.store
    revised = replace(store.states[made[1]], revision=2, commitment="f" * 64)
    store.states[made[1]] = revised
    question = rig.modal(FINN)
    assert question is not None
    assert (await rig.act(FINN, "submit", view_id=question["id"]))["ok"]
    said = texts(rig.modal(FINN) or {})
    assert "2 of 3 approved." in said
    assert "This card is out of date" in said
    assert office.statuses() == ["approved", "pending", "approved"]
    assert listed(tab(rig)) == [made[1]]


async def test_what_changed_before_is_left_out_of_the_question(rig: Rig, office: Office) -> None:
    made = office.wait(2)
    chosen = boxes(await opened(rig), *made)
    store = office.desk.store
    store.states[made[0]] = replace(store.states[made[0]], revision=2, commitment="f" * 64)
    await press(rig, home.TOGETHER, state=chosen)
    said = texts(rig.modal(FINN) or {})
    assert "Approve this request?" in said
    assert "1 of your selection has changed or been decided" in said


async def test_what_went_to_another_page_meanwhile_is_approved_all_the_same(
    rig: Rig, office: Office
) -> None:
    made = office.wait(PAGE)
    chosen = boxes(await opened(rig), made[-1])
    office.wait(3, expires_at=NOW + HOUR)
    await press(rig, home.TOGETHER, state=chosen)
    question = rig.modal(FINN)
    assert question is not None
    assert (await rig.act(FINN, "submit", view_id=question["id"]))["ok"]
    assert office.desk.store.states[made[-1]].status.value == "approved"


async def test_a_rule_that_wants_each_by_itself_is_never_in_the_question(
    rig: Rig, office: Office
) -> None:
    [together] = office.wait(1)
    [alone] = office.wait(1, ALONE)
    view = await opened(rig)
    assert listed(view) == [together, alone]
    # Made up: a box for the other one, as no tab of ours has it.
    forged = actions.write_several("", (builders.shown(office.desk.store.states[alone]),))
    body = {
        "type": "view_submission",
        "user": {"id": FINN, "team_id": TEAM},
        "team": {"id": TEAM},
        "view": {
            "type": "modal",
            "id": "V1",
            "callback_id": home_together.FORM,
            "private_metadata": forged,
        },
    }
    status, answer = await rig.send(body)
    assert status == 200
    assert "Policy rule alone wants each request decided by itself" in answer
    assert office.statuses() == ["pending", "pending"]


@pytest.mark.parametrize("metadata", ["", "[2,[]]", actions.write_several("", ())])
async def test_a_question_of_another_version_approves_nothing_and_says_so(
    rig: Rig, office: Office, metadata: str
) -> None:
    office.wait(1)
    body = {
        "type": "view_submission",
        "user": {"id": FINN, "team_id": TEAM},
        "team": {"id": TEAM},
        "view": {
            "type": "modal",
            "id": "V1",
            "callback_id": home_together.FORM,
            "private_metadata": metadata,
        },
    }
    status, answer = await rig.send(body)
    assert status == 200
    assert desk.OLD_FORM in answer
    assert "recorded" not in answer
    assert office.statuses() == ["pending"]


async def test_nothing_ticked_is_said(rig: Rig, office: Office) -> None:
    office.wait(1)
    await opened(rig)
    await press(rig, home.TOGETHER)
    assert "Nothing is selected." in texts(rig.modal(FINN) or {})


async def test_a_tick_alone_is_acknowledged_and_changes_nothing(rig: Rig, office: Office) -> None:
    [request] = office.wait(1)
    view = await opened(rig)
    [[block, inputs]] = boxes(view, request).items()
    after = await press(rig, home_state.PICK, block, value=inputs[home_state.PICK])
    assert after == view


async def test_the_question_sent_twice_is_one_approval_each(rig: Rig, office: Office) -> None:
    made = office.wait(2)
    await press_all(rig, made)
    question = rig.modal(FINN)
    assert question is not None
    body = {
        "type": "view_submission",
        "user": {"id": FINN, "team_id": TEAM},
        "team": {"id": TEAM},
        "view": question,
    }
    first, again = await rig.send(body), await rig.send(body)
    assert first == again
    assert "Your 2 approvals are recorded." in first[1]
    assert [len(office.desk.store.trail[request]) for request in made] == [3, 3]


# --- out of office -------------------------------------------------------------------------


def entered(**fields: object) -> Json:
    return {f"countersign_away_{name}": {"entry": value} for name, value in fields.items()}


async def open_away(rig: Rig) -> Json:
    await opened(rig)
    await press(rig, home.AWAY)
    found = rig.modal(FINN)
    assert found is not None
    return found


async def test_somebody_is_let_act_listed_and_ended(rig: Rig, office: Office) -> None:
    form = await open_away(rig)
    assert "Nobody acts for you, and you act for nobody." in texts(form)
    values = entered(address=EVE_MAIL)
    done = await rig.act(FINN, "submit", view_id=form["id"], values=values)
    assert done["ok"], done
    assert "errors" not in done
    said = rig.modal(FINN) or {}
    assert "Eve Ende may act for you from" in texts(said)
    assert "You are out of office: *Eve Ende* acts for you until you end it" in texts(tab(rig))
    done = await rig.act(FINN, "click", view_id=said["id"], action_id=away.END)
    assert done["ok"], done
    assert "Eve Ende no longer acts for you." in texts(rig.modal(FINN) or {})
    assert "You are out of office" not in texts(tab(rig))


async def test_days_are_those_of_the_reader_and_both_are_included(rig: Rig, office: Office) -> None:
    form = await open_away(rig)
    values = entered(address=EVE_MAIL, first="2027-02-01", last="2027-02-03")
    await rig.act(FINN, "submit", view_id=form["id"], values=values)
    [rule] = office.desk.store.rules.values()
    # 1 February 2027, 00:00 UTC, until 4 February, 00:00 UTC
    assert (rule.starts, rule.ends) == (1_801_440_000_000, 1_801_699_200_000)


@pytest.mark.parametrize(
    ("values", "block", "said"),
    [
        ({}, away.PERSON, PERSON_NEEDED),
        ({"person": EVE, "address": EVE_MAIL}, away.ADDRESS, ONE_PERSON),
        ({"person": EVE}, away.PERSON, f"{EVE} is not in the directory."),
        ({"address": FINN_MAIL}, away.ADDRESS, "You cannot stand in for yourself."),
        (
            {"address": EVE_MAIL, "first": "2027-02-03", "last": "2027-02-01"},
            away.LAST,
            away.ENDS_BEFORE,
        ),
        ({"address": EVE_MAIL, "last": "2020-01-01"}, away.LAST, away.OVER),
    ],
)
async def test_what_cannot_be_is_said_at_its_input(
    rig: Rig, office: Office, values: Json, block: str, said: str
) -> None:
    form = await open_away(rig)
    done = await rig.act(FINN, "submit", view_id=form["id"], values=entered(**values))
    assert done["errors"].keys() == {block}
    assert done["errors"][block].startswith(said)
    assert office.desk.store.rules == {}
