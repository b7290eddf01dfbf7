"""What tells each thing that people do in Slack from all others, however often it is delivered."""

import time
from typing import Any

import pytest

from adapters.slack import actions, away, home, home_together, pressing
from core.chat.port import Answer, Chat
from core.refusals import Reason
from tests.adapters.slack.conftest import FINN, TEAM, Recording, Rig
from tests.adapters.slack.home_office import EVE_MAIL, opened
from tests.adapters.slack.home_office import press as press_home
from tests.adapters.slack.homes import bound
from tests.adapters.slack.pressing import posted, press, reason
from tests.ports import EmptyHome, a_chat

Json = dict[str, Any]


@pytest.fixture
def home_port() -> EmptyHome:
    return EmptyHome()


@pytest.fixture
def chat(conversations: Recording, home_port: EmptyHome) -> Chat:
    return a_chat(conversations, home=home_port)


def twice(rig: Rig) -> None:
    """From now on Slack delivers everything two times."""
    rig.slack.place.faults.replace_all({"to_bot": {"twice": True}})


def sent(view: Json) -> Json:
    """A form of Finn's."""
    user = {"id": FINN, "team_id": TEAM}
    return {"type": "view_submission", "user": user, "team": {"id": TEAM}, "view": view}


def onces(rig: Rig) -> list[str]:
    return [click.once for click in rig.conversations.clicks]


async def test_a_press_is_one_however_often_it_is_delivered_and_the_next_another(rig: Rig) -> None:
    moment = time.time()
    rig.slack.place.now = lambda: moment
    where = await posted(rig)
    place = {"channel": where["channel"], "ts": where["ts"]}
    twice(rig)
    for _ in range(2):
        await rig.act(FINN, "click", **place, action_id="countersign_approve")
    first, again, other, last = onces(rig)
    assert first == again != ""
    assert other == last not in ("", first), "pressed at the same moment of a simulated day"


def test_a_press_without_a_moment_is_told_from_no_other() -> None:
    body: Json = {"user": {"id": FINN}, "team": {"id": "T1"}, "channel": {"id": "D1"}}
    assert pressing.press(body, {"action_id": "countersign_approve"}).once == ""


async def test_a_form_is_one_until_it_is_shown_anew(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(text="Why?", refused=Reason.TEXT_TOO_LONG)
    await press(rig, "reject")
    form = rig.modal(FINN)
    assert form is not None
    twice(rig)
    for words in ("Too long", "Short"):
        await rig.act(FINN, "submit", view_id=form["id"], values=reason(words))
    assert len(onces(rig)) == 4
    assert len({*onces(rig)}) == 1, "what was refused had no effect, and is sent again as it is"
    await press(rig, "reject")
    other = rig.modal(FINN)
    assert other is not None
    await rig.act(FINN, "submit", view_id=other["id"], values=reason("No"))
    assert onces(rig)[4] not in ("", onces(rig)[0])


async def test_a_form_that_was_shown_anew_is_another_and_one_without_an_id_is_told_from_none(
    rig: Rig,
) -> None:
    await press(rig, "reject")
    form = rig.modal(FINN)
    assert form is not None
    for view in (form, form | {"hash": "1.another"}, form | {"id": ""}):
        await rig.send(sent(view | {"state": {"values": reason("No")}}))
    first, second, third = onces(rig)
    assert len({first, second, ""}) == 3
    assert third == ""


async def test_several_approvals_are_one_by_the_question_as_it_stood(
    rig: Rig, home_port: EmptyHome
) -> None:
    question = {
        "type": "modal",
        "id": "V1",
        "hash": "1.a",
        "callback_id": home_together.FORM,
        "private_metadata": actions.write_several("", (bound(1), bound(2))),
    }
    for view in (question, question, question | {"hash": "1.b"}):
        await rig.send(sent(view))
    first, again, other = home_port.onces
    assert first == again != ""
    assert other not in ("", first)


async def test_out_of_office_is_one_by_command_and_by_form(rig: Rig) -> None:
    twice(rig)
    for _ in range(2):
        await rig.act(FINN, "command", command="/approvals", text="ooo @eve")
    await opened(rig)
    await press_home(rig, home.AWAY)
    form = rig.modal(FINN)
    assert form is not None
    values = {away.ADDRESS: {"entry": EVE_MAIL}}
    await rig.act(FINN, "submit", view_id=form["id"], values=values)
    told = rig.conversations.absence_onces
    assert [told[n] == told[n + 1] for n in range(0, 6, 2)] == [True] * 3
    assert len({*told, ""}) == 4


async def test_a_request_that_is_handed_on_by_command_is_one(rig: Rig) -> None:
    twice(rig)
    for _ in range(2):
        text = "delegate 01j9zk4t7qx2m3n4p5q6r7s8t9 @eve"
        await rig.act(FINN, "command", command="/approvals", text=text)
    first, again, other, last = onces(rig)
    assert first == again != ""
    assert other == last not in ("", first)
