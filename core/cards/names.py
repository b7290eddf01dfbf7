"""Who is meant, in words: names instead of addresses, and what a reader must know of them."""

from collections.abc import Iterable, Sequence

from core.directory.people import Directory
from core.events import Actor
from core.request import RequestState, Vote
from core.text import one_line, visible

GONE = "(no longer in the directory)"


def listed(people: Iterable[str], directory: Directory) -> str:
    """Names with commas between them, each once."""
    return ", ".join(directory.name(p) for p in dict.fromkeys(people))


def in_sentence(people: Iterable[str], directory: Directory) -> str:
    """Names as a sentence has them, each once: "Ann", "Ann and Bob", "Ann, Bob and Cy"."""
    return together([directory.name(p) for p in dict.fromkeys(people)])


def together(names: Sequence[str]) -> str:
    """Words with commas between them, and "and" before the last."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def agent_name(state: RequestState) -> str:
    """The program that asked: "agent purchasing", or "purchasing-agent" as it is."""
    name = visible(one_line(state.agent))
    return name if name.lower().endswith("agent") else f"agent {name}"


def flagged(email: str, directory: Directory) -> str:
    """A name, or the address of somebody who has left, said to be one."""
    if directory.person(email) is None:
        return f"{email} {GONE}"
    return directory.name(email)


def voter(vote: Vote, directory: Directory) -> str:
    """Who voted: "Bob", or "Bob for Ann"."""
    name = directory.name(vote.person)
    if vote.on_behalf_of is None:
        return name
    return f"{name} for {directory.name(vote.on_behalf_of)}"


def acting(actor: Actor, state: RequestState, directory: Directory) -> str:
    """Who did something: a person, the agent that asked, another key, or Countersign itself."""
    if actor.person is not None:
        return directory.name(actor.person)
    if actor.agent is None:
        return "Countersign"
    return agent_name(state) if actor.agent == state.agent_key else "An API key"


def deciders(state: RequestState, directory: Directory) -> str:
    """Whose votes brought the end about, each with whom they stood in for; "" for nobody's."""
    by = () if state.outcome is None else state.outcome.by
    votes = {vote.person: vote for stage in state.stages for vote in stage.votes}
    names = (voter(votes[p], directory) if p in votes else directory.name(p) for p in by)
    return ", ".join(dict.fromkeys(names))
