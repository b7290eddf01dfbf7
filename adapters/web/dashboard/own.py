"""A person's own figures, in the words that chat uses too. Pure."""

from core.chat.figures_port import Overview
from core.chat.figures_words import everybodys, mine
from core.value import Value


class Group(Value, frozen=True):
    """Figures under one heading: what is counted, and how much."""

    heading: str
    figures: tuple[tuple[str, str], ...]


class OwnFigures(Value, frozen=True):
    """What is shown, or why there is nothing."""

    groups: tuple[Group, ...] = ()
    refused: str | None = None


def shown_to(found: Overview) -> OwnFigures:
    """The person's own figures, and those of everybody together, which name nobody."""
    if found.refused is not None:
        return OwnFigures(refused=found.refused)
    groups = (("You", mine(found)), ("Everybody", everybodys(found)))
    return OwnFigures(groups=tuple(Group(name, tuple(map(_parted, ls))) for name, ls in groups))


def _parted(line: str) -> tuple[str, str]:
    """What is counted and how much, of a line as chat has it: "Open requests: 3"."""
    name, _, figure = line.partition(": ")
    return name, figure
