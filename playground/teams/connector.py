"""The connector API's calls about messages and conversations.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
Each function takes an authorised call and returns status and body, or raises Refusal. Where the
reference is silent, answers follow what the service was seen to do (coverage.py says where).
"""

from typing import Any

from playground.store import Json
from playground.teams import outgoing, refusals
from playground.teams.gate import Call
from playground.teams.messages import BOT
from playground.teams.rooms import Room

Answer = tuple[int, Any]


def create_conversation(call: Call) -> Answer:
    """Open a person's chat with the bot, or start a thread in a channel; groups are refused."""
    asked = call.body
    bot = asked.get("bot")
    if bot is not None and (not isinstance(bot, dict) or bot.get("id") != call.rooms.bot_id):
        raise refusals.bad_argument("bot.id is not the calling bot")
    if asked.get("isGroup"):
        return _start_thread(call)
    return _open_chat(call)


def _start_thread(call: Call) -> Answer:
    channel = _inner(call.body, "channelData", "channel", "id")
    room = call.rooms.find(channel) if isinstance(channel, str) else None
    activity = call.body.get("activity")
    if room is None or room.kind != "channel" or not isinstance(activity, dict):
        raise refusals.bad_creation()
    sent = _post(call, room, activity, None)
    # A split message has no id to build a thread id from.
    return 201, {"id": room.thread_id(sent.get("id")), "activityId": sent.get("id")}


def _open_chat(call: Call) -> Answer:
    asked, members = call.body, call.body.get("members")
    tenant = asked.get("tenantId") or _inner(asked, "channelData", "tenant", "id")
    if not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], dict):
        raise refusals.bad_creation()
    if tenant != call.place.world.teams.tenant:
        raise refusals.bad_creation()
    person = call.rooms.person(str(members[0].get("id") or ""))
    if person is None:
        raise refusals.member_unknown(400)
    if not call.rooms.installed(str(person.teams_oid)):
        raise refusals.not_installed()
    room = call.rooms.personal(person)
    activity = asked.get("activity")
    if isinstance(activity, dict):
        _post(call, room, activity, None)
    call.rooms.open(room)
    return 201, {"id": room.id}


def _inner(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def send(call: Call) -> Answer:
    """Post a message: in a chat, as a new thread of a channel, or in the thread the id names."""
    room = _room(call)
    if room.root is not None and call.messages.get(room.id, room.root) is None:
        raise refusals.activity_unknown()
    return 201, _post(call, room, call.body, room.root)


def reply(call: Call) -> Answer:
    """Post a message in answer to another; in a chat this is a plain message."""
    room = _room(call)
    answered = call.messages.get(room.id, call.path["activity"])
    if answered is None:
        raise refusals.activity_unknown()
    thread = answered["root"] or answered["id"]
    return 201, _post(call, room, call.body, thread if room.kind == "channel" else None)


def update(call: Call) -> Answer:
    """Put other content in a message of the bot's own; views of single people end."""
    message = _own(call)
    if call.body.get("type", "message") != "message":
        raise refusals.bad_argument("Unknown activity type")
    content = outgoing.read(call.body)
    call.messages.replace(message["id"], content)
    return 200, {"id": message["id"]}


def delete(call: Call) -> Answer:
    """Take a message of the bot's own away."""
    call.messages.delete(_own(call)["id"])
    return 200, None


def _room(call: Call) -> Room:
    room = call.rooms.find(call.path["conversation"])
    if room is None:
        raise refusals.conversation_unknown()
    if not call.rooms.writable(room):
        raise refusals.not_in_roster()
    return room


def _own(call: Call) -> Json:
    room = _room(call)
    message = call.messages.get(room.id, call.path["activity"])
    if message is None:
        raise refusals.activity_unknown()
    if message["from"] != BOT:
        raise refusals.not_yours()
    return message


def _post(call: Call, room: Room, activity: Json, root: str | None) -> Json:
    """Keep what the bot posts and return the resource response; a split message has no id."""
    kind = activity.get("type", "message")
    if kind == "typing":
        return {"id": call.messages.next_id()}
    if kind != "message":
        raise refusals.bad_argument("Unknown activity type")
    parts = outgoing.split(outgoing.read(activity))
    ids = [call.messages.add(room.id, BOT, part, root) for part in parts]
    return {"id": ids[0]} if len(ids) == 1 else {}
