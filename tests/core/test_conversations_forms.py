"""A form is given to those whose act would count, and decides nothing."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.refusals import Reason
from core.request import Decision
from core.route import ChannelRef, Glass
from tests.core.builders import ADA, ALICE, DAY, FINN, LADDER, MANAGER, MARA, NOW, a_route
from tests.core.desk import Desk, account
from tests.core.shown import BOB, EVE, asked


def desk(**fields: Any) -> Desk:
    return Desk(asked(route=a_route(LADDER, **fields)))


@pytest.mark.parametrize(
    ("who", "verb"),
    [
        (MARA, Verb.REJECT),
        (MARA, Verb.REQUEST_CHANGES),
        (MARA, Verb.EDIT),
        (MARA, Verb.DELEGATE),
        (MARA, Verb.ASK),
        (MARA, Verb.COMMENT),
        (MARA, Verb.ESCALATE),
        (ALICE, Verb.CANCEL),
        (ADA, Verb.ESCALATE),
        (EVE, Verb.BREAK_GLASS),
    ],
)
async def test_whoever_may_gets_the_form_about_what_they_saw(who: str, verb: Verb) -> None:
    channel = ChannelRef(platform="slack", id="C1")
    here = desk(editable=("amount",), glass=Glass(role="incident_lead"), channels=(channel,))
    answer = await here.form(who, verb, place="C1")
    assert (answer.text, answer.refused) == ("", None)
    assert answer.form is not None
    assert (answer.form.verb, answer.form.binding) == (verb, here.bound())
    assert answer.card is not None


async def test_asking_for_a_form_stores_nothing() -> None:
    here = desk()
    before = here.state
    await here.form(MARA, Verb.REJECT)
    here.now = NOW + DAY
    late = await here.form(MARA, Verb.REJECT)
    assert late.text == "Expired: nobody decided in time. Nothing was changed."
    assert (here.state, here.told(), here.store.outbox) == (before, [], {})


@pytest.mark.parametrize(
    ("who", "verb", "reason"),
    [
        (FINN, Verb.REJECT, Reason.UNKNOWN_REQUEST),
        (ALICE, Verb.REJECT, Reason.NOT_AN_APPROVER),
        (ALICE, Verb.DELEGATE, Reason.NOTHING_TO_DELEGATE),
        (MARA, Verb.CANCEL, Reason.NOT_ALLOWED_TO_CANCEL),
        (MARA, Verb.BREAK_GLASS, Reason.NO_BREAK_GLASS),
        (MARA, Verb.EDIT, Reason.NOT_EDITABLE),
        ("U-Mallory", Verb.COMMENT, Reason.UNKNOWN_ACCOUNT),
    ],
)
async def test_whose_act_would_not_count_reads_why_instead(
    who: str, verb: Verb, reason: Reason
) -> None:
    answer = await desk().form(who, verb)
    assert (answer.refused, answer.form) == (reason, None)


async def test_a_form_for_an_old_card_is_not_given() -> None:
    here = desk()
    old = replace(here.bound(), commitment="0" * 16)
    answer = await here.chat.form(account(MARA), old, Verb.REJECT)
    assert (answer.refused, answer.form) == (Reason.STALE_CARD, None)


async def test_the_form_of_what_is_over_says_how_it_ended() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    answer = await Desk(story).form(MARA, Verb.DELEGATE)
    assert answer.text == "Approved by Mara. Nothing was changed."


async def test_what_was_erased_cannot_be_edited() -> None:
    here = desk(editable=("amount",))
    here.store.bodies["R1"].clear()
    answer = await here.form(MARA, Verb.EDIT)
    assert (answer.refused, answer.form) == (Reason.INVALID_FIELD, None)


async def test_an_act_that_needs_no_form_is_given_none() -> None:
    answer = await desk().form(MARA, Verb.APPROVE)
    assert (answer.refused, answer.form) == (None, None)


async def test_while_a_revision_is_waited_for_a_comment_has_its_form() -> None:
    story = asked(route=a_route(MANAGER))
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    here = Desk(story)
    assert (await here.form(ALICE, Verb.COMMENT)).form is not None
    assert (await here.form(MARA, Verb.REJECT)).refused is Reason.WAITING_FOR_REVISION


async def test_who_stands_in_gets_the_form_as_well() -> None:
    here = Desk(asked(route=a_route(MANAGER)).delegates(MARA, BOB))
    assert (await here.form(BOB, Verb.REJECT)).form is not None
