"""The votes of a stage, as events change them."""

from msgspec.structs import replace

from core.events import Recorded, Voted
from core.request import Stage, Vote


def vote_of(event: Voted, recorded: Recorded) -> Vote:
    """The vote that an event says was cast."""
    return Vote(
        person=event.person,
        decision=event.decision,
        via=recorded.actor.via,
        at=recorded.at,
        entries=event.entries,
        on_behalf_of=event.on_behalf_of,
        through=event.through,
        comment=event.comment,
        department=event.department,
        departments=event.departments,
    )


def stands_beside(earlier: Vote, vote: Vote) -> bool:
    """Whether an earlier vote stands after this one. One person has one vote, and so have a
    person and those who stand in for them; who votes takes back what was voted through their
    hand."""
    return vote.person not in earlier.voices and earlier.seat != vote.seat


def without(stage: Stage, gone: list[Vote]) -> dict[str, tuple[object, ...]]:
    """What becomes of the stage when these votes are changed or taken back."""
    left = tuple(vote for vote in stage.votes if vote not in gone)
    return {"votes": left, "undone": (*stage.undone, *(vote.person for vote in gone))}


def carried(stage: Stage, kept: tuple[Vote, ...]) -> Stage:
    """The stage with the votes that were kept, in the seats that they had."""
    votes = (replace(vote, carried=True) for vote in stage.votes)
    return replace(stage, votes=tuple(vote for vote in votes if vote in kept))
