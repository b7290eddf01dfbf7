"""Approving several requests at once: the question that names each of them, and what came of it.

Pure. What is approved is what the question shows, so its metadata carries exactly that.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.slack import actions
from adapters.slack.parts import SECTION_CHARS, Room, section
from adapters.slack.text import Bold, Piece, Quoted, lay, plain
from core.chat import together
from core.chat.home_port import Approved, HomeItem
from core.commands import Binding

Json = dict[str, Any]

FORM: Final = "countersign_together"


def question(ticked: Sequence[Binding], present: Sequence[HomeItem], home: str) -> Json | None:
    """The modal that asks once, naming each; None when none of it stands as it was shown."""
    asked, left = together.unchanged(ticked, present)
    if not asked:
        return None
    count = len(asked)
    blocks = [section("about", plain(together.question(count), SECTION_CHARS))]
    blocks += [section(f"each_{n}", lay(_line(i), SECTION_CHARS)) for n, i in enumerate(asked)]
    if left is not None:
        blocks.append(section("left", plain(left, SECTION_CHARS)))
    bindings = [i.binding for i in asked if i.binding is not None]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": actions.write_several(home, bindings),
        "title": plain("Approve together", 24),
        "submit": plain("Approve" if count == 1 else f"Approve {count}", 24),
        "close": plain("Back", 24),
        "blocks": blocks,
    }


def _line(item: HomeItem) -> list[Piece]:
    room = Room(150)
    pieces: list[Piece] = [Quoted(room.fit(item.title, 150), bold=True)]
    if item.amount:
        pieces += [" · ", Quoted(room.fit(item.amount, 60), bold=True)]
    if item.risk is not None:
        pieces += [f" · Risk {item.risk} of 100"]
    return [*pieces, "\nAsked by ", Quoted(room.fit(item.asked_by, 100))]


def outcome(done: Sequence[Approved]) -> Json:
    """The modal that says what came of it, with those that did not count."""
    not_done = [each for each in done if each.refused is not None]
    blocks = [section("outcome", lay(_sum(done), SECTION_CHARS))]
    blocks += [
        section(f"not_{number}", lay(_why(each), 3000)) for number, each in enumerate(not_done)
    ]
    return {
        "type": "modal",
        "clear_on_close": True,
        "title": plain("Approve together", 24),
        "close": plain("Close", 24),
        "blocks": blocks[:90],
    }


def _sum(done: Sequence[Approved]) -> list[Piece]:
    said, others = together.sums(done)
    sign = "" if said == together.NONE_APPROVED else "✅ "
    return [sign, Bold(said), others]


def _why(each: Approved) -> list[Piece]:
    room = Room(600)
    name = each.title or f"Request {each.request}"
    return [Quoted(room.fit(name, 150), bold=True), "\n", Quoted(room.fit(each.text, 600))]
