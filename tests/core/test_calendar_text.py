"""What people write of calendars is read exactly, and refused with what to write instead."""

import pytest

from core.calendars.calendar import Calendar
from core.calendars.public_holidays import known_holidays
from core.calendars.text import (
    calendar_of_person,
    known_timezone,
    read_date,
    read_hours,
    read_weekdays,
)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("09:00-17:00", (540, 1020)),
        ("00:00-24:00", (0, 1440)),
        ("23:58-23:59", (1438, 1439)),
        ("00:00-00:01", (0, 1)),
    ],
)
def test_hours(text: str, minutes: tuple[int, int]) -> None:
    assert read_hours(text) == minutes


@pytest.mark.parametrize(
    "text",
    [
        *("", "9-5", "9:00-17:00", "09:00", "09:00-17:00 ", "09:00–17:00", "09.00-17.00"),
        *("17:00-09:00", "09:00-09:00", "22:00-06:00", "24:00-24:00"),
        *("09:00-24:01", "09:00-25:00", "09:60-17:00", "٠٩:00-17:00", "09:00-17:00\n"),
    ],
)
def test_what_is_no_span_of_one_day(text: str) -> None:
    with pytest.raises(ValueError, match='"09:00-17:00"'):
        read_hours(text)


def test_weekdays_stand_in_the_order_of_the_week() -> None:
    assert read_weekdays(["sun", "mon", "fri"]) == (0, 4, 6)


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        (["monday"], "Did you mean 'mon'?"),
        (["mon", "xyz"], "Use some of: mon, tue, wed, thu, fri, sat, sun"),
        (["mon", "tue", "mon"], "Write 'mon' only once"),
        ([], "Write at least one day, such as [mon, tue, wed, thu, fri]"),
    ],
)
def test_weekdays_that_are_none(names: list[str], remedy: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_weekdays(names)
    assert str(caught.value) == remedy


def test_dates() -> None:
    assert read_date("2028-02-29") == "2028-02-29"


@pytest.mark.parametrize("text", ["2026-02-29", "20261224", "2026-W52-4", "24.12.2026", ""])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="2026-12-24"):
        read_date(text)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"])
def test_known_zones(name: str) -> None:
    assert known_timezone(name) == name


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Europe/Berln", "Did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "Did you mean 'Europe/Berlin'?"),
        ("../../etc/passwd", "Use a name of the IANA database, such as Europe/Berlin"),
        ("Mars", "Use a name of the IANA database, such as Europe/Berlin"),
        ("localtime", "Use a name of the IANA database, such as Europe/Berlin"),
        ("", "Use a name of the IANA database, such as Europe/Berlin"),
    ],
)
def test_unknown_zones(name: str, remedy: str) -> None:
    with pytest.raises(ValueError) as caught:
        known_timezone(name)
    assert str(caught.value) == remedy


def test_a_folder_of_the_zone_database_is_no_zone() -> None:
    with pytest.raises(ValueError, match="America/"):
        known_timezone("America")


@pytest.mark.parametrize("code", ["US", "US-NY", "SG", "DE", "DE-BE", "GB-SCT", "CH-Stadt Zurich"])
def test_known_holidays(code: str) -> None:
    assert known_holidays(code) == code


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("de-be", "Did you mean 'DE-BE'?"),
        ("USA", "Did you mean 'US'?"),
        ("XX", "Write a country and, where it matters, its part: US, DE-BE or GB-SCT"),
        ("", "Write a country and, where it matters, its part: US, DE-BE or GB-SCT"),
        ("GB-LON", "Write GB alone, or GB- and one of: ENG, NIR, SCT, WLS"),
        ("GB-", "Write GB alone, or GB- and one of: ENG, NIR, SCT, WLS"),
        ("SG-01", "Write SG alone: its holidays are the same everywhere"),
        ("SG-", "Write SG alone: its holidays are the same everywhere"),
    ],
)
def test_unknown_holidays(code: str, remedy: str) -> None:
    with pytest.raises(ValueError) as caught:
        known_holidays(code)
    assert str(caught.value) == remedy


def test_a_person_works_monday_to_friday() -> None:
    found = calendar_of_person("Asia/Kolkata", "10:00-18:30")
    week = (0, 1, 2, 3, 4)
    assert found == Calendar("10:00-18:30 Asia/Kolkata", "Asia/Kolkata", 600, 1110, week)


def test_a_person_who_states_no_hours_is_always_open() -> None:
    found = calendar_of_person("UTC", None)
    assert found == Calendar("always UTC", "UTC", 0, 1440, (0, 1, 2, 3, 4, 5, 6))
