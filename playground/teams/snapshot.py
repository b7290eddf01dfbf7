"""The Teams part of the state that the page draws.

Reads only.
"""

from playground.place import Place
from playground.store import Json
from playground.teams.messages import Messages
from playground.teams.rooms import Room, Rooms


def state(place: Place) -> Json:
    """Return bot, installed people, conversations with their activities, views and notices."""
    rooms = Rooms(place)
    activities, views, notices = Messages(place).as_json()
    conversations = {room.id: _conversation(rooms, room) for room in rooms.all()}
    for activity in activities:
        conversation = conversations.get(activity["conversation"])
        if conversation is not None:
            shown = {name: value for name, value in activity.items() if name != "conversation"}
            conversation["activities"].append(shown)
    return {
        "bot": {"id": rooms.bot_id, "name": place.world.teams.bot_name},
        "installed": [p.teams_oid for p in rooms.people() if rooms.installed(str(p.teams_oid))],
        "conversations": conversations,
        "views": views,
        "notices": notices,
    }


def _conversation(rooms: Rooms, room: Room) -> Json:
    return {
        "id": room.id,
        "kind": room.kind,
        "oid": room.oid,
        "name": room.name,
        "members": [person.teams_oid for person in rooms.members(room)],
        "activities": [],
    }
