"""Nobody who writes to the bot is left without a word, whatever fails inside."""

import pytest

from tests.adapters.teams.cards import DATA, REQUEST
from tests.adapters.teams.conftest import FINANCE, FINN, Rig
from tests.adapters.teams.fakes import Recording, Shelf

NOBODY = (
    "Teams did not say who you are, so nothing was changed and nothing can be shown. "
    "Use your account in this organisation."
)


@pytest.mark.parametrize("sent", [{"text": "queue"}, {"value": {**DATA, "verb": "approve"}}])
async def test_somebody_without_an_object_id_is_told_so(
    rig: Rig, conversations: Recording, sent: dict[str, object]
) -> None:
    guest = {"from": {"id": "29:1finn", "name": "Finn Fischer"}}
    message = {"type": "message", "name": None, "value": None, **sent, **guest}
    assert (await rig.post(rig.invoke({}, None, message)))[0] == 200
    assert (await rig.replies(rig.chat(FINN), 1))[0]["text"] == NOBODY
    assert (conversations.clicks, conversations.asked) == ([], [])


@pytest.mark.parametrize("text", [f"status {REQUEST}", f"delegate {REQUEST}0 eve@example.com"])
async def test_a_question_that_fails_inside_is_answered_and_logged(
    rig: Rig, conversations: Recording, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    conversations.breaks = True
    answer = await rig.act(FINN, "message", text=text)
    assert (answer["ok"], answer["status"]) == (True, 200)
    said = (await rig.replies(rig.chat(FINN), 1))[0]["text"]
    assert said == "Something went wrong here and nothing was changed. Please try again."
    assert "the disk is full" in caplog.text


async def test_a_submit_that_fails_inside_is_answered_without_a_promise_and_logged(
    rig: Rig, conversations: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    conversations.breaks = True
    message = {"type": "message", "name": None, "value": {**DATA, "verb": "approve"}}
    assert (await rig.post(rig.invoke({}, None, message)))[0] == 200
    said = (await rig.replies(rig.chat(FINN), 1))[0]["text"]
    assert said.startswith("Something went wrong here. It may or may not have counted")
    assert "disk" not in said
    assert "the disk is full" in caplog.text


async def test_a_private_answer_that_cannot_be_addressed_is_said_and_logged(
    rig: Rig, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.breaks = True
    await rig.act(FINN, "message", conversation=FINANCE, text="@Countersign queue")
    said = (await rig.replies(FINANCE, 1))[0]["text"]
    assert said == "I can tell you that only in our own chat: open one with me and ask there."
    assert "the disk is full" in caplog.text
