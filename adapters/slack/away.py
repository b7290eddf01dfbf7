"""Out of office from the Home tab: who acts for whom, ending it, and a form for more.

Pure. Days begin and end in the time zone that the directory has for the reader.
"""

from datetime import date
from typing import Any, Final

from adapters.slack.identity import text
from adapters.slack.parts import SECTION_CHARS, Room, section
from adapters.slack.text import Piece, Quoted, When, lay, plain, zone
from core.chat import absence_words
from core.chat.forms import ONE_PERSON, OR_ADDRESS, PERSON_NEEDED
from core.chat.port import AbsenceLine, Absences
from core.refusals import Reason
from core.value import Millis, Value

Json = dict[str, Any]

FORM: Final = "countersign_away"
END: Final = "countersign_away_end"

LINES_SHOWN: Final = 20

PERSON: Final = "countersign_away_person"
ADDRESS: Final = "countersign_away_address"
FIRST: Final = "countersign_away_first"
LAST: Final = "countersign_away_last"
_ENTRY: Final = "entry"

ENDS_BEFORE: Final = "This is before the first day."
OVER: Final = "This day is over already."


class Filled(Value, frozen=True):
    """What was entered: an account or an address, and days as Slack writes them."""

    person: str = ""
    address: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def taker(self) -> str:
        return self.address or self.person


def view(found: Absences, home: str, lead: str = "") -> Json:
    """The modal; `home` is the tab's metadata. With `lead`, which says what was just done, it
    has no form: Slack would show what was entered before in it."""
    if found.refused is not None:
        return _modal(home, [section("away", plain(found.refused, SECTION_CHARS))])
    blocks = [section("lead", plain(lead, SECTION_CHARS))] if lead else []
    blocks += [_line(a, found.timezone) for a in found.items[:LINES_SHOWN]]
    if (left := len(found.items) - LINES_SHOWN) > 0:
        blocks.append(section("more", plain(f"{left} more are not listed.", SECTION_CHARS)))
    if not found.items:
        said = "Nobody acts for you, and you act for nobody."
        blocks.append(section("none", plain(said, SECTION_CHARS)))
    if lead:
        return _modal(home, blocks)
    blocks.append({"type": "divider", "block_id": "countersign_away_line"})
    blocks += _fields(found.timezone)
    return _modal(home, blocks) | {"submit": plain("Save", 24)}


def _modal(home: str, blocks: list[Json]) -> Json:
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": home,
        "title": plain("Out of office", 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


def acting(item: AbsenceLine, timezone: str) -> list[Piece]:
    """Who acts for whom, and from when until when."""
    room = Room(150)
    giver = "you" if item.mine else room.fit(item.giver, 150)
    pieces: list[Piece] = [Quoted(room.fit(item.taker, 150), bold=True), " acts for "]
    pieces += [Quoted(giver, bold=True), "\nFrom ", When(item.starts, timezone)]
    if item.ends is None:
        return [*pieces, " until further notice"]
    return [*pieces, " until ", When(item.ends, timezone)]


def _line(item: AbsenceLine, timezone: str) -> Json:
    body = section(f"absence_{item.id}"[:200], lay(acting(item, timezone), SECTION_CHARS))
    if not item.mine:
        return body
    end = {"type": "button", "action_id": END, "text": plain("End", 75), "value": item.id}
    return {**body, "accessory": {**end, "style": "danger"}}


def _fields(timezone: str) -> list[Json]:
    # https://docs.slack.dev/reference/block-kit/block-elements/date-picker-element
    return [
        _input(PERSON, "Who acts for you?", "users_select", placeholder="Choose somebody"),
        _input(ADDRESS, OR_ADDRESS, "email_text_input"),
        _input(FIRST, "From", "datepicker", hint="Empty: from now on.", placeholder="Today"),
        _input(
            LAST,
            "Until the end of",
            "datepicker",
            hint=f"Empty: until you end it. Days are those of {timezone}.",
            placeholder="Until you end it",
        ),
    ]


def _input(block: str, label: str, kind: str, hint: str = "", placeholder: str = "") -> Json:
    element: Json = {"type": kind, "action_id": _ENTRY}
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    made: Json = {
        "type": "input",
        "block_id": block,
        "label": plain(label, 150),
        "optional": True,
        "element": element,
    }
    return made | ({"hint": plain(hint, 300)} if hint else {})


def read(view: Json) -> Filled:
    """What was entered; what does not read as what it should be counts as empty."""
    return Filled(
        person=_entered(view, PERSON, "selected_user")[:200],
        address=_entered(view, ADDRESS, "value").strip()[:200],
        first=_day(_entered(view, FIRST, "selected_date")),
        last=_day(_entered(view, LAST, "selected_date")),
    )


def _entered(view: Json, block: str, member: str) -> str:
    return text(view, "state", "values", block, _ENTRY, member)


def _day(written: str) -> date | None:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    return found if found.year in range(2000, 2200) else None


def complaints(filled: Filled) -> dict[str, str]:
    """What is missing or cannot be, by the block at which it is told."""
    found: dict[str, str] = {}
    if not filled.taker:
        found[PERSON] = PERSON_NEEDED
    elif filled.person and filled.address:
        found[ADDRESS] = ONE_PERSON
    if filled.first is not None and filled.last is not None and filled.last < filled.first:
        found[LAST] = ENDS_BEFORE
    return found


def complaint(filled: Filled, refused: Reason, sentence: str) -> dict[str, str]:
    """A refusal at the input that can mend it."""
    if refused is Reason.INVALID_FIELD:
        return {LAST: OVER}
    return {ADDRESS if filled.address else PERSON: sentence}


def span(filled: Filled, timezone: str) -> tuple[Millis | None, Millis | None]:
    """The days as moments, both included; None is now, and until further notice."""
    return absence_words.span(zone(timezone)[1], filled.first, filled.last)
