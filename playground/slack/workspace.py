"""The workspace's people, conversations and messages, as typed access to the store.

Keeps what Slack keeps, in Slack's own message shape; refuses nothing. A cheap
view: it holds no state of its own and is made anew for each call.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from playground.place import Place
from playground.store import Section
from playground.world import Person

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A channel or an open direct message between a person and the app."""

    id: str
    kind: str
    name: str
    members: tuple[str, ...]
    user: str | None = None

    @property
    def is_im(self) -> bool:
        """Whether it is a direct message."""
        return self.kind == "im"


class Workspace:
    """People, conversations and messages of one simulated workspace: the company's own, or
    the one with that `team` id."""

    def __init__(self, place: Place, team: str = "") -> None:
        self.place = place
        known = {world.team: world for world in place.world.slacks}
        self.world = known[team or place.world.slack.team]
        self.store = place.store

    def now(self) -> float:
        """Return the playground's time in Unix seconds."""
        return self.place.now()

    def section(self, name: str) -> Section:
        """Return Slack's own section of the store; each workspace has its own."""
        own = self.world is self.place.world.slack
        return self.store.section(f"slack.{name}" if own else f"slack.{self.world.team}.{name}")

    def person(self, user: str) -> Person | None:
        """Return the person with that user id, or None (also for the app's own user)."""
        return self.place.world.slack_person(user, self.world.team)

    def direct_message(self, user: str) -> Conversation:
        """Return the conversation between a person and the app, opening it when needed."""
        digest = hashlib.sha256(f"{self.world.team}/{user}".encode()).hexdigest()
        id_ = f"D{digest[:10].upper()}"
        opened = self.section("ims")
        if id_ not in opened:
            opened[id_] = {"user": user}
            self.store.changed()
        return self._im(id_, user)

    def conversation(self, id_: str) -> Conversation | None:
        """Return the channel or opened direct message with that id, or None."""
        for channel in self.world.channels:
            if channel.id == id_:
                return Conversation(id_, "channel", channel.name, channel.members)
        found = self.section("ims").get(id_)
        return self._im(id_, found["user"]) if found else None

    def conversations(self) -> list[Conversation]:
        """Return every channel and every opened direct message."""
        channels = [Conversation(c.id, "channel", c.name, c.members) for c in self.world.channels]
        return channels + [
            self._im(id_, value["user"]) for id_, value in self.section("ims").items()
        ]

    def messages(self, conversation: str) -> Section:
        """Return the messages of a conversation, oldest first, by ts."""
        return self.section(f"messages.{conversation}")

    def new_ts(self) -> str:
        """Return the next message timestamp; no two are equal."""
        return f"{int(self.now())}.{self.store.next_number('slack.ts') % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Return a new id such as V0000001A2B."""
        number = self.store.next_number("slack.id")
        tail = hashlib.sha256(f"{self.world.team}/{number}".encode()).hexdigest()[:4]
        return f"{prefix}{number:06X}{tail.upper()}"

    def own_message(self, text: str, **beside: object) -> Json:
        """Return a message by the app, not yet stored."""
        profile = {
            "id": self.world.bot_id,
            "app_id": self.world.app_id,
            "name": "countersign",
            "team_id": self.world.team,
            "deleted": False,
        }
        return {
            "type": "message",
            "user": self.world.bot_user,
            "ts": self.new_ts(),
            "bot_id": self.world.bot_id,
            "app_id": self.world.app_id,
            "team": self.world.team,
            "text": text,
            "bot_profile": profile,
            **beside,
        }

    def post(self, conversation: str, message: Json) -> None:
        """Store a new message; a reply is counted on its parent."""
        messages = self.messages(conversation)
        messages[message["ts"]] = message
        parent = message.get("thread_ts")
        if parent is not None and parent in messages and parent != message["ts"]:
            held = messages[parent]
            repliers = list(dict.fromkeys([*held.get("reply_users", []), message["user"]]))
            held |= {
                "thread_ts": parent,
                "reply_count": held.get("reply_count", 0) + 1,
                "reply_users": repliers,
                "reply_users_count": len(repliers),
                "latest_reply": message["ts"],
            }
            messages[parent] = held
        self.store.changed()

    def show_to_one(
        self,
        user: str,
        channel: str,
        text: str,
        blocks: list[Json],
        *,
        thread_ts: str | None = None,
        id_: str | None = None,
    ) -> str:
        """Show an ephemeral message (or another text in the one with `id_`) and return its ts."""
        shown = self.section("ephemerals")
        ts = id_ or self.new_ts()
        shown[ts] = {
            "id": ts,
            "user": user,
            "channel": channel,
            "text": text,
            "blocks": blocks,
            "thread_ts": thread_ts,
            "at": self.now(),
        }
        forget_oldest(shown, 500)
        self.store.changed()
        return ts

    def name_of(self, user: str) -> str:
        """Return the handle of a person: the part of the e-mail address before the @."""
        person = self.person(user)
        return person.email.split("@")[0] if person else user.lower()

    def _im(self, id_: str, user: str) -> Conversation:
        person = self.person(user)
        members = (user, self.world.bot_user)
        return Conversation(id_, "im", person.name if person else user, members, user)


def forget_oldest(section: Section, keep: int) -> None:
    """Drop the oldest entries of a section so that `keep` are left."""
    for key in list(section)[: max(0, len(section) - keep)]:
        del section[key]
