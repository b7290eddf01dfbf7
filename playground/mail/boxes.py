"""The letters that were taken, by mailbox. What they say is kept as it came."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Any

from playground.place import Place

Json = dict[str, Any]
_LETTERS = "mail.letters"
_MOST = 200
"""Letters that are kept; the oldest goes first."""


def take(place: Place, recipients: list[str], content: bytes) -> None:
    """Put a letter into the box of each recipient."""
    read = message_from_bytes(content, policy=policy.default)
    assert isinstance(read, EmailMessage), "the default policy makes these"
    for to in recipients:
        kept = place.store.section(_LETTERS)
        number = place.store.next_number("mail.letter")
        kept[str(number)] = {
            "to": to.lower(),
            "from": str(read["From"] or ""),
            "subject": str(read["Subject"] or ""),
            "text": _body(read, "plain"),
            "html": _body(read, "html"),
            "at": datetime.fromtimestamp(place.now(), UTC).isoformat(),
        }
        for oldest in list(kept)[: max(0, len(kept) - _MOST)]:
            del kept[oldest]
    place.store.changed()


def state(place: Place) -> Json:
    """Every letter without its text, the newest last."""
    kept = place.store.section(_LETTERS)
    shown = ("to", "from", "subject", "at")
    return {
        "letters": [{"id": n, **{name: one[name] for name in shown}} for n, one in kept.items()]
    }


def letter(place: Place, number: str) -> str | None:
    """A letter as an HTML page whose links open elsewhere; None if it is not there."""
    found = place.store.section(_LETTERS).get(number)
    if found is None:
        return None
    body = found["html"] or f"<pre>{escape(found['text'])}</pre>"
    return f'<!doctype html><meta charset="utf-8"><base target="_blank">{body}'


def _body(read: EmailMessage, kind: str) -> str:
    part = read.get_body((kind,))
    return "" if part is None else str(part.get_content())
