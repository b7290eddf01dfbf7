"""Cards shown to one person alone, which only their response_url can change."""

from typing import Any

from core.chat.port import Answer
from core.refusals import Reason
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINANCE, FINN, Rig
from tests.adapters.slack.limits import assert_message

Json = dict[str, Any]

NO = {"countersign_field_0": {"reason": {"type": "plain_text_input", "value": "No."}}}


async def alone(rig: Rig, **where: str) -> Json:
    """Ask for the status and return the ephemeral card."""
    text = f"status {cards.REQUEST}"
    await rig.act(FINN, "command", command="/approvals", text=text, **where)
    (shown,) = rig.ephemerals
    return dict(shown)


async def click_alone(rig: Rig, what: str) -> Json:
    shown = await alone(rig)
    return await rig.act(FINN, "click", ephemeral=shown["id"], action_id=f"countersign_{what}")


async def test_an_approval_on_an_ephemeral_card_replaces_it_by_the_present_card(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(text="You approved this.", card=cards.approved())
    assert (await click_alone(rig, "approve"))["status"] == 200
    (shown,) = rig.ephemerals
    assert shown["blocks"][0]["text"]["text"] == "You approved this."
    assert all(b["type"] != "actions" for b in shown["blocks"])
    assert rig.conversations.clicks[0].answer_to is None


async def test_a_refusal_on_an_ephemeral_card_is_shown_above_the_present_card(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(
        text="Rejected by Finn Fischer. Nothing was changed.",
        refused=Reason.FINISHED,
        card=cards.rejected(),
    )
    await click_alone(rig, "approve")
    (shown,) = rig.ephemerals
    assert shown["blocks"][0]["text"]["text"].startswith("Rejected by Finn")


async def test_a_refusal_without_a_card_is_told_beside_the_ephemeral_one(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(text="Unknown.", refused=Reason.UNKNOWN_REQUEST)
    await click_alone(rig, "approve")
    assert [e["blocks"][0]["text"]["text"] for e in rig.ephemerals][1:] == ["Unknown."]


async def test_a_rejection_from_an_ephemeral_card_replaces_it(rig: Rig) -> None:
    await click_alone(rig, "reject")
    found = rig.modal(FINN)
    assert found is not None
    rig.conversations.click_answer = Answer(text="You rejected this.", card=cards.rejected())
    await rig.act(FINN, "submit", view_id=found["id"], values=NO)
    (shown,) = rig.ephemerals
    assert shown["blocks"][0]["text"]["text"] == "You rejected this."
    assert_message(shown["blocks"])


async def test_a_card_for_one_person_stands_in_no_channel_even_when_asked_for_in_one(
    rig: Rig,
) -> None:
    rig.conversations.click_answer = Answer(text="Recorded.", card=cards.card())
    shown = await alone(rig, channel=FINANCE)
    assert shown["channel"] == FINANCE
    for what in ("view", "approve", "reject"):
        await rig.act(FINN, "click", ephemeral=shown["id"], action_id=f"countersign_{what}")
    found = rig.modal(FINN)
    assert found is not None
    await rig.act(FINN, "submit", view_id=found["id"], values=NO)
    assert rig.conversations.places == ["", "", ""]
    assert [click.place for click in rig.conversations.clicks] == ["", ""]
