"""The stages as shown: who decided, who is waited for, and what stands in the way."""

from core.card import StageLine, VoteLine
from core.cards.headlines import escalation, held_line
from core.cards.hours import outside_hours
from core.cards.names import flagged
from core.cards.texts import Contents, text_of
from core.directory.people import Directory
from core.request import Decision, RequestState, Stage, StageStatus, Vote
from core.rules.counting import seats_missing
from core.rules.standins import stand_in_for
from core.rules.waiting import waited_for

DONE = {
    Decision.APPROVE: "approved",
    Decision.REJECT: "rejected",
    Decision.REQUEST_CHANGES: "asked for changes",
}
"""What a person did, in one word or three."""


def stage_lines(
    state: RequestState, contents: Contents, directory: Directory, timezone: str = "UTC"
) -> tuple[StageLine, ...]:
    """One line a stage, in their order, for a reader in this time zone."""
    return tuple(_line(state, stage, contents, directory, timezone) for stage in state.stages)


def waiting_names(state: RequestState, directory: Directory) -> tuple[str, ...]:
    """Who is waited for, each with who stands in: "Ann (or Bob in their place)"."""
    stage, people = state.current, waited_for(state)
    if stage is None:
        return ()
    givers = {p: stand_in_for(state, stage, p) for p in people}
    return tuple(
        _waiting(person, [p for p, giver in givers.items() if giver == person], directory)
        for person, giver in givers.items()
        # Whose giver has gone meanwhile is named alone.
        if giver not in givers
    )


def _line(
    state: RequestState, stage: Stage, contents: Contents, directory: Directory, timezone: str
) -> StageLine:
    open_now = state.is_open and stage == state.current
    return StageLine(
        level=stage.plan.level,
        name=stage.plan.name,
        status=stage.status.value,
        votes=tuple(_vote(state, v, contents, directory) for v in stage.votes),
        waiting_for=waiting_names(state, directory) if open_now else (),
        needed=seats_missing(stage),
        escalated_because=escalation(stage, directory),
        note=_note(state, stage)
        or (outside_hours(stage, directory, timezone) if open_now else None),
    )


def _waiting(person: str, takers: list[str], directory: Directory) -> str:
    name = directory.name(person)
    if not takers:
        return name
    return f"{name} (or {' or '.join(map(directory.name, takers))} in their place)"


def _note(state: RequestState, stage: Stage) -> str | None:
    why = held_line(stage)
    if why is not None:
        return f"Held: {why}"
    if stage.bypass is not None:
        return f"Passed by itself: {stage.bypass}"
    if stage.status is StageStatus.REJECTED and state.outcome and state.outcome.cause:
        timed_out = state.outcome.cause == "timeout"
        return "Its time ran out" if timed_out else f"Refused by itself: {state.outcome.cause}"
    return None


def _vote(state: RequestState, vote: Vote, contents: Contents, directory: Directory) -> VoteLine:
    name = flagged(vote.person, directory)
    if vote.on_behalf_of is not None:
        name += f" for {flagged(vote.on_behalf_of, directory)}"
    if vote.carried:
        # A vote says not on which revision it was cast; after two edits that is not known.
        earlier = "revision 1" if state.revision == 2 else "an earlier revision"
        name += f" (on {earlier}, carried over)"
    return VoteLine(
        name=name,
        decision=DONE[vote.decision],
        via=vote.via,
        at=vote.at,
        comment=text_of(vote.comment, contents),
    )
