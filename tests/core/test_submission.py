"""Amounts are exact and said once; numbers that readers disagree about are refused."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.refusals import Reason, Refused
from core.submission import Submission, amount_of, check_currency, check_numbers, decimal


def asked(params: dict[str, Any], amount: str | None = None) -> Submission:
    return Submission(action_type="x", params=params, title="t", amount=amount)


@pytest.mark.parametrize(
    ("params", "top", "amount"),
    [
        ({"amount": 120000}, None, "120000"),
        ({"amount": 12.5}, None, "12.5"),
        ({"amount": "12.50"}, None, "12.5"),
        ({}, "7", "7"),
        ({"amount": 100}, "100.00", "100"),
        ({}, None, None),
        ({"amount": 0}, None, "0"),
        ({"amount": "999999999999999"}, None, "999999999999999"),
    ],
)
def test_the_amount_comes_from_params_or_top_level(
    params: dict[str, Any], top: str | None, amount: str | None
) -> None:
    assert amount_of(asked(params, top), None) == amount


@given(
    st.integers() | st.integers(-(10**15) - 2, -(10**15) + 2) | st.integers(10**15 - 9, 10**15 + 9)
)
@example(10**15 - 1)
@example(0)
@example(-1)
def test_a_whole_number_is_the_same_amount_as_its_digits(number: int) -> None:
    told: list[object] = []
    for value in (number, str(number), f"{number}.00"):
        try:
            told.append(decimal(value, "amount"))
        except Refused as refused:
            told.append(dict(refused.details))
    assert told[0] == told[1] == told[2]
    assert told[0] == str(number) or number < 0 or number >= 10**15


def test_the_rule_may_name_where_the_amount_lies() -> None:
    assert amount_of(asked({"order": {"total": 9}}), "order.total") == "9"


@pytest.mark.parametrize(
    ("params", "top", "field"),
    [
        ({"amount": 100}, "101", "amount"),
        ({"amount": "much"}, None, "action.params.amount"),
        ({"amount": True}, None, "action.params.amount"),
        ({"amount": -1}, None, "action.params.amount"),
        ({"amount": "NaN"}, None, "action.params.amount"),
        ({"amount": "Infinity"}, None, "action.params.amount"),
        ({"amount": "1234567890123456"}, None, "action.params.amount"),
        ({"amount": "0.1234567890123456"}, None, "action.params.amount"),
        ({"amount": "1e400"}, None, "action.params.amount"),
        ({"amount": "1" + "0" * 4000}, None, "action.params.amount"),
        ({}, "x", "amount"),
    ],
)
def test_a_bad_amount_names_its_field(params: dict[str, Any], top: str | None, field: str) -> None:
    with pytest.raises(Refused) as refused:
        amount_of(asked(params, top), None)
    assert refused.value.reason is Reason.INVALID_FIELD
    assert refused.value.details["field"] == field


def test_an_amount_the_rule_needs_but_is_missing_is_refused() -> None:
    with pytest.raises(Refused, match=r"action\.params\.total: is missing"):
        amount_of(asked({}), "total")


def test_integers_beyond_what_json_readers_agree_on_are_refused_wherever_they_stand() -> None:
    check_numbers({"a": [2**53 - 1]}, "action.params")
    with pytest.raises(Refused, match=r"action\.params\.a\[0\]\.b: .*Send it as a string"):
        check_numbers({"a": [{"b": -(2**53)}]}, "action.params")


@pytest.mark.parametrize("currency", ["eur", "EURO", "E1R", ""])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    check_currency("EUR")
    with pytest.raises(Refused, match="three letters"):
        check_currency(currency)
