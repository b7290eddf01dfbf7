"""The loop guard: what people rejected is not asked again as if it were new."""

from collections.abc import Mapping, Sequence

from core.content import Action, action_digest, canonical, read_revision, sha256
from core.events import Finished, Recorded
from core.policy.policy import Rule
from core.request import BY_PERSON, RequestState, Status
from core.route import Category
from core.rows import Refusal
from core.submission import Submission
from core.value import Millis


def asked_for(agent_key: str, submission: Submission) -> tuple[str, str] | None:
    """Under what a rejection of this action would be remembered; None where JSON cannot hold
    the params, which are refused soon, with the field's name."""
    action = Action(type=submission.action_type, params=submission.params)
    try:
        return agent_key, _digest(agent_key, action, submission.title)
    except ValueError:
        return None


def _digest(agent_key: str, action: Action, title: str) -> str:
    """What is the same when it is asked again. People say in the title what they want, and a
    form may have no more than that."""
    if not agent_key.startswith(BY_PERSON):
        return action_digest(action)
    return sha256(canonical([action.type, action.params, title]))


def still_answers(known: Refusal, rule: Rule, now: Millis) -> bool:
    """Whether this rejection is the answer to what the rule routes."""
    return rule.category is Category.REVIEW and now < known.at + rule.repeat_window


def to_remember(
    before: RequestState,
    state: RequestState,
    contents: Mapping[str, bytes],
    events: Sequence[Recorded],
) -> tuple[Refusal, ...]:
    """What these events leave to answer from: where they end the request and no person approves
    it, each action that people rejected or sent back in it and whose content is there."""
    ended = next((r for r in events if isinstance(r.event, Finished)), None)
    if ended is None or is_approved_by_people(state):
        return ()
    bodies = (contents.get(each) for each in _declined(before, state))
    revisions = [read_revision(body) for body in bodies if body]
    actions = dict.fromkeys(_digest(state.agent_key, r.action, r.title) for r in revisions)
    return tuple(
        Refusal(agent_key=state.agent_key, action_digest=digest, request=state.id, at=ended.at)
        for digest in actions
    )


def is_approved_by_people(state: RequestState) -> bool:
    """Whether somebody has agreed to what it has become; a rule alone does not speak for those
    who declined what it was."""
    ended = state.outcome
    return ended is not None and ended.status is Status.APPROVED and bool(ended.by)


def _declined(before: RequestState, state: RequestState) -> Sequence[str]:
    """The content ids of what people declined.

    Of a request that an earlier version stored only that is known which was sent back last.
    """
    last = before.status is Status.CHANGES_REQUESTED or before.sent_back is not None
    return (before.content, *state.declined) if last else state.declined
