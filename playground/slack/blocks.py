"""Block Kit validation with Slack's limits, for messages and views.

Says what Slack would refuse; changes nothing. Types the playground does not
draw are refused too, by name, instead of being let through unchecked.
"""

import json
from typing import Any

from playground.slack.elements import CHOOSERS, IMAGE, PRESSED, TYPED, any_text, plain_text
from playground.slack.refusal import Refusal
from playground.slack.schema import (
    Check,
    any_of_members,
    array,
    both,
    by_type,
    complain,
    findings,
    flag,
    one_of,
    shape,
    string,
)

# https://docs.slack.dev/reference/block-kit/blocks
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
# Not in the reference; measured by a reporter: https://github.com/slackapi/bolt-js/issues/2509
MESSAGE_BLOCKS_CHARS = 13_200
# All markdown blocks of one message together: https://docs.slack.dev/reference/block-kit/blocks/markdown-block
MARKDOWN_CHARS = 12_000
# Sizes by https://docs.slack.dev/reference/views
VIEW_BYTES = 250_000
TITLE_CHARS = 24
PRIVATE_METADATA_CHARS = 3000

_ID = {"block_id": string(255)}
_IN_CONTEXT = by_type(
    {
        "image": IMAGE,
        "plain_text": plain_text(3000),
        "mrkdwn": any_text(3000),
    }
)


def _anything(value: object, pointer: str, problems: list[str]) -> None:
    if not isinstance(value, dict):
        complain(problems, pointer, "must provide an object")


_BLOCKS: dict[str, Check] = {
    "section": both(
        shape(
            {"type": one_of("section")},
            {
                **_ID,
                "text": any_text(3000),
                "fields": array(any_text(2000), 10),
                "accessory": by_type({**PRESSED, **CHOOSERS, "image": IMAGE}),
                "expand": flag,
            },
        ),
        any_of_members("text", "fields"),
    ),
    "header": shape({"type": one_of("header"), "text": plain_text(150)}, _ID),
    "divider": shape({"type": one_of("divider")}, _ID),
    "context": shape({"type": one_of("context"), "elements": array(_IN_CONTEXT, 10)}, _ID),
    "actions": shape(
        {"type": one_of("actions"), "elements": array(by_type({**PRESSED, **CHOOSERS}), 25)}, _ID
    ),
    "image": shape(
        {"type": one_of("image"), "image_url": string(3000), "alt_text": string(2000)},
        {**_ID, "title": plain_text(2000)},
    ),
    "input": shape(
        {
            "type": one_of("input"),
            "label": plain_text(2000),
            "element": by_type({**TYPED, **CHOOSERS}),
        },
        {**_ID, "hint": plain_text(2000), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": shape({"type": one_of("rich_text"), "elements": array(_anything, 1000, 0)}, _ID),
}
_MARKDOWN = shape({"type": one_of("markdown"), "text": string(MARKDOWN_CHARS)}, _ID)
_IN_MESSAGE = array(by_type({**_BLOCKS, "markdown": _MARKDOWN}), MESSAGE_BLOCKS, 0)
_IN_VIEW = array(by_type(_BLOCKS), VIEW_BLOCKS, 0)

_VIEW_PARTS: dict[str, Check] = {
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "private_metadata": string(PRIVATE_METADATA_CHARS, 0),
}
_VIEWS = by_type(
    {
        "modal": shape(
            {"type": one_of("modal"), "title": plain_text(TITLE_CHARS), "blocks": _IN_VIEW},
            {
                **_VIEW_PARTS,
                "submit": plain_text(TITLE_CHARS),
                "close": plain_text(TITLE_CHARS),
                "clear_on_close": flag,
                "notify_on_close": flag,
                "submit_disabled": flag,
            },
        ),
        "home": shape({"type": one_of("home"), "blocks": _IN_VIEW}, _VIEW_PARTS),
    }
)


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the elements of a valid block that a person can act on, not images and texts."""
    held = {
        "section": [block.get("accessory")],
        "input": [block.get("element")],
        "actions": block.get("elements", []),
    }.get(block["type"], [])
    return [one for one in held if isinstance(one, dict) and one.get("type") != "image"]


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _duplicates(blocks: list[dict[str, Any]], pointer: str) -> list[str]:
    # block_id: unique in the message; action_id: unique "in the containing block".
    # https://docs.slack.dev/reference/block-kit/block-elements/button-element
    problems: list[str] = []
    for name in _repeated([block["block_id"] for block in blocks if "block_id" in block]):
        complain(problems, pointer, f"block_id {name} already exists")
    for position, block in enumerate(blocks):
        for name in _repeated(
            [one["action_id"] for one in elements_of(block) if "action_id" in one]
        ):
            complain(problems, f"{pointer}/{position}", f"action_id {name} already exists")
    return problems


def check_message_blocks(blocks: object) -> list[dict[str, Any]]:
    """Return the blocks if Slack would post them, else raise the Refusal it would answer."""
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    problems = findings(_IN_MESSAGE, blocks, "/blocks")
    if problems := problems or _duplicates(blocks, "/blocks"):
        raise Refusal("invalid_blocks", problems)
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARS:
        raise Refusal("msg_blocks_too_long")
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_BLOCKS_CHARS:
        raise Refusal("msg_blocks_too_long")
    return blocks


def check_view(view: object) -> dict[str, Any]:
    """Return the view if Slack would show it, else raise the Refusal it would answer."""
    if not isinstance(view, dict):
        raise Refusal("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    if len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()) > VIEW_BYTES:
        raise Refusal("view_too_large")
    problems = findings(_VIEWS, view, "/view")
    if not problems:
        problems = _duplicates(view["blocks"], "/view/blocks")
        if (
            view["type"] == "modal"
            and "submit" not in view
            and any(b["type"] == "input" for b in view["blocks"])
        ):
            complain(
                problems, "/view", "missing required field: submit (the view has an input block)"
            )
    if problems:
        raise Refusal("invalid_arguments", problems)
    return view
