"""Notices as messages: the ready-made text, a sign of what kind it is, a way to the card.

Pure. What somebody must not overlook gets a header of its own.
"""

from typing import Any, Final

from adapters.slack import digest, listing, menu
from adapters.slack.parts import HEADER_CHARS, SECTION_CHARS, Room, context, section
from adapters.slack.render import TEXT_MAX, Message
from adapters.slack.text import Piece, Quoted, escape, fitted, lay, plain
from core.chat.ask_words import AGAIN
from core.ports import Notice

Json = dict[str, Any]

# Signs that are emoji by themselves: a variation selector would count as a hidden character.
SAYS_MORE: Final = "Open the dashboard"
_LOUD: Final = {"break_glass": "🚨 Break-glass", "held": "🛑 Held"}
_SIGNS: Final = {
    "reminder": "⏰ ",
    "nudge": "👋 ",
    "escalated": "⏫ ",
    "sent_back": "↩️ ",
    "changes_requested": "📝 ",
    "revised": "📝 ",
    "question": "❓ ",
    "comment": "💬 ",
    "token_revoked": "🚫 ",
    "ended": "⌛ ",
    "alert": "🔔 ",
}
_ENDS: Final = frozenset({"result", "ended", "token_revoked"})
"""After these nothing is asked of anybody, so no way to the card is offered."""
_ANSWERED: Final = frozenset({"question", "comment"})


def message(notice: Notice, link: str | None = None) -> Message:
    """A notice of any kind; one of a kind unknown here is shown plainly. `link` is the address
    of the reader's own card."""
    if notice.items or notice.own:
        return digest.message(notice)
    room = Room(2000)
    title, told = room.fit(notice.title, 300), room.fit(notice.text, 2000)
    loud, sign = _LOUD.get(notice.kind), _SIGNS.get(notice.kind, "")
    pieces: list[Piece] = [sign, Quoted(title, bold=True), "\n", Quoted(told)]
    blocks = [_header(loud)] if loud else []
    blocks.append(section("notice", lay(pieces, SECTION_CHARS)) | _way(notice))
    if "revise" in notice.facts and notice.kind == "changes_requested":
        button = menu.revise(notice.request, AGAIN, primary=True)
        blocks.append({"type": "actions", "block_id": "countersign_again", "elements": [button]})
    if about := _about(notice, link):
        blocks.append(context("about", about))
    before = f"{loud}: " if loud else sign
    return Message(text=escape(fitted(f"{before}{title}: {told}", TEXT_MAX)), blocks=blocks)


def _about(notice: Notice, link: str | None) -> list[Json]:
    if not notice.request:
        return [_opens(notice.link, SAYS_MORE)] if notice.link else []
    hint = " · Reply in a thread here to answer" if notice.kind in _ANSWERED else ""
    about = [plain(f"Request {notice.request}{hint}", SECTION_CHARS)]
    if link is None or notice.kind in _ENDS:
        return about
    return [_opens(link, "Open your card"), *about]


def _opens(link: str, label: str) -> Json:
    # The address is our own making: see `links`, and the setting of the public address.
    return {"type": "mrkdwn", "text": f"<{link}|{label}>", "verbatim": True}


def _header(loud: str) -> Json:
    text = plain(loud, HEADER_CHARS)
    return {"type": "header", "block_id": "countersign_loud", "text": text}


def _way(notice: Notice) -> Json:
    if notice.kind in _ENDS or not notice.request:
        return {}
    return {"accessory": listing.show(notice.request, "Show the request")}
