"""The form of a delegation: somebody is chosen or named by address, and never both."""

from typing import Any

import pytest

from core.card import Verb
from core.chat.port import Answer
from core.refusals import Reason
from tests.adapters.slack.conftest import EVE, Rig
from tests.adapters.slack.pressing import ACCOUNT
from tests.adapters.slack.test_forms_sent import PICKED, fill

Json = dict[str, Any]


async def test_a_delegation_carries_the_account_that_was_chosen(rig: Rig) -> None:
    await fill(rig, "Delegate", {"countersign_field_0": {"to": PICKED}})
    (click,) = rig.conversations.clicks
    assert (click.verb, click.to, click.reason, click.edits) == (Verb.DELEGATE, EVE, None, {})
    assert click.identity == ACCOUNT
    assert click.evidence["view"].startswith("V")


def addressed(address: str) -> Json:
    """An address written beside the choice of a person."""
    value = {"type": "email_text_input", "value": address}
    return {"countersign_field_0_address": {"to_address": value}}


async def test_a_delegate_may_be_named_by_address(rig: Rig) -> None:
    await fill(rig, "Delegate", addressed(" eve@example.com "))
    (click,) = rig.conversations.clicks
    assert (click.verb, click.to) == (Verb.DELEGATE, "eve@example.com")


@pytest.mark.parametrize(
    ("values", "block", "said"),
    [
        ({}, "countersign_field_0", "Choose a person, or write their e-mail address."),
        (
            {"countersign_field_0": {"to": PICKED}, **addressed("finn@example.com")},
            "countersign_field_0_address",
            "Give the person once: chosen from the list, or by address.",
        ),
    ],
)
async def test_a_delegation_to_nobody_or_to_two_is_asked_again(
    rig: Rig, values: Json, block: str, said: str
) -> None:
    answer = await fill(rig, "Delegate", values)
    assert answer["errors"] == {block: said}
    assert rig.conversations.clicks == []


async def test_an_address_that_is_not_taken_is_told_at_the_address(rig: Rig) -> None:
    rig.conversations.click_answer = Answer(text="Not so.", refused=Reason.UNKNOWN_PERSON)
    answer = await fill(rig, "Delegate", addressed("x@example.com"))
    assert answer["errors"] == {"countersign_field_0_address": "Not so."}


async def test_a_person_who_is_missing_is_asked_for_at_the_choice(rig: Rig) -> None:
    text = "to: is missing. Choose the person who should decide instead."
    rig.conversations.click_answer = Answer(text=text, refused=Reason.INVALID_FIELD)
    answer = await fill(rig, "Delegate", {"countersign_field_0": {"to": PICKED}})
    said = "Is missing. Choose the person who should decide instead."
    assert answer["errors"] == {"countersign_field_0": said}
