"""The Home tab: what waits for somebody, a page at a time, and what they asked for.

Pure. https://docs.slack.dev/reference/views (100 blocks, 250 kB); a page is far below both.
"""

from collections.abc import Iterator
from typing import Any, Final

from adapters.slack import actions, home_state
from adapters.slack.home_state import PICK
from adapters.slack.parts import HEADER_CHARS, SECTION_CHARS, Room, context, section, sign
from adapters.slack.text import Bold, Piece, Quoted, When, lay, plain
from core.chat import home_words
from core.chat.home_place import Place
from core.chat.home_port import HomeItem, HomePage, OwnItem, Shelf
from core.chat.home_turns import Choice, Turn, choices
from core.rationale import HIGH_RISK

Json = dict[str, Any]

PREFIX: Final = "countersign_home_"
SHOW: Final = f"{PREFIX}show"
ONLY: Final = f"{PREFIX}{Turn.ONLY}"
NEXT: Final = f"{PREFIX}{Turn.NEXT}"
BACK: Final = f"{PREFIX}{Turn.BACK}"
QUEUE: Final = f"{PREFIX}{Turn.QUEUE}"
OWN: Final = f"{PREFIX}{Turn.OWN}"
AWAY: Final = f"{PREFIX}away"
REFRESH: Final = f"{PREFIX}refresh"
TOGETHER: Final = f"{PREFIX}together"

OPTION_CHARS: Final = 75
AWAY_SHOWN: Final = 3


def view(page: HomePage, place: Place) -> Json:
    """The tab with one page."""
    return {
        "type": "home",
        "private_metadata": home_state.write(place),
        "blocks": list(_blocks(page, place)),
    }


def _blocks(page: HomePage, place: Place) -> Iterator[Json]:
    if page.refused is not None:
        yield section("home_refused", plain(page.refused, SECTION_CHARS))
        yield _row("top", [_button(REFRESH, "Refresh")])
        return
    yield _header("home", home_words.title(page, place))
    yield context("home_as_of", [lay(_as_of(page, place), SECTION_CHARS)])
    yield from _away(page)
    if place.wish.shelf is Shelf.OWN:
        yield from _own_shelf(page, place)
    else:
        yield from _queue_shelf(page, place)


def _as_of(page: HomePage, place: Place) -> list[Piece]:
    pieces: list[Piece] = ["As of ", When(page.at, page.timezone)]
    if place.wish.shelf is Shelf.QUEUE and page.due:
        pieces += [" · ", Bold(f"{page.due:,} due today or overdue")]
    return pieces


def _away(page: HomePage) -> Iterator[Json]:
    """Who acts for the reader now, which nobody should forget."""
    for number, absence in enumerate(home_words.away_now(page)[:AWAY_SHOWN]):
        pieces: list[Piece] = ["🌴 You are out of office: "]
        pieces += [Quoted(Room(150).fit(absence.taker, 150), bold=True), " acts for you"]
        pieces += (
            [" until you end it"]
            if absence.ends is None
            else [" until ", When(absence.ends, page.timezone)]
        )
        yield section(f"home_away_{number}", lay(pieces, SECTION_CHARS))


# --- what waits ----------------------------------------------------------------------------


def _queue_shelf(page: HomePage, place: Place) -> Iterator[Json]:
    filtered = place.wish.due or place.wish.rule is not None
    only = [_only(page, place)] if page.waiting or filtered else []
    ways = [_button(OWN, "My requests"), _button(AWAY, "Out of office")]
    yield _row("top", [*only, *ways, _button(REFRESH, "Refresh")])
    yield _line("top")
    for item in page.items:
        yield from _item(item, page.timezone)
        yield _line(item.request)
    if not page.items:
        yield section("home_none", plain(home_words.nothing(page, place), SECTION_CHARS))
    if any(_is_together(item) for item in page.items):
        yield _row("together", [_button(TOGETHER, "Approve selected…", style="primary")])
    yield from _pages(page, place)
    if page.own:
        yield _header("home_own", "Your newest requests")
        yield from map(_own_item, page.own)


def _item(item: HomeItem, timezone: str) -> Iterator[Json]:
    body = section(f"item_{item.request}"[:200], lay(_said(item, timezone), SECTION_CHARS))
    if not _is_together(item) or item.binding is None:
        yield {**body, "accessory": _show(item.request)}
        return
    yield body
    option = {"text": plain("Select", OPTION_CHARS), "value": actions.write(item.binding)}
    box = {"type": "checkboxes", "action_id": PICK, "options": [option]}
    yield _row(f"pick_{item.request}"[:200], [box, _show(item.request)])


def _is_together(item: HomeItem) -> bool:
    """Whether it may be ticked: what it stands for has to fit an option's value."""
    return (
        item.batch
        and item.binding is not None
        and len(actions.write(item.binding)) <= actions.OPTION_VALUE_CHARS
    )


def _said(item: HomeItem, timezone: str) -> list[Piece]:
    room = Room(150)
    pieces: list[Piece] = [Quoted(room.fit(item.title, 150), bold=True)]
    figures: list[Piece] = []
    if item.amount:
        figures += [Quoted(room.fit(item.amount, 60), bold=True)]
    if item.risk is not None:
        sign_of_risk = "🚩 " if item.risk >= HIGH_RISK else ""
        figures += [" · " if figures else "", f"{sign_of_risk}Risk {item.risk} of 100"]
    pieces += ["\n", *figures] if figures else []
    pieces += ["\nAsked by ", Quoted(room.fit(item.asked_by, 100))]
    pieces += [" · ", Quoted(room.fit(item.stage, 80))] if item.stage else []
    pieces += [" · no rule names it"] if item.rule is None else []
    if item.deadline is not None:
        pieces += ["\n⏰ Overdue since " if item.overdue else "\nDecide by "]
        pieces += [When(item.deadline, timezone)]
    return pieces


# --- what the reader asked for -------------------------------------------------------------


def _own_shelf(page: HomePage, place: Place) -> Iterator[Json]:
    waits = "What waits for me" + (f" ({page.waiting:,})" if page.waiting else "")
    ways = [_button(QUEUE, waits), _button(AWAY, "Out of office"), _button(REFRESH, "Refresh")]
    yield _row("top", ways)
    yield _line("top")
    yield from map(_own_item, page.own)
    if not page.own:
        yield section("home_none", plain(home_words.nothing(page, place), SECTION_CHARS))
    yield from _pages(page, place)


def _own_item(item: OwnItem) -> Json:
    room = Room(150)
    pieces: list[Piece] = [Quoted(room.fit(item.title, 150), bold=True)]
    pieces += [" · ", Quoted(room.fit(item.amount, 60))] if item.amount else []
    pieces += [f"\n{sign(item.status)} ", Quoted(room.fit(item.headline, 150))]
    body = section(f"own_{item.request}"[:200], lay(pieces, SECTION_CHARS))
    return {**body, "accessory": _show(item.request)}


# --- parts ---------------------------------------------------------------------------------


def _only(page: HomePage, place: Place) -> Json:
    """The filter, showing what it is set to."""
    found, chosen = choices(page, place.wish)
    return {
        "type": "static_select",
        "action_id": ONLY,
        "options": [_option(each) for each in found],
        "initial_option": _option(chosen),
    }


def _option(each: Choice) -> Json:
    count = f" ({each.count:,})"
    said = Room(OPTION_CHARS).fit(each.name, OPTION_CHARS - len(count) - 10) + count
    return {"text": plain(said, OPTION_CHARS), "value": each.value}


def _pages(page: HomePage, place: Place) -> Iterator[Json]:
    """The ways to other pages, where there are any."""
    back = [_button(BACK, "← Previous page")] if place.wish.after else []
    # Whoever presses carries where the next page begins; the tab itself says where this one does.
    following = [] if page.after is None else [_button(NEXT, "Next page →", page.after)]
    if not (back or following):
        return
    yield _row("pages", [*back, *following])
    yield context("home_page", [plain(home_words.page(page, place), SECTION_CHARS)])


def _show(request: str) -> Json:
    return _button(SHOW, "Show", actions.write(request))


def _button(action: str, label: str, value: str = "", style: str = "") -> Json:
    made: Json = {"type": "button", "action_id": action, "text": plain(label, 75)}
    return made | ({"value": value} if value else {}) | ({"style": style} if style else {})


def _row(name: str, elements: list[Json]) -> Json:
    return {"type": "actions", "block_id": f"countersign_home_{name}", "elements": elements}


def _line(name: str) -> Json:
    return {"type": "divider", "block_id": f"countersign_home_line_{name}"[:200]}


def _header(name: str, text: str) -> Json:
    shown = plain(text, HEADER_CHARS)
    return {"type": "header", "block_id": f"countersign_{name}_title", "text": shown}
