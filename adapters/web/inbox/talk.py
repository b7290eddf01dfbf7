"""What was written about a request, in its order."""

from core.card import Card
from core.cards.moments import moment
from core.cards.outline import clean, line
from core.value import Value


class Remark(Value, frozen=True):
    """A comment or question: plain text, with its lines."""

    name: str
    at: str
    text: str
    question: bool


def remarks(card: Card) -> list[Remark]:
    """The comments and questions of a card, the oldest first."""
    return [
        Remark(
            name=line(each.name),
            at=moment(each.at, card.timezone),
            text=clean(each.text),
            question=each.question,
        )
        for each in card.remarks
    ]
