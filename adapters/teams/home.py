"""The queue as a card: what waits for somebody, a page at a time, and what they asked for. Pure.

Every button carries the page that it stands on; a tick carries exactly what was shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from adapters.teams import moments
from adapters.teams.buttons import execute
from adapters.teams.limits import MOST
from adapters.teams.render import size, wrapped
from adapters.teams.sections import COLOURS, notice
from adapters.teams.text import Element, fitted, label, line, own, run
from core.chat import home_place, home_words
from core.chat.home_place import Place
from core.chat.home_port import MOST_TOGETHER, HomeItem, HomePage, OwnItem, Shelf
from core.chat.home_turns import Choice, Turn, choices
from core.commands import Binding
from core.rationale import HIGH_RISK
from core.text import one_line

HOME: Final = "home"
DO: Final = "do"
AT: Final = "at"
ITEM: Final = "request"
AFTER: Final = "after"
ONLY_INPUT: Final = "only"
PICK: Final = "pick:"
SELECT: Final = "Select"
TOGETHER_TITLE: Final = "Approve selected…"

SHOW, REFRESH, TOGETHER, APPROVE, AWAY = ("show", "again", "together", "approve", "away")
PLACE_CHARS: Final = 250
"""Of a page that is carried by every button."""
AWAY_SHOWN: Final = 3
RULES_SHOWN: Final = 8
_FIRST: Final = Place()


@dataclass(frozen=True, slots=True)
class Size:
    """Characters of titles and of the texts beside. A `whole` page has one's newest requests
    below the queue, and what is shown of it leads back to it and not to the first one; `tells`
    says who asked and at which stage it is."""

    title: int
    beside: int
    whole: bool = True
    tells: bool = True


_SIZES: Final = (Size(120, 60), Size(60, 30), Size(25, 15), Size(25, 15, whole=False, tells=False))
"""The first that fits counts."""


def card(page: HomePage, place: Place, said: Element | None = None) -> Element:
    """A page; `said` stands on top."""
    made: Element = {}
    for size_ in _SIZES:
        body = [*([said] if said else []), *_body(page, place, size_)]
        made = wrapped(body, list(_actions(page, place)), "queue")
        if size(made) <= MOST:
            break
    return made


def _body(page: HomePage, place: Place, size_: Size) -> Iterator[Element]:
    # Where a request leads back to is that page, without those before it: they would stand in
    # each line.
    here = Place(wish=place.wish) if size_.whole else _FIRST
    yield label(home_words.title(page, place), weight="Bolder", size="Large")
    yield line(own(f"As of {moments.written(page.at, page.timezone)}", isSubtle=True))
    if place.wish.shelf is Shelf.QUEUE and page.due:
        yield label(f"{page.due:,} due today or overdue", weight="Bolder", spacing="None")
    for absence in home_words.away_now(page)[:AWAY_SHOWN]:
        until = "until you end it"
        if absence.ends is not None:
            until = moments.until(absence.ends, page.timezone)
        who = run(absence.taker, 80, weight="Bolder")
        yield line(own("You are out of office: "), who, own(f" acts for you {until}"))
    own_ones = place.wish.shelf is Shelf.OWN
    if own_ones:
        yield from (_own(each, here, size_) for each in page.own)
    else:
        yield from (_item(item, n, here, size_) for n, item in enumerate(page.items))
    if not (page.own if own_ones else page.items):
        yield label(home_words.nothing(page, place), spacing="Medium")
    if page.after is not None or place.before or place.wish.after:
        yield label(home_words.page(page, place), isSubtle=True, spacing="Medium")
    if not own_ones and page.own and size_.whole:
        yield label("Your newest requests", weight="Bolder", spacing="Large", separator=True)
        yield from (_own(each, here, size_) for each in page.own)


def _item(item: HomeItem, number: int, here: Place, size_: Size) -> Element:
    beside = size_.beside
    amount = [own(" · "), run(item.amount, beside, weight="Bolder")] if item.amount else []
    items = [line(run(item.title, size_.title, weight="Bolder"), *amount)]
    stage = f" · {fitted(one_line(item.stage), beside)}" if item.stage else ""
    unnamed = " · no rule names it" if item.rule is None else ""
    asked = f"Asked by {fitted(one_line(item.asked_by), beside)}"
    about = [own(f"{asked}{stage}{unnamed}")] if size_.tells else []
    if item.risk is not None:
        style = {"color": "Attention"} if item.risk >= HIGH_RISK else {}
        about.append(own(f" · Risk {item.risk} of 100", **style))
    items += [line(*about, spacing="None")] if about else []
    if item.deadline is not None:
        words = "Overdue since" if item.overdue else "Decide by"
        when = f"{words} {moments.localised(item.deadline)}"
        items.append(label(when, isSubtle=True, spacing="None"))
    if item.batch and item.binding is not None:
        items.append(_tick(item.binding, number))
    items.append({"type": "ActionSet", "actions": [_show(item.request, here)]})
    return _apart(items)


def _tick(binding: Binding, number: int) -> Element:
    return {
        "type": "Input.Toggle",
        "id": f"{PICK}{number}",
        "title": SELECT,
        "valueOn": write([binding]),
    }


def _own(item: OwnItem, here: Place, size_: Size) -> Element:
    amount = [own(" · "), run(item.amount, size_.beside)] if item.amount else []
    items = [
        line(run(item.title, size_.title, weight="Bolder"), *amount),
        line(run(item.headline, size_.title, color=COLOURS[item.status]), spacing="None"),
        {"type": "ActionSet", "actions": [_show(item.request, here)]},
    ]
    return _apart(items)


def _apart(items: list[Element]) -> Element:
    return {"type": "Container", "separator": True, "spacing": "Medium", "items": items}


def _show(request: str, here: Place) -> Element:
    return _button("Show", SHOW, here, {ITEM: request})


# --- what can be done with the page ----------------------------------------------------------


def _actions(page: HomePage, place: Place) -> Iterator[Element]:
    """At most four buttons, and the rest in the menu."""
    on_queue = place.wish.shelf is Shelf.QUEUE
    if on_queue and any(item.batch and item.binding for item in page.items):
        yield _button(TOGETHER_TITLE, TOGETHER, place, style="positive", associated="auto")
    if page.after is not None:
        yield _button("Next page", Turn.NEXT, place, {AFTER: page.after})
    if place.wish.after:
        yield _button("Previous page", Turn.BACK, place)
    filtered = place.wish.due or place.wish.rule is not None
    if on_queue and (page.waiting or filtered):
        yield _filter(page, place)
    waits = "What waits for me" + (f" ({page.waiting:,})" if page.waiting else "")
    other = _button("My requests", Turn.OWN) if on_queue else _button(waits, Turn.QUEUE)
    for each in (other, _button("Out of office", AWAY), _button("Refresh", REFRESH, place)):
        yield {
            **each,
            "mode": "secondary",
            "fallback": {**each["fallback"], "mode": "secondary"},
        }


def _filter(page: HomePage, place: Place) -> Element:
    """The filter, showing what it is set to."""
    found, chosen = choices(page, place.wish, RULES_SHOWN)
    field: Element = {
        "type": "Input.ChoiceSet",
        "id": ONLY_INPUT,
        "label": "Show only",
        "choices": [{"title": _counted(each), "value": each.value} for each in found],
        "value": chosen.value,
    }
    send = _button("Show these", Turn.ONLY, associated="auto")
    inner: Element = {"type": "AdaptiveCard", "body": [field], "actions": [send]}
    return {"type": "Action.ShowCard", "id": "filter", "title": "Filter", "card": inner}


def _counted(each: Choice) -> str:
    return f"{fitted(one_line(each.name), 50)} ({each.count:,})"


def back(place: Place) -> Element:
    """The button that leads back to the page."""
    return _button("Back to the list", REFRESH, place)


def _button(
    title: str,
    do: str,
    place: Place = _FIRST,
    more: Element | None = None,
    *,
    style: str = "default",
    associated: str = "none",
) -> Element:
    at = {} if place == _FIRST else {AT: home_place.write(place, PLACE_CHARS)}
    data = {"verb": HOME, DO: do, **at, **(more or {})}
    return execute(title, data, style=style, associated=associated)


# --- several approved together ---------------------------------------------------------------


def question(words: str, items: Sequence[HomeItem], left: str | None, place: Place) -> Element:
    """Asks once, naming each; what is approved is what stands here."""
    length = 120 if len(items) <= _FEW else 60
    body = [label(words, weight="Bolder"), *(_named(item, length) for item in items)]
    body += [] if left is None else [notice(left, refused=True)]
    bindings = [item.binding for item in items if item.binding is not None]
    title = "Approve" if len(bindings) == 1 else f"Approve {len(bindings)}"
    approve = _button(title, APPROVE, place, {PICK: write(bindings)}, style="positive")
    return wrapped(body, [approve, back(place)], "queue")


def _named(item: HomeItem, length: int) -> Element:
    amount = [own(" · "), run(item.amount, length // 2, weight="Bolder")] if item.amount else []
    risk = [] if item.risk is None else [own(f" · Risk {item.risk} of 100")]
    items = [
        line(run(item.title, length, weight="Bolder"), *amount, *risk),
        line(own("Asked by "), run(item.asked_by, length // 2), spacing="None"),
    ]
    return _apart(items)


def outcome(sum_: tuple[str, str], refused: Sequence[tuple[str, str]], place: Place) -> Element:
    """What came of it: those that did not count, each with the reason, as many as fit."""
    said, others = sum_
    lead = line(own(said, weight="Bolder"), own(others))
    most = 300 if len(refused) <= _FEW else 120
    listed = [_refused(name, why, most) for name, why in refused[:MOST_TOGETHER]]
    while True:
        left = len(refused) - len(listed)
        rest = [label(f"And {left} more.", isSubtle=True, separator=True)] if left else []
        made = wrapped([lead, *listed, *rest], [back(place)], "queue")
        if size(made) <= MOST or not listed:
            return made
        listed.pop()


def _refused(name: str, why: str, most: int) -> Element:
    return _apart([line(run(name, 60, weight="Bolder")), line(run(why, most), spacing="None")])


_FEW: Final = 8
_Bound = tuple[str, int, str, int, int]
_bindings = msgspec.json.Decoder(list[_Bound])


def write(bindings: Sequence[Binding]) -> str:
    """What is approved, as it was shown."""
    parts = [(b.request, b.revision, b.commitment, b.level, b.round) for b in bindings]
    return msgspec.json.encode(parts).decode()


def read(text: object) -> list[Binding]:
    """The same back; none for anything else."""
    try:
        found = _bindings.decode(text) if isinstance(text, str) else []
    except (msgspec.MsgspecError, UnicodeError):
        return []
    return [
        Binding(request=request, revision=revision, commitment=commitment, level=level, round=turn)
        for request, revision, commitment, level, turn in found[:100]
    ]
