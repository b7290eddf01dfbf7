"""What is kept as SCIM resources."""

from datetime import UTC, datetime

from scim2_models import Meta, Reference

from adapters.scim.resources import (
    Email,
    EnterpriseUser,
    FullUser,
    Group,
    GroupMember,
    GroupMembership,
    Manager,
    Name,
    Role,
)
from adapters.scim.view import Entry, View
from core.directory.kept import SCIM, KeptGroup, KeptPerson
from core.value import Millis


class Presenting:
    """Makes resources of one view, with addresses below `base`."""

    def __init__(self, view: View, base: str) -> None:
        self._view = view
        self._base = base

    def user(self, entry: Entry) -> FullUser:
        """A user with the extension."""
        person = entry.person
        names = person.scim
        made = FullUser(
            id=person.id,
            external_id=names.external_id,
            user_name=person.user_name,
            name=_name(person),
            display_name=names.display_name or (None if person.source == SCIM else person.name),
            active=person.active,
            timezone=names.timezone if person.source == SCIM else person.timezone,
            emails=_emails(person),
            roles=[Role(value=role) for role in person.roles] or None,
            groups=self._groups(person) or None,
            meta=self._meta("User", "Users", person),
        )
        manager = self._manager(person)
        if person.department is not None or manager is not None:
            made[EnterpriseUser] = EnterpriseUser(department=person.department, manager=manager)
        return made

    def group(self, group: KeptGroup, *, with_members: bool = True) -> Group:
        """A group, with its members unless they are not wanted."""
        members = [
            GroupMember(value=p.id, ref=self._ref("Users", p.id))
            for p in (self._view.members(group.name) if with_members else ())
        ]
        return Group(
            id=group.id,
            external_id=group.external_id,
            display_name=group.name,
            members=members or None,
            meta=self._meta("Group", "Groups", group),
        )

    def _groups(self, person: KeptPerson) -> list[GroupMembership]:
        found = (self._view.group_named(name) for name in person.groups)
        return [
            GroupMembership(value=g.id, ref=self._ref("Groups", g.id), display=g.name)
            for g in found
            if g is not None
        ]

    def _manager(self, person: KeptPerson) -> Manager | None:
        entry = None if person.manager is None else self._view.by_email(person.manager)
        if entry is None:
            return None
        lead = entry.person
        return Manager(value=lead.id, ref=self._ref("Users", lead.id))

    def _ref(self, endpoint: str, id_: str) -> Reference:  # type: ignore[type-arg]  # any resource's
        return Reference(f"{self._base}/{endpoint}/{id_}")

    def _meta(self, kind: str, endpoint: str, what: KeptPerson | KeptGroup) -> Meta:
        return Meta(
            resource_type=kind,
            created=_moment(what.created_at),
            last_modified=_moment(what.changed_at),
            location=self._ref(endpoint, what.id),
            version=tag(what.version),
        )


def tag(version: int) -> str:
    """A version as an entity tag."""
    return f'W/"{version}"'


def _name(person: KeptPerson) -> Name | None:
    names = person.scim
    if names.formatted is None and names.given_name is None and names.family_name is None:
        return None
    return Name(
        formatted=names.formatted, given_name=names.given_name, family_name=names.family_name
    )


def _emails(person: KeptPerson) -> list[Email]:
    """As they were sent; the person's address where none were."""
    sent = person.scim.emails
    if not sent:
        return [Email(value=person.email, type="work", primary=True)]
    return [Email(value=m.value, type=m.type, primary=m.primary) for m in sent]


def _moment(at: Millis) -> datetime | None:
    return datetime.fromtimestamp(at / 1000, UTC) if at else None
