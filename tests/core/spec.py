"""Given events, when a command, then events: tests of the rules that read as sentences."""

from typing import Any

from msgspec.structs import replace

from core.commands import CastVote, Command, Facts, Tick
from core.content import Content, Text, row
from core.decide import Decided, decide, due
from core.directory.people import Directory
from core.events import Actor, AnyEvent, Recorded
from core.refusals import Reason, Refused
from core.request import Decision, RequestState
from core.rules.absence import Standing
from tests.core.builders import DIRECTORY, NOW, a_submit, shown


class Story:
    """One request and what happens to it; every step is decided at `now`."""

    def __init__(self, directory: Directory = DIRECTORY) -> None:
        self.state = RequestState(id="R1")
        self.history: list[Recorded] = []
        self.new: list[Recorded] = []
        self.now = NOW
        self.directory = directory
        self.standing: tuple[Standing, ...] = ()
        self.frozen = False
        self.kid = ""
        self.load: dict[str, int] = {}
        self.platforms: frozenset[str] = frozenset()

    def at(self, now: int) -> "Story":
        self.now = now
        return self

    def when(self, command: Command, person: str | None = None) -> "Story":
        """Apply what is due, then the command, as the service does."""
        waited = due(self.state, self.facts(person), self.now)
        self._keep(waited)
        own = decide(self.state, command, self.facts(person), self.now)
        self._keep(own)
        self.new = [*waited.events, *own.events] if isinstance(command, Tick) else [*own.events]
        return self

    def facts(self, person: str | None = None) -> Facts:
        """Today's facts about this person and everyone else."""
        found = facts_of(self.directory, person)
        return replace(
            found,
            standing=self.standing,
            platforms=self.platforms,
            frozen=self.frozen,
            kid=self.kid,
            load=self.load,
        )

    def _keep(self, decided: Decided) -> None:
        self.state = decided.state
        self.history += decided.events

    def votes(self, person: str, decision: Decision, **fields: Any) -> "Story":
        command = vote(self.state, person, decision, **fields)
        return self.when(command, person)

    def approves(self, person: str, **fields: Any) -> "Story":
        return self.votes(person, Decision.APPROVE, **fields)

    def rejects(self, person: str, reason: str | None = "No budget", **fields: Any) -> "Story":
        return self.votes(person, Decision.REJECT, reason=reason, **fields)

    def then(self, *events: AnyEvent) -> "Story":
        """Exactly these events came of the last command, in this order."""
        assert [recorded.event for recorded in self.new] == list(events)
        return self

    def refused(self, command: Command, person: str) -> Reason:
        """The reason for which this is refused; nothing of the command is kept."""
        before = self.state
        try:
            self.when(command, person)
        except Refused as refusal:
            assert self.state == due(before, self.facts(person), self.now).state
            return refusal.reason
        raise AssertionError("the command was not refused")


def facts_of(directory: Directory, person: str | None) -> Facts:
    """Today's facts as the service gathers them."""
    who = None if person is None else directory.person(person)
    return Facts(person=who, people=dict(directory.people))


def submitted(**fields: Any) -> Story:
    return Story().when(a_submit(**fields))


def vote(
    state: RequestState,
    person: str,
    decision: Decision,
    reason: str | None = None,
    **fields: Any,
) -> CastVote:
    comment: Content | None = None
    if reason is not None:
        comment = row(f"comment-{person}", "11" * 16, Text(text=reason))
    given: dict[str, Any] = {
        "actor": Actor(via="slack", person=person),
        "person": person,
        "decision": decision,
        "comment": comment,
    }
    if "binding" not in fields and "stage" not in fields and "revision" not in fields:
        given["binding"] = shown(state)
    return CastVote(**given | fields)
