"""The loop guard: what people rejected is not asked again as if it were new."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.content import Action, action_digest, read_revision
from core.events import Finished, Recorded
from core.policy.policy import Rule
from core.request import RequestState, Status
from core.route import Category
from core.rows import Refusal
from core.value import Millis

WITHDRAWN = frozenset({Status.CANCELLED, Status.EXPIRED})
"""Ends that leave a request for changes unanswered."""


def asked_for(agent_key: str, action_type: str, params: dict[str, Any]) -> tuple[str, str] | None:
    """Under what a rejection of this action would be remembered; None where JSON cannot hold
    the params, which are refused soon, with the field's name."""
    try:
        return agent_key, action_digest(Action(type=action_type, params=params))
    except ValueError:
        return None


def still_answers(known: Refusal, rule: Rule, now: Millis) -> bool:
    """Whether this rejection is the answer to what the rule routes."""
    return rule.category is Category.REVIEW and now < known.at + rule.repeat_window


def to_remember(
    before: RequestState,
    state: RequestState,
    contents: Mapping[str, bytes],
    events: Sequence[Recorded],
) -> Refusal | None:
    """What these events leave to answer from: a rejection by people, or that a request which
    they had sent back ended without an answer to them."""
    ended = next((r for r in events if isinstance(r.event, Finished)), None)
    body = contents.get(state.content)
    if ended is None or body is None or not _in_vain(before, ended.event):
        return None
    return Refusal(
        agent_key=state.agent_key,
        action_digest=read_revision(body).action_digest,
        request=state.id,
        at=ended.at,
    )


def _in_vain(before: RequestState, event: object) -> bool:
    assert isinstance(event, Finished), "called for the end only"
    if event.status is Status.REJECTED:
        return bool(event.by)
    return before.status is Status.CHANGES_REQUESTED and event.status in WITHDRAWN
