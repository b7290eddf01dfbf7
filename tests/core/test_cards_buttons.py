"""Only buttons that can count: what each viewer is offered, and what nobody is."""

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.commands import Tick
from core.directory.people import Directory
from core.events import Actor
from core.request import Decision
from core.route import Entry, Glass, OnTimeout
from core.rules.absence import Standing
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    FAYE,
    FINANCE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_route,
    stage,
)
from tests.core.shown import BOB, COMPANY, EVE, OWEN, Told, asked, verbs

SHOWS = [Verb.HISTORY, Verb.VIEW]
DECIDES = [Verb.APPROVE, Verb.REJECT]
ASKED = [Verb.REQUEST_CHANGES, Verb.DELEGATE, Verb.ASK, Verb.COMMENT, Verb.ESCALATE, *SHOWS]
ASKS = [Verb.COMMENT, Verb.NUDGE, Verb.ESCALATE, Verb.CANCEL, *SHOWS]
BOARD = stage(1, "Board", MARA, DANA, quorum=2)
GLASS = Glass(role="incident_lead", tell=(Entry(ref=ADA, people=(ADA,)),))


def on_card(story: Told, viewer: str | None) -> list[Verb]:
    return verbs(story.card(viewer).buttons)


def in_menu(story: Told, viewer: str | None) -> list[Verb]:
    return verbs(story.card(viewer).more)


def changed(email: str, **fields: object) -> Directory:
    """The directory of today, in which one person is not as they were."""
    other = replace(COMPANY.people[email], **fields)
    return Directory([other if p.email == email else p for p in COMPANY.people.values()])


# --- who is asked ------------------------------------------------------------------------


def test_who_is_asked_decides_on_the_card_and_has_the_rest_in_the_menu() -> None:
    story = asked()
    assert (on_card(story, MARA), in_menu(story, MARA)) == (DECIDES, ASKED)


def test_editing_is_offered_where_the_rule_lists_fields() -> None:
    story = asked(route=a_route(editable=("amount",)))
    assert in_menu(story, MARA)[0] is Verb.EDIT


def test_changes_can_be_asked_for_only_while_another_attempt_is_left() -> None:
    story = asked(route=a_route(max_attempts=1))
    assert Verb.REQUEST_CHANGES not in in_menu(story, MARA)


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REJECT])
def test_who_has_voted_may_change_that_or_take_it_back_until_the_stage_closes(
    decision: Decision,
) -> None:
    both = stage(1, "Board", MARA, DANA, quorum=2, reject_quorum=2)
    story = asked(route=a_route(both))
    story.votes(MARA, decision, reason="Because")
    done = Verb.APPROVE if decision is Decision.APPROVE else Verb.REJECT
    assert on_card(story, MARA) == [v for v in DECIDES if v is not done]
    menu = in_menu(story, MARA)
    assert Verb.WITHDRAW in menu
    assert Verb.DELEGATE not in menu
    assert Verb.WITHDRAW not in in_menu(story, DANA)


@pytest.mark.parametrize("person", [FINN, DANA])
def test_who_is_asked_later_may_look_and_comment(person: str) -> None:
    story = asked()
    assert (on_card(story, person), in_menu(story, person)) == ([], [Verb.COMMENT, *SHOWS])


def test_who_is_concerned_in_no_way_only_looks() -> None:
    story = asked()
    assert (on_card(story, BOB), in_menu(story, BOB)) == ([], SHOWS)


def test_who_lost_the_role_that_the_stage_needs_decides_nothing() -> None:
    story = asked(route=a_route(replace(FINANCE, level=1)))
    story.directory = changed(FINN, roles=())
    assert on_card(story, FINN) == []
    assert on_card(story, FAYE) == DECIDES


def test_whom_a_conflict_of_interest_bars_from_approving_may_still_reject() -> None:
    story = asked(route=a_route(MANAGER, editable=("amount",)))
    story.directory = changed(MARA, conflicts=(ALICE,))
    assert on_card(story, MARA) == [Verb.REJECT]
    assert Verb.EDIT not in in_menu(story, MARA)


def test_a_rule_that_is_decided_on_the_web_offers_no_decision_in_chat() -> None:
    story = asked(route=a_route(MANAGER, decide_in="web", editable=("amount",)))
    assert on_card(story, MARA) == []
    assert not {Verb.EDIT, Verb.REQUEST_CHANGES} & set(in_menu(story, MARA))
    assert on_card(story, None) == []
    assert verbs(story.card(MARA, place="web").buttons) == DECIDES


def test_nor_does_it_offer_there_to_take_a_decision_back() -> None:
    there = Actor(via="web", person=MARA, evidence={"signed_in": "oidc"})
    story = asked(route=a_route(BOARD, decide_in="web"))
    story.approves(MARA, actor=there)
    assert Verb.WITHDRAW not in in_menu(story, MARA)
    assert Verb.WITHDRAW in verbs(story.card(MARA, place="web").more)


# --- standing in ---------------------------------------------------------------------------


def test_who_stands_in_has_the_buttons_and_so_has_the_giver() -> None:
    story = asked().delegates(MARA, BOB)
    assert (on_card(story, BOB), on_card(story, MARA)) == (DECIDES, DECIDES)
    assert Verb.DELEGATE in in_menu(story, BOB)


def test_once_the_giver_has_voted_nothing_is_left_for_who_stands_in() -> None:
    story = asked(route=a_route(BOARD)).delegates(MARA, BOB)
    story.approves(MARA)
    assert on_card(story, BOB) == []


def test_once_who_stands_in_has_voted_the_giver_may_change_that_but_not_hand_it_on() -> None:
    story = asked(route=a_route(BOARD)).delegates(MARA, BOB)
    story.approves(BOB)
    assert on_card(story, MARA) == DECIDES
    assert Verb.DELEGATE not in in_menu(story, MARA)


def test_once_it_is_given_back_the_buttons_are_gone() -> None:
    story = asked(route=a_route(BOARD)).delegates(MARA, BOB).delegates(MARA, FINN)
    assert (on_card(story, BOB), on_card(story, FINN)) == ([], DECIDES)
    assert in_menu(story, BOB) == [Verb.COMMENT, *SHOWS]


def test_who_is_away_and_whoever_acts_for_them_both_may_decide() -> None:
    story = asked()
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW),)
    story.when(Tick())
    assert (on_card(story, BOB), on_card(story, MARA)) == (DECIDES, DECIDES)


# --- who asks, and who administers ----------------------------------------------------------


def test_the_requester_may_nudge_escalate_comment_and_withdraw() -> None:
    story = asked()
    assert (on_card(story, ALICE), in_menu(story, ALICE)) == ([], ASKS)


def test_the_owner_of_the_agent_and_whom_its_key_stands_for_are_on_the_asking_side() -> None:
    story = asked(owner=OWEN, actor=replace(asked().history[0].actor, person=BOB))
    assert (in_menu(story, OWEN), in_menu(story, BOB)) == (ASKS, ASKS)


def test_an_administrator_may_move_it_along_or_withdraw_it() -> None:
    assert in_menu(asked(), ADA) == ASKS


def test_a_stage_that_never_escalates_offers_it_to_administrators_only() -> None:
    story = asked(route=a_route(stage(1, "Manager", MARA, on_timeout=OnTimeout.HOLD)))
    offered = [Verb.ESCALATE in in_menu(story, who) for who in (MARA, ALICE, ADA)]
    assert offered == [False, False, True]


# --- break-glass ---------------------------------------------------------------------------


def test_break_glass_is_for_those_with_the_rules_role() -> None:
    story = asked(route=a_route(glass=GLASS))
    assert Verb.BREAK_GLASS in in_menu(story, EVE)
    assert Verb.BREAK_GLASS not in in_menu(story, MARA)
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another account")
    assert Verb.BREAK_GLASS not in in_menu(story, EVE), "what was sent back is not what to pass"
    assert Verb.BREAK_GLASS not in in_menu(asked(), EVE)


@pytest.mark.parametrize("side", ["requester", "owner"])
def test_nobody_breaks_glass_for_themselves(side: str) -> None:
    story = asked(route=a_route(glass=GLASS), **dict.fromkeys([side], EVE))
    assert Verb.BREAK_GLASS not in in_menu(story, EVE)


def test_break_glass_is_for_the_place_where_the_rule_wants_decisions() -> None:
    story = asked(route=a_route(glass=GLASS, decide_in="web"))
    assert Verb.BREAK_GLASS not in in_menu(story, EVE)
    assert Verb.BREAK_GLASS in verbs(story.card(EVE, place="web").more)


# --- channels, waiting, the end ---------------------------------------------------------------


def test_a_channel_has_buttons_which_are_checked_at_the_click() -> None:
    story = asked()
    assert (on_card(story, None), in_menu(story, None)) == (DECIDES, SHOWS)


def test_a_channel_has_no_buttons_for_a_stage_that_nobody_may_decide() -> None:
    nobody = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    story = asked(route=a_route(MANAGER, last_resort=()), directory=nobody)
    assert on_card(story, None) == []


def test_while_a_revision_is_waited_for_nobody_decides_and_the_requester_may_withdraw() -> None:
    story = asked()
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    assert (on_card(story, MARA), in_menu(story, MARA)) == ([], [Verb.COMMENT, *SHOWS])
    assert in_menu(story, ALICE) == [Verb.COMMENT, Verb.CANCEL, *SHOWS]
    assert on_card(story, None) == []
    assert story.card(ALICE).binding is not None


@pytest.mark.parametrize("viewer", [MARA, ALICE, ADA, None])
def test_after_the_end_nobody_has_any_button(viewer: str | None) -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    assert (on_card(story, viewer), in_menu(story, viewer)) == ([], [])


def test_a_card_that_has_expired_has_none_even_before_the_tick() -> None:
    story = asked().at(NOW + DAY)
    assert (on_card(story, MARA), in_menu(story, MARA)) == ([], [])
    assert on_card(story.at(NOW + DAY - HOUR), MARA) == DECIDES
