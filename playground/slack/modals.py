"""What the app's answer to a submitted form does to the person's open modals.

https://docs.slack.dev/surfaces/modals#handling_submissions
"""

from typing import Any

from playground.slack.blocks import check_view
from playground.slack.refusal import Refusal
from playground.slack.views import push_view, save, set_stack, stack
from playground.slack.workspace import Workspace

Json = dict[str, Any]


def apply_answer(workspace: Workspace, user: str, view: Json, body: object) -> dict[str, str]:
    """Apply a view_submission's answer; returns the errors to show, or raises Refusal."""
    if body in ("", None, {}):
        open_now = stack(workspace, user)
        set_stack(workspace, user, [id_ for id_ in open_now if id_ != view["id"]])
        return {}
    verb = body.get("response_action") if isinstance(body, dict) else None
    if not isinstance(body, dict) or verb not in {"clear", "errors", "push", "update"}:
        raise Refusal("invalid_response_action")
    if verb == "errors":
        return _errors(view, body.get("errors"))
    if verb == "clear":
        set_stack(workspace, user, [])
        return {}
    given = check_view(body.get("view"))
    if given["type"] != "modal":
        raise Refusal("invalid_arguments", ["must be of type modal [json-pointer:/view/type]"])
    if verb == "push":
        push_view(workspace, user, given)
    else:
        save(workspace, user, given, replaces=view)
    return {}


def _errors(view: Json, errors: object) -> dict[str, str]:
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refusal("invalid_response_action", ["errors must name input blocks of the view"])
    return {str(block_id): str(text) for block_id, text in errors.items()}
