"""The whole action as text: an approver answers for every character of it, so none is ever
left out. What does not fit into one card is read part by part (`pages.py`). Pure.
"""

from adapters.teams.limits import DIGEST_SHOWN
from adapters.teams.text import Element, kept, line, own, plain, run
from core.card import Card


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
