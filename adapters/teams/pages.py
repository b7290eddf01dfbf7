"""A card with one part of a whole action that is too long for the request's own card.

Every part can be read, forwards and backwards; nothing can be decided here. Pure.
"""

from adapters.teams import paging, whole
from adapters.teams.buttons import opener, pager
from adapters.teams.render import wrapped
from adapters.teams.sections import notice
from adapters.teams.text import Element, label, line, run
from core.card import Card

BACK = "Back to the request"
CHANGED = "The request has changed since: this is its present action, from the beginning."
_ROOM = 18_000
"""Bytes for the lines of a part, which leaves enough for what stands around them."""


def page(card: Card, number: int, revision: int | None) -> Element:
    """A part of the action; a number beyond the last is the last.

    A part of another revision would not fit to the parts read before: then it is the first.
    """
    changed = revision is not None and revision != card.revision
    found = list(paging.parts(whole.written(card), _ROOM))
    at = 1 if changed else min(max(number, 1), len(found))
    body = [
        *([notice(CHANGED, refused=True)] if changed else []),
        *_head(card, at, len(found)),
        *_lines(found, at),
    ]
    return wrapped(body, _around(card, at, len(found)), f"status {card.request}")


def _head(card: Card, at: int, count: int) -> list[Element]:
    where = label(f"Full action, part {at} of {count}", weight="Bolder", size="Large")
    title = line(run(card.title, 200, weight="Bolder"), spacing="Small")
    return [where, title, whole.digest(card)]


def _lines(found: list[paging.Part], at: int) -> list[Element]:
    part = found[at - 1]
    shown = whole.laid_out(part.lines)
    if part.continued:
        words = f"The first line goes on from part {at - 1}."
        shown.insert(0, label(words, isSubtle=True, spacing="Small"))
    if at < len(found) and found[at].continued:
        words = f"The last line goes on in part {at + 1}."
        shown.append(label(words, isSubtle=True, spacing="Small"))
    return shown


def _around(card: Card, at: int, count: int) -> list[Element]:
    made = []
    if at < count:
        made.append(pager(f"Next: part {at + 1} of {count}", card, at + 1))
    if at > 1:
        made.append(pager(f"Back: part {at - 1} of {count}", card, at - 1))
    return [*made, opener(BACK, card.request, apart=card.binding is None)]
