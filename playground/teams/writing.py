"""What a message of a person may have beside its words: people it names, a message it quotes,
and that only the bot sees it.

Changes activities only; nothing is stored or sent here.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

from playground.store import Json
from playground.teams.inbound import Source
from playground.teams.messages import Messages
from playground.world import Person

_PREVIEW = 200


class Unwritten(ValueError):
    """The client would not send that; the text says why, for the person."""


def named(source: Source, activity: Json) -> Json:
    """Make mentions of every "@" and the name of a member; in a personal chat there are none.

    https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations#work-with-mentions
    """
    if source.room.kind == "personal":
        return activity
    made = activity
    for person in source.rooms.members(source.room):
        made = _mentioned(source, made, person)
    return made


def _mentioned(source: Source, activity: Json, person: Person) -> Json:
    text, found = re.subn(
        f"@{re.escape(person.name)}", f"<at>{person.name}</at>", str(activity["text"])
    )
    if not found:
        return activity
    mentioned = {"id": source.rooms.mri(person), "name": person.name}
    entity = {"type": "mention", "mentioned": mentioned, "text": f"<at>{person.name}</at>"}
    entities = [*activity["entities"][:-1], *[entity] * found, activity["entities"][-1]]
    return {**activity, "text": text, "entities": entities}


def quoting(source: Source, activity: Json, quoted: str) -> Json:
    """Let the message answer another one of the conversation, as "Reply" in its menu does.

    The text holds the answer alone; what it answers stands in the HTML beside it.
    """
    message = Messages(source.place).get(source.room.id, quoted)
    if message is None:
        raise Unwritten("quotes: there is no such message in this conversation")
    preview = html.escape(str(message.get("text") or "Card")[:_PREVIEW])
    block = (
        '<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" '
        f'itemid="{message["id"]}">\r\n<strong itemprop="mri" itemid="{source.rooms.bot_id}">'
        f'Countersign</strong><span itemprop="time" itemid="{message["id"]}"></span>\r\n'
        f'<p itemprop="preview">{preview}</p>\r\n</blockquote>\r\n'
    )
    first, *others = activity["attachments"]
    return {**activity, "attachments": [{**first, "content": block + first["content"]}, *others]}


def targeted(activity: Json) -> Json:
    """Let only the bot see the message, which is how slash commands arrive.

    https://learn.microsoft.com/en-us/microsoftteams/platform/agents-in-teams/agent-slash-commands
    """
    return {**activity, "recipient": {**activity["recipient"], "isTargeted": True}}


def whole(source: Source, asked: Mapping[str, Any], activity: Json) -> Json:
    """The activity with all that the caller asked for (`quotes`, `targeted`)."""
    made = named(source, activity)
    if asked.get("quotes"):
        made = quoting(source, made, str(asked["quotes"]))
    return targeted(made) if asked.get("targeted") is True else made
