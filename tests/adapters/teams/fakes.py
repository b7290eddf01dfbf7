"""Stand-ins for what the adapter is given: the service and the place of references."""

from dataclasses import dataclass, field
from typing import Any

from core.card import Verb
from core.chat.port import Absences, Answer, Click, Queue
from core.commands import Binding
from core.directory.people import Identity
from tests.adapters.teams.cards import a_card, a_form


@dataclass
class Recording:
    """A `Conversations` that keeps what it is asked and gives the answers it was given."""

    clicks: list[Click] = field(default_factory=list)
    absence_onces: list[str] = field(default_factory=list)
    asked: list[tuple[str, Identity, Any]] = field(default_factory=list)
    click_answer: Answer = field(default_factory=lambda: Answer(text="Recorded.", card=a_card()))
    form_answer: Answer = field(default_factory=lambda: Answer(text="", form=a_form()))
    history_answer: Answer = field(default_factory=lambda: Answer(text="Asked by Alice"))
    absence_answer: Answer = field(default_factory=lambda: Answer(text="Bob acts for you."))
    absent: Absences = field(default_factory=Absences)
    status_answer: Answer = field(default_factory=lambda: Answer(text="Waiting", card=a_card()))
    found: Queue = field(default_factory=Queue)
    seen: list[tuple[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    reached: list[Identity] = field(default_factory=list)
    breaks: bool = False

    def _works(self) -> None:
        if self.breaks:
            raise RuntimeError("the disk is full")

    @property
    def onces(self) -> list[str]:
        """What told the message of each click from all others."""
        return [click.once for click in self.clicks]

    async def click(self, click: Click) -> Answer:
        self._works()
        self.clicks.append(click)
        return self.click_answer

    async def form(
        self, identity: Identity, binding: Binding, verb: Verb, place: str = ""
    ) -> Answer:
        self.places.append(place)
        self.asked.append((f"form {verb.value}", identity, binding))
        return self.form_answer

    async def history(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        self.places.append(place)
        self.asked.append(("history", identity, request_id))
        return self.history_answer

    async def absences(self, identity: Identity) -> Absences:
        self.asked.append(("absences", identity, None))
        return self.absent

    async def set_absence(
        self, identity: Identity, to: str, starts: int | None, ends: int | None, once: str = ""
    ) -> Answer:
        self.absence_onces.append(once)
        self.asked.append(("set_absence", identity, (to, starts, ends)))
        return self.absence_answer

    async def end_absence(self, identity: Identity, id: str) -> Answer:
        self.asked.append(("end_absence", identity, id))
        return self.absence_answer

    async def queue(self, identity: Identity) -> Queue:
        self._works()
        self.asked.append(("queue", identity, None))
        return self.found

    async def status(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        self._works()
        self.places.append(place)
        self.asked.append(("status", identity, request_id))
        return self.status_answer

    async def reachable(self, identity: Identity) -> None:
        self.reached.append(identity)

    async def first_time(self, platform: str, key: str) -> bool:
        new = (platform, key) not in self.seen
        self.seen.append((platform, key))
        return new


@dataclass
class Shelf:
    """A `References` in memory that counts how often it is written."""

    kept: dict[Identity, dict[str, str]] = field(default_factory=dict)
    writes: list[tuple[str, int]] = field(default_factory=list)
    breaks: bool = False

    async def reference(self, identity: Identity) -> dict[str, str] | None:
        if self.breaks:
            raise RuntimeError("the disk is full")
        return self.kept.get(identity)

    async def keep_reference(
        self, identity: Identity, fields: dict[str, str] | None, at: int
    ) -> None:
        self.writes.append((identity.account, at))
        if fields is None:
            self.kept.pop(identity, None)
        else:
            self.kept[identity] = fields
