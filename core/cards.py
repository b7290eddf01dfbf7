"""State into card: what one viewer sees of one request, now.

Pure: the same state, content, viewer, directory and moment give the same card. Text from
outside has its hidden characters made visible here; platforms escape their own markup.
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.card import Button, Card, Confirm, Fact, StageLine, Verb, Viewer, VoteLine
from core.commands import Binding
from core.content import Revision, read_rationale, read_revision, read_text
from core.decide import COMMITMENT_SHOWN
from core.directory import Directory
from core.eligibility import held
from core.quorum import needed
from core.request import Category, Decision, RequestState, Stage, StageStatus, Status, Vote
from core.text import cut, grouped, one_line, visible
from core.value import Millis

MAX_FACTS = 8
MAX_FACT = 300
ERASED = "(erased)"

Contents = Mapping[str, bytes]


def card(
    state: RequestState,
    contents: Contents,
    viewer: Viewer,
    directory: Directory,
    now: Millis,
) -> Card:
    """The card for a viewer. Content that was erased is shown as such."""
    revision = _revision(state, contents)
    stage = state.current
    buttons = _buttons(state, stage, viewer, now)
    rationale = contents.get(state.rationale) if state.rationale else None
    advice = None if rationale is None else read_rationale(rationale)
    return Card(
        request=state.id,
        version=state.version,
        status=state.status,
        title=visible(one_line(revision.title)),
        headline=headline(state, directory),
        asked_by=asked_by(state, directory),
        facts=tuple(_facts(state, revision)),
        stages=tuple(_stage_line(state, s, contents, directory) for s in state.stages),
        why=_why(state, stage, viewer),
        deadline=state.deadline,
        timezone=viewer.timezone,
        rationale=advice,
        risks=() if advice is None else advice.risks,
        buttons=buttons,
        binding=binding(state, stage),
        whole_action=whole_action(revision),
        description=None if revision.description is None else visible(revision.description),
        reason=_reason(state, contents),
        revision=state.revision,
        digest=revision.digest,
    )


def binding(state: RequestState, stage: Stage | None) -> Binding | None:
    """What a click on this card would be about; None when nothing can be decided."""
    if stage is None or not state.is_open:
        return None
    return Binding(
        request=state.id,
        revision=state.revision,
        commitment=state.commitment[:COMMITMENT_SHOWN],
        level=stage.plan.level,
        round=stage.round,
    )


def headline(state: RequestState, directory: Directory) -> str:
    """The one line that says where the request stands, with who decided."""
    names = ", ".join(directory.name(p) for p in state.outcome.by) if state.outcome else ""
    match state.status:
        case Status.APPROVED:
            return f"Approved by {names}" if names else "Approved by policy, without a person"
        case Status.REJECTED:
            return f"Rejected by {names}"
        case Status.CANCELLED:
            return f"Withdrawn by {names or state.agent}"
        case Status.EXPIRED:
            return "Expired: nobody decided in time"
        case Status.PROHIBITED:
            return "Prohibited by policy"
        case _:
            return _waiting(state)


def _waiting(state: RequestState) -> str:
    stage = state.current
    if stage is None:
        return "Waiting"
    place = f"{stage.plan.name} (stage {stage.plan.level} of {len(state.stages)})"
    if held(stage):
        return f"Held at {place}: too few people may decide it; withdraw it and ask again"
    return f"Waiting for {place}"


def asked_by(state: RequestState, directory: Directory) -> str:
    """Who asks, for whom: "Alice Adams, through agent purchasing"."""
    agent = f"agent {visible(one_line(state.agent))}"
    if state.requester is None:
        return agent[0].upper() + agent[1:]
    return f"{directory.name(state.requester)}, through {agent}"


def whole_action(revision: Revision) -> str:
    """All that an approval is about, as text, with hidden characters made visible: title,
    description, labels, what the agent says of itself, and the action as indented JSON."""
    action = {"type": revision.action.type, "params": revision.action.params}
    parts = [revision.title, revision.description or ""]
    parts += [f"labels: {', '.join(revision.labels)}"] if revision.labels else []
    parts += [f"context: {_indented(revision.context)}"] if revision.context else []
    parts.append(f"action: {_indented(action)}")
    # JSON text keeps its line ends: only what stands inside strings can be hidden.
    return "\n\n".join(_visible_lines(part) for part in parts if part)


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _visible_lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))


def _revision(state: RequestState, contents: Contents) -> Revision:
    body = contents.get(state.content)
    if body is not None:
        return read_revision(body)
    return read_revision(
        json.dumps({"action": {"type": state.action_type, "params": {}}, "title": ERASED}).encode()
    )


def _facts(state: RequestState, revision: Revision) -> list[Fact]:
    facts = []
    if state.amount is not None:
        currency = f" {state.currency}" if state.currency else ""
        facts.append(Fact(label="Amount", value=f"{grouped(state.amount)}{currency}"))
    facts.append(Fact(label="Action", value=state.action_type))
    if state.risk_score is not None:
        facts.append(Fact(label="Risk score", value=f"{state.risk_score} of 100"))
    for name, value in revision.action.params.items():
        if name != "amount" or not _is_amount(value, state.amount):
            # Not to be mistaken for the amount that the policy routed on.
            label = "Amount in the action" if name == "amount" else _label(name)
            facts.append(Fact(label=label, value=cut(visible(_shown(value)), MAX_FACT)))
    if len(facts) > MAX_FACTS:
        left = len(facts) - MAX_FACTS + 1
        facts[MAX_FACTS - 1 :] = [Fact(label="More", value=f"{left} more in the full action")]
    return facts


def _is_amount(value: Any, amount: str | None) -> bool:
    """Whether a param says what the amount's own line says already."""
    try:
        return amount is not None and Decimal(str(value)) == Decimal(amount)
    except InvalidOperation:
        return False


def _label(name: str) -> str:
    text = one_line(visible(name)).replace("_", " ")
    return cut(text[:1].upper() + text[1:], 60)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _stage_line(
    state: RequestState, stage: Stage, contents: Contents, directory: Directory
) -> StageLine:
    open_now = stage.status is StageStatus.PENDING and state.is_open
    voted = {v.person for v in stage.votes}
    waiting = [directory.name(p) for p in stage.assigned if p not in voted]
    return StageLine(
        level=stage.plan.level,
        name=stage.plan.name,
        status=stage.status.value,
        votes=tuple(_vote_line(v, contents, directory) for v in stage.votes),
        waiting_for=tuple(waiting) if open_now else (),
        needed=needed(stage.plan.entries, stage.plan.quorum),
        escalated_because=stage.escalated_because,
    )


def _vote_line(vote: Vote, contents: Contents, directory: Directory) -> VoteLine:
    return VoteLine(
        name=directory.name(vote.person),
        decision="approved" if vote.decision is Decision.APPROVE else "rejected",
        via=vote.via,
        at=vote.at,
        comment=_text(vote.comment, contents),
    )


def _text(content: str | None, contents: Contents) -> str | None:
    if content is None:
        return None
    body = contents.get(content)
    return ERASED if body is None else visible(read_text(body))


def _reason(state: RequestState, contents: Contents) -> str | None:
    if state.outcome is None:
        return None
    if state.outcome.reason is not None:
        return _text(state.outcome.reason, contents)
    return because(state)


def because(state: RequestState) -> str | None:
    """The rule's own sentence, where the rule and not a person ended the request."""
    route = state.route
    return None if route is None or route.category is Category.REVIEW else route.because


def _why(state: RequestState, stage: Stage | None, viewer: Viewer) -> str | None:
    if stage is None or not state.is_open or state.route is None:
        return None
    rule = f"policy rule {state.route.rule}"
    if viewer.person is None:
        return f"Stage {stage.plan.name} of {rule}"
    if viewer.person not in stage.assigned:
        return None
    because = f" ({stage.escalated_because})" if stage.escalated_because else ""
    return f"You are asked as {stage.plan.name} by {rule}{because}"


def _buttons(
    state: RequestState, stage: Stage | None, viewer: Viewer, now: Millis
) -> tuple[Button, ...]:
    if not state.is_open or stage is None or now >= state.expires_at:
        return ()
    view = Button(verb=Verb.VIEW, label="View full action")
    verbs = _open_verbs(stage, viewer)
    confirm = _confirm(state) if state.route and state.route.confirm else None
    approve = Button(verb=Verb.APPROVE, label="Approve", confirm=confirm)
    reject = Button(verb=Verb.REJECT, label="Reject")
    return (*(b for b in (approve, reject) if b.verb in verbs), view)


def _open_verbs(stage: Stage, viewer: Viewer) -> set[Verb]:
    """What may count: a vote can be changed while its stage is open, not cast again.

    A channel's audience gets both; whether a click counts is checked at the click.
    """
    both = {Verb.APPROVE, Verb.REJECT}
    if viewer.person is None:
        return both if stage.assigned else set()
    if viewer.person not in stage.assigned:
        return set()
    mine = [v.decision for v in stage.votes if v.person == viewer.person]
    return both - {Verb.APPROVE} if Decision.APPROVE in mine else both


def _confirm(state: RequestState) -> Confirm:
    known = []
    if state.amount is not None:
        known.append(f"Amount {grouped(state.amount)} {state.currency or ''}".rstrip() + ".")
    if state.risk_score is not None:
        known.append(f"Risk score {state.risk_score} of 100.")
    text = " ".join([*known, "Your approval is recorded under your name."])
    return Confirm(title="Approve this request?", text=text, yes="Approve", no="Back")
