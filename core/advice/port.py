"""What advice needs from outside: a model that answers, and how its failures look."""

from collections.abc import Sequence
from typing import Protocol

from core.advice.answer import ModelAnswer
from core.advice.facts import Fact
from core.content import Run
from core.value import Millis, Value


class Answered(Value, frozen=True, gc=True):
    """The model's answer, and how it was asked; nothing of it is checked yet. `ours` is the text of
    our own that it was given with the facts: no advice repeats that."""

    answer: ModelAnswer
    run: Run
    ours: str = ""


class Later(Value, frozen=True):
    """No answer for now: `after` is in how many milliseconds to ask again, None for as usual."""

    reason: str
    after: Millis | None = None


class Never(Value, frozen=True):
    """No answer, and asking again gives none: refused, or nothing that fits the schema."""

    reason: str


class Adviser(Protocol):
    """A provider of advice."""

    async def advise(self, facts: Sequence[Fact]) -> Answered | Later | Never:
        """Ask once about these facts. Never raises for what a provider may do."""
        ...


class Spending(Protocol):
    """What the records say of the cost of advice."""

    async def spent(self, since: Millis) -> tuple[int, int]:
        """Tokens, in and out, and money in millionths of all answers recorded from `since` on,
        by any server. Raises StorageError."""
        ...
