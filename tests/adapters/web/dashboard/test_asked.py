"""What an address asks for: what it names, the usual, or a mistake that is said."""

import pytest

from adapters.web.dashboard import asked
from core.insight.figures import DAY

TODAY = 20_780
NOW = TODAY * DAY + 1


@pytest.mark.parametrize(
    ("query", "first", "last", "days"),
    [
        ({}, TODAY - 29, TODAY, 30),
        ({"days": "7"}, TODAY - 6, TODAY, 7),
        ({"days": "366", "unknown": "x"}, TODAY - 365, TODAY, 366),
        ({"from": "2026-11-01", "to": "2026-11-03"}, 20_758, 20_760, None),
        ({"from": "2026-11-01"}, 20_758, TODAY, None),
        ({"to": "2026-11-03", "days": "7"}, 20_731, 20_760, None),
        ({"to": "1970-01-02"}, 0, 1, None),
    ],
)
def test_a_period(query: dict[str, str], first: int, last: int, days: int | None) -> None:
    chosen = asked.read(query, NOW)
    assert (chosen.asked.first, chosen.asked.last, chosen.days) == (first, last, days)
    assert chosen.mistake is None


def test_filters_and_that_people_are_asked_for() -> None:
    query = {"rule": " purchase order ", "category": "review", "agent": ""}
    found = asked.read(query, NOW).asked
    assert (found.rule, found.category, found.agent) == ("purchase order", "review", None)
    assert found.people


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"days": "31"}, "Ask for the last 7, 30, 90, 366 days"),
        ({"days": "-7"}, "Ask for the last"),
        ({"from": "yesterday"}, "Write a day as 2026-01-31."),
        ({"from": "2026-11-03", "to": "2026-11-01"}, "after the last one"),
        ({"from": "2025-11-02", "to": "2026-11-03"}, "at most 366 days"),
        ({"to": "1969-12-31"}, "before 1970"),
        ({"category": "reviews"}, "A category is one of"),
        ({"rule": "a\x00b"}, "There is no such rule."),
        ({"agent": "a" * 201}, "There is no such agent."),
    ],
)
def test_a_mistake_is_said_and_the_usual_shown(query: dict[str, str], said: str) -> None:
    chosen = asked.read(query, NOW)
    assert said in (chosen.mistake or "")
    assert (chosen.asked.last - chosen.asked.first, chosen.asked.rule) == (29, None)


@pytest.mark.parametrize(
    "query",
    [
        {"days": "90", "rule": "a&b=c", "agent": "ümläut"},
        {"from": "2026-11-01", "to": "2026-11-03", "category": "review"},
    ],
)
def test_an_address_can_be_sent_on(query: dict[str, str]) -> None:
    from urllib.parse import parse_qsl

    chosen = asked.read(query, NOW)
    assert asked.read(dict(parse_qsl(chosen.query)), NOW) == chosen
