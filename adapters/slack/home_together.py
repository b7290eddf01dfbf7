"""Approving several requests at once: the question that names each of them, and what came of it.

Pure. What is approved is what the question shows, so its metadata carries exactly that.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.slack import actions
from adapters.slack.parts import SECTION_CHARS, Room, section
from adapters.slack.text import Bold, Piece, Quoted, lay, plain
from core.chat.home_port import MOST_TOGETHER, Approved, HomeItem
from core.commands import Binding

Json = dict[str, Any]

FORM: Final = "countersign_together"

NOTHING_CHOSEN: Final = (
    "Nothing is selected. Tick “Select” below the requests that you want to approve together, "
    "then press the button again."
)
ALL_GONE: Final = (
    "What you selected has changed or was decided since this page was shown. "
    "Nothing was changed. Please look at the page again."
)


def question(ticked: Sequence[Binding], present: Sequence[HomeItem], home: str) -> Json | None:
    """The modal that asks once, naming each; None when none of it stands as it was shown."""
    wanted = {b.request: b for b in ticked}
    same = [i for i in present if i.batch and i.binding and wanted.get(i.request) == i.binding]
    asked = same[:MOST_TOGETHER]
    if not asked:
        return None
    count = len(asked)
    blocks = [section("about", plain(_about(count), SECTION_CHARS))]
    blocks += [section(f"each_{n}", lay(_line(i), SECTION_CHARS)) for n, i in enumerate(asked)]
    if left := len(wanted) - count:
        blocks.append(section("left", plain(_left(left, len(same)), SECTION_CHARS)))
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


def _about(count: int) -> str:
    what = "this request" if count == 1 else f"these {count} requests"
    return f"Approve {what}? Each approval is recorded by itself, under your name."


def _left(left: int, same: int) -> str:
    if same > MOST_TOGETHER:
        return f"At most {MOST_TOGETHER} are approved at once, so {left} of your selection stay."
    what = "1 of your selection has" if left == 1 else f"{left} of your selection have"
    return f"{what} changed or been decided since you looked, and will not be approved now."


def _line(item: HomeItem) -> list[Piece]:
    room = Room(150)
    pieces: list[Piece] = [Quoted(room.fit(item.title, 150), bold=True)]
    if item.amount:
        pieces += [" · ", Quoted(room.fit(item.amount, 60), bold=True)]
    if item.risk is not None:
        pieces += [f" · Risk {item.risk} of 100"]
    return [*pieces, "\nAsked by ", Quoted(room.fit(item.asked_by, 100))]


def outcome(done: Sequence[Approved]) -> Json:
    """The modal that says what came of it, those that did not count first."""
    not_done = [each for each in done if each.refused is not None]
    blocks = [section("outcome", lay(_sum(len(done) - len(not_done), len(done)), SECTION_CHARS))]
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


def _sum(counted: int, of: int) -> list[Piece]:
    if counted == of:
        said = "Your approval is recorded." if of == 1 else f"Your {of} approvals are recorded."
        return ["✅ ", Bold(said)]
    if counted == 0:
        return [Bold("None of them was approved.")]
    return ["✅ ", Bold(f"{counted} of {of} approved."), " The others were not:"]


def _why(each: Approved) -> list[Piece]:
    room = Room(600)
    name = each.title or f"Request {each.request}"
    return [Quoted(room.fit(name, 150), bold=True), "\n", Quoted(room.fit(each.text, 600))]
