"""How often advice of a model was right: what it recommended beside what people then decided.

Pure. Only what people's votes ended is counted, once, by the advice that stood at the end. Advice
to look closer takes no side, and so is not counted; nor is any that was made more cautious than
the model's own, whose confidence is not shown.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from core.content import Rationale
from core.request import RequestState, Status
from core.value import Value

WIDTH: Final = 10
"""Percentage points of confidence that are counted together; 100 belongs to the last ten."""
LEAST_CASES: Final = 20
"""With fewer cases nothing is said: a few prove nothing."""

_SIDES: Final = {"approve": Status.APPROVED, "reject": Status.REJECTED}


class Kind(Value, frozen=True):
    """Advice that is counted together: by whom, to do what, and from which confidence on."""

    source: str
    recommendation: str
    confidence: int


class Cases(Value, frozen=True):
    """How often people decided on such advice, and how often as it said."""

    kind: Kind
    cases: int
    agreed: int

    @property
    def until(self) -> int:
        """The highest confidence that is counted here."""
        return 100 if self.kind.confidence + WIDTH >= 100 else self.kind.confidence + WIDTH - 1


class Records(Protocol):
    """Where the counts are kept."""

    async def record(self) -> tuple[Cases, ...]:
        """All that was counted, in order of kind. Raises StorageError."""
        ...


def kind_of(rationale: Rationale) -> Kind | None:
    """What this advice counts as; None for what is not counted."""
    sided = rationale.recommendation in _SIDES
    if rationale.run is None or rationale.confidence is None or not sided:
        return None
    least = min(max(rationale.confidence, 0), 99) // WIDTH * WIDTH
    return Kind(source=rationale.source, recommendation=rationale.recommendation, confidence=least)


def agreed(state: RequestState, kind: Kind) -> bool | None:
    """Whether people decided as they were advised; None where no person's vote ended it."""
    ended = state.outcome
    if ended is None or not ended.by or ended.bypass is not None or ended.cause is not None:
        return None
    if ended.status not in _SIDES.values():
        return None
    return ended.status is _SIDES[kind.recommendation]


def by_kind(found: Iterable[Cases]) -> Mapping[Kind, Cases]:
    """To look advice up in."""
    return {each.kind: each for each in found}


def said(rationale: Rationale, record: Mapping[Kind, Cases]) -> str | None:
    """One sentence about advice like this, from `LEAST_CASES` on."""
    kind = kind_of(rationale)
    found = None if kind is None else record.get(kind)
    if found is None or found.cases < LEAST_CASES:
        return None
    return f"At this confidence right {found.agreed} of {found.cases} times."
