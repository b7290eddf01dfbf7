"""Working hours and rotations in the policy: what is read, and what is wrong with them."""

from datetime import date, timedelta

import pytest

from core.calendars.calendar import Calendar
from core.calendars.rotation import Rotation
from tests.core.builders import FAYE, FINN
from tests.core.policy_document import APPROVERS, POLICY, ROLE, mistakes, read

OFFICE = 'office: {timezone: Europe/Berlin, hours: "09:00-17:00", holidays: DE-BE}'
TURNS = (
    "finance: {people: [finn@example.com, faye@example.com], rotate: weekly, "
    "from: 2026-01-05T09:00}"
)
TOP = f"calendars:\n  {OFFICE}\non_call:\n  {TURNS}\n"
WHOLE = POLICY + TOP
LINE = len(POLICY.splitlines()) + 2
"""Where the calendar stands; the rotation stands two lines below."""


def test_a_calendar_is_read_whole() -> None:
    days = "weekdays: [sat, mon], closed: [2026-12-24, 2026-12-31]"
    text = WHOLE.replace("holidays: DE-BE", f"holidays: DE-BE, {days}")
    assert read(text).calendars == {
        "office": Calendar(
            name="office",
            timezone="Europe/Berlin",
            opens=9 * 60,
            closes=17 * 60,
            weekdays=(0, 5),
            holidays="DE-BE",
            closed=("2026-12-24", "2026-12-31"),
        )
    }


def test_work_is_from_monday_to_friday_unless_it_says_otherwise() -> None:
    assert read(WHOLE).calendars["office"].weekdays == (0, 1, 2, 3, 4)


def test_a_rotation_is_read_whole() -> None:
    text = WHOLE.replace("09:00}", "09:00, timezone: Europe/London}")
    people = (FINN, FAYE)
    assert read(text).on_call == {
        "finance": Rotation(people, "weekly", "2026-01-05T09:00", "Europe/London")
    }


@pytest.mark.parametrize(
    ("defaults", "zone"), [("sla: 60m", "UTC"), ("calendar: office", "Europe/Berlin")]
)
def test_turns_follow_the_default_calendars_clock(defaults: str, zone: str) -> None:
    text = WHOLE.replace("expires_in: 24h, sla: 60m", defaults)
    assert read(text).on_call["finance"].timezone == zone


def test_turns_may_be_of_any_length() -> None:
    twelve = read(WHOLE.replace("weekly", "12h")).on_call["finance"]
    assert twelve.period == 12 * 3_600_000


def test_a_rotation_may_be_named_wherever_people_are() -> None:
    stage = (
        'approvers: ["on_call:finance"]\n        calendar: office\n'
        '        outside_hours: "on_call:finance"\n        escalate_to: ["group:finance"]'
    )
    text = WHOLE.replace(APPROVERS, stage).replace("group:admins\ncal", "on_call:finance\ncal")
    policy = read(text)
    assert policy.last_resort == ("on_call:finance",)
    stage_rule = policy.rules[0].stages[1]
    assert (stage_rule.approvers, stage_rule.outside_hours) == (
        ("on_call:finance",),
        "on_call:finance",
    )


@pytest.mark.parametrize(
    ("written", "calendar"), [("office", "office"), ("approver", "approver"), ("none", None)]
)
def test_a_stage_names_its_calendar(written: str, calendar: str | None) -> None:
    text = WHOLE.replace("sla: 60m", "sla: 60m, calendar: office")
    text = text.replace(ROLE, f"{ROLE}\n        calendar: {written}")
    manager, finance = read(text).rules[0].stages
    assert (manager.calendar, finance.calendar) == ("office", calendar)


ZONE = "timezone: Europe/Berlin"
WRONG = [
    (ZONE, "timezone: Europe/Berln", "'timezone' is 'Europe/Berln' - Did you mean 'Europe/Berlin'?"),
    (f"{ZONE}, ", "", "'timezone' is missing in the calendar 'office' - Write a time zone, such as Europe/Berlin"),
    ('hours: "09:00-17:00", ', "", "'hours' is missing in the calendar 'office' - Write from when to when, such as \"09:00-17:00\""),
    ("09:00-17:00", "17:00-09:00", "'hours' is '17:00-09:00' - Write the start and the end in quotes: \"09:00-17:00\" or \"18:00-24:00\""),
    ("DE-BE", "DE-XX", "'holidays' is 'DE-XX' - Write DE alone, or DE- and one of"),
    ("holidays: DE-BE", "weekdays: [mon, tues]", "'weekdays' are not days of the week, each once - Did you mean 'tue'?"),
    ("holidays: DE-BE", "weekdays: []", "'weekdays' are not days of the week, each once - Write at least one day"),
    ("holidays: DE-BE", "closed: [24.12.2026]", "'closed' is '24.12.2026' - Write a date as year-month-day: 2026-12-24"),
    ("holidays: DE-BE", "holiday: DE-BE", "unknown key 'holiday' in the calendar 'office' - Did you mean 'holidays'?"),
    ("office:", "approver:", "'approver' cannot be the name of a calendar - Use another name"),
    ("[finn@example.com, faye@example.com]", "[fin@example.com]", "'fin@example.com' is not in the directory - Did you mean 'finn@example.com'?"),
    ("[finn@example.com, faye@example.com]", "[finn@example.com, Finn@example.com]", "'finn@example.com' takes turns twice - Name each person once"),
    ("[finn@example.com, faye@example.com]", "[]", "'people' is empty - List who takes turns, in their order"),
    ("weekly", "yearly", "'rotate' is 'yearly' - Write daily, weekly or a duration such as 12h"),
    ("rotate: weekly, ", "", "'rotate' is missing in the rotation 'finance' - Write daily, weekly or a duration such as 12h"),
    ("2026-01-05T09:00", "2026-02-30T09:00", "'from' is '2026-02-30T09:00' - Write a local date and time: 2026-01-05T09:00"),
]  # fmt: skip
# ruff: noqa: E501 - a row of the table is one mistake on one line


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_a_mistake_is_named_with_its_place_and_remedy(old: str, new: str, said: str) -> None:
    assert old in TOP
    [found] = mistakes(POLICY + TOP.replace(old, new, 1))
    place, _, message = found.partition(": ")
    assert int(place.partition(":")[0]) in (LINE, LINE + 2)
    assert message.startswith(said)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("offise", "there is no calendar 'offise' - Did you mean 'office'?"),
        (
            "moon",
            "there is no calendar 'moon' - Write 'calendars: {moon: ...}' at the top, or name approver or none",
        ),
    ],
)
def test_a_calendar_that_is_not_there_is_named(value: str, said: str) -> None:
    text = WHOLE.replace(ROLE, f"{ROLE}\n        calendar: {value}")
    assert mistakes(text) == [f"13:19: {said}"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("on_call:finanse", "there is no rotation 'finanse' - Did you mean 'finance'?"),
        ("on_call:x", "there is no rotation 'x' - Write 'on_call: {x: ...}' at the top"),
    ],
)
def test_a_rotation_that_is_not_there_is_named(value: str, said: str) -> None:
    text = WHOLE.replace(APPROVERS, f"approvers: [{value}]")
    assert mistakes(text) == [f"11:21: {said}"]


def test_a_calendar_that_does_not_open_for_a_year_is_a_mistake() -> None:
    mondays = (date(2026, 1, 5) + timedelta(weeks=n) for n in range(54))
    closed = ", ".join(day.isoformat() for day in mondays)
    text = WHOLE.replace("holidays: DE-BE", f"weekdays: [mon], closed: [{closed}]")
    assert mistakes(text) == [
        f"{LINE}:11: the calendar 'office' has no working day in a whole year - "
        "Correct 'weekdays', 'holidays' or 'closed'"
    ]


def test_a_bad_calendar_is_one_mistake_wherever_it_is_named() -> None:
    text = WHOLE.replace("Europe/Berlin", "Moon").replace("sla: 60m", "sla: 60m, calendar: office")
    assert len(mistakes(text)) == 1


def test_a_bad_rotation_is_one_mistake_wherever_it_is_named() -> None:
    text = WHOLE.replace("weekly", "yearly").replace(APPROVERS, 'approvers: ["on_call:finance"]')
    assert len(mistakes(text)) == 1


def test_who_is_on_call_must_have_the_stages_role() -> None:
    text = WHOLE.replace("finn@example.com, faye@example.com", "mara@example.com")
    text = text.replace(ROLE, f'{ROLE}\n        escalate_to: ["on_call:finance"]')
    assert mistakes(text) == [
        "13:23: nobody in 'escalate_to' has the role or department of this stage - "
        "Name somebody who has them, or remove it"
    ]
