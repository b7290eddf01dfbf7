"""The people who are kept, as a service: what an identity provider adds, changes and takes away.

Each call is one transaction. When it returns, this server goes by what was changed, and no server
decides anything by what was before.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from core.directory import changes, groups
from core.directory.changes import Change, Guarded
from core.directory.kept import Kept, KeptGroup, KeptPeople, KeptPerson, PeopleLedger
from core.directory.people import Directory
from core.events import Actor
from core.policy.policy import Policy
from core.service.access import ADMINS
from core.value import Millis

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleWorld:
    """What the service stands on.

    `file` are the people of the directory file alone, `kept` whoever this server knows to be kept,
    which `catch_up` brings up to date. `changed` is told of the addresses whose owners may have
    another say now. `guarded` is what may not be given to anybody.
    """

    people: KeptPeople
    file: Callable[[], Directory]
    kept: Callable[[], Kept]
    catch_up: Callable[[], Awaitable[None]]
    changed: Callable[[Collection[str]], None]
    guarded: Callable[[], Guarded]
    clock: Callable[[], Millis]
    new_id: Callable[[], str]


class PeopleService:
    """Everything that is done to people and groups from outside. Raises NotKept for what is
    refused, and then nothing of the call is stored."""

    def __init__(self, world: PeopleWorld, source: str) -> None:
        self._world = world
        self._source = source

    async def present(self) -> tuple[Directory, Kept]:
        """The people of the file, and everybody who is kept at this moment."""
        await self._world.catch_up()
        return self._world.file(), self._world.kept()

    async def add(self, actor: Actor, new: KeptPerson) -> KeptPerson:
        """Keep somebody new, under an id of ours."""
        new = replace(new, id=self._world.new_id())
        return await self._done(actor, lambda change: changes.added(change, new))

    async def change(self, actor: Actor, wished: KeptPerson, version: int | None) -> KeptPerson:
        """Keep somebody as wished; with a version, only if it is theirs now."""
        return await self._done(actor, lambda change: changes.changed(change, wished, version))

    async def remove(self, actor: Actor, person: str, version: int | None) -> None:
        """Keep somebody no more."""
        await self._done(actor, lambda change: changes.removed(change, person, version))

    async def add_group(self, actor: Actor, new: KeptGroup, members: Collection[str]) -> KeptGroup:
        """Keep a new group with these members, by their ids."""
        new = replace(new, id=self._world.new_id())
        return await self._done(actor, lambda change: groups.group_added(change, new, members))

    async def change_group(
        self, actor: Actor, wished: KeptGroup, members: Collection[str], version: int | None
    ) -> KeptGroup:
        """Keep a group as wished, with exactly these members."""
        return await self._done(
            actor, lambda change: groups.group_changed(change, wished, members, version)
        )

    async def remove_group(self, actor: Actor, group: str, version: int | None) -> None:
        """Keep a group no more."""
        await self._done(actor, lambda change: groups.group_removed(change, group, version))

    async def _done(self, actor: Actor, fn: Callable[[Change], T]) -> T:
        world, before = self._world, self._world.kept()

        def run(ledger: PeopleLedger) -> T:
            return fn(
                Change(
                    ledger=ledger,
                    file=world.file(),
                    actor=actor,
                    now=world.clock(),
                    source=self._source,
                    guarded=world.guarded(),
                )
            )

        result = await world.people.transact(run)
        await world.catch_up()
        world.changed(touched(before, world.kept()))
        return result


def touched(before: Kept, now: Kept) -> frozenset[str]:
    """The addresses of those who are not as they were."""
    pairs = ((before.people.get(id_), person) for id_, person in now.people.items())
    return frozenset(
        email
        for was, person in pairs
        if was is not person
        for email in (person.email, *(() if was is None else (was.email,)))
    )


def guarded_by(policy: Policy) -> Guarded:
    """What gives power over all approvals: the administrators, and roles that break the glass."""
    roles = (rule.glass.role for rule in policy.rules if rule.glass is not None)
    return Guarded(groups=frozenset({ADMINS}), roles=frozenset(roles))
