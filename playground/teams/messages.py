"""The messages of the simulated conversations: what is in them, who wrote it, who sees what.

Keeps; judges nothing (see outgoing.py) and sends nothing.
"""

from typing import Any

from playground.place import Place
from playground.store import Json

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
BOT = "bot"
_MOST_NOTICES = 100


class Messages:
    """Activities, per-person card views and notices, all in the place's store."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._store = place.store
        self._activities = place.store.section("teams.activities")
        self._views = place.store.section("teams.views")
        self._dialogs = place.store.section("teams.dialogs")
        self._notices = place.store.section("teams.notices")
        self._ids = place.store.section("teams.ids")

    def next_id(self) -> str:
        """Return a new activity id: milliseconds since 1970, each larger than all before."""
        last = int(self._ids.get("activity", {"last": 0})["last"])
        number = max(int(self._place.now() * 1000), last + 1)
        self._ids["activity"] = {"last": number}
        return str(number)

    def add(self, conversation: str, sender: str, content: Json, root: str | None = None) -> str:
        """Append a message and return its id; `sender` is BOT or an object id."""
        activity = self.next_id()
        self._activities[activity] = {
            "id": activity,
            "conversation": conversation,
            "root": root,
            "from": sender,
            **content,
            "edited": False,
            "at": self._place.now(),
        }
        self._store.changed()
        return activity

    def get(self, conversation: str, activity: str) -> Json | None:
        """Return a message of that conversation, or None."""
        found = self._activities.get(activity)
        return found if found is not None and found["conversation"] == conversation else None

    def replace(self, activity: str, content: Json) -> None:
        """Put other content in a message; everyone sees that and no longer a view of their own."""
        self._activities[activity] = {**self._activities[activity], **content, "edited": True}
        self._forget_views(activity)
        self._store.changed()

    def delete(self, activity: str) -> None:
        """Take a message away."""
        del self._activities[activity]
        self._forget_views(activity)
        self._store.changed()

    def _forget_views(self, activity: str) -> None:
        for key in [key for key in self._views if key.startswith(f"{activity}|")]:
            del self._views[key]

    def show(self, activity: str, oid: str, card: Json) -> None:
        """Let one person see another card in that message, until the bot edits it."""
        self._views[f"{activity}|{oid}"] = card
        self._store.changed()

    def open_dialog(self, oid: str, activity: str, title: str, card: Json) -> None:
        """Open a dialog above a message for one person, or put another card in theirs; it stays
        when the message is edited."""
        self._dialogs[oid] = {"activity": activity, "title": title, "card": card}
        self._store.changed()

    def close_dialog(self, oid: str) -> None:
        """Close a person's dialog, if one is open."""
        if self._dialogs.pop(oid, None) is not None:
            self._store.changed()

    def dialog(self, oid: str, activity: str) -> list[Json]:
        """Return the card in the dialog that the person has open above a message, or nothing."""
        found = self._dialogs.get(oid)
        return [found["card"]] if found is not None and found["activity"] == activity else []

    def cards(self, message: Json, oid: str) -> list[Json]:
        """Return the cards that the person sees in a message."""
        view = self._views.get(f"{message['id']}|{oid}")
        if view is not None:
            return [view]
        return [
            attachment["content"]
            for attachment in message["attachments"]
            if attachment.get("contentType") == ADAPTIVE_CARD
        ]

    def notice(self, oid: str, conversation: str, text: str) -> None:
        """Tell one person something that nobody else sees."""
        number = str(self._store.next_number("teams.notice"))
        self._notices[number] = {
            "id": number,
            "oid": oid,
            "conversation": conversation,
            "text": text,
            "at": self._place.now(),
        }
        for old in list(self._notices)[:-_MOST_NOTICES]:
            del self._notices[old]
        self._store.changed()

    def as_json(self) -> tuple[list[Json], dict[str, Any], list[Json]]:
        """Return messages in the order they came, views by "activity|oid", and notices."""
        return list(self._activities.values()), dict(self._views), list(self._notices.values())
