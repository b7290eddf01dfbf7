"""Which alerts a policy wants, and who is told of them."""

from dataclasses import dataclass
from typing import Final

from core.route import ChannelRef
from core.value import Millis

HOUR: Final[Millis] = 3_600_000
DAY: Final[Millis] = 24 * HOUR

LONGEST: Final[Millis] = 30 * DAY
"""The longest window that rejections and escalations are counted in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejections:
    """More than `over` percent rejected, of at least `of` decisions of a stage within `within`."""

    over: int = 50
    of: int = 20
    within: Millis = 7 * DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalations:
    """More than `over` escalations of a stage within `within`."""

    over: int = 5
    within: Millis = DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Alerts:
    """What is told to the references of `tell` and to the channels; None or False for what is
    switched off. `stuck` is how long past its deadline a stage may be, `overloaded` from how many
    open requests on a person has too many."""

    tell: tuple[str, ...] = ()
    channels: tuple[ChannelRef, ...] = ()
    stuck: Millis | None = 2 * HOUR
    rejections: Rejections | None = Rejections()
    overloaded: int | None = 25
    escalations: Escalations | None = Escalations()
    unknown_actions: bool = True
    trouble: bool = True
