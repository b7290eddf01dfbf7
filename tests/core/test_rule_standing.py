"""Out of office: standing delegations and the requests that they touch."""

from typing import Any

from msgspec.structs import replace

from core.commands import Tick
from core.directory.people import Directory
from core.events import Delegated, DelegationEnded
from core.refusals import Reason
from core.request import Decision, Status, asked
from core.route import Entry
from core.rules.absence import Standing
from core.rules.standins import MOST_WAYS, chains, live
from core.rules.waiting import waited_for
from tests.core.acts import a_draft, away, delegate, reassign, revise
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
    PEOPLE,
    a_route,
    a_submit,
    person,
    stage,
)
from tests.core.spec import Story, vote

APPROVE = Decision.APPROVE
ONE = a_route(stage(1, "Manager", MARA))


def out(*standing: Standing, **fields: Any) -> Story:
    """A request made while these are in force."""
    story = Story()
    story.standing = standing
    return story.when(a_submit(**{"route": ONE} | fields))


def refusal(story: Story, who: str) -> Reason:
    return story.refused(vote(story.state, who, APPROVE), who)


def test_a_standing_delegation_applies_when_its_stage_opens() -> None:
    story = out(away(MARA, DANA, ends=NOW + HOUR))
    assert Delegated(MARA, DANA, NOW + HOUR, f"{MARA}>{DANA}") in [r.event for r in story.new]
    assert story.approves(DANA).state.status is Status.APPROVED


def test_one_that_begins_later_covers_what_is_open_then() -> None:
    story = out(away(MARA, DANA, starts=NOW + HOUR))
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER
    assert story.at(NOW + HOUR).when(Tick()).approves(DANA).state.status is Status.APPROVED


def test_what_is_undecided_at_its_end_is_given_back() -> None:
    story = out(away(MARA, DANA, ends=NOW + HOUR))
    assert story.state.wake_at == NOW + HOUR
    story.at(NOW + HOUR).when(Tick())
    assert DelegationEnded(MARA, DANA, f"{MARA}>{DANA}") in [r.event for r in story.new]
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER
    assert story.approves(MARA).state.status is Status.APPROVED


def test_a_click_after_its_end_never_counts_however_late_the_tick() -> None:
    story = out(away(MARA, DANA, ends=NOW + HOUR)).at(NOW + HOUR)
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER


def test_a_vote_cast_before_its_end_stands() -> None:
    plan = stage(1, "Pair", MARA, FINN, quorum=2)
    story = out(away(MARA, DANA, ends=NOW + HOUR), route=a_route(plan)).approves(DANA)
    story.at(NOW + 2 * HOUR).approves(FINN)
    assert story.state.status is Status.APPROVED


def test_one_ended_early_gives_back_at_once() -> None:
    story = out(away(MARA, DANA))
    story.standing = ()
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER


def test_one_that_was_made_longer_goes_on() -> None:
    story = out(away(MARA, DANA, ends=NOW + HOUR))
    story.standing = (away(MARA, DANA, ends=NOW + 5 * HOUR),)
    assert story.at(NOW + HOUR).when(Tick()).state.wake_at == NOW + 5 * HOUR
    assert story.approves(DANA).state.status is Status.APPROVED


def test_the_absent_person_keeps_their_authority() -> None:
    assert out(away(MARA, DANA)).approves(MARA).state.status is Status.APPROVED


# --- what it covers -------------------------------------------------------------------------


def test_it_may_cover_some_kinds_only() -> None:
    assert out(away(MARA, DANA, categories=("travel",))).state.delegations == ()
    assert out(away(MARA, DANA, categories=("purchase_order",))).state.delegations != ()
    assert out(away(MARA, DANA, categories=("purchase-order",))).state.delegations != ()


def test_it_may_cover_up_to_an_amount_and_nothing_without_one() -> None:
    assert out(away(MARA, DANA, amount_cap="120000")).state.delegations != ()
    assert out(away(MARA, DANA, amount_cap="119999.99")).state.delegations == ()
    assert out(away(MARA, DANA, amount_cap="120000"), amount=None).state.delegations == ()


def test_a_cap_in_a_currency_covers_that_currency_only() -> None:
    cap = away(MARA, DANA, amount_cap="120000", currency="EUR")
    assert out(cap).state.delegations == ()
    assert out(cap, currency="EUR").state.delegations != ()


def test_an_edit_that_passes_the_cap_gives_it_back() -> None:
    route = a_route(stage(1, "Pair", MARA, FINN, quorum=2), editable=("amount",))
    story = out(away(MARA, DANA, amount_cap="120000"), route=route)
    assert story.state.delegations != ()
    draft = a_draft(story.state, amount="120001", edited=("amount",))
    story.approves(FINN, edit=draft)
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER


def test_an_edit_that_keeps_the_votes_gives_it_back_all_the_same() -> None:
    plan = stage(1, "Board", MARA, FINN, FAYE, quorum=3)
    route = a_route(plan, editable=("amount",), keep_approvals=True)
    story = out(away(MARA, DANA, amount_cap="120000"), route=route).approves(FAYE)
    draft = a_draft(story.state, amount="120001", edited=("amount",))
    story.approves(FINN, edit=draft)
    assert [v.person for v in story.state.stages[0].votes] == [FAYE, FINN]
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER


# --- who is asked by it ---------------------------------------------------------------------


def test_it_reaches_those_who_are_handed_a_request() -> None:
    story = out(away(DANA, FINN))
    assert story.state.delegations == ()
    story.when(delegate(MARA, DANA), MARA)
    assert story.approves(FINN).state.outcome is not None
    assert story.state.stages[0].votes[0].voices == (FINN, DANA, MARA)


def test_nothing_is_left_to_a_tick_when_somebody_absent_is_put_in_a_place() -> None:
    story = out(away(DANA, FINN)).when(reassign(MARA, DANA))
    assert waited_for(story.state) == (DANA, FINN)
    story.when(Tick()).then()


def test_it_reaches_those_who_are_asked_by_an_escalation() -> None:
    plan = stage(1, "Manager", MARA, sla=HOUR, escalate_to=((Entry(ref=DANA, people=(DANA,)),),))
    story = out(away(DANA, FINN), route=a_route(plan)).at(NOW + HOUR).when(Tick())
    assert story.approves(FINN).state.status is Status.APPROVED


def test_it_reaches_those_who_are_asked_because_others_left() -> None:
    story = out(away(ADA, FINN))
    story.directory = Directory([p for p in PEOPLE if p.email != MARA])
    story.when(Tick())
    assert waited_for(story.state) == (ADA, FINN)
    story.when(Tick()).then()


def test_everyone_who_is_waited_for_was_asked_in_whatever_order_they_came() -> None:
    story = out(away(DANA, FINN), route=a_route(stage(1, "Director", DANA)))
    story.when(revise(story.state, route=ONE)).when(delegate(MARA, DANA), MARA)
    assert waited_for(story.state) == (MARA, DANA, FINN)
    assert asked(story.state) == (MARA, DANA, FINN)


def test_two_who_are_out_for_each_other_make_no_circle() -> None:
    story = out(away(MARA, DANA), away(DANA, MARA))
    assert [(d.giver, d.taker) for d in story.state.delegations] == [(MARA, DANA)]
    assert story.approves(DANA).state.status is Status.APPROVED


def test_absences_are_passed_on_three_times_at_most() -> None:
    chain = (away(MARA, DANA), away(DANA, FINN), away(FINN, FAYE), away(FAYE, ADA))
    story = out(*chain)
    assert [d.taker for d in story.state.delegations] == [DANA, FINN, FAYE]
    assert waited_for(story.state) == (MARA, DANA, FINN, FAYE)
    assert refusal(story, ADA) is Reason.NOT_AN_APPROVER
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_nobody_is_asked_in_vain_who_lacks_the_stages_role() -> None:
    finance = stage(1, "Finance", FINN, required_role="finance_analyst")
    assert out(away(FINN, DANA), route=a_route(finance)).state.delegations == ()


def test_the_requester_is_not_asked_to_stand_in() -> None:
    assert out(away(MARA, ALICE)).state.delegations == ()


def test_one_who_is_not_in_the_directory_stands_in_for_nobody() -> None:
    assert out(away(MARA, "zed@example.com")).state.delegations == ()


def test_it_lasts_over_the_stages_of_a_request() -> None:
    route = a_route(MANAGER, stage(2, "Director", DANA, FINN))
    story = out(away(DANA, FAYE), route=route)
    assert story.state.delegations == ()
    story.approves(MARA)
    assert waited_for(story.state) == (DANA, FINN, FAYE)
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_it_is_recorded_once_however_often_it_is_looked_at() -> None:
    story = out(away(MARA, DANA))
    story.when(Tick()).then()
    story.directory = Directory([*PEOPLE, person("new@example.com")])
    story.when(Tick()).then()
    assert replace(story.state, version=0).delegations == story.state.delegations


def test_several_absences_between_the_same_two_are_one_way() -> None:
    story = Story()
    pairs = ((MARA, DANA), (DANA, FINN), (FINN, FAYE))
    story.standing = tuple(away(a, b, id=f"{a}{b}{n}") for a, b in pairs for n in range(60))
    story.when(a_submit(route=ONE))
    stage_now = story.state.current
    assert stage_now is not None
    assert len(story.state.delegations) == 3
    assert chains(story.state, stage_now, FAYE) == [(FAYE, FINN, DANA, MARA)]


def test_when_one_of_several_absences_ends_the_next_takes_its_place() -> None:
    story = out(away(MARA, DANA, id="s1", ends=NOW + HOUR), away(MARA, DANA, id="s2"))
    assert [d.standing for d in live(story.state)] == ["s1"]
    story.at(NOW + HOUR).when(Tick()).then(
        DelegationEnded(MARA, DANA, "s1"), Delegated(MARA, DANA, None, "s2")
    )
    assert story.approves(DANA).state.status is Status.APPROVED


def test_delegations_of_old_between_the_same_two_are_one_way() -> None:
    story = out(away(MARA, DANA, id="s0"))
    (first,) = story.state.delegations
    again = tuple(replace(first, standing=f"s{n}") for n in range(300))
    state = replace(story.state, delegations=again)
    assert state.current is not None
    assert chains(state, state.current, DANA) == [(DANA, MARA)]


def test_only_so_many_ways_are_looked_at() -> None:
    crowd = [f"p{n}@example.com" for n in range(2 * MOST_WAYS)]
    story = Story(Directory([*PEOPLE, *map(person, crowd)]))
    story.standing = tuple(away(p, DANA) for p in crowd)
    story.when(a_submit(route=a_route(stage(1, "Crowd", *crowd))))
    assert story.state.current is not None
    assert len(chains(story.state, story.state.current, DANA)) == MOST_WAYS
    assert story.approves(DANA).state.status is Status.APPROVED
