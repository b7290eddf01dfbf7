"""People take turns; daily and weekly turns change at the same time of the local clock."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars.rotation import (
    Period,
    Rotation,
    line,
    next_handover,
    on_call,
    read_period,
    read_start,
)
from core.value import Millis, encode
from tests.core.moments import HOUR, at, said

PEOPLE = ("ann", "bob", "cid")
WEEKLY = Rotation(PEOPLE, "weekly", "2026-01-05T09:00", "Europe/Berlin")
DAILY = Rotation(PEOPLE, "daily", "2026-01-05T09:00", "Europe/Berlin")
HALF_DAYS = Rotation(PEOPLE, 12 * HOUR, "2026-01-05T09:00", "Europe/Berlin")


@pytest.mark.parametrize(
    ("rotation", "moment", "person"),
    [
        (WEEKLY, "2026-01-05T09:00+01:00", "ann"),
        (WEEKLY, "2026-01-12T08:59+01:00", "ann"),
        (WEEKLY, "2026-01-12T09:00+01:00", "bob"),
        (WEEKLY, "2026-01-26T09:00+01:00", "ann"),
        (DAILY, "2026-01-06T08:59+01:00", "ann"),
        (DAILY, "2026-01-06T09:00+01:00", "bob"),
        (HALF_DAYS, "2026-01-05T20:59+01:00", "ann"),
        (HALF_DAYS, "2026-01-05T21:00+01:00", "bob"),
    ],
)
def test_whose_turn_it_is(rotation: Rotation, moment: str, person: str) -> None:
    assert on_call(rotation, at(moment)) == person


@pytest.mark.parametrize("rotation", [WEEKLY, DAILY, HALF_DAYS])
def test_before_the_start_the_turns_go_back_in_the_same_order(rotation: Rotation) -> None:
    start = at("2026-01-05T09:00+01:00")
    assert on_call(rotation, start - 1) == "cid"
    assert next_handover(rotation, start - 1) == start


def test_the_line_begins_with_the_person_on_call() -> None:
    assert line(WEEKLY, at("2026-01-12T09:00+01:00")) == ("bob", "cid", "ann")


def test_the_line_names_everyone_once_however_often_their_turn_comes() -> None:
    rotation = Rotation(("ann", "bob", "ann", "cid"), "daily", "2026-01-05T09:00")
    assert line(rotation, at("2026-01-06T09:00Z")) == ("bob", "ann", "cid")
    assert on_call(rotation, at("2026-01-07T09:00Z")) == "ann"


def test_one_person_is_always_on_call() -> None:
    alone = Rotation(("ann",), "weekly", "2026-01-05T09:00")
    assert line(alone, at("2020-02-02T02:02Z")) == ("ann",)


def test_without_a_zone_times_are_utc() -> None:
    rotation = Rotation(PEOPLE, "daily", "2026-01-05T09:00")
    assert next_handover(rotation, at("2026-07-01T00:00Z")) == at("2026-07-01T09:00Z")


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", "2026-03-28T09:00+01:00", "2026-03-29T09:00+02:00"),
        ("Europe/Berlin", "2026-10-24T09:00+02:00", "2026-10-25T09:00+01:00"),
        ("America/New_York", "2026-03-07T09:00-05:00", "2026-03-08T09:00-04:00"),
        ("America/New_York", "2026-10-31T09:00-04:00", "2026-11-01T09:00-05:00"),
    ],
)
def test_nine_stays_nine_over_a_change_of_the_clocks(zone: str, before: str, after: str) -> None:
    rotation = Rotation(PEOPLE, "daily", "2026-01-05T09:00", zone)
    assert said(next_handover(rotation, at(before)), zone) == after
    turns = [on_call(rotation, at(after) + add) for add in (-1, 0, 24 * HOUR - 1, 24 * HOUR)]
    assert turns[1] == turns[2]
    assert len({turns[0], turns[1], turns[3]}) == 3


def test_a_weekly_turn_over_a_change_is_an_hour_shorter_or_longer() -> None:
    for start, hours in (("2026-03-23T09:00+01:00", 167), ("2026-10-19T09:00+02:00", 169)):
        assert next_handover(WEEKLY, at(start)) == at(start) + hours * HOUR


def test_a_turn_of_twelve_hours_follows_no_clock() -> None:
    evening = at("2026-03-28T21:00+01:00")
    assert said(next_handover(HALF_DAYS, evening)) == "2026-03-29T10:00+02:00"


def test_a_skipped_hand_over_is_the_moment_of_the_change_a_repeated_one_is_the_first() -> None:
    nights = Rotation(PEOPLE, "daily", "2026-01-05T02:30", "Europe/Berlin")
    assert said(next_handover(nights, at("2026-03-29T00:00Z"))) == "2026-03-29T03:00+02:00"
    assert said(next_handover(nights, at("2026-10-25T00:00Z"))) == "2026-10-25T02:30+02:00"
    between = at("2026-10-25T02:15+01:00")
    assert on_call(nights, between) == on_call(nights, at("2026-10-25T09:00+01:00"))


def test_clocks_that_go_back_past_midnight_give_no_turn_back() -> None:
    """In Newfoundland 00:01 was followed by 23:01 of the day before, until 2011."""
    rotation = Rotation(PEOPLE, "daily", "2010-11-06T00:00", "America/St_Johns")
    midnight = at("2010-11-07T00:00-02:30")
    assert on_call(rotation, midnight - 1) == "ann"
    assert on_call(rotation, midnight) == "bob"
    assert on_call(rotation, at("2010-11-06T23:30-03:30")) == "bob"


ZONES = ("Europe/Berlin", "America/New_York", "America/Havana", "America/Nuuk", "Pacific/Apia")
periods: st.SearchStrategy[Period] = st.one_of(
    st.sampled_from([read_period("daily"), read_period("weekly")]), st.integers(1000, 40 * HOUR)
)
rotations = st.builds(
    Rotation,
    people=st.permutations(["ann", "bob", "cid", "dan"]).map(tuple),
    period=periods,
    starts=st.sampled_from(["2026-01-05T09:00", "2011-12-30T00:00", "2026-10-24T23:30"]),
    timezone=st.sampled_from(ZONES),
)
moments = st.one_of(
    st.integers(at("2011-12-01T00:00Z"), at("2028-01-01T00:00Z")),
    st.integers(at("2011-12-29T00:00Z"), at("2012-01-01T00:00Z")),
    st.integers(at("2026-10-23T00:00Z"), at("2026-10-27T00:00Z")),
)


@given(rotations, moments)
@settings(deadline=None, max_examples=300)
def test_a_turn_lasts_until_the_next_hand_over_which_is_to_the_next_in_line(
    rotation: Rotation, moment: Millis
) -> None:
    until = next_handover(rotation, moment)
    assert until > moment
    assert on_call(rotation, until - 1) == on_call(rotation, moment)
    assert next_handover(rotation, until - 1) == until
    if rotation.timezone != "Pacific/Apia":  # where a whole turn was left out in 2011
        assert on_call(rotation, until) == line(rotation, moment)[1]


def test_the_turn_of_a_date_that_a_zone_left_out_begins_when_it_is_skipped() -> None:
    """Samoa went from 29 to 31 December 2011, over the date line."""
    rotation = Rotation(PEOPLE, "daily", "2011-12-28T09:00", "Pacific/Apia")
    assert on_call(rotation, at("2011-12-29T09:00-10:00")) == "bob"
    assert on_call(rotation, at("2011-12-31T00:00+14:00")) == "cid"
    assert on_call(rotation, at("2011-12-31T09:00+14:00")) == "ann"


def test_pinned_as_plain_values() -> None:
    for rotation in (WEEKLY, HALF_DAYS):
        assert msgspec.json.decode(encode(rotation), type=Rotation) == rotation


def test_reading_the_period() -> None:
    assert [read_period(t) for t in ("daily", "weekly", "12h")] == ["daily", "weekly", 12 * HOUR]
    for text in ("", "monthly", "12", "Daily", "0h"):
        with pytest.raises(ValueError, match="daily, weekly or a duration"):
            read_period(text)


def test_a_turn_lasts_an_hour_at_least() -> None:
    assert read_period("60m") == HOUR
    for text in ("1s", "59m", "3599s"):
        with pytest.raises(ValueError, match="an hour at least"):
            read_period(text)


def test_reading_the_start() -> None:
    assert read_start("2026-01-05T09:00") == "2026-01-05T09:00"
    for text in ("2026-01-05", "2026-02-30T09:00", "2026-01-05T09:00Z", "2026-01-05 09:00", ""):
        with pytest.raises(ValueError, match="2026-01-05T09:00"):
            read_start(text)
