"""What cards say beside the advice itself: who gave it, and where model and rules differ. Pure.

None of it is text from outside but the model's name, which renderers escape like everything.
"""

from core.cards.words import ADVICE
from core.content import Rationale

ASK = "Ask before deciding"
"""The heading above the questions."""


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
