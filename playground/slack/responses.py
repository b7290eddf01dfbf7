"""What the app sends back to a person: through a response_url, or as the answer to a command.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.blocks import check_message_blocks
from playground.slack.chat import edited
from playground.slack.identifiers import with_ids
from playground.slack.refusal import Refusal
from playground.slack.tickets import count_response, peek_response
from playground.slack.workspace import Workspace

Json = dict[str, Any]


def respond(workspace: Workspace, token: str, values: Json) -> None:
    """Do what was posted to a response_url, or raise Refusal; a refused one uses nothing up."""
    owner = peek_response(workspace, token)
    apply(workspace, owner, values)
    count_response(workspace, token)


def apply(workspace: Workspace, owner: Json, values: Json) -> None:
    """Show a response to the person and in the conversation `owner` names."""
    args = Arguments(values)
    if args.flag("delete_original"):
        _delete(workspace, owner)
        return
    text = args.optional("text")
    blocks = check_message_blocks(args.structure("blocks", "invalid_blocks_format") or [])
    if not text and not blocks:
        raise Refusal("no_text")
    complete = with_ids(workspace, blocks)
    if args.flag("replace_original") and (owner["ts"] or owner["ephemeral"]):
        _replace(workspace, owner, text, complete)
    elif args.optional("response_type") == "in_channel":
        message = workspace.own_message(text, **({"blocks": complete} if complete else {}))
        workspace.post(owner["channel"], message)
    else:
        thread = args.optional("thread_ts") or owner["thread_ts"]
        workspace.show_to_one(owner["user"], owner["channel"], text, complete, thread_ts=thread)


def _replace(workspace: Workspace, owner: Json, text: str, blocks: list[Json]) -> None:
    if owner["ephemeral"]:
        workspace.show_to_one(
            owner["user"],
            owner["channel"],
            text,
            blocks,
            thread_ts=owner["thread_ts"],
            id_=owner["ephemeral"],
        )
        return
    messages = workspace.messages(owner["channel"])
    if owner["ts"] not in messages:
        raise Refusal("message_not_found")
    changed = edited(workspace, messages[owner["ts"]], text, blocks)
    changed.pop("edited", None)
    messages[owner["ts"]] = changed
    workspace.store.changed()


def _delete(workspace: Workspace, owner: Json) -> None:
    held = workspace.section("ephemerals")
    key = owner["ephemeral"]
    if owner["ts"]:
        held, key = workspace.messages(owner["channel"]), owner["ts"]
    if key not in held:
        raise Refusal("message_not_found")
    del held[key]
    workspace.store.changed()


def answer_to_command(workspace: Workspace, user: str, channel: str, body: object) -> None:
    """Show the body with which the app answered a command, if it said anything."""
    values = body if isinstance(body, dict) else {"text": str(body or "").strip()}
    if values.get("text") or values.get("blocks"):
        owner = {"user": user, "channel": channel, "ts": None, "ephemeral": None, "thread_ts": None}
        apply(workspace, owner, values)
