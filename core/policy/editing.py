"""Reads what an approver may change, and where in the params an amount lies."""

import re

from core.source import Fields, Node, nearest, said

OWN_FIELDS = ("amount", "currency", "title", "description")
"""What of a request may be changed besides the params."""

MOST = 50

_PATH = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_PARAMS = "request.action.params."
_REMEDY = "Write the names in the params with dots between them: total.gross"
_NEVER = frozenset({"action", "action_type", "type"})
_FIXED = frozenset(
    {"agent", "callback_url", "context", "expires_in", "labels", "requester", "risk_score"}
)


def read_amount_from(fields: Fields) -> str | None:
    """The path to the amount inside the params."""
    node, path = fields.get("amount_from"), fields.name("amount_from")
    if node is None or path is None:
        return None
    _check_path(fields, node, path, "amount_from")
    return path


def read_editable(fields: Fields) -> tuple[str, ...]:
    """Fields of the request and paths into the params, each once."""
    node = fields.get("editable")
    items = () if node is None else fields.reader.one_or_more(node, "'editable'")
    if node is not None and len(items) > MOST:
        message = f"'editable' names {len(items)} fields"
        fields.reader.wrong(node, message, f"Name at most {MOST}")
    found: list[str] = []
    for item in items:
        name = fields.reader.name(item, "an item of 'editable'")
        if name is None or not _may_change(fields, item, name):
            continue
        if name in found:
            fields.reader.wrong(item, f"'editable' names {name} twice", "Remove one of them")
        else:
            found.append(name)
    return tuple(found)


def _may_change(fields: Fields, node: Node, name: str) -> bool:
    first = name.partition(".")[0]
    if first in _NEVER:
        message = "the action's type is never editable"
        remedy = "Name what may be changed: amount, title, or a path into the params"
        fields.reader.wrong(node, message, remedy)
        return False
    if name in _FIXED:
        otherwise = "Write one of amount, currency, title, description, or a path into the params"
        fields.reader.wrong(node, f"'{name}' is not editable", nearest(name, OWN_FIELDS, otherwise))
        return False
    return _check_path(fields, node, name, "editable")


def _check_path(fields: Fields, node: Node, path: str, key: str) -> bool:
    inside = path.removeprefix(_PARAMS)
    if not _PATH.fullmatch(path):
        fields.reader.wrong(node, f"'{key}' is {said(node)}, not a path", _REMEDY)
    elif inside != path:
        remedy = f"Write {inside}: the path starts inside the params"
        fields.reader.wrong(node, f"'{key}' starts outside the params", remedy)
    else:
        return True
    return False
