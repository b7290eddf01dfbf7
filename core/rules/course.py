"""How a request goes on: what a command leads to, event by event, and the state by then."""

from core.events import Actor, AnyEvent, Recorded
from core.evolve import evolve
from core.request import RequestState
from core.value import Millis, Value


class Decided(Value, frozen=True):
    """What a command or time led to: the events in their order, and the state after them.

    Without events it is the state from before.
    """

    state: RequestState
    events: tuple[Recorded, ...] = ()


class Course:
    """The events of one command so far, and the state after the newest of them.

    The rules read the state and add to it; each event is folded once, here. A refusal abandons
    the course, and nothing else has changed: the state it began with is as it was.
    """

    __slots__ = ("events", "state")

    def __init__(self, state: RequestState) -> None:
        self.state = state
        self.events: list[Recorded] = []

    def add(self, event: AnyEvent, actor: Actor, at: Millis) -> None:
        """One more event, with who did it and when."""
        recorded = Recorded(event=event, actor=actor, at=at)
        self.state = evolve(self.state, recorded)
        self.events.append(recorded)

    def decided(self) -> Decided:
        """All of it, to be kept."""
        return Decided(state=self.state, events=tuple(self.events))
