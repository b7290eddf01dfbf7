"""What cards say beside the advice itself: who gave it, and where model and rules differ. Pure.

None of it is text from outside but the model's name, which renderers escape like everything.
"""

from collections.abc import Callable

from msgspec.structs import replace

from core.card import Card
from core.cards.words import ADVICE
from core.content import Rationale

ASK = "Ask before deciding"
"""The heading above the questions."""


Record = Callable[[Rationale | None], str | None]
"""How often advice like this was right, in a sentence; None where too little is known."""


def unrecorded(_advice: Rationale | None) -> None:
    """Nothing is known of any."""


def with_record(view: Card, record: Record) -> Card:
    """The card with how often advice like its own was right."""
    return replace(view, record=record(view.rationale))


def differing(advice: Rationale) -> str | None:
    """A sentence where the model and the rules recommend different things."""
    model, rules = advice.model, advice.rules
    if model is None or rules is None or model == rules:
        return None
    said, by_rules = ADVICE.get(model, model), ADVICE.get(rules, rules)
    return f"The model says {said}, the rules say {by_rules}; shown is the more cautious."


def source(advice: Rationale) -> str | None:
    """Whose advice it is: the model's name and "rules"; None where it is the rules' alone."""
    if advice.source == "rules":
        return None
    return f"{advice.source} and rules" if advice.run is not None else advice.source


def left_out(advice: Rationale) -> str | None:
    """What of the model's answer is not shown, and why; for the details."""
    if advice.run is None or not advice.run.removed:
        return None
    parts = (each.partition(": ") for each in advice.run.removed)
    said = (f"{what} ({why})" if why else what for what, _, why in parts)
    return f"Left out of the model's answer: {'; '.join(said)}."
