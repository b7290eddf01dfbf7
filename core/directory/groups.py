"""Changes of groups that are kept. Who belongs to one stands with each person.

A group of the same name may have members in the directory file too; they are the file's.
"""

import hashlib
from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from core.directory.changes import Change, with_groups
from core.directory.kept import KeptGroup, KeptPerson
from core.directory.people import Directory
from core.directory.refusing import NotKept, Why
from core.source import NAME_LIMIT
from core.text import has_hidden, is_blank

FILE_ID: Final = "file-"
"""How the ids of people in the directory file begin."""


def file_id(email: str) -> str:
    """The id under which SCIM sees somebody of the directory file."""
    return FILE_ID + hashlib.sha256(email.encode()).hexdigest()[:26]


def of_file(file: Directory, given: str) -> str | None:
    """Whose such an id is."""
    if not given.startswith(FILE_ID):
        return None
    return next((email for email in file.people if file_id(email) == given), None)


def group_added(change: Change, new: KeptGroup, members: Collection[str] = ()) -> KeptGroup:
    """Keep a new group with these members, by their ids. Raises NotKept."""
    _require_free(change, new)
    kept = change.ledger.put_group(
        replace(new, version=1, created_at=change.now, changed_at=change.now)
    )
    _move(change, kept.name, {}, _people(change, kept.name, members, {}))
    return kept


def group_changed(
    change: Change, wished: KeptGroup, members: Collection[str], version: int | None = None
) -> KeptGroup:
    """Keep a group as wished, by `wished.id`, with exactly these members. Raises NotKept."""
    before = group_found(change, wished.id, version)
    _require_free(change, wished)
    now = {p.id: p for p in change.ledger.members(before.name)}
    then = _people(change, wished.name, members, now)
    same = (before.name, before.external_id) == (wished.name, wished.external_id)
    if same and now.keys() == then.keys():
        return before
    kept = change.ledger.put_group(
        replace(
            wished,
            created_at=before.created_at,
            changed_at=change.now,
            version=before.version + 1,
        )
    )
    if before.name != kept.name:
        _rename(change, before.name, kept.name, now, then)
    else:
        _move(change, kept.name, now, then)
    return kept


def group_removed(change: Change, id: str, version: int | None = None) -> None:
    """Keep a group no more; nobody whom the ledger has belongs to it then. Raises NotKept."""
    before = group_found(change, id, version)
    _move(change, before.name, {p.id: p for p in change.ledger.members(before.name)}, {})
    gone = replace(before, version=before.version + 1, changed_at=change.now, deleted_at=change.now)
    change.ledger.put_group(gone)


def group_found(change: Change, id: str, version: int | None) -> KeptGroup:
    """The group under this id. Raises NotKept."""
    group = change.ledger.group(id)
    if group is None or group.deleted_at is not None:
        raise NotKept(Why.NO_SUCH_GROUP, id=id[:64])
    if version is not None and version != group.version:
        raise NotKept(Why.OTHER_VERSION, version=str(group.version))
    return group


def require_line(text: str, what: str) -> str:
    """The text without spaces around it. Raises NotKept for what is no name."""
    text = text.strip()
    long = len(text) > NAME_LIMIT or not text.isprintable()
    if is_blank(text) or long or has_hidden(text):
        raise NotKept(Why.WRONG_NAME, what=what, limit=str(NAME_LIMIT))
    return text


def _require_free(change: Change, group: KeptGroup) -> None:
    require_line(group.name, "displayName")
    known = change.ledger.group_named(group.name)
    if known is not None and known.id != group.id:
        raise NotKept(Why.GROUP_TAKEN, name=known.name)


def _people(
    change: Change, group: str, ids: Collection[str], now: dict[str, KeptPerson]
) -> dict[str, KeptPerson]:
    """The people with these ids; `now` are those who are members already."""
    found: dict[str, KeptPerson] = {}
    for each in ids:
        person = now.get(each) or change.ledger.person(each)
        email = of_file(change.file, each) if person is None else person.email
        if email in change.file.people and each not in now:
            raise NotKept(Why.FROM_FILE, person=email or "")
        if person is None or person.deleted_at is not None:
            raise NotKept(Why.UNKNOWN_MEMBER, id=each[:64], group=group)
        found[each] = person
    return found


def _move(
    change: Change, group: str, now: dict[str, KeptPerson], then: dict[str, KeptPerson]
) -> None:
    """Take out who is in `now` alone, and put in who is in `then` alone."""
    for person in now.values():
        if person.id not in then:
            with_groups(change, person, tuple(g for g in person.groups if g != group))
    for person in then.values():
        if person.id not in now:
            with_groups(change, person, (*person.groups, group))


def _rename(
    change: Change,
    old: str,
    new: str,
    now: dict[str, KeptPerson],
    then: dict[str, KeptPerson],
) -> None:
    """The policy goes by names: whoever was in the old one is in another group now."""
    for person in {**now, **then}.values():
        rest = tuple(g for g in person.groups if g not in (old, new))
        with_groups(change, person, (*rest, new) if person.id in then else rest)
