"""When a person's daily digest comes, over working days, time zones and changes of the clocks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.chat.digest_times import GRACE, digest_before, digest_telling, next_digest
from core.directory.people import Person
from tests.core.builders import DAY, HOUR, person

MARA = "mara@example.com"
BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
OFFICE = "08:00-16:00"


def at(zone: str, year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    local = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    return int(local.timestamp() * 1000)


def said(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat()


FRIDAY = at(BERLIN, 2027, 1, 15, 12)


@pytest.mark.parametrize(
    ("who", "comes"),
    [
        (person(MARA), at("UTC", 2027, 1, 16, 9)),
        (person(MARA, timezone=BERLIN), at(BERLIN, 2027, 1, 16, 9)),
        (person(MARA, timezone=NEW_YORK), at(NEW_YORK, 2027, 1, 15, 9)),
        (person(MARA, timezone=BERLIN, digest="17:30"), at(BERLIN, 2027, 1, 15, 17, 30)),
        (person(MARA, timezone=BERLIN, working_hours=OFFICE), at(BERLIN, 2027, 1, 18, 8)),
        (
            person(MARA, timezone=BERLIN, working_hours=OFFICE, digest="10:15"),
            at(BERLIN, 2027, 1, 18, 10, 15),
        ),
    ],
    ids=["nine", "at home", "west", "own time", "working hours", "own time on working days"],
)
def test_a_digest_comes_at_the_persons_own_time_and_on_their_days(who: Person, comes: int) -> None:
    assert said(next_digest(who, FRIDAY)) == said(comes)


def test_the_moment_of_a_digest_is_no_more_before_it() -> None:
    who = person(MARA, digest="09:00")
    nine = at("UTC", 2027, 1, 16, 9)
    assert next_digest(who, nine - 1) == nine
    assert next_digest(who, nine) == nine + DAY
    assert digest_before(who, nine + DAY) == nine


def test_over_a_weekend_the_last_digest_was_on_friday() -> None:
    who = person(MARA, timezone=BERLIN, working_hours=OFFICE)
    monday = at(BERLIN, 2027, 1, 18, 8)
    assert said(digest_before(who, monday)) == said(at(BERLIN, 2027, 1, 15, 8))


def test_what_just_happened_is_left_to_the_next_digest() -> None:
    who = person(MARA, digest="09:00")
    nine = at("UTC", 2027, 1, 16, 9)
    assert digest_telling(who, nine - GRACE - 1) == nine
    assert digest_telling(who, nine - GRACE) == nine + DAY


def test_a_time_that_the_clocks_skip_is_the_moment_of_the_change() -> None:
    who = person(MARA, timezone=BERLIN, digest="02:30")
    assert said(next_digest(who, at(BERLIN, 2027, 3, 28))) == "2027-03-28T01:00:00+00:00"


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    who = person(MARA, timezone=BERLIN, digest="02:30")
    first = next_digest(who, at(BERLIN, 2027, 10, 31))
    assert said(first) == "2027-10-31T00:30:00+00:00"
    assert said(next_digest(who, first + HOUR)) == "2027-11-01T01:30:00+00:00"
