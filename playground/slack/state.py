"""What the page draws of the Slack side, in one JSON object; reads only."""

from typing import Any

from playground.place import Place
from playground.slack.views import public
from playground.slack.workspace import Conversation, Workspace

Json = dict[str, Any]
# Messages drawn per conversation: the newest, as a client loads them.
_SHOWN = 200


def _message(held: Json) -> Json:
    thread = held.get("thread_ts")
    return {
        "ts": held["ts"],
        "user": held["user"],
        "text": held["text"],
        "blocks": held.get("blocks", []),
        "thread_ts": None if thread == held["ts"] else thread,
        "reply_count": held.get("reply_count", 0),
        "edited": "edited" in held,
        "metadata": held.get("metadata"),
    }


def _conversation(workspace: Workspace, one: Conversation) -> Json:
    messages = workspace.messages(one.id)
    newest = list(messages)[-_SHOWN:]
    return {
        "id": one.id,
        "kind": one.kind,
        "user": one.user,
        "name": one.name,
        "messages": [_message(messages[ts]) for ts in newest],
        "earlier": len(messages) - len(newest),
    }


def state(place: Place, team: str = "") -> Json:
    """Return channels, conversations, ephemerals, modals (lowest first) and homes.

    Of each conversation the newest 200 messages are there; `earlier` counts the others.
    """
    workspace = Workspace(place, team)
    world = workspace.world
    views = workspace.section("views")
    modals = {
        user: [public(views[id_]) for id_ in held["stack"] if id_ in views]
        for user, held in workspace.section("modals").items()
    }
    return {
        "bot_user": world.bot_user,
        "events": list(world.events),
        "channels": [
            {"id": c.id, "name": c.name, "members": list(c.members)} for c in world.channels
        ],
        "conversations": {
            one.id: _conversation(workspace, one) for one in workspace.conversations()
        },
        "ephemerals": list(workspace.section("ephemerals").values()),
        "modals": {user: open_now for user, open_now in modals.items() if open_now},
        "homes": {
            user: public(views[held["view"]])
            for user, held in workspace.section("homes").items()
            if held["view"] in views
        },
    }
