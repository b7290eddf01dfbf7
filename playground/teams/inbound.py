"""The activities that Teams sends to a bot, in their documented shapes.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability and
https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model
Builds only: nothing is stored or sent here.
"""

import html
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from playground.place import Place
from playground.store import Json
from playground.teams.rooms import Room, Rooms
from playground.world import Person

LOCALE = "en-US"


@dataclass(frozen=True, slots=True)
class Source:
    """Who does something, and where; `root` is the thread of a channel they do it in."""

    place: Place
    person: Person
    room: Room
    root: str | None = None

    @property
    def oid(self) -> str:
        """The person's object id."""
        return str(self.person.teams_oid)

    @property
    def rooms(self) -> Rooms:
        """The tenant around."""
        return Rooms(self.place)


def event_id() -> str:
    """Return an id for an activity that is not a message."""
    return f"f:{secrets.randbits(63)}"


def service_url(place: Place) -> str:
    """Return the address of the connector, as activities and tokens carry it."""
    return f"{place.base_url}/teams/connector"


def message(source: Source, activity: str, text: str) -> Json:
    """A message in the personal chat."""
    written = {"contentType": "text/html", "content": f"<p>{html.escape(text)}</p>"}
    return {
        **_activity(source, "message", activity),
        "text": text,
        "textFormat": "plain",
        "attachments": [written],
    }


def with_mention(source: Source, text: str, always: bool) -> str:
    """Return the text with every "@" and the bot's name as a mention, put in front if `always`."""
    name = source.place.world.teams.bot_name
    marked = re.sub(f"@{re.escape(name)}", lambda _: _at(source), text, flags=re.IGNORECASE)
    return f"{_at(source)} {marked}" if always and _at(source) not in marked else marked


def mentions_bot(source: Source, text: str) -> bool:
    """Say whether a text has a mention of the bot in it."""
    return _at(source) in text


def _at(source: Source) -> str:
    return f"<at>{source.place.world.teams.bot_name}</at>"


def mention(source: Source, activity: str, text: str) -> Json:
    """A message in a channel that mentions the bot, as `with_mention` made it."""
    mentioned = {"id": source.rooms.bot_id, "name": source.place.world.teams.bot_name}
    written = (
        '<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">'
        f"{html.escape(mentioned['name'])}</span>"
    )
    shown = html.escape(text).replace(html.escape(_at(source)), written)
    made = _activity(source, "message", activity)
    return {
        **made,
        "text": text,
        "textFormat": "plain",
        "attachments": [{"contentType": "text/html", "content": f"<div><div>{shown}</div></div>"}],
        "entities": [
            {"type": "mention", "mentioned": mentioned, "text": _at(source)},
            *made["entities"],
        ],
    }


def card_action(source: Source, card_message: str, action: Json, data: Any, trigger: str) -> Json:
    """The invoke that Action.Execute causes, or the automatic refresh of a card."""
    sent: Json = {"type": "Action.Execute", **{k: action[k] for k in ("id", "verb") if k in action}}
    return {
        **_activity(source, "invoke", event_id()),
        "name": "adaptiveCard/action",
        "value": {"action": {**sent, "data": data}, "trigger": trigger},
        "replyToId": card_message,
    }


def task(source: Source, card_message: str, name: str, data: Any) -> Json:
    """The invoke that asks for a dialog (task/fetch) or sends what was filled in (task/submit).

    https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots
    """
    return {
        **_activity(source, "invoke", event_id()),
        "name": name,
        "value": {"data": data, "context": {"theme": "default"}},
        "replyToId": card_message,
    }


def submit(source: Source, card_message: str, data: Any) -> Json:
    """The message that Action.Submit causes: it has a value and no text."""
    return {**_activity(source, "message", event_id()), "value": data, "replyToId": card_message}


def installation(source: Source, action: str) -> Json:
    """The app was added to, or removed from, a person's scope; `action` is add or remove."""
    return {**_activity(source, "installationUpdate", event_id()), "action": action}


def bot_added(source: Source) -> Json:
    """The bot came into the conversation."""
    added = [{"id": source.rooms.bot_id, "name": source.place.world.teams.bot_name}]
    return {**_activity(source, "conversationUpdate", event_id()), "membersAdded": added}


def _activity(source: Source, kind: str, activity: str) -> Json:
    place, rooms, person = source.place, source.rooms, source.person
    now = datetime.fromtimestamp(place.now(), UTC)
    zone = _zone(person.timezone)
    return {
        "type": kind,
        "id": activity,
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "localTimestamp": now.astimezone(zone).isoformat(timespec="milliseconds"),
        "localTimezone": zone.key,
        "serviceUrl": service_url(place),
        "channelId": "msteams",
        "from": {"id": rooms.mri(person), "name": person.name, "aadObjectId": person.teams_oid},
        "conversation": _conversation(source),
        "recipient": {"id": rooms.bot_id, "name": place.world.teams.bot_name},
        "entities": [_client_info(zone)],
        "channelData": _channel_data(source),
        "locale": LOCALE,
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _client_info(zone: ZoneInfo) -> Json:
    where = {"locale": LOCALE, "country": "US", "platform": "Web", "timezone": zone.key}
    return {"type": "clientInfo", **where}


def _conversation(source: Source) -> Json:
    room = source.room
    made: Json = {
        "conversationType": room.kind,
        "tenantId": source.place.world.teams.tenant,
        "id": room.thread_id(source.root),
    }
    # Teams leaves isGroup out of personal chats.
    return made if room.kind == "personal" else {"isGroup": True, **made}


def _channel_data(source: Source) -> Json:
    tenant = {"tenant": {"id": source.place.world.teams.tenant}}
    channel = source.room.channel
    if channel is None or source.room.kind != "channel":
        return tenant
    return {
        "teamsChannelId": channel.id,
        "teamsTeamId": channel.team_id,
        "channel": {"id": channel.id},
        "team": {"id": channel.team_id},
        **tenant,
    }
