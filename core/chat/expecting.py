"""When a request is likely to be decided, told to those who ask for it."""

from msgspec.structs import replace

from core.card import Card
from core.cards.moments import moment
from core.directory.people import Person
from core.request import RequestState
from core.rules.eligibility import asking
from core.service.estimate import Estimate


def with_estimate(
    card: Card, state: RequestState, person: Person, estimate: Estimate | None
) -> Card:
    """The card, with a sentence about that for those whose request it is."""
    if estimate is None or person.email not in asking(state):
        return card
    said = likely(estimate, person.timezone)
    return replace(card, note=said if card.note is None else f"{card.note} {said}")


def likely(estimate: Estimate, timezone: str) -> str:
    """The estimate as a sentence."""
    if estimate.between is None:
        return f"Likely decided by {moment(estimate.at, timezone)}."
    earliest, latest = (moment(each, timezone) for each in estimate.between)
    if earliest == latest:
        return f"Likely decided by {latest}."
    return f"Likely decided between {earliest} and {latest}."
