"""What somebody wrote in Teams: the words, whom they name, which message they answer. Pure.

A mention stands in the text as a tag, and its account in an entity
(https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations#work-with-mentions).
A message that quotes another one has an entity, or an HTML attachment, that names it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botbuilder.schema import Activity

from adapters.teams.identity import nested

MOST_NAMED: Final = 10
_HTML: Final = "text/html"
_REPLY: Final = "schema.skype.com/Reply"
_TAG = re.compile(r"<at\b[^>]*>(.*?)</at>", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"<quoted\b[^>]*>(?:\s*</quoted>)?", re.IGNORECASE)
_BLOCK = re.compile(r"<blockquote\b[^>]{0,500}>", re.IGNORECASE)
_ITEM = re.compile(r"""\bitemid\s*=\s*["']?([0-9]{1,20})""", re.IGNORECASE)
_ID = re.compile(r"[0-9A-Za-z:._-]{1,128}")
_NO_BREAK = re.compile("&nbsp;|\u00a0")
_OID = re.compile(r"(?:8:orgid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """Who is mentioned: the name that stands there, and the id that Teams gives for it. `oid` is
    the Entra object id, "" where Teams did not say it."""

    name: str
    id: str
    oid: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message. `names` are the words of `text` that stand for people, without the bot;
    `quoted` is the id of the message that it answers; `files` says that it came with some."""

    text: str
    names: Mapping[str, Named] = field(default_factory=dict)
    quoted: str = ""
    files: bool = False


def heard(activity: Activity) -> Spoken:
    """What an authenticated message says."""
    text, names = _named(_text(activity.text), activity)
    return Spoken(
        text=_NO_BREAK.sub(" ", _QUOTED.sub(" ", text)).strip(),
        names=names,
        quoted=_quoted(activity),
        files=any(_kind(each) not in ("", _HTML) for each in activity.attachments or ()),
    )


def _named(text: str, activity: Activity) -> tuple[str, dict[str, Named]]:
    """The text with a word of its own for each mention, and none for the bot's."""
    bot, names = _text(getattr(activity.recipient, "id", None)), dict[str, Named]()
    for kind, given in _entities(activity):
        tag, account = _text(given.get("text")), nested(given, "mentioned", "id")
        if kind != "mention" or not tag or not account or tag not in text:
            continue
        word = " "
        if account != bot and len(names) < MOST_NAMED:
            # A word without a blank, and one that nobody types by accident.
            word = f"<@{len(names) + 1}>"
            oid = _oid(nested(given, "mentioned", "aadObjectId")) or _oid(account)
            names[word] = Named(nested(given, "mentioned", "name"), account, oid)
        text = text.replace(tag, word, 1)
    # What no entity speaks for names nobody; in front it can only be the bot itself.
    text = _TAG.sub(lambda tag: " " if not text[: tag.start()].strip() else f"@{tag[1]}", text)
    return text, names


def _oid(id: str) -> str:
    """The Entra object id in an id, in lower case; "" where there is none."""
    found = _OID.fullmatch(id)
    return found[1].lower() if found else ""


def _quoted(activity: Activity) -> str:
    for kind, given in _entities(activity):
        if kind == "quotedReply":
            found = nested(given, "quotedReply", "messageId")
            if _ID.fullmatch(found):
                return found
    for attached in activity.attachments or ():
        if _kind(attached) == _HTML:
            for block in _BLOCK.findall(_text(getattr(attached, "content", None))):
                item = _ITEM.search(block)
                if _REPLY in block and item:
                    return item[1]
    return ""


def _entities(activity: Activity) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The type of each entity with its other members; what is none is left out."""
    for entity in activity.entities or ():
        given = getattr(entity, "additional_properties", None)
        if isinstance(given, Mapping):
            yield _text(getattr(entity, "type", None)), given


def _kind(attachment: Any) -> str:
    return _text(getattr(attachment, "content_type", None))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
