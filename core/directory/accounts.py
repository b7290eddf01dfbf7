"""Chat accounts that were found to be somebody's, beside those that the directory file names.

A binding holds for ever until it is ended; the codes that lead to one are stored hashed.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from core.directory.people import Identity
from core.system_events import SystemRecorded
from core.value import Millis, Value

T = TypeVar("T")


class How(StrEnum):
    """How it was found out whose an account is: by a code from the person's mailbox, by an
    administrator, who may have made a code, or by its address."""

    CODE = "code"
    ADMIN = "admin"
    EMAIL = "email"


class Account(Value, frozen=True):
    """An account bound to one person. `ended_by` is "admin" or "system", with `ended_at`."""

    id: str
    identity: Identity
    person: str
    how: How
    bound_at: Millis
    ended_at: Millis | None = None
    ended_by: str | None = None


class LinkCode(Value, frozen=True):
    """A one-time code. `name` is its first letters, by which it is found, `hash` the SHA-256 of
    the whole (hex).

    Only the account in `identity` may use it; None: whoever it was handed to. `made_by` is an
    actor's `via`, `tries` how often something else was given under its name.
    """

    hash: str
    name: str
    person: str
    made_by: str
    made_at: Millis
    expires_at: Millis
    identity: Identity | None = None
    tries: int = 0
    used_at: Millis | None = None


class Attempt(StrEnum):
    """What is counted for an hour."""

    START = "start"
    WRONG = "wrong"


class Ledger(Protocol):
    """Accounts and codes inside one transaction, in which nobody else changes any."""

    def holder(self, identity: Identity) -> Account | None:
        """The binding of an account that holds now."""
        ...

    def accounts_of(self, person: str) -> Sequence[Account]:
        """A person's bindings that hold now, the oldest first."""
        ...

    def ended(self, identity: Identity) -> Sequence[Account]:
        """The bindings of an account that were ended."""
        ...

    def codes(self, name: str) -> Sequence[LinkCode]:
        """Codes with this name, used and expired ones included."""
        ...

    def codes_of(self, person: str) -> Sequence[LinkCode]:
        """Codes made for this person, used and expired ones included."""
        ...

    def attempts(self, what: Attempt, by: str, since: Millis) -> Sequence[Millis]:
        """When somebody (an account or an address, hashed) attempted it after `since`."""
        ...

    def keep(self, account: Account) -> None:
        """A new binding, or one that was ended."""
        ...

    def keep_code(self, code: LinkCode) -> None: ...

    def attempted(self, what: Attempt, by: str, at: Millis) -> None:
        """Count one attempt; those of earlier days are forgotten."""
        ...

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        """Append to a stream of the trail."""
        ...


class Accounts(Protocol):
    """The bindings of all platforms."""

    async def transact(self, fn: Callable[[Ledger], T]) -> T:
        """Call `fn` in a transaction; nothing is kept when it raises. It may run again."""
        ...

    async def all(self) -> Sequence[Account]:
        """Every binding that holds, the oldest first."""
        ...

    async def number(self) -> int:
        """Grows with each change of the bindings, so that nobody reads them all in vain."""
        ...
