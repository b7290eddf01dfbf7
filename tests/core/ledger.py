"""Accounts and codes in memory, with nothing that could fail."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from core.directory.accounts import Account, Attempt, Ledger, LinkCode
from core.directory.people import Identity
from core.system_events import SystemRecorded
from core.value import Millis

T = TypeVar("T")


class MemoryLedger:
    """As `core.directory.accounts.Ledger`."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.by_hash: dict[str, LinkCode] = {}
        self.tried: list[tuple[Attempt, str, Millis]] = []
        self.trail: list[tuple[str, SystemRecorded]] = []

    def holder(self, identity: Identity) -> Account | None:
        return next((a for a in self.holding() if a.identity == identity), None)

    def accounts_of(self, person: str) -> Sequence[Account]:
        return [a for a in self.holding() if a.person == person]

    def ended(self, identity: Identity) -> Sequence[Account]:
        found = self.accounts.values()
        return [a for a in found if a.identity == identity and a.ended_at is not None]

    def codes(self, name: str) -> Sequence[LinkCode]:
        return [c for c in self.by_hash.values() if c.name == name]

    def codes_of(self, person: str) -> Sequence[LinkCode]:
        return [c for c in self.by_hash.values() if c.person == person]

    def attempts(self, what: Attempt, by: str, since: Millis) -> Sequence[Millis]:
        return sorted(at for w, b, at in self.tried if (w, b) == (what, by) and at > since)

    def keep(self, account: Account) -> None:
        self.accounts[account.id] = account

    def keep_code(self, code: LinkCode) -> None:
        self.by_hash[code.hash] = code

    def attempted(self, what: Attempt, by: str, at: Millis) -> None:
        self.tried.append((what, by, at))

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        self.trail.append((stream, recorded))

    def holding(self) -> list[Account]:
        return [a for a in self.accounts.values() if a.ended_at is None]


class MemoryAccounts:
    """As `core.directory.accounts.Accounts`: one change after the other."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()

    async def transact(self, fn: Callable[[Ledger], T]) -> T:
        return fn(self.ledger)

    async def all(self) -> Sequence[Account]:
        return self.ledger.holding()

    async def number(self) -> int:
        return len(self.ledger.trail)
