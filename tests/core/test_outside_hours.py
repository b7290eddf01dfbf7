"""Asked outside working hours: the clock stops or the person on call is asked, and the card says
which. `NOW` is Friday, 15 January 2027, eight o'clock UTC."""

import pytest
from msgspec.structs import replace

from core.calendars.calendar import Calendar
from core.calendars.rotation import Rotation
from core.commands import Tick
from core.directory.people import Directory
from core.request import Stage
from core.route import Entry, StagePlan
from tests.core.builders import DANA, DAY, FAYE, FINN, HOUR, MANAGER, MARA, NOW, a_route
from tests.core.shown import COMPANY, Told, asked

NIGHT = NOW + 12 * HOUR
"""Friday, 20:00 UTC: everybody has gone home for the weekend."""
MONDAY = NOW + 3 * DAY + HOUR
"""Nine o'clock UTC."""
OFFICE = Calendar("office", "UTC", 9 * 60, 17 * 60, (0, 1, 2, 3, 4))
TURNS = Rotation(people=(FINN, FAYE), period=DAY, starts="2027-01-15T00:00")
ON_CALL = Entry(ref="on_call:finance", people=TURNS.people, rotation=TURNS)
WAITS = replace(MANAGER, sla=4 * HOUR, calendar=OFFICE)
CALLS = replace(WAITS, outside_hours=ON_CALL)
OWN = replace(MANAGER, sla=4 * HOUR, approver_hours=True)


def at(moment: int, plan: StagePlan, **mara: str) -> Told:
    """A request with this stage, made then; `mara` changes her entry in the directory."""
    directory = Directory(
        replace(p, **mara) if p.email == MARA else p for p in COMPANY.people.values()
    )
    return asked(now=moment, directory=directory, route=a_route(plan), expires_at=moment + 9 * DAY)


def stage(story: Told) -> Stage:
    return story.state.stages[0]


def note(story: Told, reader: str = MARA, **fields: str) -> str | None:
    return story.card(reader, **fields).stages[0].note


def test_with_wait_the_clock_stands_still_until_the_office_opens() -> None:
    story = at(NIGHT, WAITS)
    assert (stage(story).assigned, stage(story).acts_at) == ((MARA,), MONDAY + 4 * HOUR)
    story.at(MONDAY + 4 * HOUR - 1).when(Tick())
    assert not stage(story).escalated
    assert stage(story.at(MONDAY + 4 * HOUR).when(Tick())).escalated


def test_the_card_says_from_when_the_time_counts_in_the_readers_zone() -> None:
    story = at(NIGHT, WAITS)
    assert note(story) == (
        "Asked outside working hours: its time counts from Mon 18 Jan 2027, 09:00 UTC"
    )
    assert note(story, timezone="Europe/Berlin") == (
        "Asked outside working hours: its time counts from Mon 18 Jan 2027, 10:00 CET"
    )


def test_with_a_reference_who_is_on_call_is_asked_too_and_the_clock_runs() -> None:
    story = at(NIGHT, CALLS)
    assert (stage(story).assigned, stage(story).acts_at) == ((MARA, FINN), NIGHT + 4 * HOUR)
    assert note(story) == (
        "Asked outside working hours: Finn, on call, may decide too, and its time runs"
    )
    story.approves(FINN)
    assert story.state.status == "approved"


def test_whose_turn_it_is_depends_on_the_day() -> None:
    story = at(NIGHT + DAY, CALLS)
    assert stage(story).assigned == (MARA, FAYE)


@pytest.mark.parametrize("plan", [WAITS, CALLS], ids=["wait", "on call"])
def test_within_the_hours_neither_happens_and_nothing_is_said(plan: StagePlan) -> None:
    story = at(NOW + 2 * HOUR, plan)
    assert (stage(story).assigned, stage(story).acts_at) == ((MARA,), NOW + 6 * HOUR)
    assert note(story) is None


def test_an_approvers_own_hours_stop_the_clock() -> None:
    story = at(NIGHT, OWN, working_hours="09:00-17:00")
    assert stage(story).acts_at == MONDAY + 4 * HOUR
    assert "its time counts from Mon 18 Jan 2027, 09:00 UTC" in str(note(story))


def test_an_approvers_own_hours_are_those_where_they_are() -> None:
    """In New York it is three in the afternoon: two hours are left, two more are on Monday."""
    story = at(NIGHT, OWN, timezone="America/New_York", working_hours="09:00-17:00")
    assert stage(story).acts_at == MONDAY + 5 * HOUR + 2 * HOUR
    assert note(story) is None


def test_outside_an_approvers_own_hours_the_person_on_call_is_asked() -> None:
    plan = replace(OWN, outside_hours=ON_CALL)
    story = at(NIGHT, plan, working_hours="09:00-17:00")
    assert (stage(story).assigned, stage(story).acts_at) == ((MARA, FINN), NIGHT + 4 * HOUR)
    assert note(story) is not None
    assert "Finn, on call" in str(note(story))


def test_whoever_states_no_hours_is_always_at_work() -> None:
    story = at(NIGHT, replace(OWN, outside_hours=ON_CALL))
    assert (stage(story).assigned, stage(story).acts_at) == ((MARA,), NIGHT + 4 * HOUR)
    assert note(story) is None


def test_a_stage_without_time_says_nothing_of_it() -> None:
    assert note(at(NIGHT, replace(WAITS, sla=None))) is None


def test_once_the_stage_is_over_the_card_says_nothing_of_it() -> None:
    story = at(NIGHT, WAITS)
    story.approves(MARA)
    assert note(story) is None


def test_after_an_escalation_the_card_still_names_only_who_was_on_call() -> None:
    plan = replace(CALLS, escalate_to=((Entry(ref=DANA, people=(DANA,)),),))
    story = at(NIGHT - HOUR, plan).at(NIGHT + 3 * HOUR).when(Tick())
    assert stage(story).assigned == (MARA, FINN, DANA)
    assert "Finn, on call" in str(note(story))


def test_everybody_is_told_once_when_a_night_goes_by() -> None:
    """Reminded and escalated on the stage's clock: nothing in the night, then each once."""
    plan = replace(WAITS, remind_at=(2 * HOUR,), escalate_to=((Entry(ref=DANA, people=(DANA,)),),))
    story = at(NIGHT, plan)
    assert story.at(NIGHT + 8 * HOUR).when(Tick()).told() == []
    assert story.at(MONDAY + 2 * HOUR).when(Tick()).told() == [("reminder", MARA)]
    told = story.at(MONDAY + 4 * HOUR).when(Tick()).told()
    assert sorted(told) == sorted(
        [("escalated", DANA), ("escalated", MARA), ("escalated", "alice@example.com")]
    )
