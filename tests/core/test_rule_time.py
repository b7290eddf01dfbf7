"""Time: deadlines, reminders, escalation windows, and ticks that come late or twice."""

from typing import Any

import pytest

from core.calendars.calendar import Calendar
from core.commands import Tick
from core.events import Escalated, Finished, Held, Reminded, StageRejected
from core.refusals import Reason
from core.request import Decision, Stage, Status
from core.route import Entry, OnTimeout
from core.rules.time import RULE_SAYS, TOP
from tests.core.acts import a_draft, delegate, escalate, nudge, revise
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    FINN,
    HOUR,
    MARA,
    NOW,
    a_route,
    a_submit,
    stage,
    with_changed,
)
from tests.core.moments import at, said
from tests.core.spec import Story, submitted, vote

APPROVE = Decision.APPROVE
LEVELS = tuple((Entry(ref=p, people=(p,)),) for p in (FINN, DANA))


def timed(**fields: Any) -> Story:
    """One stage for Mara with an hour, then Finn, then Dana, then the last resort."""
    given: dict[str, Any] = {"sla": HOUR, "escalate_to": LEVELS}
    return submitted(route=a_route(stage(1, "Boss", MARA, **given | fields)))


def current(story: Story) -> Stage:
    assert story.state.current is not None
    return story.state.current


# --- on_timeout -----------------------------------------------------------------------------


def test_a_timeout_asks_the_next_level_which_gets_its_time_from_then() -> None:
    story = timed().at(NOW + HOUR).when(Tick())
    (escalated,) = [r.event for r in story.new]
    assert isinstance(escalated, Escalated)
    assert (escalated.told, escalated.cause, escalated.acts_at) == (
        (FINN,),
        "timeout",
        NOW + 2 * HOUR,
    )
    assert current(story).escalated
    assert current(story).due_at == NOW + HOUR, "when it was due does not move"
    assert current(story).sla_deadline == NOW + 2 * HOUR, "who is asked late has their time"


def test_each_level_gets_its_window_from_when_it_was_told() -> None:
    story = timed().at(NOW + 5 * HOUR).when(Tick())
    assert (current(story).tier, current(story).acts_at) == (1, NOW + 6 * HOUR)
    story.at(NOW + 6 * HOUR - 1).when(Tick()).then()
    story.at(NOW + 6 * HOUR).when(Tick())
    assert (current(story).tier, current(story).acts_at) == (2, NOW + 7 * HOUR)


def test_after_the_last_level_it_holds_and_says_so_once() -> None:
    story = timed()
    for hour in range(1, 5):
        story.at(NOW + hour * HOUR).when(Tick())
    assert story.new[-1].event == Held(level=1, because=TOP)
    story.at(NOW + 6 * HOUR).when(Tick()).then()
    assert story.state.wake_at == NOW + DAY
    assert story.approves(MARA).state.status is Status.APPROVED, "holding is not closing"


def test_reject_ends_it_at_the_deadline_however_late_the_tick() -> None:
    story = timed(on_timeout=OnTimeout.REJECT).at(NOW + 9 * HOUR).when(Tick())
    assert [r.event for r in story.new] == [
        StageRejected(level=1, cause="timeout"),
        Finished(status=Status.REJECTED, cause="timeout"),
    ]
    assert {r.at for r in story.new} == {NOW + HOUR}


def test_a_click_after_a_deadline_that_rejects_never_counts() -> None:
    story = timed(on_timeout=OnTimeout.REJECT)
    late = vote(story.state, MARA, APPROVE)
    assert story.at(NOW + HOUR).refused(late, MARA) is Reason.FINISHED
    assert story.state.status is Status.REJECTED


def test_a_click_just_before_a_deadline_that_rejects_counts() -> None:
    story = timed(on_timeout=OnTimeout.REJECT).at(NOW + HOUR - 1).approves(MARA)
    assert story.state.status is Status.APPROVED


def test_of_two_deadlines_the_earlier_one_ends_it() -> None:
    story = timed(on_timeout=OnTimeout.REJECT).at(NOW + 3 * DAY).when(Tick())
    assert story.state.status is Status.REJECTED
    story = timed(on_timeout=OnTimeout.REJECT, sla=2 * DAY).at(NOW + 3 * DAY).when(Tick())
    assert story.state.status is Status.EXPIRED
    assert story.state.outcome is not None
    assert story.state.outcome.at == NOW + DAY


def test_hold_holds_and_the_people_asked_may_still_decide() -> None:
    story = timed(on_timeout=OnTimeout.HOLD).at(NOW + HOUR).when(Tick())
    story.then(Held(level=1, because=RULE_SAYS))
    story.when(Tick()).then()
    assert current(story).assigned == (MARA,)
    assert story.approves(MARA).state.status is Status.APPROVED


def test_approving_is_no_answer_to_silence() -> None:
    assert "approve" not in {choice.value for choice in OnTimeout}


def test_without_a_deadline_nothing_happens_before_the_expiry() -> None:
    story = timed(sla=None).at(NOW + DAY - 1).when(Tick())
    story.then()
    assert story.state.wake_at == NOW + DAY


# --- reminders ------------------------------------------------------------------------------


def reminded(**fields: Any) -> Story:
    marks = (HOUR // 4, HOUR // 2, HOUR * 3 // 4)
    return timed(**{"remind_at": marks} | fields)


def test_each_reminder_is_sent_once_to_those_who_are_waited_for() -> None:
    story = reminded()
    for mark, left in ((1, 2), (2, 1), (3, 0)):
        story.at(NOW + mark * HOUR // 4).when(Tick())
        (event,) = [r.event for r in story.new]
        assert isinstance(event, Reminded)
        assert (event.people, len(event.left)) == ((MARA,), left)
        story.when(Tick()).then()


def test_after_a_long_delay_only_the_newest_reminder_is_sent() -> None:
    story = reminded().at(NOW + HOUR - 1).when(Tick())
    (event,) = [r.event for r in story.new]
    assert event == Reminded(level=1, people=(MARA,), left=())


def test_a_delay_past_the_deadline_escalates_and_sends_no_old_reminder() -> None:
    story = reminded().at(NOW + 3 * HOUR).when(Tick())
    assert [type(r.event) for r in story.new] == [Escalated]
    assert current(story).reminders == tuple(NOW + 3 * HOUR + n * HOUR // 4 for n in (1, 2, 3))


def test_who_has_voted_is_not_reminded_but_their_stand_ins_colleagues_are() -> None:
    pair = stage(1, "Pair", MARA, FINN, quorum=2, sla=HOUR, remind_at=(HOUR // 2,))
    story = submitted(route=a_route(pair)).when(delegate(FINN, DANA), FINN).approves(MARA)
    story.at(NOW + HOUR // 2).when(Tick())
    (event,) = [r.event for r in story.new]
    assert isinstance(event, Reminded)
    assert event.people == (FINN, DANA)


def test_no_reminder_comes_at_or_after_the_end() -> None:
    story = timed(sla=None, remind_at=(DAY - 1, DAY, 2 * DAY))
    assert current(story).reminders == (NOW + DAY - 1,)


def test_a_click_comes_with_the_reminder_that_was_due_before_it() -> None:
    pair = stage(1, "Pair", MARA, FINN, quorum=2, sla=HOUR, remind_at=(HOUR // 2,))
    story = submitted(route=a_route(pair)).at(NOW + HOUR // 2).approves(MARA)
    kinds = [type(r.event) for r in story.history]
    assert kinds.count(Reminded) == 1


def test_wake_at_is_the_next_reminder_then_the_deadline_then_the_expiry() -> None:
    story = timed(remind_at=(HOUR // 2,), on_timeout=OnTimeout.HOLD)
    for moment in (NOW + HOUR // 2, NOW + HOUR, NOW + DAY):
        assert story.state.wake_at == moment
        story.at(moment - 1).when(Tick()).then()
        story.at(moment).when(Tick())
        assert story.new != []
    assert story.state.wake_at is None


# --- the clock that is counted on -----------------------------------------------------------

OFFICE = Calendar("office", "Europe/Berlin", 540, 1020, (0, 1, 2, 3, 4), "DE-BE")


def due_at(start: str, sla: int, directory: Any = None, **fields: Any) -> str:
    story = Story() if directory is None else Story(directory)
    moment = at(start)
    plan = stage(1, "Boss", MARA, sla=sla, **fields)
    story.at(moment).when(a_submit(a_route(plan), expires_at=moment + 30 * DAY))
    deadline = current(story).sla_deadline
    assert deadline == current(story).acts_at
    assert deadline is not None
    return said(deadline)


def test_a_deadline_over_a_holiday_is_exact() -> None:
    found = due_at("2026-12-24T16:00+01:00", 2 * HOUR, calendar=OFFICE)
    assert found == "2026-12-28T10:00+01:00", "the 25th is a holiday, then comes a weekend"


def test_a_deadline_over_a_change_of_the_clocks_is_exact() -> None:
    found = due_at("2026-10-23T16:00+02:00", 2 * HOUR, calendar=OFFICE)
    assert found == "2026-10-26T10:00+01:00"
    assert due_at("2026-10-24T12:00+02:00", 24 * HOUR) == "2026-10-25T11:00+01:00"


def test_a_deadline_on_the_approvers_own_hours_is_exact() -> None:
    tokyo = with_changed(MARA, timezone="Asia/Tokyo", working_hours="09:00-17:00")
    found = due_at("2026-11-20T12:00+01:00", HOUR, tokyo, approver_hours=True)
    assert found == "2026-11-23T02:00+01:00", "Friday night there; Monday at ten"


def test_reminders_are_counted_on_the_same_clock() -> None:
    moment = at("2026-12-24T16:00+01:00")
    plan = stage(1, "Boss", MARA, sla=2 * HOUR, remind_at=(HOUR, HOUR * 3 // 2), calendar=OFFICE)
    story = Story().at(moment).when(a_submit(a_route(plan), expires_at=moment + 30 * DAY))
    assert list(map(said, current(story).reminders)) == [
        "2026-12-24T17:00+01:00",
        "2026-12-28T09:30+01:00",
    ]


def test_an_escalation_counts_on_the_same_clock() -> None:
    moment = at("2026-12-24T14:00+01:00")
    plan = stage(1, "Boss", MARA, sla=2 * HOUR, calendar=OFFICE, escalate_to=LEVELS)
    story = Story().at(moment).when(a_submit(a_route(plan), expires_at=moment + 30 * DAY))
    story.at(at("2026-12-24T16:00+01:00")).when(Tick())
    acts_at = current(story).acts_at
    assert acts_at is not None
    assert said(acts_at) == "2026-12-28T10:00+01:00"


# --- nudges and escalations by hand ---------------------------------------------------------


@pytest.mark.parametrize("who", [{"agent_key": "key-1"}, {"person": ALICE}, {"as_admin": True}])
def test_whoever_asks_may_nudge(who: dict[str, Any]) -> None:
    story = timed().when(nudge(**who))
    (event,) = [r.event for r in story.new]
    assert event.people == (MARA,)  # type: ignore[union-attr] # a Nudged, as the test says


@pytest.mark.parametrize("who", [{"agent_key": "key-2"}, {"person": DANA}, {}])
def test_strangers_may_neither_nudge_nor_escalate(who: dict[str, Any]) -> None:
    story = timed()
    assert story.refused(nudge(**who), DANA) is Reason.NOT_CONCERNED
    assert story.refused(escalate(**who), DANA) is Reason.NOT_CONCERNED


def test_one_nudge_in_four_hours_also_over_a_revision() -> None:
    story = timed().when(nudge(as_admin=True)).at(NOW + 4 * HOUR - 1)
    assert story.refused(nudge(as_admin=True), ADA) is Reason.NUDGED_RECENTLY
    story.when(revise(story.state))
    assert story.refused(nudge(as_admin=True), ADA) is Reason.NUDGED_RECENTLY
    story.at(NOW + 4 * HOUR).when(nudge(as_admin=True))
    assert story.state.nudged_at == NOW + 4 * HOUR


def test_a_nudge_says_in_how_many_minutes_the_next_is_possible() -> None:
    story = timed().when(nudge(as_admin=True)).at(NOW + 3 * HOUR + 1)
    with pytest.raises(Exception, match="Try again in 60 minutes"):
        story.when(nudge(as_admin=True))


@pytest.mark.parametrize("who", [{"person": MARA}, {"person": ALICE}, {"agent_key": "key-1"}])
def test_those_concerned_may_escalate_before_the_deadline(who: dict[str, Any]) -> None:
    story = timed().at(NOW + HOUR // 2).when(escalate(**who))
    assert (current(story).assigned, current(story).acts_at) == (
        (MARA, FINN),
        NOW + HOUR * 3 // 2,
    )


def test_who_stands_in_may_escalate() -> None:
    story = timed().when(delegate(MARA, DANA), MARA)
    story.when(escalate(person=DANA), DANA)
    assert current(story).tier == 1


def test_at_the_top_there_is_nobody_left_to_ask() -> None:
    story = timed()
    for _ in range(3):
        story.when(escalate(as_admin=True))
    assert current(story).assigned == (MARA, FINN, DANA, ADA)
    assert story.refused(escalate(as_admin=True), ADA) is Reason.NOBODY_LEFT_TO_ASK


def test_an_escalation_ends_a_hold() -> None:
    story = timed(on_timeout=OnTimeout.HOLD).at(NOW + HOUR).when(Tick())
    story.when(escalate(as_admin=True))
    assert (current(story).held, current(story).acts_at) == (None, NOW + 2 * HOUR)


def test_a_helper_fills_only_the_seats_that_are_open() -> None:
    plan = stage(1, "Pair", MARA, FINN, quorum=2, escalate_to=((Entry(ref=DANA, people=(DANA,)),),))
    story = submitted(route=a_route(plan)).approves(MARA).when(escalate(as_admin=True))
    assert current(story).entries[-1].seats == 1
    assert story.approves(DANA).state.status is Status.APPROVED


def test_a_new_revision_starts_the_clock_again() -> None:
    story = timed().at(NOW + HOUR // 2)
    story.when(revise(story.state))
    assert current(story).acts_at == NOW + HOUR * 3 // 2
    assert story.state.expires_at == NOW + DAY, "but not the request's own"


def test_a_kept_edit_does_not_stop_the_clock() -> None:
    plan = stage(1, "Pair", MARA, FINN, DANA, quorum=3, sla=HOUR)
    story = submitted(route=a_route(plan, editable=("amount",), keep_approvals=True))
    story.approves(MARA).at(NOW + HOUR // 2)
    story.approves(FINN, edit=a_draft(story.state, edited=("amount",)))
    assert current(story).acts_at == NOW + HOUR
