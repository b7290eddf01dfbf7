"""The parts of a card above its buttons, one function each: short, so that a phone shows them
together with the buttons. What is long follows whole below (details.py).

Pure. Whatever came from outside goes through `text.run`, `text.begins` or `text.paragraphs`.
"""

from adapters.teams import moments
from adapters.teams.limits import Limits
from adapters.teams.text import Element, begins, fitted, label, line, own, paragraphs, plain, run
from core.card import Card
from core.cards.advised import differing
from core.cards.words import (
    ADVICE,
    RISKS_FIRST,
    SHORT_FACT,
    SHORT_LINES,
    SHORT_RISK,
    SHORT_TEXT,
    first_facts,
)
from core.request import OPEN, Status
from core.text import one_line

# Never "Warning": a text in its yellow cannot be read on white.
COLOURS = {
    Status.PENDING: "Accent",
    Status.CHANGES_REQUESTED: "Accent",
    Status.APPROVED: "Good",
    Status.REJECTED: "Attention",
    Status.EXPIRED: "Attention",
    Status.CANCELLED: "Default",
    Status.PROHIBITED: "Attention",
}


def head(card: Card, limits: Limits) -> list[Element]:
    """What it is, where it stands, who asks."""
    title = run(card.title, limits.title, weight="Bolder", size="Large")
    state = run(card.headline, limits.title, weight="Bolder", color=COLOURS[card.status])
    asked = [own("Asked by ", isSubtle=True), run(card.asked_by, limits.title)]
    return [line(title), line(state, spacing="Small"), line(*asked, spacing="Small")]


def deadline(card: Card) -> list[Element]:
    """Until when it can be decided, in the reader's own zone."""
    if card.deadline is None or card.status not in OPEN:
        return []
    words = f"Decide by {moments.localised(card.deadline)}"
    return [label(words, weight="Bolder", spacing="Small")]


def reason(card: Card, limits: Limits) -> list[Element]:
    """Why it ended as it did, in the words of who decided."""
    if not card.reason:
        return []
    return [line(own("Reason: ", weight="Bolder"), run(card.reason, limits.description))]


def note(card: Card, limits: Limits) -> list[Element]:
    """What changed since an earlier revision, and why, or how that begins."""
    if not card.note:
        return []
    return [box("accent", [line(begins(card.note, min(SHORT_TEXT, limits.description)))])]


def facts(card: Card, limits: Limits) -> list[Element]:
    """The first short facts, a line each: two columns would break them on a phone."""
    lines: list[Element] = []
    for fact in first_facts(card):
        name = run(fact.label, limits.name, isSubtle=True)
        value = run(fact.value, min(SHORT_FACT, limits.fact), weight="Bolder")
        spacing = "None" if lines else "Medium"
        lines.append(line(name, own(": ", isSubtle=True), value, spacing=spacing))
    return lines


def about(card: Card, limits: Limits) -> list[Element]:
    """The description when it is short, else how it begins."""
    if not card.description:
        return []
    if is_brief(card.description, limits):
        return paragraphs(card.description.strip(), SHORT_TEXT, SHORT_LINES)
    return [line(begins(card.description, min(SHORT_TEXT, limits.description)))]


def is_brief(text: str, limits: Limits) -> bool:
    """Whether a text can stand above the buttons as it is, with its few lines."""
    shown = text.strip()
    if len(shown) > min(SHORT_TEXT, limits.description):
        return False
    return shown.count("\n") < SHORT_LINES and len(plain(shown)) <= SHORT_TEXT


def is_short(text: str, most: int) -> bool:
    """Whether `text.begins` shows all of it, lines included."""
    return "\n" not in text.strip() and fitted(one_line(text), most) == plain(one_line(text))


def risks(card: Card, limits: Limits) -> list[Element]:
    """What speaks for caution in a line each, the first of it when there is much."""
    if not card.risks or card.status not in OPEN:
        return []
    most = min(SHORT_RISK, limits.point)
    shown = [line(own("⚑ "), begins(risk, most)) for risk in card.risks[:RISKS_FIRST]]
    for each in shown[1:]:
        each["spacing"] = "None"
    if len(card.risks) > RISKS_FIRST:
        left = len(card.risks) - RISKS_FIRST
        shown.append(label(f"⚑ {left} more below", spacing="None"))
    return [box("attention", shown)]


def advice(card: Card, limits: Limits) -> list[Element]:
    """The recommendation in one line; none once there is nothing to decide."""
    found = card.rationale
    if found is None or card.status not in OPEN:
        return []
    words = ADVICE.get(found.recommendation, found.recommendation)
    sure = "" if found.confidence is None else f" ({found.confidence}% sure)"
    parts = [own("Advice: ", isSubtle=True), run(words, limits.name, weight="Bolder")]
    parts.append(own(f"{sure}. "))
    parts += [run(card.record, limits.comment), own(" ")] if card.record else []
    parts.append(begins(found.summary, min(SHORT_TEXT, limits.summary)))
    differ = differing(found)
    parts += [own(" "), run(differ, limits.comment)] if differ else []
    return [line(*parts)]


def why(card: Card, limits: Limits) -> list[Element]:
    """Why this person was asked."""
    if not card.why or card.status not in OPEN:
        return []
    return [line(run(card.why, limits.why, isSubtle=True, size="Small"), spacing="Small")]


def notice(*texts: str, refused: bool) -> Element:
    """What must be seen, on top of the card: a sentence, or a line each for several."""
    style = "warning" if refused else "good"
    return {**box(style, [line(run(text, 500, weight="Bolder")) for text in texts]), "bleed": True}


def box(style: str, items: list[Element]) -> Element:
    """Elements on a coloured ground."""
    return {"type": "Container", "style": style, "spacing": "Medium", "items": items}
