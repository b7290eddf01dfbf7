"""chat.*: posting, editing and deleting the app's messages, with Slack's limits and errors.

https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours.
"""

from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.blocks import check_message_blocks
from playground.slack.identifiers import with_ids
from playground.slack.members import held
from playground.slack.refusal import Refusal
from playground.slack.workspace import Conversation, Workspace

Json = dict[str, Any]

# Longer texts are truncated: https://docs.slack.dev/reference/methods/chat.postMessage
TEXT_CHARS = 40_000
# https://docs.slack.dev/reference/methods/chat.update (error msg_too_long)
UPDATE_TEXT_CHARS = 4_000


def _destination(workspace: Workspace, id_: str) -> Conversation:
    """Return where a message goes; a person's id means their direct message."""
    if workspace.person(id_) is not None:
        if held(workspace, id_).get("deleted"):
            raise Refusal("user_disabled")
        return workspace.direct_message(id_)
    return _conversation(workspace, id_)


def _conversation(workspace: Workspace, id_: str) -> Conversation:
    found = workspace.conversation(id_)
    if found is None:
        raise Refusal("channel_not_found")
    return found


def _content(workspace: Workspace, args: Arguments) -> tuple[str, list[Json]]:
    """Return text and blocks of a new message."""
    text = args.optional("text")
    blocks = check_message_blocks(args.structure("blocks", "invalid_blocks_format") or [])
    if not text and not blocks:
        raise Refusal("no_text")
    return text, with_ids(workspace, blocks)


def _metadata(args: Arguments) -> Json | None:
    """Return the metadata given, {} to remove it, None when it is not given."""
    # https://docs.slack.dev/messaging/message-metadata
    value = args.structure("metadata", "invalid_metadata_format")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Refusal("invalid_metadata_format")
    if value and not (
        isinstance(value.get("event_type"), str) and isinstance(value.get("event_payload"), dict)
    ):
        raise Refusal("invalid_metadata_schema")
    return value


def _thread(workspace: Workspace, args: Arguments, conversation: Conversation) -> Json:
    parent = args.optional("thread_ts")
    if not parent:
        return {}
    messages = workspace.messages(conversation.id)
    if parent not in messages:
        raise Refusal("cannot_reply_to_message")
    return {"thread_ts": parent, "parent_user_id": messages[parent]["user"]}


def post_message(workspace: Workspace, args: Arguments) -> Json:
    """chat.postMessage."""
    channel = args.text("channel")
    text, blocks = _content(workspace, args)
    metadata = _metadata(args)
    conversation = _destination(workspace, channel)
    thread = _thread(workspace, args, conversation)
    message = workspace.own_message(text[:TEXT_CHARS], **thread)
    if blocks:
        message["blocks"] = blocks
    if metadata:
        message["metadata"] = metadata
    workspace.post(conversation.id, message)
    return {"channel": conversation.id, "ts": message["ts"], "message": message}


def _own(workspace: Workspace, args: Arguments, refusal: str) -> tuple[Conversation, Json]:
    conversation = _conversation(workspace, args.text("channel"))
    message = workspace.messages(conversation.id).get(args.text("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message["user"] != workspace.world.bot_user:
        raise Refusal(refusal)
    return conversation, message


def update(workspace: Workspace, args: Arguments) -> Json:
    """chat.update: text without blocks removes the blocks and marks the message as edited."""
    conversation, message = _own(workspace, args, "cant_update_message")
    text = args.optional("text")
    if len(text) > UPDATE_TEXT_CHARS:
        raise Refusal("msg_too_long")
    given = args.structure("blocks", "invalid_blocks_format")
    blocks = None if given is None else with_ids(workspace, check_message_blocks(given))
    metadata = _metadata(args)
    if not text and not blocks and metadata is None:
        raise Refusal("no_text")
    changed = edited(workspace, message, text if args.has("text") else None, blocks)
    if metadata is not None:
        changed.pop("metadata", None)
        changed |= {"metadata": metadata} if metadata else {}
    workspace.messages(conversation.id)[message["ts"]] = changed
    workspace.store.changed()
    return {
        "channel": conversation.id,
        "ts": message["ts"],
        "text": changed["text"],
        "message": changed,
    }


def edited(
    workspace: Workspace, message: Json, text: str | None, blocks: list[Json] | None
) -> Json:
    """Return the message with a new text or new blocks, by the rules of chat.update."""
    changed = dict(message)
    if text is not None:
        changed["text"] = text
    if blocks:
        changed["blocks"] = blocks
        changed.pop("edited", None)
    elif blocks is not None or text is not None:
        changed.pop("blocks", None)
    if not blocks and text is not None:
        changed["edited"] = {"user": workspace.world.bot_user, "ts": workspace.new_ts()}
    return changed


def delete(workspace: Workspace, args: Arguments) -> Json:
    """chat.delete."""
    conversation, message = _own(workspace, args, "cant_delete_message")
    del workspace.messages(conversation.id)[message["ts"]]
    workspace.store.changed()
    return {"channel": conversation.id, "ts": message["ts"]}


def post_ephemeral(workspace: Workspace, args: Arguments) -> Json:
    """chat.postEphemeral: shown to one member, never stored as a message."""
    channel, user = args.text("channel"), args.text("user")
    text, blocks = _content(workspace, args)
    if len(text) > TEXT_CHARS:
        raise Refusal("msg_too_long")
    conversation = _conversation(workspace, channel)
    if user not in conversation.members:
        raise Refusal("user_not_in_channel")
    thread = _thread(workspace, args, conversation).get("thread_ts")
    ts = workspace.show_to_one(user, conversation.id, text, blocks, thread_ts=thread)
    return {"message_ts": ts}


def get_permalink(workspace: Workspace, args: Arguments) -> Json:
    """chat.getPermalink: an address that opens the message in the playground's page."""
    conversation = _conversation(workspace, args.text("channel"))
    ts = args.text("message_ts")
    if ts not in workspace.messages(conversation.id):
        raise Refusal("message_not_found")
    link = f"{workspace.place.base_url}/slack/archives/{conversation.id}/p{ts.replace('.', '')}"
    return {"channel": conversation.id, "permalink": link}
