"""Cards with one part of a long text: a whole action, or a request's history.

Every part can be read, forwards and backwards; nothing can be decided here. Pure.
"""

from collections.abc import Callable

from adapters.teams import paging, whole
from adapters.teams.buttons import chronicle, opener, pager
from adapters.teams.render import wrapped
from adapters.teams.sections import notice
from adapters.teams.text import Element, kept, label, line, own, plain, run
from core.card import Card

BACK = "Back to the request"
CHANGED = "The request has changed since: this is its present action, from the beginning."
_ROOM = 18_000
"""Bytes for the lines of a part, which leaves enough for what stands around them."""


def page(card: Card, number: int, revision: int | None, *, is_apart: bool = False) -> Element:
    """A part of the action; a number beyond the last is the last.

    A part of another revision would not fit to the parts read before: then it is the first.
    """
    changed = revision is not None and revision != card.revision
    found = list(paging.parts(whole.written(card), _ROOM))
    at = 1 if changed else min(max(number, 1), len(found))
    body = [
        *([notice(CHANGED, refused=True)] if changed else []),
        _heading("Full action", at, len(found)),
        line(run(card.title, 200, weight="Bolder"), spacing="Small"),
        whole.digest(card),
        *_lines(found, at, whole.laid_out),
    ]

    def turn(title: str, part: int) -> Element:
        return pager(title, card, part, is_apart=is_apart)

    return _turned(body, turn, at, len(found), card.request, is_apart)


def history(text: str, request: str, number: int, *, is_apart: bool = False) -> Element:
    """A part of what happened to a request; a number beyond the last is the last.

    What happens later comes at the end, so that the parts before stay what they are.
    """
    found = list(paging.parts([kept(each) for each in plain(text).split("\n")], _ROOM))
    at = min(max(number, 1), len(found))
    body = [_heading("History", at, len(found)), *_lines(found, at, _events)]

    def turn(title: str, part: int) -> Element:
        return chronicle(title, request, part, is_apart=is_apart)

    return _turned(body, turn, at, len(found), request, is_apart)


def _events(lines: tuple[str, ...]) -> list[Element]:
    return [line(own(words), spacing="Small") for words in lines]


def _heading(what: str, at: int, count: int) -> Element:
    where = f", part {at} of {count}" if count > 1 else ""
    return label(f"{what}{where}", weight="Bolder", size="Large")


def _lines(
    found: list[paging.Part], at: int, drawn: Callable[[tuple[str, ...]], list[Element]]
) -> list[Element]:
    part = found[at - 1]
    shown = drawn(part.lines)
    if part.continued:
        words = f"The first line goes on from part {at - 1}."
        shown.insert(0, label(words, isSubtle=True, spacing="Small"))
    if at < len(found) and found[at].continued:
        words = f"The last line goes on in part {at + 1}."
        shown.append(label(words, isSubtle=True, spacing="Small"))
    return shown


def _turned(
    body: list[Element],
    turn: Callable[[str, int], Element],
    at: int,
    count: int,
    request: str,
    is_apart: bool,
) -> Element:
    """The part with what leads to the others and back."""
    actions = []
    if at < count:
        actions.append(turn(f"Next: part {at + 1} of {count}", at + 1))
    if at > 1:
        actions.append(turn(f"Back: part {at - 1} of {count}", at - 1))
    actions.append(opener(BACK, request, apart=is_apart))
    return wrapped(body, actions, f"status {request}")
