"""The card itself, put together from its parts."""

from msgspec.structs import replace

from core.card import BY_LINK, Card, RemarkLine, Viewer
from core.cards.buttons import buttons
from core.cards.changes import note
from core.cards.facts import facts, whole_action
from core.cards.headlines import because, decide_by, escalation, headline
from core.cards.moments import moment
from core.cards.names import agent_name, in_sentence
from core.cards.stages import stage_lines, waiting_names
from core.cards.texts import Contents, advice_of, revision_of, text_of
from core.commands import Binding
from core.content import Rationale
from core.decide import COMMITMENT_SHOWN
from core.directory.people import Directory, Identity
from core.request import Remark, RequestState, Stage, Status
from core.route import Route
from core.rules.standins import chains, live
from core.rules.waiting import waited_for
from core.text import one_line, visible
from core.value import Millis

NAMED = 5
"""How many of those who can decide are named where everybody reads it."""


def card(
    state: RequestState,
    contents: Contents,
    viewer: Viewer,
    directory: Directory,
    now: Millis,
) -> Card:
    """The card for a viewer. Content that was erased is shown as such."""
    revision = revision_of(state, contents)
    stage = state.current
    seen_by_all, menu = buttons(state, viewer, directory, now)
    found = advice_of(state, contents)
    advice = None if found is None else _safe(found)
    return Card(
        request=state.id,
        version=state.version,
        status=state.status,
        title=visible(one_line(revision.title)),
        headline=headline(state, directory),
        asked_by=asked_by(state, directory),
        facts=facts(state, revision),
        stages=stage_lines(state, contents, directory, viewer.timezone),
        why=_why(state, stage, viewer, directory),
        deadline=decide_by(state),
        timezone=viewer.timezone,
        rationale=advice,
        risks=() if advice is None else advice.risks,
        buttons=seen_by_all,
        binding=binding(state, stage),
        whole_action=whole_action(revision),
        description=None if revision.description is None else visible(revision.description),
        reason=_reason(state, contents),
        revision=state.revision,
        digest=revision.digest,
        erased=state.content not in contents,
        more=menu,
        note=_note(state, contents, viewer, directory),
        remarks=tuple(_remark(state, r, contents, directory) for r in state.remarks),
        revisable=may_revise(state, viewer),
        asked=() if viewer.person is not None else _asked(state, stage, directory),
        ended_by_viewer=state.outcome is not None and viewer.person in state.outcome.by,
        elsewhere=state.route is not None and bool(_elsewhere(state.route, viewer)),
    )


def _asked(state: RequestState, stage: Stage | None, directory: Directory) -> tuple[Identity, ...]:
    """The accounts of those it waits for, of all the others who are asked, and of who asks."""
    if stage is None or not state.is_open:
        return ()
    named = (*waited_for(state), *stage.assigned, *([state.requester] if state.requester else []))
    people = (directory.person(email) for email in dict.fromkeys(named))
    return tuple(account for person in people if person for account in person.identities)


def may_revise(state: RequestState, viewer: Viewer) -> bool:
    """Whether the viewer asked for this and may send it again with changes."""
    route = state.route
    if viewer.person is None or viewer.person != state.requester or route is None:
        return False
    return state.is_open and state.attempt < route.max_attempts


def binding(state: RequestState, stage: Stage | None) -> Binding | None:
    """What a click on this card would be about; None once the request is over.

    Level and round are 0 where no stage is open: nothing can be decided then, but a comment
    can be written.
    """
    if not state.is_open:
        return None
    return Binding(
        request=state.id,
        revision=state.revision,
        commitment=state.commitment[:COMMITMENT_SHOWN],
        level=0 if stage is None else stage.plan.level,
        round=0 if stage is None else stage.round,
    )


def asked_by(state: RequestState, directory: Directory) -> str:
    """Who asks, for whom: "Alice Adams, through agent purchasing", or just "Alice Adams"."""
    if state.by_person and state.requester is not None:
        return directory.name(state.requester)
    agent = agent_name(state)
    if state.requester is None:
        return agent[0].upper() + agent[1:]
    return f"{directory.name(state.requester)}, through {agent}"


def _reason(state: RequestState, contents: Contents) -> str | None:
    if state.outcome is None:
        return None
    if state.outcome.reason is not None:
        return text_of(state.outcome.reason, contents)
    return because(state)


def _why(
    state: RequestState, stage: Stage | None, viewer: Viewer, directory: Directory
) -> str | None:
    """Why this viewer is asked: which rule, which stage, and for whom they stand in."""
    if stage is None or not state.is_open or state.route is None:
        return None
    rule = f"policy rule {state.route.rule}"
    elsewhere = _elsewhere(state.route, viewer)
    if viewer.person is None:
        return f"Stage {stage.plan.name} of {rule}{_only(state, directory)}{elsewhere}"
    givers = () if viewer.person in stage.assigned else _givers(state, stage, viewer.person)
    if viewer.person not in stage.assigned and not givers:
        return None
    standing_in = f" for {in_sentence(givers, directory)}" if givers else ""
    others = escalation(stage, directory)
    why = "" if others is None else f" ({others})"
    text = f"You are asked{standing_in} as {stage.plan.name} by {rule}{why}"
    takers = [d.taker for d in live(state) if d.giver == viewer.person]
    text += f". {in_sentence(takers, directory)} may act for you" if takers else ""
    return text + elsewhere


def _elsewhere(route: Route, viewer: Viewer) -> str:
    """Where to go to decide, for who cannot do it where they are."""
    if route.decide_in in (None, viewer.place):
        return ""
    if viewer.place == BY_LINK:
        return ". It is decided by who signed in with the company account; you came by a link"
    return ". It is decided on the web pages, signed in there with the company account, not here"


def _only(state: RequestState, directory: Directory) -> str:
    """Who may press the buttons that everybody sees."""
    names = waiting_names(state, directory)
    if not names:
        return ""
    more = len(names) - NAMED
    others = f" and {more} more" if more > 0 else ""
    return f". Only those it waits for can decide: {', '.join(names[:NAMED])}{others}"


def _note(
    state: RequestState, contents: Contents, viewer: Viewer, directory: Directory
) -> str | None:
    text = note(state, contents, directory)
    if state.status is not Status.CHANGES_REQUESTED:
        return text
    # Nobody is to decide by then, so it is no deadline of the card.
    ends = f"Without a new revision it ends {moment(state.expires_at, viewer.timezone)}."
    return ends if text is None else f"{text} {ends}"


def _givers(state: RequestState, stage: Stage, person: str) -> tuple[str, ...]:
    return tuple(chain[-1] for chain in chains(state, stage, person))


def _remark(
    state: RequestState, remark: Remark, contents: Contents, directory: Directory
) -> RemarkLine:
    name = agent_name(state) if remark.person is None else directory.name(remark.person)
    text = text_of(remark.content, contents) or ""
    return RemarkLine(name=name, text=text, at=remark.at, question=remark.question)


def _safe(advice: Rationale) -> Rationale:
    """Advice may quote the request, or come from a model that read it."""
    return replace(
        advice,
        summary=visible(advice.summary),
        points=tuple(replace(p, text=visible(p.text)) for p in advice.points),
        risks=tuple(map(visible, advice.risks)),
        source=visible(one_line(advice.source)),
        questions=tuple(map(visible, advice.questions)),
    )
