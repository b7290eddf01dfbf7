"""What Slack fills in when it takes blocks: missing ids and the defaults of texts.

Works on blocks that `blocks` has accepted; must not be given others.
"""

import copy
from typing import Any

from playground.slack.blocks import elements_of
from playground.slack.workspace import Workspace

Json = dict[str, Any]


def with_ids(workspace: Workspace, blocks: list[Json]) -> list[Json]:
    """Return a copy in which every block and element has its id and every text its defaults."""
    complete = copy.deepcopy(blocks)
    for block in complete:
        # Slack generates the ids left out: https://docs.slack.dev/reference/block-kit/blocks
        block.setdefault("block_id", workspace.new_id("b"))
        for element in elements_of(block):
            element.setdefault("action_id", workspace.new_id("a"))
        if block["type"] != "rich_text":
            _fill_texts(block)
    return complete


def _fill_texts(value: object) -> None:
    if isinstance(value, list):
        for one in value:
            _fill_texts(one)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for one in value.values():
            _fill_texts(one)
