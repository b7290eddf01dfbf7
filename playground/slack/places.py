"""Where in the workspace a person acts: which message, ephemeral message, view or channel.

Only looks; a place the person cannot see raises BadAct.
"""

from dataclasses import dataclass
from typing import Any

from playground.slack import views
from playground.slack.blocks import check_message_blocks
from playground.slack.identifiers import with_ids
from playground.slack.refusal import BadAct, Refusal
from playground.slack.workspace import Conversation, Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MessageSpot:
    """A message, or an ephemeral one (then `message` is None, as in Slack's payloads)."""

    conversation: Conversation
    ts: str
    message: Json | None
    thread_ts: str | None
    blocks: list[Json]


@dataclass(frozen=True, slots=True)
class ViewSpot:
    """The modal on top, or the home tab."""

    view: Json
    blocks: list[Json]


def text_of(body: Json, name: str) -> str:
    """Return a required string of an act."""
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise BadAct(f"{name}: expected a non-empty string")
    return found


def channel_of(workspace: Workspace, user: str, body: Json) -> Conversation:
    """Return the conversation an act names, by default the person's direct message with the app."""
    id_ = body.get("channel") or workspace.world.bot_user
    if id_ == workspace.world.bot_user:
        return workspace.direct_message(user)
    found = workspace.conversation(str(id_))
    if found is None or user not in found.members:
        raise BadAct(f"{user} is not in a conversation {id_!r}")
    return found


def spot_of(workspace: Workspace, user: str, body: Json) -> MessageSpot | ViewSpot:
    """Return where an act happens: {view_id}, {ephemeral}, or {channel, ts} of either kind."""
    if body.get("view_id"):
        return _view_spot(workspace, user, text_of(body, "view_id"))
    if body.get("ephemeral"):
        return _ephemeral_spot(workspace, user, text_of(body, "ephemeral"))
    conversation = channel_of(workspace, user, {"channel": text_of(body, "channel")})
    ts = text_of(body, "ts")
    message = _as_seen(workspace, body) or workspace.messages(conversation.id).get(ts)
    if message is None and ts in workspace.section("ephemerals"):
        return _ephemeral_spot(workspace, user, ts)
    if message is None:
        raise BadAct(f"there is no message {ts!r} in {conversation.id}")
    blocks = message.get("blocks", [])
    return MessageSpot(conversation, ts, message, message.get("thread_ts"), blocks)


def _as_seen(workspace: Workspace, body: Json) -> Json | None:
    """Return the older message that is still on the person's screen, if the act brings one."""
    seen = body.get("as_seen")
    if seen is None:
        return None
    try:
        if isinstance(seen, dict):
            blocks = check_message_blocks(seen.get("blocks", []))
            return {**seen, "blocks": with_ids(workspace, blocks)}
    except Refusal as refused:
        raise BadAct(f"as_seen: {refused.error} {refused.messages}") from None
    raise BadAct("as_seen: expected a message")


def _ephemeral_spot(workspace: Workspace, user: str, id_: str) -> MessageSpot:
    shown = workspace.section("ephemerals").get(id_)
    if shown is None or shown["user"] != user:
        raise BadAct(f"{user} sees no ephemeral message {id_!r}")
    conversation = workspace.conversation(shown["channel"])
    if conversation is None:
        raise BadAct(f"there is no conversation {shown['channel']!r}")
    return MessageSpot(conversation, id_, None, shown["thread_ts"], shown["blocks"])


def _view_spot(workspace: Workspace, user: str, view_id: str) -> ViewSpot:
    held = views.view(workspace, view_id)
    open_now = views.stack(workspace, user)
    if held is None or held["user"] != user:
        raise BadAct(f"{user} has no view {view_id!r}")
    if held["type"] == "modal" and open_now[-1:] != [view_id]:
        raise BadAct(f"view {view_id!r} is not on top")
    return ViewSpot(views.public(held), held["blocks"])
