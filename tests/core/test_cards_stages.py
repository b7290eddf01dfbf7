"""Where a request stands, in one line, and each stage with who decided or who is waited for."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.card import BY_LINK
from core.cards.names import together
from core.commands import Advise, Cancel, ReportExecution, RevokeToken, Tick
from core.directory.people import Directory
from core.events import Actor
from core.request import Decision
from core.route import Category, Entry, Glass, Grant, OnTimeout
from core.rules.absence import Standing
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FAYE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_route,
    content,
    stage,
)
from tests.core.shown import BOB, COMPANY, EVE, Told, asked, by

BOARD = stage(1, "Board", MARA, DANA, quorum=2)
AGENT = Actor(via="api", agent="key-1")


def headline(story: Told) -> str:
    return story.card(None).headline


# --- the headline --------------------------------------------------------------------------


def test_it_names_the_stage_that_is_waited_for() -> None:
    assert headline(asked()) == "Waiting for Manager (stage 1 of 3)"


def test_a_revision_that_is_waited_for_says_who_asked_for_it() -> None:
    story = asked()
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    assert headline(story) == "Changes requested by Mara: waiting for a new revision"


def test_a_held_stage_says_why_and_who_must_help() -> None:
    again = stage(2, "Again", MARA)
    story = asked(route=a_route(MANAGER, again, last_resort=()))
    story.approves(MARA)
    why = "Held at Again (stage 2 of 2): nobody is left who may decide this stage"
    assert headline(story) == f"{why}; an administrator must help"
    note = story.card(MARA).stages[1].note
    assert note == "Held: nobody is left who may decide this stage; an administrator must help"


def test_an_approval_names_whom_they_stood_in_for() -> None:
    story = asked(route=a_route(MANAGER)).delegates(MARA, BOB)
    story.approves(BOB)
    assert headline(story) == "Approved by Bob for Mara"


def test_who_withdraws_does_so_in_their_own_name_whomever_they_voted_for() -> None:
    story = asked(route=a_route(BOARD), requester=BOB).delegates(MARA, ADA)
    story.approves(ADA)
    story.when(Cancel(actor=by(ADA), person=ADA, as_admin=True))
    assert headline(story) == "Withdrawn by Ada"


def test_a_break_glass_approval_says_that_it_was_one() -> None:
    story = asked(route=a_route(glass=Glass(role="incident_lead"))).breaks_glass(EVE)
    assert headline(story) == "Approved by Eve alone: break-glass"
    assert story.card(None).reason == "The site is down"


def test_an_approval_by_the_model_names_the_rule_that_allows_it() -> None:
    group = stage(1, "Any", entries=(Entry(ref="group:finance", people=(FINN, FAYE)),))
    grant = Grant(confidence=90, amount="200000")
    advice = Advise(
        actor=Actor(via="ai"),
        revision=1,
        content=content("R1.a2", {}),
        source="gpt",
        recommendation="approve",
        confidence=95,
    )
    story = asked(route=a_route(group, grant=grant)).when(advice)
    assert story.state.outcome is not None
    assert story.state.outcome.bypass == "model_grant"
    story.contents.pop("R1.a2")
    assert headline(story) == "Approved by the model, as rule purchase-order allows"


def test_an_approval_without_anybody_is_the_policys() -> None:
    by_rule = asked(route=a_route(category=Category.AUTO_APPROVE))
    by_itself = asked(route=a_route(replace(MANAGER, auto="approve")))
    assert headline(by_rule) == headline(by_itself) == "Approved by policy"
    assert by_itself.card(None).stages[0].note == "Passed by itself: auto_approve_when"


def test_a_rejection_by_time_blames_nobody() -> None:
    timed = stage(1, "Manager", MARA, sla=HOUR, on_timeout=OnTimeout.REJECT)
    story = asked(route=a_route(timed)).at(NOW + HOUR).when(Tick())
    assert headline(story) == "Rejected: nobody decided in time"
    assert story.card(None).stages[0].note == "Its time ran out"


def test_a_rejection_by_a_stage_itself_names_the_stage() -> None:
    story = asked(route=a_route(MANAGER, replace(BOARD, level=2, auto="reject")))
    story.approves(MARA)
    assert headline(story) == "Rejected by policy: stage Board refuses such requests by itself"
    assert story.card(None).stages[1].note == "Refused by itself: auto_reject_when"


def test_a_prohibited_request_gives_the_rules_own_reason() -> None:
    story = asked(route=a_route(category=Category.PROHIBITED, because="Never on Fridays."))
    assert headline(story) == "Prohibited by policy"
    assert story.card(None).reason == "Never on Fridays."


def test_an_agent_that_withdraws_is_named_with_hidden_characters_made_visible() -> None:
    story = asked(agent="buy\u202eer").when(Cancel(actor=AGENT, agent_key="key-1"))
    assert headline(story) == "Withdrawn by agent buy⟦U+202E⟧er"


def approved(**fields: Any) -> Told:
    story = asked(route=a_route(MANAGER), **fields)
    story.kid = "k1"
    story.approves(MARA)
    return story


def test_an_approval_that_was_executed_says_how_that_went() -> None:
    done = ReportExecution(actor=AGENT, agent_key="key-1", outcome="succeeded")
    assert headline(approved().when(done)) == "Approved by Mara. Executed: succeeded"


def test_an_approval_that_was_taken_back_says_so() -> None:
    story = approved().when(RevokeToken(actor=by(ADA)))
    assert headline(story) == "Approved by Mara. The approval was taken back before it was used"


# --- votes -----------------------------------------------------------------------------------


def test_a_vote_says_for_whom_it_was_cast() -> None:
    story = asked().delegates(MARA, BOB)
    story.approves(BOB)
    assert [v.name for v in story.card(None).stages[0].votes] == ["Bob for Mara"]


def test_a_voter_who_left_is_flagged_and_the_vote_stands() -> None:
    story = asked()
    story.approves(MARA)
    story.directory = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    (vote,) = story.card(FINN).stages[0].votes
    assert (vote.name, vote.decision) == (f"{MARA} (no longer in the directory)", "approved")


def test_a_vote_that_was_carried_over_says_so() -> None:
    route = a_route(BOARD, keep_approvals=True, editable=("amount",))
    story = asked(route=route)
    story.approves(MARA)
    story.edits(DANA, "amount", amount="90000", route=route)
    names = [v.name for v in story.card(None).stages[0].votes]
    assert names == ["Mara (on revision 1, carried over)", "Dana"]


def test_after_two_revisions_it_is_not_known_on_which_a_vote_was_cast() -> None:
    board = stage(1, "Board", MARA, DANA, FINN, quorum=3)
    route = a_route(board, keep_approvals=True, editable=("amount",))
    story = asked(route=route)
    story.approves(MARA)
    story.edits(DANA, "amount", amount="90000", route=route)
    story.edits(FINN, "amount", amount="80000", route=route)
    names = [v.name for v in story.card(None).stages[0].votes]
    assert names[0] == "Mara (on an earlier revision, carried over)"


def test_asking_for_changes_is_shown_as_that() -> None:
    story = asked()
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    (vote,) = story.card(None).stages[0].votes
    assert (vote.decision, vote.comment) == ("asked for changes", "Another vendor")


# --- who is waited for, and why ------------------------------------------------------------


def test_who_stands_in_is_waited_for_beside_the_one_who_is_away() -> None:
    story = asked().delegates(MARA, BOB)
    assert story.card(None).stages[0].waiting_for == ("Mara (or Bob in their place)",)


def test_who_has_voted_is_waited_for_no_more_nor_whom_they_stood_in_for() -> None:
    story = asked(route=a_route(BOARD)).delegates(MARA, BOB)
    story.approves(BOB)
    assert story.card(None).stages[0].waiting_for == ("Dana",)


def test_an_escalated_stage_says_why() -> None:
    timed = stage(1, "Manager", MARA, sla=HOUR)
    story = asked(route=a_route(timed)).at(NOW + HOUR).when(Tick())
    shown = story.card(ADA)
    because = "nobody decided in time; the last resort was asked"
    assert shown.stages[0].escalated_because == because
    assert shown.why == f"You are asked as Manager by policy rule purchase-order ({because})"


def test_who_stands_in_is_told_for_whom_they_are_asked() -> None:
    story = asked().delegates(MARA, BOB)
    assert story.card(BOB).why == (
        "You are asked for Mara as Manager by policy rule purchase-order"
    )


def test_who_is_away_sees_who_may_act_for_them() -> None:
    story = asked()
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW),)
    story.when(Tick())
    why = story.card(MARA).why
    assert why is not None
    assert why.endswith("purchase-order. Bob may act for you")


def test_two_who_may_act_for_somebody_are_named_as_in_a_sentence() -> None:
    story = asked()
    story.standing = tuple(
        Standing(id=f"S{n}", giver=MARA, taker=taker, starts=NOW)
        for n, taker in enumerate((BOB, FAYE))
    )
    story.when(Tick())
    why = story.card(MARA).why
    assert why is not None
    assert why.endswith("purchase-order. Bob and Faye may act for you")


def test_names_in_a_sentence() -> None:
    found = [together(["Ann", "Bob", "Cy"][:number]) for number in range(4)]
    assert found == ["", "Ann", "Ann and Bob", "Ann, Bob and Cy"]


def test_a_rule_that_is_decided_elsewhere_says_where() -> None:
    story = asked(route=a_route(MANAGER, decide_in="web"))
    there = "on the web pages, signed in there with the company account, not here"
    for viewer in (MARA, None):
        assert str(story.card(viewer).why).endswith(f". It is decided {there}")
        assert story.card(viewer).elsewhere
    by_link = story.card(MARA, place=BY_LINK)
    assert str(by_link.why).endswith("company account; you came by a link")
    assert (by_link.buttons, by_link.elsewhere) == ((), True)
    on_the_pages = story.card(MARA, place="web")
    assert str(on_the_pages.why).endswith("policy rule purchase-order")
    assert not on_the_pages.elsewhere


@pytest.mark.parametrize("viewer", [ALICE, FINN, BOB])
def test_who_is_not_asked_has_no_reason_to_be(viewer: str) -> None:
    assert asked().card(viewer).why is None


def test_a_channel_is_told_the_stage_the_rule_and_who_alone_can_decide() -> None:
    assert asked().card(None).why == (
        "Stage Manager of policy rule purchase-order. Only those it waits for can decide: Mara"
    )


def test_a_stage_says_how_many_approvals_are_missing_also_where_seats_need_matching() -> None:
    finance = Entry(ref="group:finance", people=(FINN, FAYE))
    plan = replace(MANAGER, entries=(Entry(ref=FINN, people=(FINN,)), finance), quorum="all")
    story = asked(route=a_route(plan))
    assert story.card(None).stages[0].needed == 2
    story.approves(FINN)
    assert story.card(None).stages[0].needed == 1
    story.approves(FAYE)
    assert story.card(None).stages[0].needed == 0
