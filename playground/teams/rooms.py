"""Who is in the simulated tenant and which conversations there are.

Works out ids, rosters and installations from world and store; answers no request and keeps no
messages (those are in messages.py).
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from playground.place import Place
from playground.store import Json
from playground.world import Person, TeamsChannel

_THREAD = ";messageid="


@dataclass(frozen=True, slots=True)
class Room:
    """One conversation: the chat of `oid` with the bot, a group chat, or a channel; `channel` is
    what world.json says of either of the latter, and `root` names a thread."""

    id: str
    kind: Literal["personal", "groupChat", "channel"]
    name: str
    oid: str | None = None
    channel: TeamsChannel | None = None
    root: str | None = None

    def thread_id(self, root: str | None) -> str:
        """Return the conversation id of a thread of a channel; elsewhere there are no threads.

        https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
        """
        return f"{self.id}{_THREAD}{root}" if self.kind == "channel" and root else self.id


def _digest(*parts: str) -> str:
    raw = hashlib.sha256("|".join(parts).encode()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _shared(described: TeamsChannel, root: str | None = None) -> Room:
    """Return a channel, or a group chat, which its id tells."""
    if described.id.endswith("@thread.v2"):
        return Room(described.id, "groupChat", described.name, channel=described)
    return Room(described.id, "channel", described.name, channel=described, root=root)


class Rooms:
    """The tenant as the connector sees it."""

    def __init__(self, place: Place) -> None:
        self._world = place.world
        self._teams = place.world.teams
        self._opened = place.store.section("teams.conversations")
        self._installed = place.store.section("teams.installed")

    @property
    def bot_id(self) -> str:
        """The bot's account id in Teams."""
        return f"28:{self._teams.app_id}"

    def people(self) -> list[Person]:
        """Return everyone with a Teams account."""
        return [person for person in self._world.people if person.teams_oid]

    def mri(self, person: Person) -> str:
        """Return the id by which this bot knows the person."""
        derived = f"29:1{_digest(self._teams.app_id, person.teams_oid or '')}"
        return person.teams_mri or derived

    def person(self, account: str) -> Person | None:
        """Return the person with that MRI or Entra object id, or None."""
        for person in self.people():
            if account == self.mri(person) or account.lower() == str(person.teams_oid).lower():
                return person
        return None

    def installed(self, oid: str) -> bool:
        """Say whether the person has the app in their personal scope."""
        if oid in self._installed:
            return bool(self._installed[oid]["installed"])
        return oid in self._teams.installed

    def install(self, oid: str, installed: bool) -> None:
        """Add the app for that person, or take it away."""
        self._installed[oid] = {"installed": installed}

    def personal(self, person: Person) -> Room:
        """Return the person's chat with the bot: always the same one, whoever opens it first."""
        oid = str(person.teams_oid)
        return Room(
            f"a:1{_digest(self._teams.tenant, self.bot_id, oid)}", "personal", person.name, oid
        )

    def graph_chat(self, person: Person) -> str:
        """Return what Microsoft Graph calls the person's chat with the bot; the connector knows
        it under this name too."""
        return f"19:{person.teams_oid}_{self._teams.app_id}@unq.gbl.spaces"

    def open(self, room: Room) -> None:
        """Remember that this personal chat exists from now on."""
        if room.id not in self._opened:
            self._opened[room.id] = {"oid": room.oid}

    def find(self, conversation: str) -> Room | None:
        """Return the conversation with that id, which may name a channel's thread, or None."""
        base, _, root = conversation.partition(_THREAD)
        for channel in self._teams.channels:
            if channel.id == base:
                return _shared(channel, root or None)
        for person in self.people():
            room = self.personal(person)
            if conversation in (room.id, self.graph_chat(person)) and self._exists(room):
                return room
        return None

    def all(self) -> list[Room]:
        """Return every conversation there is, channels first."""
        channels = [_shared(c) for c in self._teams.channels]
        chats = [self.personal(person) for person in self.people()]
        return channels + [room for room in chats if self._exists(room)]

    def _exists(self, room: Room) -> bool:
        return room.id in self._opened or self.installed(str(room.oid))

    def members(self, room: Room) -> list[Person]:
        """Return the people in a conversation; the bot is not among them."""
        wanted = room.channel.members if room.channel else (room.oid,)
        return [person for person in self.people() if person.teams_oid in wanted]

    def writable(self, room: Room) -> bool:
        """Say whether the bot may write: in a person's chat only if the app is installed."""
        return room.kind != "personal" or self.installed(str(room.oid))

    def member_json(self, person: Person) -> Json:
        """Return the person as the roster calls spell a member.

        https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/get-teams-context
        """
        given, _, surname = person.name.partition(" ")
        member: dict[str, Any] = {
            "id": self.mri(person),
            "name": person.name,
            "objectId": person.teams_oid,
            "aadObjectId": person.teams_oid,
            "givenName": given,
            "surname": surname,
            "userPrincipalName": person.email,
            "tenantId": self._teams.tenant,
            "userRole": "user",
        }
        return {**member, "email": person.email} if person.email else member
