"""Numbers beside each other as lying bars, each with its name above it. Pure."""

from collections.abc import Sequence
from typing import Final

from adapters.web.charts.scale import percent
from adapters.web.charts.table import FITS, FITS_PHONE, Frame, fitted
from core.value import Value

ROW: Final = 44
"""Pixels from one bar to the next: its name, the bar and room."""
THICK: Final = 14
NAME: Final = 15
"""Pixels down to the foot of a name."""
BAR: Final = 22
"""Pixels down to the upper edge of a bar."""


class Part(Value, frozen=True):
    """A piece of a bar: how much, and the class that gives its colour."""

    look: str
    amount: int


class Amount(Value, frozen=True):
    """What a bar shows, `text` in words and numbers. `mark` is a second amount, drawn as a
    stroke across the bar, such as the slowest tenth."""

    name: str
    text: str
    parts: tuple[Part, ...]
    mark: int | None = None

    @property
    def total(self) -> int:
        return sum(part.amount for part in self.parts)


class Piece(Value, frozen=True):
    """A piece as drawn."""

    look: str
    at: str
    width: str


class Bar(Value, frozen=True):
    """A bar as drawn; `top` is where its row begins, `mark` where its stroke stands. `brief` is
    as much of the name as a phone has room for."""

    name: str
    brief: str
    text: str
    top: int
    pieces: tuple[Piece, ...]
    mark: str | None = None


class BarChart(Value, frozen=True):
    """A chart of bars. `legend` names the looks (look, name) where there are several; with `tracks`
    one sees how long a bar could be."""

    frame: Frame
    bars: tuple[Bar, ...]
    height: int
    legend: tuple[tuple[str, str], ...] = ()
    tracks: bool = True
    kind: str = "bars"
    name_at: int = NAME
    bar_at: int = BAR
    thick: int = THICK


def bars(
    frame: Frame,
    amounts: Sequence[Amount],
    legend: Sequence[tuple[str, str]] = (),
    whole: int | None = None,
) -> BarChart:
    """The chart of these amounts, as they come. A bar is as long as its part of `whole`, and of
    the largest where that is not given."""
    largest = max((max(each.total, each.mark or 0) for each in amounts), default=0)
    of = max(1, largest if whole is None else whole)
    return BarChart(
        frame=frame,
        bars=tuple(_bar(each, at * ROW, of) for at, each in enumerate(amounts)),
        height=len(amounts) * ROW,
        legend=tuple(legend),
    )


def shares(
    frame: Frame, amounts: Sequence[Amount], legend: Sequence[tuple[str, str]] = ()
) -> BarChart:
    """The chart in which each bar is as long as the others: parts of what each one is made of."""
    return BarChart(
        frame=frame,
        bars=tuple(_bar(each, at * ROW, max(1, each.total)) for at, each in enumerate(amounts)),
        height=len(amounts) * ROW,
        legend=tuple(legend),
        tracks=False,
    )


def _bar(amount: Amount, top: int, of: int) -> Bar:
    pieces: list[Piece] = []
    at = 0
    for part in amount.parts:
        if part.amount > 0:
            width = percent(100 * part.amount / of)
            pieces.append(Piece(look=part.look, at=percent(100 * at / of), width=width))
        at += part.amount
    return Bar(
        name=fitted(amount.name, FITS),
        brief=fitted(amount.name, FITS_PHONE),
        text=amount.text,
        top=top,
        pieces=tuple(pieces),
        mark=None if amount.mark is None else percent(100 * amount.mark / of),
    )
