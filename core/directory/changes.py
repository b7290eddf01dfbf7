"""Changes of the people who are kept: what is refused, and what each leaves in the trail.

Every function runs inside one transaction, over a ledger. Who can write the directory can give
anybody a say in approvals, so each change of that is an event in the stream of its person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from core.directory import binding
from core.directory.kept import KeptPerson, PeopleLedger
from core.directory.merging import circle
from core.directory.people import Directory
from core.directory.refusing import NotKept, Why
from core.directory.text import is_email
from core.events import Actor
from core.system_events import (
    AnySystemEvent,
    Authority,
    PersonAdded,
    PersonChanged,
    PersonDeactivated,
    PersonReactivated,
    SystemRecorded,
)
from core.value import Millis

MOST_VALUES: Final = 200
"""Groups, or roles, of one person."""

_SILENT: Final = frozenset({"id", "version", "number", "created_at", "changed_at", "deleted_at"})
"""Fields whose change is no change of the person."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """Groups and roles that whoever changes the directory may not give to anybody."""

    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Who changes the directory, when, and beside which file. `managers_are_good` says that many
    are changed at once, and whether all their managers are there was looked at before."""

    ledger: PeopleLedger
    file: Directory
    actor: Actor
    now: Millis
    source: str
    guarded: Guarded = Guarded()
    managers_are_good: bool = False

    def record(self, person: str, event: AnySystemEvent) -> None:
        """Append to the stream of the person."""
        self.ledger.record(f"person:{person}", SystemRecorded(event, self.actor, self.now))


def added(change: Change, new: KeptPerson) -> KeptPerson:
    """Keep somebody new. Raises NotKept."""
    new = replace(
        new, source=change.source, version=1, created_at=change.now, changed_at=change.now
    )
    _require_good(change, new)
    _require_given(change, None, new)
    kept = change.ledger.put(new)
    change.record(kept.email, PersonAdded(kept.email, kept.source, authority(kept)))
    if not kept.active:
        _record_gone(change, kept, "deactivated")
    return kept


def changed(
    change: Change,
    wished: KeptPerson,
    version: int | None = None,
    because: str = "deactivated",
) -> KeptPerson:
    """Keep somebody as `wished`, by `wished.id`; with `version` only if that is the present one.
    If they do not count any more, it is `because`, as the trail has it.

    One who is so already is given as they are. Raises NotKept.
    """
    before = found(change, wished.id, version)
    after = replace(
        wished,
        source=change.source,
        formerly=before.formerly,
        created_at=before.created_at,
        version=before.version + 1,
        changed_at=change.now,
    )
    fields = different(before, after)
    if not fields:
        return before
    _require_good(change, after)
    _require_given(change, before, after)
    if after.email != before.email:
        return _renamed(change, before, after)
    kept = change.ledger.put(after)
    _record_change(change, before, kept, fields, because)
    _count(change, set(before.groups) ^ set(after.groups))
    return kept


def removed(change: Change, id: str, version: int | None = None, because: str = "deleted") -> None:
    """Keep somebody no more: only their address stays, with groups, roles and department, which a
    policy may name. What was linked to them is not handed on to whoever has the address next.
    Raises NotKept."""
    before = found(change, id, version)
    if before.active:
        _record_gone(change, before, because)
    change.ledger.put(
        KeptPerson(
            id=before.id,
            email=before.email,
            name=before.email,
            active=False,
            source=before.source,
            groups=before.groups,
            roles=before.roles,
            department=before.department,
            version=before.version + 1,
            created_at=before.created_at,
            changed_at=change.now,
            deleted_at=change.now,
        )
    )
    _count(change, before.groups)
    _unlink(change, before.email)


def found(change: Change, id: str, version: int | None) -> KeptPerson:
    """Who is kept under this id and may be changed. Raises NotKept."""
    person = change.ledger.person(id)
    if person is None or person.deleted_at is not None:
        raise NotKept(Why.NO_SUCH_PERSON, id=id[:64])
    require_not_in_file(change, person.email)
    if version is not None and version != person.version:
        raise NotKept(Why.OTHER_VERSION, version=str(person.version))
    return person


def require_not_in_file(change: Change, email: str) -> None:
    """Raises NotKept for somebody whom the directory file names."""
    if email in change.file.people:
        raise NotKept(Why.FROM_FILE, person=email)


def authority(person: KeptPerson) -> Authority:
    """What gives them a say, if they are active."""
    return Authority(person.groups, person.roles, person.department, person.manager)


def different(before: KeptPerson, after: KeptPerson) -> tuple[str, ...]:
    """The fields in which they differ, but for those that only say who wrote them when."""
    names = (n for n in KeptPerson.__struct_fields__ if n not in _SILENT)
    return tuple(n for n in names if getattr(before, n) != getattr(after, n))


def _require_good(change: Change, person: KeptPerson) -> None:
    """Raises NotKept unless the person can stand beside all others."""
    ledger = change.ledger
    if not is_email(person.email):
        raise NotKept(Why.NO_ADDRESS, given=person.email[:254] or "What was sent")
    require_not_in_file(change, person.email)
    if _is_other(person, ledger.by_email(person.email)):
        raise NotKept(Why.ADDRESS_TAKEN, person=person.email)
    name = person.user_name.lower()
    if name in change.file.people or _is_other(person, ledger.by_user_name(name)):
        raise NotKept(Why.USER_NAME_TAKEN, name=person.user_name[:254])
    for what, values in (("groups", person.groups), ("roles", person.roles)):
        if len(values) > MOST_VALUES:
            raise NotKept(Why.TOO_MUCH, what=what, limit=str(MOST_VALUES))
    _require_manager(change, person)


def _require_manager(change: Change, person: KeptPerson) -> None:
    manager = person.manager
    if change.managers_are_good or manager is None or manager in change.file.people:
        return  # nobody of the file is led by anybody who is kept, so no circle closes
    before = change.ledger.person(person.id)
    old = person.email if before is None else before.email
    manager = person.email if manager == old else manager
    if manager != person.email and change.ledger.by_email(manager) is None:
        raise NotKept(Why.UNKNOWN_MANAGER, manager=manager[:254])

    def lead(email: str) -> str | None:
        # Whom they lead under an old address, they lead on under the new one.
        found = _manager_of(change, email)
        return person.email if found == old else found

    line = circle(person.email, manager, lead)
    if line:
        raise NotKept(Why.CIRCLE, line=" -> ".join(line))


def _manager_of(change: Change, email: str) -> str | None:
    if email in change.file.people:
        return None
    person = change.ledger.by_email(email)
    return None if person is None else person.manager


def _require_given(change: Change, before: KeptPerson | None, after: KeptPerson) -> None:
    """Raises NotKept where somebody would get what may not be given: also by coming back, or by
    getting an address that somebody else may read the mail of."""
    had = before if before is not None and before.email == after.email else None
    for given, were, guarded in (
        (_held(after).groups, _held(had).groups, change.guarded.groups),
        (_held(after).roles, _held(had).roles, change.guarded.roles),
    ):
        wrong = (set(given) - set(were)) & guarded
        if wrong:
            what = "group" if guarded is change.guarded.groups else "role"
            raise NotKept(Why.PROTECTED, what=f"The {what} {min(wrong)}")


def _held(person: KeptPerson | None) -> Authority:
    return Authority() if person is None or not person.active else authority(person)


def _is_other(person: KeptPerson, known: KeptPerson | None) -> bool:
    return known is not None and known.id != person.id


def _renamed(change: Change, before: KeptPerson, after: KeptPerson) -> KeptPerson:
    """The address is who somebody is. Under the new one they are somebody else, who may not approve
    what they asked for under the old one; whom they lead, they lead on."""
    if before.active:
        _record_gone(change, before, "renamed")
    formerly = tuple(dict.fromkeys((*before.formerly, before.email)))
    kept = change.ledger.put(
        replace(after, formerly=tuple(e for e in formerly if e != after.email))
    )
    change.record(
        kept.email, PersonAdded(kept.email, kept.source, authority(kept), formerly=before.email)
    )
    if not kept.active:
        _record_gone(change, kept, "deactivated")
    for led in change.ledger.led_by(before.email):
        moved = replace(led, manager=kept.email, version=led.version + 1, changed_at=change.now)
        _record_change(change, led, change.ledger.put(moved), ("manager",))
    _unlink(change, before.email)
    return kept


def _record_change(
    change: Change,
    before: KeptPerson,
    after: KeptPerson,
    fields: Iterable[str],
    because: str = "deactivated",
) -> None:
    """One event for what is another now, and one where they begin or cease to count."""
    rest = tuple(field for field in fields if field != "active")
    if rest:
        was, now = authority(before), authority(after)
        event = PersonChanged(
            after.email,
            after.source,
            rest,
            before=None if was == now else was,
            after=None if was == now else now,
        )
        change.record(after.email, event)
    if before.active and not after.active:
        _record_gone(change, after, because)
    elif after.active and not before.active:
        change.record(after.email, PersonReactivated(after.email, after.source, authority(after)))


def with_groups(change: Change, person: KeptPerson, groups: tuple[str, ...]) -> KeptPerson:
    """Put somebody into exactly these groups. Raises NotKept."""
    after = replace(
        person,
        groups=groups,
        source=change.source,
        version=person.version + 1,
        changed_at=change.now,
    )
    if person.groups == groups:
        return person
    if len(groups) > MOST_VALUES:
        raise NotKept(Why.TOO_MUCH, what="groups", limit=str(MOST_VALUES))
    _require_given(change, person, after)
    kept = change.ledger.put(after)
    _record_change(change, person, kept, ("groups",))
    return kept


def _count(change: Change, names: Iterable[str]) -> None:
    """These groups have other members now: who knows the version before is out of date."""
    for name in names:
        group = change.ledger.group_named(name)
        if group is not None and group.name == name:
            newer = replace(group, version=group.version + 1, changed_at=change.now)
            change.ledger.put_group(newer)


def _record_gone(change: Change, person: KeptPerson, because: str) -> None:
    event = PersonDeactivated(person.email, change.source, because, authority(person))
    change.record(person.email, event)


def _unlink(change: Change, email: str) -> None:
    """Chat accounts that were linked to the address are nobody's now."""
    accounts = change.ledger.accounts
    for account in accounts.accounts_of(email):
        binding.unbind(accounts, account, "left", change.actor, change.now)
    binding.end_codes(accounts, email, change.now)
