"""What a person's own page says around its lines, on every platform. Pure."""

from core.chat.home_place import Place
from core.chat.home_port import HomePage, Shelf
from core.chat.port import AbsenceLine


def title(page: HomePage, place: Place) -> str:
    """The page's heading."""
    if place.wish.shelf is Shelf.OWN:
        return "Your requests"
    match page.waiting:
        case 0:
            return "Nothing waits for you"
        case 1:
            return "1 request waits for you"
    return f"{page.waiting:,} requests wait for you"


def nothing(page: HomePage, place: Place) -> str:
    """What stands there where there are no lines."""
    if place.wish.shelf is Shelf.OWN:
        return "Nothing more." if place.wish.after else "Nothing was asked for in your name yet."
    if place.before or place.wish.after:
        return "There is nothing more on this page. Go back, or refresh."
    if page.waiting:
        return "Nothing of this kind waits for you. Choose “Everything” to see what does."
    return (
        "When somebody needs your decision you get a card in a direct message, "
        "and it is listed here until it is decided."
    )


def page(found: HomePage, place: Place) -> str:
    """Which page it is."""
    said = f"Page {place.page}"
    if place.wish.shelf is Shelf.QUEUE:
        said += f" · {found.total:,} in all, the most urgent first"
    return said


def away_now(found: HomePage) -> list[AbsenceLine]:
    """In which of their absences the reader is out of office now, which nobody should forget."""
    return [a for a in found.away if a.mine and a.starts <= found.at and not _is_over(a, found)]


def _is_over(absence: AbsenceLine, found: HomePage) -> bool:
    return absence.ends is not None and absence.ends <= found.at
