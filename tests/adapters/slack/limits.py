"""Slack's limits as a second opinion: slack_sdk's own models, and what those leave unchecked."""

import json
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Json = dict[str, Any]


def texts(value: object) -> list[Json]:
    """Every text object in blocks or a view."""
    if isinstance(value, list):
        return [found for item in value for found in texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("type") in {"plain_text", "mrkdwn"} else []
    return own + [found for item in value.values() for found in texts(item)]


def assert_blocks(blocks: list[Json], most: int = 50) -> None:
    """Slack would take these blocks."""
    # https://docs.slack.dev/reference/block-kit/blocks
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        assert type(parsed) is not Block, f"unknown block {block['type']}"
        assert parsed.to_dict() == block
    assert 0 < len(blocks) <= most
    ids = [block["block_id"] for block in blocks]
    assert len(ids) == len(set(ids)), "block ids repeat"
    for block in blocks:
        assert all(len(f["text"]) <= 2000 for f in block.get("fields", []))
        for menu in (e for e in block.get("elements", []) if e["type"] == "overflow"):
            assert 1 <= len(menu["options"]) <= 5
            assert all(len(o["value"]) <= 150 for o in menu["options"])
        names = [e.get("action_id") for e in block.get("elements", []) if "action_id" in e]
        assert len(names) == len(set(names)), "action ids repeat"
    for text in texts(blocks):
        assert text["text"].strip(), "Slack refuses empty texts"
        assert_harmless(text)


def assert_message(blocks: list[Json]) -> None:
    """Slack would take these blocks as one message."""
    assert_blocks(blocks)
    assert len(json.dumps(blocks, ensure_ascii=False)) < 13_000


def assert_view(view: Json) -> None:
    """Slack would take this view."""
    # https://docs.slack.dev/reference/views
    View(**view).to_dict()
    assert_blocks(view["blocks"], most=100)
    assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000


def assert_harmless(text: Json) -> None:
    """Nothing in it is a mention, a link or a command of Slack's, but for our dates."""
    rest = text["text"]
    if text["type"] == "mrkdwn":
        assert text["verbatim"] is True
        while "<!date^" in rest:
            start = rest.index("<!date^")
            rest = rest[:start] + rest[rest.index(">", start) + 1 :]
    else:
        assert text["emoji"] is False
    assert not set(rest) & {"<", ">"}
