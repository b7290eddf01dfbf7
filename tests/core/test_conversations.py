"""What people do in chat: each act counts as their own, and they are told what is true."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.content import Action
from core.policy.policy import Policy, StageRule
from core.refusals import Reason
from core.request import Decision, Status
from core.route import ChannelRef, Entry, Glass, StagePlan
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FINN,
    HOUR,
    LADDER,
    MANAGER,
    MARA,
    a_policy,
    a_revision,
    a_route,
    a_rule,
    stage,
)
from tests.core.desk import POLICY, Desk, account
from tests.core.shown import BOB, EVE, OWEN, asked

BOARD = stage(1, "Board", MARA, DANA, quorum=2)
GLASS = Glass(role="incident_lead", tell=(Entry(ref=ADA, people=(ADA,)),))
EDITABLE = ("amount", "vendor")
BOTH_DECIDE = a_policy(
    a_rule(
        editable=EDITABLE,
        stages=(StageRule(name="Board", approvers=(MARA, DANA), quorum=2),),
    )
)


def desk(*stages: Any, **fields: Any) -> Desk:
    """A request of Alice's that waits for the first of these stages."""
    given = {"owner": fields.pop("owner", None)}
    return Desk(asked(route=a_route(*stages or (MANAGER,), **fields), **given))


def with_vendor(
    vendor: str = "Acme", policy: Policy = POLICY, stages: tuple[StagePlan, ...] = (MANAGER,)
) -> Desk:
    """One whose amount and vendor may be changed; the policy routes what comes of that."""
    action = Action(type="purchase_order", params={"amount": 120000, "vendor": vendor})
    route = a_route(*stages, editable=EDITABLE)
    return Desk(asked(revision=a_revision(action=action), route=route), policy)


# --- deciding ------------------------------------------------------------------------------


async def test_an_approval_counts_and_says_where_it_stands() -> None:
    here = desk(BOARD)
    answer = await here.click(MARA, Verb.APPROVE)
    assert (answer.text, answer.refused) == (
        "You approved this. Waiting for Board (stage 1 of 1).",
        None,
    )
    assert answer.card is not None
    assert [b.verb for b in answer.card.buttons] == [Verb.REJECT]


async def test_every_card_says_how_often_such_advice_was_right() -> None:
    here = desk(BOARD)
    here.record = lambda _: "At this confidence right 18 of 20 times."
    clicked = await here.click(MARA, Verb.APPROVE)
    looked = await here.chat.status(account(MARA), "R1")
    for answer in (clicked, looked):
        assert answer.card is not None
        assert answer.card.record == "At this confidence right 18 of 20 times."


async def test_a_repeated_click_is_the_same_answer() -> None:
    here = desk()
    binding = here.bound()
    answers = [await here.click(MARA, Verb.APPROVE, binding=binding) for _ in range(2)]
    assert [a.text for a in answers] == ["You approved this. Approved by Mara."] * 2
    assert here.told() == [("result", ALICE)]


async def test_a_rejection_keeps_its_reason() -> None:
    here = desk()
    answer = await here.click(MARA, Verb.REJECT, reason=" Too expensive ")
    assert answer.text == "You rejected this. Rejected by Mara."
    assert answer.card is not None
    assert answer.card.reason == "Too expensive"


async def test_a_wish_for_changes_needs_words_and_waits() -> None:
    here = desk()
    refused = await here.click(MARA, Verb.REQUEST_CHANGES)
    assert refused.refused is Reason.REASON_REQUIRED
    answer = await here.click(MARA, Verb.REQUEST_CHANGES, reason="Another vendor")
    assert answer.text == (
        "You asked for changes. Changes requested by Mara: waiting for a new revision."
    )
    assert here.told() == [("changes_requested", ALICE)]


async def test_a_click_on_an_old_card_changes_nothing_and_says_who_decided() -> None:
    here = desk(MANAGER, stage(2, "Finance", FINN))
    old = here.bound()
    await here.click(MARA, Verb.APPROVE)
    answer = await here.click(FINN, Verb.APPROVE, binding=old)
    assert answer.refused is Reason.STALE_CARD
    assert answer.text == (
        "Manager was already approved by Mara. "
        "Waiting for Finance (stage 2 of 2). Nothing was changed."
    )


async def test_who_stands_in_is_told_for_whom_they_decided() -> None:
    here = Desk(asked(route=a_route(MANAGER)).delegates(MARA, BOB))
    answer = await here.click(BOB, Verb.APPROVE)
    assert answer.text == "You approved this for Mara. Approved by Bob for Mara."


async def test_who_decides_twice_is_told_for_whom_the_last_time() -> None:
    route = a_route(MANAGER, stage(2, "Board", DANA), different_approvers=False)
    story = asked(route=route)
    story.approves(MARA)
    here = Desk(story.delegates(DANA, MARA))
    here.now += 1
    answer = await here.click(MARA, Verb.APPROVE)
    assert answer.text == "You approved this for Dana. Approved by Mara for Dana."


async def test_a_vote_can_be_taken_back() -> None:
    here = desk(BOARD)
    await here.click(MARA, Verb.APPROVE)
    answer = await here.click(MARA, Verb.WITHDRAW)
    assert answer.text == "You took your vote back. Waiting for Board (stage 1 of 1)."
    assert here.state.stages[0].votes == ()


# --- edit and approve ------------------------------------------------------------------------


async def test_an_edit_makes_a_revision_and_approves_it() -> None:
    here = with_vendor()
    edits = {"amount": "90000", "vendor": "Acme"}
    answer = await here.click(MARA, Verb.EDIT, edits=edits, reason="Cheaper")
    assert answer.text == ("You changed this to revision 2 and approved it. Approved by Mara.")
    assert (here.state.edited, here.state.amount) == (("amount",), "90000")
    assert answer.card is not None
    assert answer.card.note == "Revision 2: Mara changed amount from 120,000 to 90,000."


async def test_an_edit_that_changes_nothing_is_an_approval() -> None:
    here = with_vendor()
    edits = {"amount": "120000", "vendor": "Acme "}
    answer = await here.click(MARA, Verb.EDIT, edits=edits)
    assert answer.text == "You approved this. Approved by Mara."
    assert here.state.revision == 1


async def test_an_edit_that_was_sent_twice_is_one() -> None:
    here = with_vendor()
    given = {"binding": here.bound(), "edits": {"amount": "90000", "vendor": "Acme"}}
    first = await here.click(MARA, Verb.EDIT, **given)
    second = await here.click(MARA, Verb.EDIT, **given)
    assert (second.text, second.refused) == (first.text, None)
    assert here.state.revision == 2


async def test_an_edit_of_an_old_card_is_refused_as_such() -> None:
    here = with_vendor()
    old = replace(here.bound(), commitment="0" * 16)
    answer = await here.click(MARA, Verb.EDIT, binding=old, edits={"amount": "1"})
    assert answer.refused is Reason.STALE_CARD


async def test_what_is_wrong_with_an_edit_of_an_old_card_does_not_matter() -> None:
    here = with_vendor()
    old = replace(here.bound(), commitment="0" * 16)
    answer = await here.click(MARA, Verb.EDIT, binding=old, edits={"amount": "a lot"})
    assert answer.refused is Reason.STALE_CARD


async def test_what_stands_in_the_form_as_it_was_is_no_edit() -> None:
    here = with_vendor(" Acme")
    await here.click(MARA, Verb.EDIT, edits={"vendor": " Acme"})
    assert (here.state.status, here.state.revision) == (Status.APPROVED, 1)


async def test_the_same_edit_by_somebody_else_is_not_theirs() -> None:
    here = with_vendor(policy=BOTH_DECIDE, stages=(BOARD,))
    given: dict[str, Any] = {"binding": here.bound(), "edits": {"amount": "90000"}}
    assert (await here.click(MARA, Verb.EDIT, **given)).refused is None
    assert (await here.click(DANA, Verb.EDIT, **given)).refused is Reason.STALE_CARD


async def test_who_took_their_vote_back_may_approve_by_the_form_again() -> None:
    here = with_vendor(policy=BOTH_DECIDE, stages=(BOARD,))
    edits = {"amount": "90000"}
    await here.click(MARA, Verb.EDIT, edits=edits)
    await here.click(MARA, Verb.WITHDRAW)
    await here.click(MARA, Verb.EDIT, edits=edits)
    assert [v.person for v in here.state.stages[0].votes] == [MARA]


async def test_an_edit_may_lead_to_other_people() -> None:
    board = StageRule(name="Board", approvers=(DANA,))
    here = with_vendor(policy=a_policy(a_rule(editable=EDITABLE, stages=(board,))))
    answer = await here.click(MARA, Verb.EDIT, edits={"amount": "90000"})
    assert answer.text == (
        "You changed this to revision 2, which others decide. Waiting for Board (stage 1 of 1)."
    )


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ({"title": "Other"}, Reason.NOT_EDITABLE),
        ({"amount": "a lot"}, Reason.INVALID_FIELD),
    ],
)
async def test_an_edit_that_cannot_be_says_why(edits: dict[str, str], reason: Reason) -> None:
    here = with_vendor()
    answer = await here.click(MARA, Verb.EDIT, edits=edits)
    assert answer.refused is reason
    assert here.state.revision == 1


async def test_who_is_not_asked_edits_nothing() -> None:
    here = with_vendor()
    answer = await here.click(ALICE, Verb.EDIT, edits={"amount": "1"})
    assert answer.refused is not None
    assert here.state.revision == 1


# --- handing it on -------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["U-Bob", BOB, " Bob@Example.com "])
async def test_a_seat_is_handed_to_an_account_or_an_address(to: str) -> None:
    here = desk()
    answer = await here.click(MARA, Verb.DELEGATE, to=to, reason="On a plane")
    assert answer.text == "You delegated this to Bob. Waiting for Manager (stage 1 of 1)."
    assert here.told() == [("delegated", BOB)]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("U-Nobody", "U-Nobody is not in the directory."),
        ("x\u202ey", "x⟦U+202E⟧y is not in the directory."),
        ("", "Nobody is not in the directory."),
    ],
)
async def test_a_person_who_is_not_known_is_named_back(to: str, said: str) -> None:
    answer = await desk().click(MARA, Verb.DELEGATE, to=to)
    assert answer.refused is Reason.UNKNOWN_PERSON
    assert answer.text.startswith(said)


async def test_a_seat_is_handed_to_somebody() -> None:
    answer = await desk().click(MARA, Verb.DELEGATE)
    assert answer.refused is Reason.INVALID_FIELD


async def test_refusals_have_names_and_no_addresses() -> None:
    here = desk(BOARD)
    answer = await here.click(MARA, Verb.DELEGATE, to=DANA)
    assert answer.text == ("Dana is asked at stage Board already. Choose somebody else.")
    stranger = await here.click(FINN, Verb.APPROVE)
    assert "@" not in stranger.text


# --- moving it along -------------------------------------------------------------------------


async def test_a_comment_is_kept_and_told_once_though_it_was_sent_twice() -> None:
    here = desk()
    first = await here.click(MARA, Verb.COMMENT, reason="Soon")
    again = await here.click(MARA, Verb.COMMENT, reason="Soon")
    assert first.text == again.text
    assert first.text == (
        "Your comment is recorded, and those concerned are told. "
        "Waiting for Manager (stage 1 of 1)."
    )
    assert here.told() == [("comment", ALICE)]
    here.now += HOUR
    await here.click(MARA, Verb.COMMENT, reason="Soon")
    assert here.state.remark_count == 2


async def test_a_question_says_who_is_told() -> None:
    here = desk()
    answer = await here.click(MARA, Verb.ASK, reason="Which vendor?")
    assert answer.text.startswith("Your question is recorded, and Alice is told.")
    assert here.told() == [("question", ALICE)]


@pytest.mark.parametrize("verb", [Verb.COMMENT, Verb.ASK])
async def test_a_remark_needs_words(verb: Verb) -> None:
    answer = await desk().click(MARA, verb, reason="  ")
    assert answer.refused is Reason.INVALID_FIELD


async def test_a_nudge_names_who_was_nudged_and_comes_every_four_hours() -> None:
    here = desk()
    answer = await here.click(ALICE, Verb.NUDGE)
    assert answer.text == "Nudged: Mara. Waiting for Manager (stage 1 of 1)."
    assert (await here.click(ALICE, Verb.NUDGE)).refused is Reason.NUDGED_RECENTLY


async def test_an_escalation_asks_the_next_level() -> None:
    here = desk(LADDER)
    answer = await here.click(MARA, Verb.ESCALATE, reason="I am away")
    assert answer.text == "You escalated this. Waiting for Manager (stage 1 of 1)."
    assert here.told() == [("escalated", ADA), ("escalated", ALICE)]


@pytest.mark.parametrize("who", [ALICE, OWEN, ADA])
async def test_requester_owner_and_administrator_may_withdraw_it(who: str) -> None:
    here = desk(owner=OWEN)
    answer = await here.click(who, Verb.CANCEL, reason="Not needed")
    assert answer.refused is None
    assert answer.text.startswith("You withdrew this. Withdrawn by ")
    assert here.state.status is Status.CANCELLED


async def test_nobody_else_withdraws_it() -> None:
    answer = await desk().click(MARA, Verb.CANCEL)
    assert answer.refused is Reason.NOT_ALLOWED_TO_CANCEL


async def test_what_decides_nothing_needs_no_present_card() -> None:
    here = desk(BOARD)
    old = here.bound()
    here.store.states["R1"] = replace(here.state, commitment="f" * 64)
    answer = await here.click(MARA, Verb.COMMENT, binding=old, reason="Hello")
    assert answer.refused is None


async def test_break_glass_passes_it_alone_and_everyone_hears_of_it() -> None:
    here = desk(glass=GLASS, channels=(ChannelRef(platform="slack", id="C1"),))
    answer = await here.click(EVE, Verb.BREAK_GLASS, place="C1", reason="The site is down")
    assert answer.text == (
        "You passed this alone, and everyone concerned is told. Approved by Eve alone: break-glass."
    )
    assert {kind for kind, _ in here.told()} == {"break_glass"}


async def test_break_glass_is_about_what_was_shown() -> None:
    here = desk(glass=GLASS, channels=(ChannelRef(platform="slack", id="C1"),))
    old = replace(here.bound(), commitment="0" * 16)
    answer = await here.click(EVE, Verb.BREAK_GLASS, place="C1", binding=old, reason="Now")
    assert answer.refused is Reason.STALE_CARD


async def test_a_decision_by_request_changes_is_bound_like_any_other() -> None:
    here = desk()
    old = replace(here.bound(), round=2)
    answer = await here.click(MARA, Verb.REQUEST_CHANGES, binding=old, reason="Other")
    assert answer.refused is Reason.STALE_CARD
    assert Decision.REQUEST_CHANGES not in [v.decision for v in here.state.stages[0].votes]
