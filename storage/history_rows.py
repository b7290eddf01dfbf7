"""Requests into rows of `past`, and how advice on them turned out. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from core.advice.asking import advice_of
from core.advice.calibration import Kind, agreed, kind_of
from core.advice.history import labels_of, likeness, party_of
from core.content import Revision, read_revision
from core.request import Outcome, RequestState, Status
from core.rows import Snapshot
from core.statistics import PASSED
from core.value import Millis
from storage.texts import storable


class Past(NamedTuple):
    """A row of `past`, in the order of its columns."""

    request: str
    action_type: str
    requester: str | None
    party: str | None
    currency: str
    amount: str | None
    status: str
    created_at: Millis
    ended_at: Millis | None
    reason: str | None
    digest: str | None
    likeness: str | None

    def without_content(self) -> "Past":
        """What is left when the content was erased."""
        return self._replace(party=None, digest=None, likeness=None)


def past_row(found: Snapshot) -> Past:
    """What is remembered of a request as it stands."""
    state, ended = found.state, found.state.outcome
    revision = _revision(state, found.contents)
    party = None if revision is None else party_of(revision.action.params)
    return Past(
        request=state.id,
        action_type=state.action_type,
        requester=state.requester,
        # Nobody is stopped from following the rest by a text that no column holds.
        party=party if party is not None and storable(party) else None,
        currency=state.currency or "",
        amount=state.amount,
        status=PASSED if ended and is_passed(ended) else state.status.value,
        created_at=state.created_at,
        ended_at=None if ended is None else ended.at,
        reason=ended.reason if ended and state.status is Status.REJECTED else None,
        digest=None if revision is None else revision.action_digest or None,
        likeness=None if revision is None else likeness(revision),
    )


def label_rows(found: Snapshot) -> list[tuple[str, Millis, str, str]]:
    """The rows of `past_labels` of a request as it stands, in the order of its columns."""
    state, ended = found.state, found.state.outcome
    revision = _revision(state, found.contents)
    if ended is None or revision is None or is_passed(ended):
        return []
    labels = filter(storable, labels_of(revision))
    return [(label, ended.at, state.id, state.status.value) for label in labels]


def is_passed(ended: Outcome) -> bool:
    """Whether it was approved without the votes that its stages ask for."""
    return ended.status is Status.APPROVED and (ended.bypass is not None or not ended.by)


def case(found: Snapshot) -> tuple[Kind, bool] | None:
    """How the advice that stood at the end turned out; None where that is not counted."""
    advice = advice_of(found.state, found.contents)
    kind = None if advice is None else kind_of(advice)
    right = None if kind is None else agreed(found.state, kind)
    return None if kind is None or right is None else (kind, right)


def _revision(state: RequestState, contents: Mapping[str, Any]) -> Revision | None:
    body = contents.get(state.content)
    try:
        return None if body is None else read_revision(body)
    except msgspec.MsgspecError:
        return None
