"""How a model is reached, and how it fails, without anything of a provider's library."""

from enum import StrEnum
from typing import Final, Protocol

from adapters.ai.prompt import Asked
from core.value import Millis

MOST_BYTES: Final = 262_144
"""Of an answer; the schema's longest is far below."""


class Why(StrEnum):
    """Why there is no answer; the values are for people."""

    TIMEOUT = "it did not answer in time"
    UNREACHED = "it cannot be reached"
    BROKEN = "it failed"
    BUSY = "it is asked too often"
    SPENT = "its account has no credit left"
    DENIED = "it does not accept the key"
    WRONG = "it knows no such address, model or deployment"
    FILTERED = "its content filter refused"
    UNFIT = "it does not take the request as it is"
    NOT_RECORDED = "the recorded answers hold none for this"


class Unanswered(Exception):
    """No answer. Holds nothing that a provider wrote; `after` is how long it wants to be left
    alone, `status` its HTTP status or 0."""

    def __init__(self, why: Why, status: int = 0, after: Millis | None = None) -> None:
        self.why, self.status, self.after = why, status, after
        super().__init__(f"{why.value} (HTTP {status})" if status else why.value)


class Wire(Protocol):
    """Sends one question."""

    async def complete(self, asked: Asked) -> bytes:
        """The body of a chat completion. Raises Unanswered."""
        ...

    async def models(self) -> frozenset[str] | None:
        """The models that the key may use, None where they are not told; costs nothing. Raises
        Unanswered."""
        ...

    async def aclose(self) -> None:
        """Let connections go."""
        ...
