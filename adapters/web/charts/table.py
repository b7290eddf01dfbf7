"""The table behind a chart, and what all charts have in common."""

from typing import Final

from core.text import cut_at, one_line, visible
from core.value import Value

FITS: Final = 36
"""Characters of a name that have room above a bar."""
FITS_PHONE: Final = 17
"""The same on a phone, beside the longest figures."""


class Table(Value, frozen=True):
    """Rows of cells as text; the first cell of a row is its heading. `numbers` says from which
    column on cells are numbers, and stand to the right. `of` counts all rows that there could be,
    where these are only the first."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 1
    of: int = 0


class Frame(Value, frozen=True):
    """What a chart says of itself. `name` is its id on the page, `said` one sentence with what
    it shows, for whoever cannot see it, and `note` what its numbers count."""

    name: str
    title: str
    said: str
    note: str
    table: Table


def named(text: str) -> str:
    """A name of somebody else's making, as it may stand in a chart: on one line, nothing hidden."""
    return visible(one_line(text)) or "(no name)"


def fitted(text: str, room: int) -> str:
    """As much of a name as has room."""
    return text if len(text) <= room else text[: cut_at(text, room - 1)] + "…"
