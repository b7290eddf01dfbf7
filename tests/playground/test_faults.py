"""The fault switches themselves: which fault a call meets, and what is refused as a switch."""

from typing import Any

import pytest

from playground.faults import FaultError, Faults


def kinds(faults: Faults, operation: str, calls: int) -> list[str | None]:
    """Return what so many calls of a Teams operation meet."""
    met = [faults.take("teams", operation) for _ in range(calls)]
    return [fault.do if fault else None for fault in met]


def test_fault_is_used_up_after_its_times() -> None:
    faults = Faults()
    faults.replace_all({"teams": {"token": [{"do": "500", "times": 2}, {"do": "hang"}]}})
    assert kinds(faults, "token", 4) == ["500", "500", "hang", None]
    assert faults.snapshot() == {"slack": {}, "teams": {}, "to_bot": {}}


def test_fault_without_end_stays_until_it_is_switched_off() -> None:
    faults = Faults()
    faults.replace_all({"teams": {"*": [{"do": "500", "times": None}]}})
    assert kinds(faults, "token", 5) == ["500"] * 5
    faults.clear()
    assert kinds(faults, "token", 1) == [None]


def test_own_faults_of_an_operation_come_before_those_for_any() -> None:
    faults = Faults()
    faults.add("teams", "*", "500")
    faults.add("teams", "token", "429", retry_after=3)
    assert kinds(faults, "token", 3) == ["429", "500", None]


def test_platforms_have_their_own_faults() -> None:
    faults = Faults()
    faults.add("slack", "*", "500")
    assert kinds(faults, "token", 1) == [None]
    assert faults.take("slack", "auth.test") is not None


def test_pace_is_no_fault_that_a_call_meets_and_hides_none() -> None:
    faults = Faults()
    faults.replace_all({"teams": {"*": [{"do": "pace", "burst": 1}, {"do": "500"}]}})
    assert kinds(faults, "token", 2) == ["500", None]
    assert faults.paced("teams", "token", "19:a", 100.0) is None
    assert faults.paced("teams", "token", "19:a", 100.25) == 1
    assert faults.paced("teams", "token", "19:b", 100.25) is None
    assert faults.paced("teams", "token", "19:a", 101.25) is None


def test_slow_pace_says_how_long_to_wait() -> None:
    faults = Faults()
    faults.add("slack", "*", "pace", per_second=0.1, burst=1)
    assert faults.paced("slack", "chat.update", "C1", 0.0) is None
    assert faults.paced("slack", "chat.update", "C1", 0.0) == 10


def test_snapshot_can_be_set_again() -> None:
    faults = Faults()
    value = {
        "slack": {"*": [{"do": "429", "retry_after": 2, "times": 3}]},
        "to_bot": {"twice": True},
    }
    faults.replace_all(value)
    kept = faults.snapshot()
    assert kept["slack"]["*"][0]["times"] == 3
    faults.clear()
    faults.replace_all(kept)
    assert faults.snapshot() == kept


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "faults: expected an object"),
        ({"slak": {}}, "faults.slak: unknown; known are slack, teams, to_bot"),
        ({"slack": []}, "slack: expected an object of operation"),
        ({"slack": {"*": {"do": "500"}}}, r"slack.\*: expected a list of faults"),
        ({"slack": {"*": [{"do": "explode"}]}}, r'slack.\*\[0\]: expected {"do": one of'),
        ({"slack": {"*": [{"do": "429", "retry": 1}]}}, "unknown member retry"),
        ({"slack": {"*": [{"do": "429", "times": 0}]}}, "times: expected a whole number from 1"),
        ({"slack": {"*": [{"do": "429", "times": True}]}}, "times: expected a whole number from 1"),
        ({"slack": {"*": [{"do": "slow", "seconds": "1"}]}}, "seconds: expected a number"),
        ({"slack": {"*": [{"do": "slow", "seconds": -1}]}}, "that is not negative"),
        ({"slack": {"*": [{"do": "slow", "seconds": float("nan")}]}}, "that is not negative"),
        ({"slack": {"*": [{"do": "pace", "per_second": 0}]}}, "per_second: expected more than 0"),
        ({"teams": {"tokn": [{"do": "500"}]}}, "teams.tokn: no such operation; known are token"),
        ({"to_bot": {"thrice": True}}, "to_bot.thrice: expected true or false for one of"),
        ({"to_bot": {"twice": 1}}, "to_bot.twice: expected true or false"),
    ],
)
def test_wrong_description_is_refused_and_changes_nothing(value: Any, message: str) -> None:
    faults = Faults({"teams": frozenset({"token"})})
    faults.add("teams", "token", "500")
    before = faults.snapshot()
    with pytest.raises(FaultError, match=message):
        faults.replace_all(value)
    assert faults.snapshot() == before


def test_unknown_switch_cannot_be_asked_for() -> None:
    with pytest.raises(FaultError, match=r"to_bot\.thrice: unknown"):
        Faults().to_bot("thrice")


def test_switch_can_be_set_and_unset() -> None:
    faults = Faults()
    faults.switch("twice")
    assert faults.to_bot("twice") is True
    faults.switch("twice", on=False)
    assert faults.to_bot("twice") is False
