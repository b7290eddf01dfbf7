"""Arguments as parameters: by name, as JSON, and back without a change."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_client import Action, NotApproved
from countersign_client.arguments import Signature
from countersign_client.asking import ask_for

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def pay(account: str, amount: int, note: Any = None, *, urgent: bool = False) -> None: ...


@given(JSON)
def test_json_goes_through_as_it_is(value: Any) -> None:
    found = Signature(pay).params(("DE89", 5), {"note": value})
    assert found == {"account": "DE89", "amount": 5, "note": value, "urgent": False}
    assert type(found["note"]) is type(value)


def test_what_was_approved_comes_back_as_arguments() -> None:
    params = {"account": "DE89", "amount": 4, "note": None, "urgent": True}
    assert Signature(pay).arguments(Action("pay", params)) == params


@pytest.mark.parametrize(
    "params", [{"account": "DE89"}, {"account": "DE89", "amount": 1, "to": "me"}, {}]
)
def test_what_does_not_fit_the_function_is_not_run(params: dict[str, Any]) -> None:
    with pytest.raises(NotApproved, match="does not fit pay"):
        Signature(pay).arguments(Action("pay", params))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (object(), "note=...) is a object"),
        ({"a": (1, 2)}, "note=...)['a'] is a tuple"),
        ([1, {1: 2}], "note=...)[1] has a name that is no text: 1"),
        (b"bytes", "is a bytes"),
        ({1.5}, "is a set"),
        (float("nan"), "is not finite"),
        ([float("-inf")], "[0] is not finite"),
        (2**53, "rounds: pass a text"),
        ("\ud800", "half a character"),
        ({"\ud800": 1}, "half a character"),
    ],
)
def test_what_people_could_not_see_as_it_is_cannot_be_asked(value: Any, where: str) -> None:
    with pytest.raises(TypeError) as caught:
        Signature(pay).params(("DE89", 5), {"note": value})
    assert where in str(caught.value)


def test_a_wrong_call_is_wrong_before_anybody_is_asked() -> None:
    with pytest.raises(TypeError, match="missing a required argument"):
        Signature(pay).params(("DE89",), {})


def test_arguments_without_names_cannot_be_approved() -> None:
    def any_of(*accounts: str) -> None: ...

    def by_place(account: str, /) -> None: ...

    for function in (any_of, by_place):
        with pytest.raises(TypeError, match="named arguments"):
            Signature(function)


def test_a_method_is_taken_from_its_object() -> None:
    class Shop:
        def order(self, amount: int) -> None: ...

    with pytest.raises(TypeError, match="take it from the object"):
        Signature(Shop.order)
    assert Signature(Shop().order).names == {"amount"}


def test_a_title_that_names_no_argument_says_which() -> None:
    with pytest.raises(TypeError, match="names 'vendr', which is no argument; there are: vendor"):
        ask_for(Action("buy", {"vendor": "Acme"}), "Buy from {vendr}", {})


def test_what_will_run_is_a_copy() -> None:
    note = {"lines": [1]}
    found = Signature(pay).params(("DE89", 5), {"note": note})
    note["lines"].append(2)
    assert found["note"] == {"lines": [1]}
