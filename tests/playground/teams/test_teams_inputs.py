"""The client's part when a button is pressed: finding it, checking inputs, merging values."""

from __future__ import annotations

from typing import Any

import pytest

from playground.teams.inputs import InputRefused, filled, find


def _card(*fields: Any, **action: Any) -> dict[str, Any]:
    press = {"type": "Action.Execute", "verb": "go", "data": {"request": "R1"}, **action}
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(fields), "actions": [press]}


def _press(card: dict[str, Any], given: dict[str, Any], **asked: Any) -> Any:
    button = find([card], asked or {"verb": "go"})
    assert button is not None
    return filled(button, given)


ANN = {"title": "Ann", "value": "ann"}
PICKER: dict[str, Any] = {
    "type": "Input.ChoiceSet",
    "id": "to",
    "label": "To",
    "choices": [],
    "choices.data": {"type": "Data.Query", "dataset": "graph.microsoft.com/users"},
}
REASON = {"type": "Input.Text", "id": "reason", "label": "Reason"}


def test_values_join_the_data_and_win_over_it() -> None:
    card = _card(REASON, data={"request": "R1", "reason": "old"})
    assert _press(card, {"reason": "new"}) == {"request": "R1", "reason": "new"}


def test_empty_inputs_are_left_out_and_values_are_strings() -> None:
    card = _card(
        REASON,
        {"type": "Input.Number", "id": "amount"},
        {"type": "Input.Toggle", "id": "sure", "title": "Sure"},
        {"type": "Input.ChoiceSet", "id": "who", "value": "ann", "choices": [ANN]},
    )
    given = {"amount": 5, "sure": True}
    expected = {"request": "R1", "amount": "5", "sure": "true", "who": "ann"}
    assert _press(card, given) == expected
    assert _press(card, {})["sure"] == "false"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ({**REASON, "isRequired": True}, "", "Reason: a value is required"),
        ({**REASON, "isRequired": True, "errorMessage": "Say why"}, "", "Say why"),
        ({**REASON, "maxLength": 3}, "four", "Reason: at most 3 characters"),
        ({**REASON, "regex": "^[0-9]+$"}, "x", "Reason: this value is not accepted"),
        ({"type": "Input.Number", "id": "n", "min": 2}, "1", "n: this value is not accepted"),
        ({"type": "Input.Number", "id": "n", "max": 2}, "3", "n: this value is not accepted"),
        ({"type": "Input.Number", "id": "n"}, "many", "n: this value is not accepted"),
        (
            {"type": "Input.Toggle", "id": "ok", "title": "OK", "isRequired": True},
            "false",
            "ok: a value is required",
        ),
        (
            {"type": "Input.ChoiceSet", "id": "who", "choices": [ANN]},
            "bob",
            "who: there is no such choice",
        ),
        (
            {"type": "Input.ChoiceSet", "id": "who", "choices": [ANN], "isMultiSelect": True},
            "ann,bob",
            "who: there is no such choice",
        ),
        ({"type": "Input.Date", "id": "day"}, "2026-02-30", "day: this value is not accepted"),
        ({"type": "Input.Date", "id": "day"}, "20261224", "day: this value is not accepted"),
    ],
)
def test_the_client_refuses_what_the_card_does_not_allow(
    field: dict[str, Any], value: str, shown: str
) -> None:
    with pytest.raises(InputRefused) as refusal:
        _press(_card(field), {field["id"]: value})
    assert str(refusal.value) == shown


def test_a_people_picker_offers_everyone_of_the_tenant_and_nobody_else() -> None:
    button = find([_card(PICKER)], {"verb": "go"})
    assert button is not None
    assert filled(button, {"to": "oid-ann"}, {"oid-ann"})["to"] == "oid-ann"
    assert "to" not in filled(button, {}, {"oid-ann"})
    with pytest.raises(InputRefused):
        filled(button, {"to": "oid-bob"}, {"oid-ann"})


def test_a_pattern_that_only_javascript_knows_holds_nobody_up() -> None:
    card = _card({**REASON, "regex": "(?<word>x"})
    assert _press(card, {"reason": "y"}) == {"request": "R1", "reason": "y"}


def test_an_action_without_inputs_takes_none_and_is_never_held_up() -> None:
    card = _card({**REASON, "isRequired": True}, associatedInputs="none")
    assert _press(card, {"reason": "ignored"}) == {"request": "R1"}


def test_an_input_that_the_card_does_not_have_is_refused() -> None:
    with pytest.raises(InputRefused, match="no input resaon"):
        _press(_card(REASON), {"resaon": "typo"})


def test_a_shown_card_takes_the_inputs_around_it_along_but_not_the_other_way() -> None:
    inner = {
        "type": "AdaptiveCard",
        "body": [{"type": "Input.Text", "id": "why", "isRequired": True}],
        "actions": [{"type": "Action.Execute", "verb": "reject", "data": {}}],
    }
    card = _card(REASON)
    card["actions"].append({"type": "Action.ShowCard", "title": "Reject", "card": inner})
    assert _press(card, {"reason": "a", "why": "b"}, verb="reject") == {"reason": "a", "why": "b"}
    assert _press(card, {"reason": "a"}, verb="go") == {"request": "R1", "reason": "a"}
    with pytest.raises(InputRefused):
        _press(card, {"reason": "a"}, verb="reject")


def test_a_button_is_found_in_nested_places_and_by_its_fallback() -> None:
    nested = {
        "type": "ColumnSet",
        "columns": [
            {"items": [{"type": "ActionSet", "actions": [{"type": "Action.Submit", "id": "in"}]}]}
        ],
    }
    card = _card(nested, fallback={"type": "Action.Submit", "id": "old", "data": {"a": 1}})
    assert find([card], {"id": "in"}) is not None
    assert _press(card, {}, id="old") == {"a": 1}


def test_a_button_that_is_not_there_or_not_told_apart_is_not_found() -> None:
    card = _card()
    card["actions"] = [{"type": "Action.Submit", "title": "A"}, {"type": "Action.Submit", "x": 1}]
    assert find([card], {"title": "B"}) is None
    assert find([card], {"type": "Action.Submit"}) is None
    assert find([card], {"type": "Action.Submit", "x": 1}) is not None


def test_what_looks_like_a_button_inside_data_is_none() -> None:
    card = _card(data={"type": "Action.Submit", "id": "trap"})
    assert find([card], {"id": "trap"}) is None


def test_data_that_is_text_stays_text_and_missing_data_becomes_an_object() -> None:
    assert _press(_card(REASON, data="R1"), {"reason": "x"}) == "R1"
    bare = {"type": "AdaptiveCard", "actions": [{"type": "Action.Execute", "verb": "go"}]}
    assert _press(bare, {}) == {}
