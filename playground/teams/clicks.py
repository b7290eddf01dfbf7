"""A person does something in Teams: the page and the tests come in here.

Plays the client: finds the button, enforces inputs, sends the activity and shows the answer.
Never decides anything in the bot's place.
"""

from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from playground.place import Place
from playground.store import Json
from playground.teams import answers, delivery, dialogs, inbound, inputs, writing
from playground.teams.delivery import Reply
from playground.teams.inbound import Source
from playground.teams.messages import Messages
from playground.teams.rooms import Rooms


class NotPossible(ValueError):
    """The person cannot do that; the text says why, for the person."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing a person does, with what the caller asked for."""

    place: Place
    source: Source
    asked: Mapping[str, Any]

    @property
    def messages(self) -> Messages:
        """The messages of the place."""
        return Messages(self.place)

    def text(self, name: str) -> str:
        """Return a text that the caller must give."""
        value = self.asked.get(name)
        if not isinstance(value, str) or not value:
            raise NotPossible(f"{name}: expected a text")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object that the caller may give."""
        value = self.asked.get(name) or {}
        if not isinstance(value, Mapping):
            raise NotPossible(f"{name}: expected an object")
        return dict(value)

    async def send(self, activity: Json) -> list[Reply]:
        """Deliver an activity with the switches and the patience that the caller asked for."""
        return await delivery.deliver(
            self.place, activity, _switches(self.asked), _patience(self.asked)
        )


async def act(place: Place, asked: Mapping[str, Any]) -> Json:
    """Let a person do something and return {"status", "ms", "body", "ok"}, with "error" unless ok.

    `asked` has `oid`, `do` (execute, submit, fetch, send, message, refresh, install, uninstall)
    and, as needed, `conversation`, `activity`, `action` (the whole action, or enough of it to tell
    it from the others), `inputs`, `text` (in a channel the bot hears only what has "@" and its
    name in it, or comes with `mention` true or `targeted` true: then nobody else sees it),
    `quotes` (the message that this one answers), `to_bot` (switches for this delivery) and
    `patience` (seconds to wait for the bot, at most 10).
    """
    try:
        do = DEEDS.get(str(asked.get("do")))
        if do is None:
            raise NotPossible(f"do: expected one of {', '.join(DEEDS)}")
        return await do(Deed(place, _source(place, asked), asked))
    except (NotPossible, inputs.InputRefused, writing.Unwritten) as reason:
        return {"status": None, "ms": 0.0, "body": None, "ok": False, "error": str(reason)}


def _source(place: Place, asked: Mapping[str, Any]) -> Source:
    rooms = Rooms(place)
    person = rooms.person(str(asked.get("oid") or ""))
    if person is None:
        raise NotPossible("oid: nobody in Teams has this id")
    if not place.teams_url:
        raise NotPossible("The address of the bot is not set")
    conversation = asked.get("conversation")
    room = rooms.find(str(conversation)) if conversation else rooms.personal(person)
    if room is None or person not in rooms.members(room):
        raise NotPossible("conversation: this person is in no such conversation")
    return Source(place, person, room, room.root)


def _switches(asked: Mapping[str, Any]) -> Collection[str]:
    switches = asked.get("to_bot") or []
    if not isinstance(switches, list) or not delivery.SWITCHES.issuperset(map(str, switches)):
        raise NotPossible(f"to_bot: expected a list of {', '.join(sorted(delivery.SWITCHES))}")
    return [str(switch) for switch in switches]


def _patience(asked: Mapping[str, Any]) -> float:
    seconds = asked.get("patience", delivery.PATIENCE_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 10:
        raise NotPossible("patience: expected seconds, at most 10")
    return float(seconds)


def _told(replies: list[Reply], wrong: str | None) -> Json:
    told = {**replies[0].as_json(), "ok": wrong is None}
    if wrong is not None:
        told["error"] = wrong
    return {**told, "again": replies[1].as_json()} if len(replies) > 1 else told


def _card_message(deed: Deed) -> Json:
    message = deed.messages.get(deed.source.room.id, deed.text("activity"))
    if message is None:
        raise NotPossible("activity: there is no such message in this conversation")
    return message


def _in_thread(deed: Deed, message: Json) -> Source:
    source = deed.source
    return Source(source.place, source.person, source.room, message["root"] or message["id"])


def _pressed(deed: Deed, message: Json, kind: str, *, in_dialog: bool = False) -> tuple[Json, Any]:
    """Return the action pressed and its data with the inputs; one of an old card goes as given."""
    action = deed.mapping("action")
    if action.setdefault("type", kind) != kind:
        raise NotPossible(f"action.type: expected {kind}")
    given = deed.mapping("inputs")
    oid, messages = deed.source.oid, deed.messages
    shown = messages.dialog(oid, message["id"]) if in_dialog else messages.cards(message, oid)
    button = inputs.find(shown, action)
    if button is not None:
        people = frozenset(str(person.teams_oid) for person in deed.source.rooms.people())
        return button.action, inputs.filled(button, given, people)
    if "data" not in action:
        raise NotPossible("action: the card shows no such button, or several")
    data = action["data"]
    return action, {**data, **given} if isinstance(data, dict) else data


async def _execute(deed: Deed) -> Json:
    message = _card_message(deed)
    action, data = _pressed(deed, message, "Action.Execute")
    return await _invoke(deed, message, action, data, "manual")


async def _refresh(deed: Deed) -> Json:
    message = _card_message(deed)
    shown = deed.messages.cards(message, deed.source.oid)
    refresh = next((card["refresh"] for card in shown if "refresh" in card), None)
    if refresh is None:
        raise NotPossible("The card has no refresh")
    users = refresh.get("userIds")
    if users is not None and deed.source.rooms.mri(deed.source.person) not in users:
        raise NotPossible("The card does not refresh for this person")
    action = refresh["action"]
    return await _invoke(deed, message, action, action.get("data", {}), "automatic")


async def _invoke(deed: Deed, message: Json, action: Json, data: Any, trigger: str) -> Json:
    source = _in_thread(deed, message)
    activity = inbound.card_action(source, message["id"], action, data, trigger)
    replies = await deed.send(activity)
    return _told(replies, answers.apply(source, message["id"], replies[0]))


async def _submit(deed: Deed) -> Json:
    message = _card_message(deed)
    _, data = _pressed(deed, message, "Action.Submit")
    if dialogs.opens(data):
        raise NotPossible("action.data.msteams: it opens a dialog; use fetch")
    if isinstance(data, dict) and "msteams" in data:
        raise NotPossible("action.data.msteams: not simulated; use plain data")
    replies = await deed.send(inbound.submit(_in_thread(deed, message), message["id"], data))
    return _told(replies, answers.delivered(replies[0]))


async def _fetch(deed: Deed) -> Json:
    message = _card_message(deed)
    _, data = _pressed(deed, message, "Action.Submit")
    if not dialogs.opens(data):
        raise NotPossible("action.data.msteams: it opens no dialog; use submit")
    return await _task(deed, message, dialogs.FETCH, data)


async def _send(deed: Deed) -> Json:
    message = _card_message(deed)
    _, data = _pressed(deed, message, "Action.Submit", in_dialog=True)
    return await _task(deed, message, dialogs.SUBMIT, data)


async def _task(deed: Deed, message: Json, name: str, data: Any) -> Json:
    source = _in_thread(deed, message)
    replies = await deed.send(inbound.task(source, message["id"], name, data))
    return _told(replies, dialogs.apply(source, message["id"], replies[0]))


async def _message(deed: Deed) -> Json:
    source, text = deed.source, deed.text("text")
    if source.room.kind != "personal":
        return await _channel_message(
            deed, inbound.with_mention(source, text, deed.asked.get("mention") is True)
        )
    if not source.rooms.installed(source.oid):
        raise NotPossible("The app is not installed for this person")
    written = _write(deed, text)
    activity = inbound.message(source, written, text)
    replies = await deed.send(writing.whole(source, deed.asked, activity))
    return _told(replies, answers.delivered(replies[0]))


async def _channel_message(deed: Deed, text: str) -> Json:
    source = deed.source
    written = _write(deed, text)
    alone = deed.asked.get("targeted") is True
    if not (alone or inbound.mentions_bot(source, text)):
        # Without a mention a bot hears nothing of what is said in a channel.
        return {"status": None, "ms": 0.0, "body": None, "ok": True, "delivered": False}
    thread = Source(source.place, source.person, source.room, source.root or written)
    make = inbound.mention if inbound.mentions_bot(source, text) else inbound.message
    replies = await deed.send(writing.whole(thread, deed.asked, make(thread, written, text)))
    return _told(replies, answers.delivered(replies[0]))


def _write(deed: Deed, text: str) -> str:
    source = deed.source
    if source.room.kind == "personal":
        source.rooms.open(source.room)
    content = {"text": text, "attachments": [], "warnings": []}
    return deed.messages.add(source.room.id, source.oid, content, source.root)


async def _install(deed: Deed) -> Json:
    source = _alone(deed)
    source.rooms.install(source.oid, installed=True)
    source.rooms.open(source.room)
    deed.place.store.changed()
    await deed.send(inbound.bot_added(source))
    replies = await deed.send(inbound.installation(source, "add"))
    return _told(replies, answers.delivered(replies[0]))


async def _uninstall(deed: Deed) -> Json:
    source = _alone(deed)
    source.rooms.open(source.room)
    source.rooms.install(source.oid, installed=False)
    deed.place.store.changed()
    replies = await deed.send(inbound.installation(source, "remove"))
    return _told(replies, answers.delivered(replies[0]))


def _alone(deed: Deed) -> Source:
    if deed.source.room.kind != "personal":
        raise NotPossible("conversation: the app is installed for a person, in their own chat")
    return deed.source


DEEDS: dict[str, Callable[[Deed], Coroutine[Any, Any, Json]]] = {
    "execute": _execute,
    "submit": _submit,
    "fetch": _fetch,
    "send": _send,
    "message": _message,
    "refresh": _refresh,
    "install": _install,
    "uninstall": _uninstall,
}
