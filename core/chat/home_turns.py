"""What leads from one page of somebody's lists to another, on every platform."""

from enum import StrEnum
from typing import Final

from core.chat.home_place import Place
from core.chat.home_port import Home, HomePage, RuleCount, Shelf, Wish
from core.directory.people import Identity
from core.value import Value

EVERYTHING: Final = "all"
DUE: Final = "due"
RULE: Final = "rule:"
"""Before a rule's name, as a choice of the filter."""

_MOST_GIVEN: Final = 120


class Turn(StrEnum):
    """Where a button leads, or the filter (`ONLY`); anything else leads to the same page anew."""

    NEXT = "next"
    BACK = "back"
    QUEUE = "queue"
    OWN = "own"
    ONLY = "only"


class Choice(Value, frozen=True):
    """An entry of the filter. `name` may come from the policy; `count` is how many there are."""

    value: str
    name: str
    count: int


def choices(page: HomePage, wish: Wish, most: int | None = None) -> tuple[list[Choice], Choice]:
    """The entries of the filter, with at most so many rules, and the one that is chosen."""
    found = [
        Choice(EVERYTHING, "Everything", page.waiting),
        Choice(DUE, "Due today or overdue", page.due),
        *map(_of_rule, page.rules[:most]),
    ]
    chosen = DUE if wish.due else EVERYTHING
    if wish.rule is not None:
        chosen = f"{RULE}{wish.rule}"
        if all(each.value != chosen for each in found):
            found.append(_of_rule(RuleCount(wish.rule, 0)))
    return found, next(each for each in found if each.value == chosen)


def _of_rule(each: RuleCount) -> Choice:
    name = "No rule names it" if each.uncategorised else each.rule
    return Choice(f"{RULE}{each.rule}", name, each.count)


def turned(place: Place, to: str, given: str) -> Place:
    """The page that a button or the filter leads to; `given` is the cursor of the next page, or
    what was chosen."""
    given = given[:_MOST_GIVEN]
    match to:
        case Turn.NEXT if given:
            return place.forward(given)
        case Turn.BACK:
            return place.back()
        case Turn.QUEUE:
            return Place()
        case Turn.OWN:
            return Place(wish=Wish(shelf=Shelf.OWN))
        case Turn.ONLY:
            rule = given.removeprefix(RULE) if given.startswith(RULE) else None
            return Place(wish=Wish(due=given == DUE, rule=rule))
    return place


async def shown(home: Home, who: Identity, place: Place) -> tuple[HomePage, Place]:
    """That page, or the first one where it has nothing any more."""
    page = await home.page(who, place.wish)
    if page.refused is None and place.wish.after and not (page.items or page.own):
        place = place.start()
        page = await home.page(who, place.wish)
    return page, place
