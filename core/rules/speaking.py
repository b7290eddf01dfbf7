"""In whose name a person may decide a stage: their own, or that of somebody they stand in for."""

from core.commands import Facts
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, Stage, StageStatus
from core.route import Entry
from core.rules.eligibility import Bars, entitled, places, qualifications, qualifies
from core.rules.recording import asked_names
from core.rules.standins import Chain, chains
from core.value import Value


class Speaker(Value, frozen=True):
    """In whose name a person decides, and which of the stage's places that may fill."""

    entries: tuple[int, ...] = ()
    on_behalf_of: str | None = None
    through: Chain = ()


def speaking(
    state: RequestState, stage: Stage, email: str, decision: Decision, facts: Facts
) -> Speaker:
    """In whose name this person may decide this stage, today. Raises Refused.

    Separation of duties limits approvals, not rejections.
    """
    bars = Bars(state, facts) if decision is Decision.APPROVE else None
    if bars is not None and (reason := bars.reason(email)) is not None:
        raise barred(state, reason, email)
    named = any(email in entry.people for entry in _named(stage, decision))
    if named and (own := _own(stage, decision, facts)) is not None:
        return own
    ways = chains(state, stage, email)
    if named and not ways:
        raise Refused(Reason.NO_LONGER_QUALIFIED, stage=stage.plan.name, needs=_needs(stage))
    if not ways:
        raise Refused(Reason.NOT_AN_APPROVER, stage=stage.plan.name, waiting_for=asked_names(stage))
    refusal: Refused | None = None
    for way in ways:
        try:
            return _for_another(state, stage, way, bars, facts)
        except Refused as error:
            refusal = refusal or error
    assert refusal is not None, "every way was refused"
    raise refusal


def barred(state: RequestState, reason: Reason, email: str) -> Refused:
    """Why separation of duties keeps somebody's approval from counting."""
    approved = (s for s in state.stages if s.status is StageStatus.APPROVED)
    voices = ((s.plan.name, v.voices) for s in approved for v in s.votes)
    stage = next((name for name, people in voices if email in people), "")
    return Refused(reason, stage=stage, person=email)


def _named(stage: Stage, decision: Decision) -> tuple[Entry, ...]:
    """The entries that give a person a word: whoever separation of duties keeps from
    approving may still reject; whose turn has not come may not."""
    if decision is Decision.APPROVE:
        return stage.entries
    return stage.entries + stage.turns


def _own(stage: Stage, decision: Decision, facts: Facts) -> Speaker | None:
    """The person's own word, if they have what it takes today."""
    person = facts.person
    if person is None:
        return None
    found = places(person, stage)
    if found or any(entitled(person, entry, stage.plan) for entry in _named(stage, decision)):
        return Speaker(entries=found)
    return None


def _for_another(
    state: RequestState, stage: Stage, way: Chain, bars: Bars | None, facts: Facts
) -> Speaker:
    """The right of the person at the end of the chain, used by the one at its start."""
    _, *through, giver = way
    if not set(way).isdisjoint(stage.replaced):
        # Whom an administrator replaced does not come back in somebody else's name.
        raise Refused(Reason.NOT_AN_APPROVER, stage=stage.plan.name, waiting_for=asked_names(stage))
    _require_unused(stage, way)
    if bars is not None:
        for voice in way:
            if (reason := bars.reason(voice)) is not None:
                raise barred(state, reason, voice)
    able: tuple[int, ...] = ()
    person, absent = facts.person, facts.people.get(giver)
    if person and absent and all(between in facts.people for between in through):
        fits, entries = qualifies(person, stage.plan), stage.entries
        able = tuple(p for p in places(absent, stage) if fits or entries[p].exempt)
    if not able:
        raise Refused(Reason.NO_LONGER_QUALIFIED, stage=stage.plan.name, needs=_needs(stage))
    return Speaker(entries=able, on_behalf_of=giver, through=tuple(through))


def _require_unused(stage: Stage, way: Chain) -> None:
    """Whoever stands nearer to the seat goes before those further off, and nobody's hand
    passes on a second vote. Raises Refused."""
    person, *others = way
    for vote in stage.votes:
        replaced = vote.person == person or vote.seat == way[-1]
        if vote.person in others or not (replaced or set(way).isdisjoint(vote.voices)):
            raise Refused(Reason.SEAT_DECIDED, person=vote.person)


def _needs(stage: Stage) -> str:
    wanted = qualifications(stage.plan)
    groups = [e.ref for e in stage.entries if e.ref.startswith("group:")]
    if groups:
        wanted.append(f"membership in {' or '.join(groups)}")
    return " and ".join(wanted) or "an entry in the directory"
