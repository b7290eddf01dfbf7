"""What the card check lets through, refuses and remarks on."""

from __future__ import annotations

from typing import Any

import pytest

from playground.teams.cards import check

FINE: dict[str, Any] = {
    "type": "AdaptiveCard",
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "version": "1.5",
    "refresh": {
        "action": {"type": "Action.Execute", "verb": "refresh", "data": {"request": "R1"}},
        "userIds": ["29:1ann-mri"],
    },
    "body": [
        {"type": "TextBlock", "text": "Title", "size": "Large", "weight": "Bolder", "wrap": True},
        {"type": "FactSet", "facts": [{"title": "Amount", "value": "450.00 EUR"}]},
        {
            "type": "ColumnSet",
            "columns": [
                {
                    "type": "Column",
                    "width": "auto",
                    "items": [{"type": "Image", "url": "https://example.com/a.png"}],
                },
                {"width": "stretch", "items": [{"type": "TextBlock", "text": "Right"}]},
            ],
        },
        {
            "type": "Table",
            "columns": [{"width": 1}],
            "rows": [
                {
                    "type": "TableRow",
                    "cells": [
                        {"type": "TableCell", "items": [{"type": "TextBlock", "text": "Step 1"}]}
                    ],
                }
            ],
        },
        {
            "type": "RichTextBlock",
            "inlines": ["plain ", {"type": "TextRun", "text": "bold", "weight": "bolder"}],
        },
        {
            "type": "Container",
            "style": "attention",
            "items": [
                {
                    "type": "Input.ChoiceSet",
                    "id": "who",
                    "choices": [{"title": "Ann", "value": "ann"}],
                }
            ],
        },
        {"type": "Input.Text", "id": "reason", "isRequired": True, "errorMessage": "Say why"},
    ],
    "actions": [
        {
            "type": "Action.Execute",
            "title": "Approve",
            "verb": "approve",
            "data": {"request": "R1"},
            "style": "positive",
            "fallback": {"type": "Action.Submit", "title": "Approve", "data": {"verb": "approve"}},
        },
        {
            "type": "Action.ShowCard",
            "title": "Reject",
            "card": {
                "type": "AdaptiveCard",
                "body": [{"type": "Input.Text", "id": "why"}],
                "actions": [{"type": "Action.Execute", "title": "Send", "verb": "reject"}],
            },
        },
        {"type": "Action.OpenUrl", "title": "View", "url": "https://example.com/r/1"},
    ],
    "msteams": {"width": "Full"},
}


CHOICE: dict[str, Any] = {"type": "Input.ChoiceSet", "id": "who", "choices": []}
SHOWN: dict[str, Any] = {"type": "Action.ShowCard", "card": {"type": "AdaptiveCard"}}


def _card(**changes: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", **changes}


def _body(*elements: Any) -> dict[str, Any]:
    return _card(body=list(elements))


def _nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "TextBlock", "text": "x"}
    for _ in range(depth):
        inner = {"type": "Container", "items": [inner]}
    return inner


def test_a_full_approval_card_is_fine() -> None:
    report = check(FINE)
    assert (report.problems, report.warnings) == ([], [])
    assert report.size > 1000


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        ("text", 'card: expected an object with "type": "AdaptiveCard"'),
        ({"type": "Card"}, 'card: expected an object with "type": "AdaptiveCard"'),
        ({"type": "AdaptiveCard"}, 'card.version: expected "1.0" to "1.5"'),
        (_card(version="2.0"), 'card.version: expected "1.0" to "1.5"'),
        (_card(version="1.6"), "card.version: 1.6 is newer than Teams shows; the newest is 1.5"),
        (_card(body={}), "card.body: expected a list"),
        (_body("x"), 'card.body[0]: expected an object with a "type"'),
        (_body({"type": "Badge"}), "card.body[0]: unknown type Badge"),
        (_body({"type": "TextBlock"}), "card.body[0]: text is missing"),
        (_body({"type": "TextBlock", "text": 5}), "card.body[0].text: expected a string"),
        (
            _body({"type": "TextBlock", "text": "x", "wrap": "yes"}),
            "card.body[0].wrap: expected true or false",
        ),
        (
            _body({"type": "TextBlock", "text": "x", "weight": "heavy"}),
            "card.body[0].weight: expected one of bolder, default, lighter",
        ),
        (
            _body({"type": "FactSet", "facts": [{"title": "Amount", "value": 5}]}),
            "card.body[0].facts[0]: expected a title and a value, both strings",
        ),
        (
            _body({"type": "ColumnSet", "columns": [{"type": "Row"}]}),
            "card.body[0].columns[0]: expected a Column",
        ),
        (_body({"type": "Input.Text"}), "card.body[0]: id is missing"),
        (
            _body({"type": "Input.Text", "id": "a"}, {"type": "Input.Date", "id": "a"}),
            "card.body[1]: id a is already that of card.body[0]",
        ),
        (
            _body({"type": "RichTextBlock", "inlines": [3]}),
            "card.body[0].inlines[0]: expected a text or a TextRun",
        ),
        (_card(actions=[{"type": "Action.Http"}]), "card.actions[0]: unknown type Action.Http"),
        (
            _card(actions=[{"type": "Action.OpenUrl", "url": "javascript:alert(1)"}]),
            "card.actions[0].url: expected an absolute address",
        ),
        (
            _card(actions=[{"type": "Action.Execute", "verb": 1}]),
            "card.actions[0].verb: expected a string",
        ),
        (
            _card(actions=[{"type": "Action.ShowCard", "card": {"type": "Card"}}]),
            'card.actions[0].card: expected an object with "type": "AdaptiveCard"',
        ),
        (
            _card(version="1.3", actions=[{"type": "Action.Execute"}]),
            "card.actions[0]: needs version 1.4, the card says 1.3",
        ),
        (
            _body({**CHOICE, "choices.data": {"type": "Data.Query"}}),
            "card.body[0].choices.data: expected a Data.Query with a dataset",
        ),
        (
            _body({**CHOICE, "choices.data": "graph.microsoft.com/users"}),
            "card.body[0].choices.data: expected a Data.Query with a dataset",
        ),
        (
            _card(refresh={"action": {"type": "Action.Submit"}, "userIds": []}),
            "card.refresh.action: expected an Action.Execute",
        ),
        (
            _card(refresh={"action": {"type": "Action.Execute"}, "userIds": ["29:x"] * 61}),
            "card.refresh.userIds: 61 user ids, Teams takes 60",
        ),
    ],
)
def test_a_mistake_is_named_with_its_path(card: Any, problem: str) -> None:
    assert check(card).problems == [problem]


def test_nesting_has_an_end() -> None:
    assert check(_body(_nested(30))).problems == []
    [problem] = check(_body(_nested(100))).problems
    assert problem.endswith(": nested too deep")


def test_something_unknown_is_replaced_by_its_fallback() -> None:
    text = {"type": "TextBlock", "text": "instead"}
    assert check(_body({"type": "Badge", "fallback": text})).problems == []
    assert check(_body({"type": "Badge", "fallback": "drop"})).problems == []
    bad = {"type": "Badge", "fallback": {"type": "TextBlock"}}
    assert check(_body(bad)).problems == ["card.body[0].fallback: text is missing"]


def test_sixty_user_ids_are_allowed() -> None:
    users = [f"29:{number}" for number in range(60)]
    report = check(_card(refresh={"action": {"type": "Action.Execute"}, "userIds": users}))
    assert (report.problems, report.warnings) == ([], [])


@pytest.mark.parametrize(
    ("card", "warning"),
    [
        (
            _body({"type": "TextBlock", "text": "x", "warp": True}),
            "card.body[0].warp: unknown property, ignored by clients",
        ),
        (
            _card(actions=[{"type": "Action.Submit"}] * 7),
            "card.actions: 7 actions, Teams shows 6",
        ),
        (
            _card(actions=[{**SHOWN, "mode": "Secondary"}]),
            "card.actions[0]: a card in the overflow menu does not open in Teams",
        ),
        (
            _body({**CHOICE, "choices.data": {"type": "Data.Query", "dataset": "people"}}),
            "card.body[0].choices.data: people is no search that Teams does by itself",
        ),
        (
            _card(refresh={"action": {"type": "Action.Execute"}}),
            "card.refresh: without userIds every member of a small conversation asks for a refresh",
        ),
        (
            _card(refresh={"action": {"type": "Action.Execute"}, "userIds": ["ann@example.com"]}),
            "card.refresh.userIds: ann@example.com is no Teams user MRI",
        ),
    ],
)
def test_something_doubtful_is_remarked_on_but_let_through(card: Any, warning: str) -> None:
    report = check(card)
    assert (report.problems, report.warnings) == ([], [warning])


def test_actions_of_the_overflow_menu_are_not_counted() -> None:
    menu = [{"type": "Action.Submit", "mode": "secondary"}] * 12
    report = check(_card(actions=[{"type": "Action.Submit"}] * 6 + menu))
    assert (report.problems, report.warnings) == ([], [])


def test_a_people_picker_is_fine() -> None:
    query = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
    report = check(_body({**CHOICE, "choices.data": query}))
    assert (report.problems, report.warnings) == ([], [])


def test_a_card_over_28_kb_is_remarked_on() -> None:
    around = check(_body({"type": "TextBlock", "text": ""})).size
    fits = check(_body({"type": "TextBlock", "text": "x" * (28672 - around)}))
    assert (fits.size, fits.warnings) == (28672, [])
    over = check(_body({"type": "TextBlock", "text": "é" * (14337 - around // 2)}))
    assert over.problems == []
    [warning] = over.warnings
    assert warning.endswith("over the 28672 of webhooks and older clients")
