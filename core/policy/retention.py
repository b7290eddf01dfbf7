"""Reads how long what was written in a request is kept once it is over."""

from typing import Final

from core.calendars.duration import parse_duration, written
from core.policy.policy import Rule
from core.route import Category
from core.source import Fields, Kind, said
from core.value import Millis

FOREVER: Final = "forever"
_REMEDY: Final = "Write a length of time such as 90d, or forever"


def read_retention(fields: Fields, usual: Millis | None) -> Millis | None:
    """In milliseconds, None for ever; `usual` where nothing is said."""
    node = fields.get("retention")
    if node is None or (node.kind is Kind.TEXT and node.value == FOREVER):
        return usual if node is None else None
    try:
        return parse_duration(str(node.value) if node.kind is Kind.TEXT else "")
    except ValueError:
        fields.reader.wrong(node, f"'retention' is {said(node)}", _REMEDY)
        return usual


def check_retention(fields: Fields, rule: Rule) -> None:
    """Note a time that ends before the approvals do: what was approved could not be used any
    more, since nobody could tell what it was."""
    if rule.category is Category.PROHIBITED or rule.retention is None:
        return
    if rule.retention < rule.token_lifetime:
        message = (
            f"texts and params of '{rule.name}' would be erased after {written(rule.retention)}, "
            f"while an approval may be used for {written(rule.token_lifetime)}"
        )
        remedy = f"Raise 'retention' to {written(rule.token_lifetime)}, or lower token_expires_in"
        node = fields.get("retention") or fields.get("token_expires_in") or fields.node
        fields.reader.wrong(node, message, remedy)
