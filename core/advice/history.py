"""What was decided before about the like: asked of the store with bounds, told as facts.

Pure. `About` says what to look for, `History` is what was found; the store answers from a read
model by index, never by walking requests.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from statistics import median
from typing import Any, Final, Protocol

from core.content import Revision, canonical, sha256
from core.value import Millis, Value

MOST_AMOUNTS: Final = 100
"""Of the newest amounts so many are looked at."""
MOST_COUNTED: Final = 500
"""Outcomes of one kind that are counted; more is told as "500 or more"."""
MOST_TWINS: Final = 3
MOST_LABELS: Final = 3
"""Of a request's labels, those that are looked back on."""
TWIN_DAYS: Final = 14
LEAST_AMOUNTS: Final = 8
"""With fewer amounts nothing is said about what is usual."""
UNUSUAL: Final = Decimal("3.5")
"""A robust z-score from which on a value counts as an outlier (Iglewicz and Hoaglin, 1993)."""
MOST_DEVIATIONS: Final = Decimal(1_000_000)
"""Among the smallest amounts the largest would have a score of more digits than decimals keep."""

_PARTIES: Final = ("vendor", "supplier", "payee", "recipient", "beneficiary", "customer", "account")


class About(Value, frozen=True):
    """What history is wanted of: everything but the request itself.

    `party` is the vendor or whoever else the params name, in small letters; `labels` are the first
    `MOST_LABELS` different ones; `digest` is the
    action's, `likeness` the same for params that differ in little. `since` bounds the twins.
    """

    request: str
    requester: str | None
    action_type: str
    currency: str | None
    party: str | None
    labels: tuple[str, ...]
    digest: str
    likeness: str
    since: Millis


class Tally(Value, frozen=True):
    """How requests ended: so many in all, and of these."""

    count: int = 0
    approved: int = 0
    rejected: int = 0


class Twin(Value, frozen=True):
    """A request that asks for the same, or nearly."""

    request: str
    status: str
    at: Millis
    exact: bool


class History(Value, frozen=True):
    """What was found. `labels` has a tally for each one asked for. `amounts` are decimals as
    strings, the newest first, of the same action type and currency and approved; `rejection` is
    the content id of the newest reason for a no to the same requester and action type, in the
    request `rejected`."""

    requester: Tally = Tally()
    action: Tally = Tally()
    party: Tally = Tally()
    labels: tuple[Tally, ...] = ()
    amounts: tuple[str, ...] = ()
    rejection: str | None = None
    rejected_at: Millis | None = None
    rejected: str | None = None
    twins: tuple[Twin, ...] = ()


class Remembers(Protocol):
    """Where history comes from."""

    async def history(self, about: About) -> History:
        """What was decided about the like. Raises StorageError."""
        ...


def about(request: str, revision: Revision, now: Millis) -> About:
    """What to look for."""
    return About(
        request=request,
        requester=revision.requester,
        action_type=revision.action.type,
        currency=revision.currency,
        party=party_of(revision.action.params),
        labels=labels_of(revision),
        digest=revision.action_digest,
        likeness=likeness(revision),
        since=now - TWIN_DAYS * 86_400_000,
    )


def party_of(params: dict[str, Any]) -> str | None:
    """Who else the action is about: the first of the usual names that holds a text."""
    for name in _PARTIES:
        found = params.get(name)
        if isinstance(found, str) and (name := " ".join(_folded(found).split())):
            return name[:200]
    return None


def labels_of(revision: Revision) -> tuple[str, ...]:
    """The labels by which like requests are known, each once, in their order."""
    return tuple(dict.fromkeys(revision.labels))[:MOST_LABELS]


def likeness(revision: Revision) -> str:
    """SHA-256, hex, over the action with its texts in small letters without signs and its numbers
    to two digits: what people see as the same thing asked again."""
    rough = [revision.action.type.casefold(), _rough(revision.action.params), revision.currency]
    return sha256(canonical(rough))


def _rough(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name).casefold(): _rough(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rough(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return f"{value:.1e}"
    return re.sub(r"\W+", "", _folded(str(value)))


def _folded(text: str) -> str:
    """In small letters, each character as the one that it stands for, without unseen ones: a name
    that looks the same is the same."""
    if text.isascii():
        return text.casefold()
    return "".join(
        c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c) != "Cf"
    )


def outlier(amount: str, amounts: Sequence[str]) -> tuple[Decimal, Decimal] | None:
    """The usual amount and how many robust deviations this one lies above or below it; None where
    too few are known, or they are all the same and so is this one. Beyond `MOST_DEVIATIONS` it is
    told as so many.

    The robust z-score is 0.6745 (x - median) / MAD.
    """
    if len(amounts) < LEAST_AMOUNTS:
        return None
    values = [Decimal(each) for each in amounts]
    usual, this = median(values), Decimal(amount)
    spread = median(abs(value - usual) for value in values)
    # Where more than half are equal the median deviation is 0; a hundredth of the usual stands in.
    spread = spread or abs(usual) / 100
    if not spread:
        return None
    score = Decimal("0.6745") * (this - usual) / spread
    score = max(-MOST_DEVIATIONS, min(score, MOST_DEVIATIONS))
    return usual, score.quantize(Decimal("0.1"))
