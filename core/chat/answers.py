"""What a person is told after a click or question: one sentence about what is true now.

The loser of a race is told who decided; a click on an old card is told what changed.
"""

import re

from core.card import Verb
from core.cards import headline
from core.cards.names import in_sentence, listed, voter
from core.cards.stages import waiting_names
from core.chat.telling import who_asks
from core.directory.people import Directory
from core.evolve import stage_at
from core.refusals import Reason, Refused
from core.request import RequestState, StageStatus
from core.rules.standins import live
from core.rules.waiting import waited_for

_DONE = {
    Verb.APPROVE: "You approved this",
    Verb.REJECT: "You rejected this",
    Verb.REQUEST_CHANGES: "You asked for changes",
    Verb.WITHDRAW: "You took your vote back",
    Verb.ESCALATE: "You escalated this",
    Verb.CANCEL: "You withdrew this",
    Verb.BREAK_GLASS: "You passed this alone, and everyone concerned is told",
    Verb.COMMENT: "Your comment is recorded, and those concerned are told",
}

_ADDRESS = re.compile(r"[^\s,;()]+@[^\s,;()]+[^\s,;().]")


def accepted(
    state: RequestState, verb: Verb, person: str, directory: Directory, stands: str
) -> str:
    """The sentence for an act that counted, or had counted before; `stands` is the headline."""
    return f"{_done(state, verb, person, directory)}. {stands}."


def refused(state: RequestState, refusal: Refused, level: int, directory: Directory) -> str:
    """The sentence for an act that changed nothing."""
    if refusal.reason is Reason.FINISHED:
        return f"{headline(state, directory)}. Nothing was changed."
    if refusal.reason is Reason.STALE_CARD:
        return _stale(state, level, directory)
    if "waiting_for" in refusal.details and state.current is not None:
        waiting = ", ".join(waiting_names(state, directory)) or "nobody"
        refusal = Refused(refusal.reason, **refusal.details | {"waiting_for": waiting})
    return named(refusal, directory)


def named(refusal: Refused, directory: Directory) -> str:
    """A refusal's sentence, with names instead of the addresses of people in the directory."""
    details = {
        key: _ADDRESS.sub(lambda match: directory.name(match.group()), value)
        for key, value in refusal.details.items()
    }
    return Refused(refusal.reason, **details).sentence


def _done(state: RequestState, verb: Verb, person: str, directory: Directory) -> str:
    if verb is Verb.EDIT:
        return _edited(state, person)
    if verb is Verb.DELEGATE:
        takers = [d.taker for d in live(state) if d.giver == person and d.standing is None]
        return f"You delegated this to {in_sentence(takers, directory)}"
    if verb is Verb.NUDGE:
        return f"Nudged: {listed(waited_for(state), directory) or 'nobody'}"
    if verb is Verb.ASK:
        asker = who_asks(state)
        told = "those concerned are" if asker is None else f"{directory.name(asker)} is"
        return f"Your question is recorded, and {told} told"
    if verb in (Verb.APPROVE, Verb.REJECT):
        votes = (v for s in state.stages for v in s.votes if v.person == person)
        newest = max(votes, key=lambda v: v.at, default=None)
        if newest is not None and newest.on_behalf_of is not None:
            return f"{_DONE[verb]} for {directory.name(newest.on_behalf_of)}"
    return _DONE[verb]


def _edited(state: RequestState, person: str) -> str:
    """The new revision is not always decided by whoever made it: it was routed anew."""
    approved = any(v.person == person for s in state.stages for v in s.votes)
    if state.edited_by != person:
        return "You approved this"
    made = f"You changed this to revision {state.revision}"
    return f"{made} and approved it" if approved else f"{made}, which others decide"


def _stale(state: RequestState, level: int, directory: Directory) -> str:
    if 1 <= level <= len(state.stages):
        stage = stage_at(state, level)
        if stage.status in (StageStatus.APPROVED, StageStatus.REJECTED) and stage.votes:
            names = ", ".join(voter(v, directory) for v in stage.votes)
            return (
                f"{stage.plan.name} was already {stage.status.value} by {names}. "
                f"{headline(state, directory)}. Nothing was changed."
            )
    return Refused(Reason.STALE_CARD).sentence
