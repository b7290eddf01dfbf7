"""The whole action as text on a card: all of it, or what says that it must be opened.

An approver answers for every character of it, so none is ever left out: what does not fit into
the card is read part by part (`pages.py`). Pure.
"""

from adapters.teams import paging
from adapters.teams.buttons import decides
from adapters.teams.limits import DIGEST_SHOWN
from adapters.teams.text import Element, kept, line, own, plain, run
from core.card import Card, Verb

NO_ROOM = "The full action is longer than this card"


def inside(card: Card, room: int) -> list[Element] | None:
    """The whole action within so many bytes of the card, None when it is longer."""
    # A text that is much too long is not even looked through.
    if len(card.whole_action) > room:
        return None
    lines = written(card)
    if sum(map(paging.cost, lines)) > room:
        return None
    return [*laid_out(lines), digest(card)]


def written(card: Card) -> list[str]:
    """The lines of the action as they are shown."""
    return [kept(shown) for shown in plain(card.whole_action).split("\n")]


def laid_out(lines: list[str] | tuple[str, ...]) -> list[Element]:
    """A paragraph for each line."""
    style = {"fontType": "Monospace", "size": "Small"}
    return [line(own(words, **style), spacing="None") for words in lines]


def digest(card: Card) -> Element:
    """Which revision it is."""
    words = f"Revision {card.revision} · digest {card.digest[:DIGEST_SHOWN]}"
    return line(run(words, 120, isSubtle=True))


def longer(card: Card) -> list[Element]:
    """Says that the card does not show the action, to who may still decide about it."""
    offered = (*card.buttons, *(card.more if decides(card) else ()))
    view = next((b for b in offered if b.verb is Verb.VIEW), None)
    if view is None:
        return []
    text = card.whole_action
    length = f"{text.count(chr(10)) + 1:,} lines, {len(text):,} characters"
    words = own(f"{NO_ROOM} ({length}). Read it with “", weight="Bolder")
    end = own("” before you decide.", weight="Bolder")
    told = line(words, run(view.label, 60, weight="Bolder"), end)
    return [{"type": "Container", "style": "warning", "spacing": "Medium", "items": [told]}]
