"""A revision takes nothing along that it has no right to: votes, time, attempts."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.directory.people import Directory
from core.events import Revised, Voted
from core.refusals import Reason
from core.request import Decision, Status, Vote
from core.rules.absence import Standing
from core.rules.limits import MOST_EDITS
from tests.core.acts import a_draft, away, delegate, revise
from tests.core.builders import (
    DANA,
    DAY,
    FAYE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    PEOPLE,
    a_route,
    a_submit,
    stage,
)
from tests.core.spec import Story, submitted, vote

APPROVE = Decision.APPROVE
PAIR = stage(1, "Pair", MARA, FINN, quorum=2)
KEEPING: dict[str, Any] = {"editable": ("amount",), "keep_approvals": True}


def votes(story: Story) -> list[Vote]:
    return [v for s in story.state.stages for v in s.votes]


def edits(story: Story, person: str, **fields: Any) -> Story:
    draft = a_draft(story.state, **{"edited": ("amount",)} | fields)
    return story.approves(person, edit=draft)


def while_away(*absences: Standing, amount: str = "900", stages: Any = (PAIR,)) -> Story:
    story = Story()
    story.standing = absences
    return story.when(a_submit(route=a_route(*stages, **KEEPING), amount=amount))


# --- approvals that rest on a delegation ----------------------------------------------------


def test_a_vote_under_a_cap_is_not_carried_over_the_cap() -> None:
    story = while_away(away(MARA, DANA, amount_cap="1000")).approves(DANA)
    edits(story, FINN, amount="500000")
    assert story.state.status is Status.PENDING
    assert [v.person for v in votes(story)] == [FINN]


def test_a_vote_under_a_cap_is_carried_up_to_the_cap() -> None:
    story = while_away(away(MARA, DANA, amount_cap="1000")).approves(DANA)
    assert edits(story, FINN, amount="1000").state.status is Status.APPROVED


def test_a_vote_for_one_rule_is_not_carried_into_another() -> None:
    story = while_away(away(MARA, DANA, categories=("purchase-order",))).approves(DANA)
    assert story.state.route is not None
    edits(story, FINN, route=replace(story.state.route, rule="another"))
    assert [v.person for v in votes(story)] == [FINN]


def test_every_link_of_a_chain_must_cover_what_is_new() -> None:
    capped = away(DANA, FAYE, amount_cap="1000")
    story = while_away(away(MARA, DANA), capped).approves(FAYE)
    assert votes(story)[0].through == (DANA,)
    edits(story, FINN, amount="1001")
    assert [v.person for v in votes(story)] == [FINN]


def test_a_vote_by_a_delegation_that_was_taken_back_is_not_carried() -> None:
    story = submitted(route=a_route(PAIR, **KEEPING)).when(delegate(MARA, DANA), MARA)
    story.approves(DANA).when(delegate(MARA, FAYE), MARA)
    edits(story, FINN)
    assert [v.person for v in votes(story)] == [FINN]


def test_a_vote_by_a_delegation_in_force_is_carried() -> None:
    story = submitted(route=a_route(PAIR, **KEEPING)).when(delegate(MARA, DANA), MARA)
    assert edits(story.approves(DANA), FINN).state.status is Status.APPROVED


def test_an_absence_that_is_over_carries_no_vote() -> None:
    story = while_away(away(MARA, DANA, ends=NOW + HOUR)).approves(DANA).at(NOW + HOUR)
    edits(story, FINN)
    assert [v.person for v in votes(story)] == [FINN]


def test_a_closed_stage_that_loses_a_vote_is_asked_again() -> None:
    stages = (stage(1, "Manager", MARA), stage(2, "Finance", FINN))
    story = while_away(away(MARA, DANA, amount_cap="1000"), stages=stages).approves(DANA)
    edits(story, FINN, amount="500000")
    revised = next(r.event for r in story.new if isinstance(r.event, Revised))
    assert revised.kept is None
    assert story.state.current is not None
    assert (story.state.current.plan.name, votes(story)) == ("Manager", [])


def test_a_stage_that_passed_by_itself_has_no_vote_to_lose() -> None:
    stages = (stage(1, "Small", MARA, auto="approve"), stage(2, "Pair", MARA, FINN, quorum=2))
    story = while_away(stages=stages).approves(MARA)
    assert edits(story, FINN).state.status is Status.APPROVED


def test_votes_in_chat_are_not_carried_into_a_rule_for_the_web() -> None:
    two = (stage(1, "Manager", MARA), stage(2, "Finance", FINN, DANA))
    story = submitted(route=a_route(*two, **KEEPING)).approves(MARA)
    edits(story, FINN, route=a_route(*two, **KEEPING, decide_in="web"))
    assert votes(story) == []


# --- whose departments approved -------------------------------------------------------------


def test_the_departments_behind_a_vote_are_recorded_with_it() -> None:
    people = {p.email: p for p in PEOPLE}
    people[DANA] = replace(people[DANA], department="Legal")
    people[MARA] = replace(people[MARA], department="Finance")
    stages = (stage(1, "One", MARA), stage(2, "Two", FINN))
    route = a_route(*stages, different_departments=True)
    story = Story(Directory(people.values())).when(a_submit(route=route))
    story.when(delegate(MARA, DANA), MARA).approves(DANA)
    (voted,) = (r.event for r in story.new if isinstance(r.event, Voted))
    assert (voted.department, voted.departments) == ("Legal", ("Finance",))
    del people[MARA]
    story.directory = Directory(people.values())
    refused = story.refused(vote(story.state, FINN, APPROVE), FINN)
    assert refused is Reason.DEPARTMENT_APPROVED


# --- time and attempts ----------------------------------------------------------------------


def test_a_revision_lives_no_longer_than_its_new_rule_says() -> None:
    story = submitted(route=a_route(MANAGER)).at(NOW + HOUR)
    story.when(revise(story.state, lifetime=HOUR))
    revised = next(r.event for r in story.new if isinstance(r.event, Revised))
    assert revised.expires_at == story.state.expires_at == NOW + 2 * HOUR


@pytest.mark.parametrize("lifetime", [None, DAY, 30 * DAY])
def test_a_revision_never_prolongs_the_request(lifetime: int | None) -> None:
    story = submitted(route=a_route(MANAGER)).at(NOW + HOUR)
    story.when(revise(story.state, lifetime=lifetime))
    revised = next(r.event for r in story.new if isinstance(r.event, Revised))
    assert (revised.expires_at, story.state.expires_at) == (None, NOW + DAY)


def test_an_edit_too_lives_no_longer_than_its_new_rule_says() -> None:
    story = submitted(route=a_route(PAIR, **KEEPING))
    assert edits(story, MARA, lifetime=HOUR).state.expires_at == NOW + HOUR


def test_attempts_are_judged_by_the_new_rule_too() -> None:
    story = submitted(route=a_route(MANAGER, max_attempts=5))
    command = revise(story.state, route=a_route(MANAGER, max_attempts=1))
    assert story.refused(command, MARA) is Reason.TOO_MANY_ATTEMPTS
    story.when(revise(story.state, route=a_route(MANAGER, max_attempts=2)))
    command = revise(story.state, route=a_route(MANAGER, max_attempts=5))
    assert story.refused(command, MARA) is Reason.TOO_MANY_ATTEMPTS


def test_edits_are_bounded_and_the_request_can_still_be_decided() -> None:
    story = submitted(route=a_route(PAIR, **KEEPING))
    for number in range(MOST_EDITS):
        edits(story, MARA, amount=str(number))
    draft = a_draft(story.state, edited=("amount",))
    command = vote(story.state, FINN, APPROVE, edit=draft)
    assert story.refused(command, FINN) is Reason.TOO_MANY_EDITS
    assert story.approves(FINN).state.status is Status.APPROVED
