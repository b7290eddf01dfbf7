"""What the findings need of storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.insight.cases import Ballot, Case, Kind, StageKey
from core.insight.proposals import Found
from core.value import Millis, Value

OPEN = "open"


class Proposed(Value, frozen=True):
    """A proposal that was made: the request that asks for it, and what became of it: "open", the
    request's final status, or "adopted" or "failed" after the approval."""

    request: str
    finding: str
    before: str
    after: str
    by: str
    made_at: Millis
    status: str = OPEN
    ended_at: Millis | None = None


class Followed(Value, frozen=True):
    """How many events were looked at; `busy` where another server does it now."""

    seen: int
    busy: bool = False


class Ledger(Protocol):
    """Counted cases and decisions, what was found, and what was proposed."""

    async def follow(self, since: Millis) -> Followed:
        """Take up the next page of events; what ended before `since` is left out."""
        ...

    async def cases(self, since: Millis) -> Mapping[Kind, Sequence[Case]]:
        """The newest of each kind, bounded as `thresholds` says."""
        ...

    async def ballots(self, since: Millis) -> Mapping[StageKey, Sequence[Ballot]]:
        """The newest of each stage, bounded likewise."""
        ...

    async def prune(self, before: Millis, limit: int) -> int:
        """Forget cases and decisions from before, a few at a time; how many."""
        ...

    async def keep(self, found: Found) -> None:
        """What was found last replaces what was found before."""
        ...

    async def found(self) -> Found | None: ...

    async def keep_text(self, digest: str, text: str, at: Millis) -> None:
        """Keep a policy's text that is about to be proposed."""
        ...

    async def text(self, digest: str) -> str | None: ...

    async def add(self, proposed: Proposed) -> None:
        """One that stands there already stays as it is."""
        ...

    async def end(self, request: str, status: str, at: Millis) -> None: ...

    async def proposed(self, limit: int, finding: str | None = None) -> Sequence[Proposed]:
        """The newest, of all or of one finding."""
        ...

    async def open(self, limit: int) -> Sequence[Proposed]: ...
