"""What an Adaptive Card may be made of, up to version 1.5: one table, written for this checker.

Facts from https://adaptivecards.io/explorer/ and
https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model.
A kind names a check in cards.py. Data only.
"""

from dataclasses import dataclass, field

Kinds = dict[str, str]

ENUMS: dict[str, frozenset[str]] = {
    "weight": frozenset({"lighter", "default", "bolder"}),
    "textSize": frozenset({"small", "default", "medium", "large", "extralarge"}),
    "color": frozenset({"default", "dark", "light", "accent", "good", "warning", "attention"}),
    "spacing": frozenset({"default", "none", "small", "medium", "large", "extralarge", "padding"}),
    "fontType": frozenset({"default", "monospace"}),
    "textStyle": frozenset({"default", "heading", "columnheader"}),
    "boxStyle": frozenset({"default", "emphasis", "good", "attention", "warning", "accent"}),
    "align": frozenset({"left", "center", "right"}),
    "valign": frozenset({"top", "center", "bottom"}),
    "imageSize": frozenset({"auto", "stretch", "small", "medium", "large"}),
    "imageStyle": frozenset({"default", "person"}),
    "actionStyle": frozenset({"default", "positive", "destructive"}),
    "actionMode": frozenset({"primary", "secondary"}),
    "associated": frozenset({"auto", "none"}),
    "choiceStyle": frozenset({"compact", "expanded", "filtered"}),
    "inputStyle": frozenset({"text", "tel", "url", "email", "password"}),
}


@dataclass(frozen=True)
class Shape:
    """One element or action: the card version it needs, its properties and their kinds."""

    since: str
    required: Kinds = field(default_factory=dict)
    optional: Kinds = field(default_factory=dict)


_TEXT: Kinds = {
    "color": "color",
    "fontType": "fontType",
    "isSubtle": "bool",
    "size": "textSize",
    "weight": "weight",
}
_BOX: Kinds = {
    "backgroundImage": "any",
    "bleed": "bool",
    "minHeight": "text",
    "rtl": "bool",
    "selectAction": "action",
    "style": "boxStyle",
    "verticalContentAlignment": "valign",
}

ON_EVERY_ELEMENT: Kinds = {
    "type": "text",
    "id": "text",
    "isVisible": "bool",
    "separator": "bool",
    "spacing": "spacing",
    "height": "any",
    "fallback": "fallback",
    "requires": "object",
    "targetWidth": "text",
}
ON_EVERY_INPUT: Kinds = {"label": "text", "isRequired": "bool", "errorMessage": "text"}
ON_EVERY_ACTION: Kinds = {
    "type": "text",
    "id": "text",
    "title": "text",
    "iconUrl": "text",
    "style": "actionStyle",
    "mode": "actionMode",
    "isEnabled": "bool",
    "tooltip": "text",
    "role": "text",
    "fallback": "fallback",
    "requires": "object",
    "msteams": "object",
}
CARD = Shape(
    "1.0",
    required={"type": "text"},
    optional={
        **_BOX,
        "$schema": "text",
        "actions": "actions",
        "authentication": "object",
        "body": "elements",
        "fallbackText": "text",
        "lang": "text",
        "metadata": "object",
        "msteams": "object",
        "originator": "text",
        "refresh": "object",
        "speak": "text",
        "version": "text",
    },
)

ELEMENTS: dict[str, Shape] = {
    "TextBlock": Shape(
        "1.0",
        {"text": "text"},
        {
            **_TEXT,
            "horizontalAlignment": "align",
            "maxLines": "number",
            "style": "textStyle",
            "wrap": "bool",
        },
    ),
    "RichTextBlock": Shape("1.2", {"inlines": "inlines"}, {"horizontalAlignment": "align"}),
    "Image": Shape(
        "1.0",
        {"url": "text"},
        {
            "altText": "text",
            "backgroundColor": "text",
            "horizontalAlignment": "align",
            "msteams": "object",
            "selectAction": "action",
            "size": "imageSize",
            "style": "imageStyle",
            "width": "any",
        },
    ),
    "ImageSet": Shape("1.0", {"images": "elements"}, {"imageSize": "imageSize"}),
    "Media": Shape(
        "1.1", {"sources": "list"}, {"altText": "text", "captionSources": "list", "poster": "text"}
    ),
    "ActionSet": Shape("1.2", {"actions": "actions"}, {"horizontalAlignment": "align"}),
    "Container": Shape("1.0", {"items": "elements"}, _BOX),
    "ColumnSet": Shape(
        "1.0",
        {},
        {
            "bleed": "bool",
            "columns": "columns",
            "horizontalAlignment": "align",
            "minHeight": "text",
            "selectAction": "action",
            "style": "boxStyle",
        },
    ),
    "FactSet": Shape("1.0", {"facts": "facts"}),
    "Table": Shape(
        "1.5",
        {},
        {
            "columns": "list",
            "firstRowAsHeader": "bool",
            "firstRowAsHeaders": "bool",
            "gridStyle": "boxStyle",
            "horizontalCellContentAlignment": "align",
            "rows": "rows",
            "showGridLines": "bool",
            "verticalCellContentAlignment": "valign",
        },
    ),
    "Input.Text": Shape(
        "1.0",
        {"id": "text"},
        {
            **ON_EVERY_INPUT,
            "inlineAction": "action",
            "isMultiline": "bool",
            "maxLength": "number",
            "placeholder": "text",
            "regex": "text",
            "style": "inputStyle",
            "value": "text",
        },
    ),
    "Input.Number": Shape(
        "1.0",
        {"id": "text"},
        {
            **ON_EVERY_INPUT,
            "max": "number",
            "min": "number",
            "placeholder": "text",
            "value": "number",
        },
    ),
    "Input.Date": Shape(
        "1.0",
        {"id": "text"},
        {**ON_EVERY_INPUT, "max": "text", "min": "text", "placeholder": "text", "value": "text"},
    ),
    "Input.Time": Shape(
        "1.0",
        {"id": "text"},
        {**ON_EVERY_INPUT, "max": "text", "min": "text", "placeholder": "text", "value": "text"},
    ),
    "Input.Toggle": Shape(
        "1.0",
        {"id": "text", "title": "text"},
        {
            **ON_EVERY_INPUT,
            "value": "text",
            "valueOff": "text",
            "valueOn": "text",
            "wrap": "bool",
        },
    ),
    "Input.ChoiceSet": Shape(
        "1.0",
        {"id": "text"},
        {
            **ON_EVERY_INPUT,
            "choices": "choices",
            "choices.data": "query",
            "isMultiSelect": "bool",
            "placeholder": "text",
            "style": "choiceStyle",
            "value": "text",
            "wrap": "bool",
        },
    ),
}
COLUMN = Shape("1.0", {}, {**_BOX, "items": "elements", "width": "any"})
ROW = Shape(
    "1.5",
    {},
    {
        "cells": "cells",
        "horizontalCellContentAlignment": "align",
        "style": "boxStyle",
        "verticalCellContentAlignment": "valign",
    },
)
CELL = Shape("1.5", {"items": "elements"}, _BOX)
TEXT_RUN = Shape(
    "1.2",
    {"text": "text"},
    {
        **_TEXT,
        "highlight": "bool",
        "italic": "bool",
        "selectAction": "action",
        "strikethrough": "bool",
        "underline": "bool",
    },
)

ACTIONS: dict[str, Shape] = {
    "Action.OpenUrl": Shape("1.0", {"url": "url"}),
    "Action.Submit": Shape("1.0", {}, {"associatedInputs": "associated", "data": "data"}),
    "Action.Execute": Shape(
        "1.4", {}, {"associatedInputs": "associated", "data": "data", "verb": "text"}
    ),
    "Action.ShowCard": Shape("1.0", {"card": "card"}),
    "Action.ToggleVisibility": Shape("1.2", {"targetElements": "list"}),
}
