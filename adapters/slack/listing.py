"""Short messages: somebody's queue, what `/approvals` can do, a sentence.

Pure; within Slack's limits, counting what is left out.
"""

from typing import Any, Final

from adapters.slack import actions
from adapters.slack.actions import COMMAND
from adapters.slack.parts import SECTION_CHARS, Room, section
from adapters.slack.render import TEXT_MAX, Message
from adapters.slack.text import Bold, Piece, Quoted, When, clean, escape, fitted, lay, plain
from core.chat.port import Queue, QueueItem
from core.chat.words import usages

Json = dict[str, Any]

ITEMS_SHOWN: Final = 12

USAGE: Final = "\n".join(
    " ".join(filter(None, (COMMAND, written))) + f" – {told}" for written, told in usages("Slack")
)


def queue(found: Queue) -> Message:
    """The queue, earliest deadline first; as many items as a message holds."""
    if found.refused is not None:
        return sentence(found.refused)
    if not found.items:
        return sentence("Nothing waits for you.")
    shown = found.items[:ITEMS_SHOWN]
    total = len(found.items) + found.more
    title = "1 request waits for you" if total == 1 else f"{total} requests wait for you"
    blocks = [{"type": "header", "block_id": "countersign_queue", "text": plain(title, 150)}]
    blocks += [item(n, each, found.timezone) for n, each in enumerate(shown)]
    if left := total - len(shown):
        waits = "1 more waits" if left == 1 else f"{left} more wait"
        note = f"{waits}; these have the earliest deadlines. The Home tab of this app has all."
        blocks.append(section("more", plain(note, SECTION_CHARS)))
    return Message(text=title, blocks=blocks)


def item(number: int, waiting: QueueItem, timezone: str, most: int = 150) -> Json:
    """One request that waits, with a button that shows it; no text of it is longer than `most`."""
    room = Room(most)
    pieces: list[Piece] = [Quoted(room.fit(waiting.title, 150), bold=True)]
    if waiting.amount:
        pieces += [" · ", Quoted(room.fit(waiting.amount, 60))]
    pieces += ["\nAsked by ", Quoted(room.fit(waiting.asked_by, 100))]
    pieces += [" · ", Quoted(room.fit(waiting.stage, 80))]
    if waiting.deadline is not None:
        pieces += ["\nDecide by ", When(waiting.deadline, timezone)]
    pieces += [" · ", Quoted(room.fit(waiting.request, 80))]
    body = section(f"item_{number}", lay(pieces, SECTION_CHARS))
    return {**body, "accessory": show(waiting.request, "Show")}


def show(request: str, label: str) -> Json:
    """A button that brings a request's card to whoever presses it, and to them alone."""
    value, text = actions.write(request), plain(label, 75)
    return {"type": "button", "action_id": actions.SHOW, "value": value, "text": text}


def usage(problem: str | None = None) -> Message:
    """What exists, after what was not understood."""
    pieces: list[Piece] = [Quoted(problem), "\n\n"] if problem else []
    pieces += [Bold("What you can do"), "\n", USAGE]
    short = escape(fitted(clean(problem or USAGE), TEXT_MAX))
    return Message(text=short, blocks=[section("usage", lay(pieces, SECTION_CHARS))])


def sentence(text: str) -> Message:
    """One sentence for one reader."""
    short = escape(fitted(clean(text), TEXT_MAX))
    return Message(text=short, blocks=[section("sentence", plain(text, SECTION_CHARS))])
