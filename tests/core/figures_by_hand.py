"""What figures must say, counted anew from the records as they are stored.

Slow and simple on purpose, and without the core's code: it reads JSON, one request after the
other, and keeps lists where the product keeps sums.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]
DAY = 86_400_000
ENDS = {"expired": "expired", "cancelled": "cancelled"}
VOTES = {"approve": "approved", "reject": "rejected", "request_changes": "changes"}

About = tuple[str, int, str, str, str]
"""Kind ("request", "stage", "person"), UTC day, rule, category, and agent, stage or person."""


@dataclass
class Book:
    """How often what happened, and how long it took each time."""

    counts: dict[About, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    times: dict[About, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class _Stage:
    name: str
    status: str = "waiting"
    opened: int | None = None
    due: int | None = None
    escalated: bool = False
    votes: dict[str, bool] = field(default_factory=dict)
    """By voter, whether the vote was only carried over."""


class _Request:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.stages: list[_Stage] = []
        self.route: Json = {}
        self.agent, self.created, self.edits = "", 0, 0
        self.revision = 1
        self.handed: list[tuple[str, int]] = []
        self.advice: Json = {}

    def counted(self, name: str, what: str, at: int, kind: str = "request") -> None:
        self.book.counts[self.about(name, at, kind)][what] += 1

    def about(self, name: str, at: int, kind: str) -> About:
        if kind == "person":
            return kind, at // DAY, "", "", name
        return kind, at // DAY, self.route["rule"], self.route["category"], name

    def fresh(self, route: Json) -> None:
        self.route = route
        self.stages = [_Stage(plan["name"]) for plan in route.get("stages", ())]

    def pending(self) -> _Stage | None:
        return next((s for s in self.stages if s.status == "pending"), None)

    def leave(self, stage: _Stage, what: str, at: int, *, decided: bool) -> None:
        """An open stage ends."""
        self.counted(stage.name, what, at, "stage")
        if stage.escalated:
            self.counted(stage.name, "escalated", at, "stage")
        if stage.due is not None and (decided or at > stage.due):
            self.counted(stage.name, "breached" if at > stage.due else "kept", at, "stage")

    def took(self, name: str, since: int, at: int, kind: str) -> None:
        self.book.times[self.about(name, at, kind)].append(max(0, at - since))

    # --- each event ------------------------------------------------------------------------

    def submitted(self, e: Json, at: int) -> None:
        self.agent, self.created = e["agent"], at
        self.fresh(e["route"])
        self.counted(self.agent, "submitted", at)
        if e["route"].get("uncategorised"):
            self.counted(self.agent, "uncategorised", at)

    def revised(self, e: Json, at: int) -> None:
        stage, kept = self.pending(), e.get("kept")
        if stage is not None and kept is None:
            self.leave(stage, "sent_back", at, decided=False)
        if kept is None:
            self.fresh(e["route"])
        else:
            self.route = e["route"]
            for each in self.stages:
                each.votes = dict.fromkeys(each.votes, True)
        self.revision = e["revision"]
        self.edits += bool(e.get("edited"))
        self.counted(self.agent, "edits" if e.get("edited") else "revised", at)

    def rationale_recorded(self, e: Json, at: int) -> None:
        self.advice = e

    def stage_opened(self, e: Json, at: int) -> None:
        stage = self.stages[e["level"] - 1]
        stage.status, stage.opened, stage.due = "pending", at, e.get("due_at")
        stage.escalated = e.get("escalated_because") is not None
        stage.votes = {}
        self.counted(stage.name, "opened", at, "stage")

    def voted(self, e: Json, at: int) -> None:
        stage = self.stages[e["level"] - 1]
        stage.votes[e["person"]] = False
        self.counted(e["person"], VOTES[e["decision"]], at, "person")
        since = [at for person, at in self.handed if person == e["person"]]
        assert stage.opened is not None
        self.took(e["person"], max([stage.opened, *since]), at, "person")

    def vote_withdrawn(self, e: Json, at: int) -> None:
        self.stages[e["level"] - 1].votes.pop(e["person"], None)
        self.counted(e["person"], "withdrawn", at, "person")

    def stage_approved(self, e: Json, at: int) -> None:
        stage = self.stages[e["level"] - 1]
        if e.get("bypass"):
            self.counted(stage.name, "passed", at, "stage")
        else:
            self.leave(stage, "approved", at, decided=True)
            if not all(stage.votes.values()):
                assert stage.opened is not None
                self.took(stage.name, stage.opened, at, "stage")
        stage.status = "approved"

    def stage_rejected(self, e: Json, at: int) -> None:
        stage = self.stages[e["level"] - 1]
        if e.get("cause"):
            self.leave(stage, "refused", at, decided=False)
        else:
            self.leave(stage, "rejected", at, decided=True)
            assert stage.opened is not None
            self.took(stage.name, stage.opened, at, "stage")
        stage.status = "rejected"

    def rolled_back(self, e: Json, at: int) -> None:
        for stage in self.stages[e["to"] - 1 : e["level"]]:
            stage.status, stage.due, stage.votes = "waiting", None, {}

    def changes_requested(self, e: Json, at: int) -> None:
        stage = self.stages[e["level"] - 1]
        if stage.status == "pending":
            self.leave(stage, "sent_back", at, decided=False)
            stage.status = "waiting"

    def delegated(self, e: Json, at: int) -> None:
        self.handed.append((e["taker"], at))

    def escalated(self, e: Json, at: int) -> None:
        stage = self.stages[e["level"] - 1]
        stage.escalated = True
        self.counted(stage.name, "escalations", at, "stage")

    def reminded(self, e: Json, at: int) -> None:
        self.counted(self.stages[e["level"] - 1].name, "reminders", at, "stage")

    def nudged(self, e: Json, at: int) -> None:
        self.counted(self.stages[e["level"] - 1].name, "nudges", at, "stage")

    def finished(self, e: Json, at: int) -> None:
        status, by, bypass = e["status"], e.get("by"), e.get("bypass")
        by_people = bool(by) and bypass is None and status in ("approved", "rejected")
        how = bypass if bypass else status
        if status == "rejected" and not by:
            how = "refused"
        self.counted(self.agent, how, at)
        for stage in self.stages:
            if stage.status == "pending":
                self.leave(stage, ENDS.get(status, "overtaken"), at, decided=False)
            elif stage.status == "waiting" and stage.opened is None:
                self.counted(stage.name, "skipped", at, "stage")
        if status == "approved" and self.edits:
            self.counted(self.agent, "edited", at)
        if by_people:
            self.took(self.agent, self.created, at, "request")
            self._advised(status, at)

    def _advised(self, status: str, at: int) -> None:
        source, said = self.advice.get("source"), self.advice.get("recommendation")
        if said not in ("approve", "reject") or (
            source != "rules" and self.advice.get("confidence") is None
        ):
            return
        whose = "rules" if source == "rules" else "model"
        self.counted(self.agent, f"{whose}_cases", at)
        if status == {"approve": "approved", "reject": "rejected"}[said]:
            self.counted(self.agent, f"{whose}_agreed", at)

    def execution_reported(self, e: Json, at: int) -> None:
        self.counted(self.agent, e["outcome"], at)

    def incident_reported(self, e: Json, at: int) -> None:
        self.counted(self.agent, "incidents", at)


def by_hand(streams: Iterable[Iterable[Json]]) -> Book:
    """The counts of all these requests, each given as its records in order."""
    book = Book()
    for records in streams:
        request = _Request(book)
        for record in records:
            handle = getattr(request, record["event"]["type"], None)
            if handle is not None:
                handle(record["event"], record["at"])
    return book
