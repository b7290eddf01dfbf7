"""People and groups who are kept in the database, beside those of the directory file.

An identity provider keeps them up to date over SCIM, or somebody brings in a table. What is kept is
one immutable snapshot, of which each server has a copy, and `number` says how new it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from core.directory.accounts import Ledger as AccountLedger
from core.directory.people import Identity
from core.system_events import SystemRecorded
from core.value import Millis, Value

T = TypeVar("T")

SCIM: Final = "scim"
CSV: Final = "csv"
"""Where somebody comes from: who wrote them last."""


class Mail(Value, frozen=True):
    """An address as SCIM has it."""

    value: str
    type: str | None = None
    primary: bool | None = None


class ScimNames(Value, frozen=True):
    """What SCIM wants back as it gave it; it decides nothing."""

    user_name: str | None = None
    external_id: str | None = None
    display_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    formatted: str | None = None
    timezone: str | None = None
    emails: tuple[Mail, ...] = ()


class KeptPerson(Value, kw_only=True, frozen=True):
    """One person as kept. `email` is the person id, in lower case; `id` is SCIM's, for ever.

    Who is not `active` counts as not there. `formerly` are addresses that they had before: whose
    requests they may not approve, being their own. `version` counts the changes of this person,
    `number` is the change of the directory that wrote them.
    """

    id: str
    email: str
    name: str
    active: bool = True
    source: str = CSV
    manager: str | None = None
    department: str | None = None
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    timezone: str = "UTC"
    working_hours: str | None = None
    notify: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    formerly: tuple[str, ...] = ()
    scim: ScimNames = ScimNames()
    version: int = 1
    number: int = 0
    created_at: Millis = 0
    changed_at: Millis = 0
    deleted_at: Millis | None = None

    @property
    def user_name(self) -> str:
        """What SCIM calls them."""
        return self.scim.user_name or self.email


class KeptGroup(Value, kw_only=True, frozen=True):
    """One group as kept. Who belongs to it stands with the people, by the group's name."""

    id: str
    name: str
    external_id: str | None = None
    version: int = 1
    number: int = 0
    created_at: Millis = 0
    changed_at: Millis = 0
    deleted_at: Millis | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Newer:
    """The rows that changed after some number, those that were deleted among them. `number` is that
    of the newest change; what is open was brought in line with those up to `settled`."""

    number: int = 0
    settled: int = 0
    people: Sequence[KeptPerson] = ()
    groups: Sequence[KeptGroup] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """All people and groups that are kept, by id, those that were deleted too."""

    number: int = 0
    people: Mapping[str, KeptPerson] = field(default_factory=dict)
    groups: Mapping[str, KeptGroup] = field(default_factory=dict)

    def with_newer(self, newer: Newer) -> "Kept":
        """The snapshot with these rows. What is older than it is changes nothing."""
        if newer.number <= self.number:
            return self
        return Kept(
            newer.number,
            {**self.people, **{each.id: each for each in newer.people}},
            {**self.groups, **{each.id: each for each in newer.groups}},
        )


NOBODY: Final = Kept()


class PeopleLedger(Protocol):
    """What is kept, inside one transaction in which nobody else changes any of it."""

    @property
    def accounts(self) -> AccountLedger:
        """The chat accounts, in the same transaction."""
        ...

    def person(self, id: str) -> KeptPerson | None:
        """By id; also who was deleted."""
        ...

    def by_email(self, email: str) -> KeptPerson | None:
        """Who has this address now."""
        ...

    def by_user_name(self, name: str) -> KeptPerson | None:
        """Whom SCIM calls so now, without regard to case."""
        ...

    def everyone(self) -> Sequence[KeptPerson]:
        """All who were not deleted, in the order of their addresses."""
        ...

    def led_by(self, email: str) -> Sequence[KeptPerson]:
        """Those whose manager has this address."""
        ...

    def members(self, group: str) -> Sequence[KeptPerson]:
        """Who belongs to the group of this name."""
        ...

    def group(self, id: str) -> KeptGroup | None:
        """By id; also one that was deleted."""
        ...

    def group_named(self, name: str) -> KeptGroup | None:
        """The group of this name now, without regard to case."""
        ...

    def put(self, person: KeptPerson) -> KeptPerson:
        """Write a person, new or changed; gives it with the number of this change."""
        ...

    def put_group(self, group: KeptGroup) -> KeptGroup:
        """Write a group, new or changed; gives it with the number of this change."""
        ...

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        """Append to a stream of the trail."""
        ...


class KeptPeople(Protocol):
    """Everybody who is kept."""

    async def transact(self, fn: Callable[[PeopleLedger], T]) -> T:
        """Call `fn` in a transaction; nothing is kept when it raises. It may run again.

        What was decided with an older directory is committed before, or not at all."""
        ...

    async def newer(self, than: int) -> Newer:
        """What changed since that number; of 0 everything."""
        ...

    async def settle(self, number: int) -> None:
        """What is open was brought in line with the changes up to this one."""
        ...
