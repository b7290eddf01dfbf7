"""People and groups who are kept, in memory, with nothing that could fail."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from core.directory.kept import Kept, KeptGroup, KeptPerson, Newer, PeopleLedger
from core.system_events import SystemRecorded
from tests.core.ledger import MemoryLedger

T = TypeVar("T")


class MemoryPeople:
    """As `core.directory.kept.PeopleLedger`; every write is a change of its own."""

    def __init__(self) -> None:
        self.people: dict[str, KeptPerson] = {}
        self.groups: dict[str, KeptGroup] = {}
        self.trail: list[tuple[str, SystemRecorded]] = []
        self.number = 0
        self._accounts = MemoryLedger()

    @property
    def accounts(self) -> MemoryLedger:
        return self._accounts

    def person(self, id: str) -> KeptPerson | None:
        return self.people.get(id)

    def by_email(self, email: str) -> KeptPerson | None:
        return next((p for p in self.everyone() if p.email == email), None)

    def by_user_name(self, name: str) -> KeptPerson | None:
        return next((p for p in self.everyone() if p.user_name.lower() == name.lower()), None)

    def everyone(self) -> Sequence[KeptPerson]:
        there = (p for p in self.people.values() if p.deleted_at is None)
        return sorted(there, key=lambda p: p.email)

    def led_by(self, email: str) -> Sequence[KeptPerson]:
        return [p for p in self.everyone() if p.manager == email]

    def members(self, group: str) -> Sequence[KeptPerson]:
        return [p for p in self.everyone() if group in p.groups]

    def group(self, id: str) -> KeptGroup | None:
        return self.groups.get(id)

    def group_named(self, name: str) -> KeptGroup | None:
        there = (g for g in self.groups.values() if g.deleted_at is None)
        return next((g for g in there if g.name.casefold() == name.casefold()), None)

    def put(self, person: KeptPerson) -> KeptPerson:
        self.number += 1
        kept = self.people[person.id] = replace(person, number=self.number)
        return kept

    def put_group(self, group: KeptGroup) -> KeptGroup:
        self.number += 1
        kept = self.groups[group.id] = replace(group, number=self.number)
        return kept

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        self.trail.append((stream, recorded))

    def kept(self) -> Kept:
        """Everything, as one snapshot."""
        return Kept(self.number, dict(self.people), dict(self.groups))

    def whole(self, fn: Callable[[PeopleLedger], T]) -> T:
        """As a transaction: what fails leaves nothing."""
        before = dict(self.people), dict(self.groups), list(self.trail), self.number
        try:
            return fn(self)
        except BaseException:
            self.people, self.groups, self.trail, self.number = before
            raise


class MemoryKept:
    """As `core.directory.kept.KeptPeople`."""

    def __init__(self) -> None:
        self.ledger = MemoryPeople()
        self.settled = 0

    async def transact(self, fn: Callable[[PeopleLedger], T]) -> T:
        return self.ledger.whole(fn)

    async def newer(self, than: int) -> Newer:
        ledger = self.ledger
        return Newer(
            number=ledger.number,
            settled=self.settled,
            people=[p for p in ledger.people.values() if p.number > than],
            groups=[g for g in ledger.groups.values() if g.number > than],
        )

    async def settle(self, number: int) -> None:
        self.settled = max(self.settled, number)
