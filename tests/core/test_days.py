"""Days as people write them: the one day that is meant, or a question."""

from datetime import date

import pytest

from core.chat.days import Day, Unclear, read_day, written

TODAY = date(2026, 11, 21)
"""A Saturday."""


def read(text: str, today: date = TODAY) -> Day | Unclear | None:
    return read_day(text.split(), today)


@pytest.mark.parametrize(
    ("text", "day", "words"),
    [
        ("2026-12-24", "2026-12-24", 1),
        ("2020-01-01", "2020-01-01", 1),
        ("today", "2026-11-21", 1),
        ("Tomorrow,", "2026-11-22", 1),
        ("in 3 days", "2026-11-24", 3),
        ("in a week please", "2026-11-28", 3),
        ("in 2 weeks", "2026-12-05", 3),
        ("friday", "2026-11-27", 1),
        ("Fri", "2026-11-27", 1),
        ("thurs", "2026-11-26", 1),
        ("this Sunday", "2026-11-22", 2),
        ("this saturday", "2026-11-21", 2),
        ("next saturday", "2026-11-28", 2),
        ("next monday", "2026-11-23", 2),
        ("24.12.", "2026-12-24", 1),
        ("24.12.2027", "2027-12-24", 1),
        ("24.12", "2026-12-24", 1),
        ("2026-12-24.", "2026-12-24", 1),
        ("tomorrow.", "2026-11-22", 1),
        ("1.2.", "2027-02-01", 1),
        ("21.11.", "2026-11-21", 1),
        ("20.11.", "2027-11-20", 1),
        ("12/24", "2026-12-24", 1),
        ("24/12", "2026-12-24", 1),
        ("12/24/2027", "2027-12-24", 1),
        ("12/12", "2026-12-12", 1),
        ("24 December", "2026-12-24", 2),
        ("24. Dec 2027", "2027-12-24", 3),
        ("dec 24th", "2026-12-24", 2),
        ("Jan 2 2028", "2028-01-02", 3),
        ("1st sept", "2027-09-01", 2),
        ("3 Jan.", "2027-01-03", 2),
    ],
)
def test_a_day_is_read(text: str, day: str, words: int) -> None:
    found = read(text)
    assert isinstance(found, Day), found
    assert (found.date.isoformat(), found.words) == (day, words)


@pytest.mark.parametrize(
    ("text", "today", "question"),
    [
        (
            "5/6",
            TODAY,
            "“5/6” could be two days. Write 2027-05-06 for Thursday 6 May 2027, "
            "or 2027-06-05 for Saturday 5 June 2027.",
        ),
        (
            "saturday",
            TODAY,
            "Today is Saturday. Write 2026-11-21 for Saturday 21 November 2026, "
            "or 2026-11-28 for Saturday 28 November 2026.",
        ),
        (
            "next friday",
            date(2026, 11, 18),
            "“Next Friday” could be two days. Write 2026-11-20 for Friday 20 November 2026, "
            "or 2026-11-27 for Friday 27 November 2026.",
        ),
        ("31.2.", TODAY, "“31.2.” is no date."),
        ("2026-02-30", TODAY, "“2026-02-30” is no date."),
        ("0001-01-01", TODAY, "“0001-01-01” is no date."),
        ("13/13", TODAY, "“13/13” is no date."),
        ("30 feb", TODAY, "“30 feb” is no date."),
    ],
)
def test_what_could_be_two_days_or_none_is_asked_about(
    text: str, today: date, question: str
) -> None:
    found = read(text, today)
    assert isinstance(found, Unclear), found
    assert found.question == question


@pytest.mark.parametrize(
    "text", ["", "forever", "in", "in days", "in 0 days", "in 3", "next", "24", "may", "the 3rd"]
)
def test_other_words_are_no_day(text: str) -> None:
    assert read(text) is None


def test_a_leap_day_is_in_a_year_that_has_one() -> None:
    found = read("29.2.", date(2027, 6, 1))
    assert isinstance(found, Day)
    assert found.date == date(2028, 2, 29)


def test_a_date_is_written_whole() -> None:
    assert written(TODAY) == "Saturday 21 November 2026"
