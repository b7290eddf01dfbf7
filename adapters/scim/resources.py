"""The resources as SCIM describes them: of the standard's attributes those that mean something.

What else a provider sends is left out, as RFC 7644 section 3.3 permits. The class attributes are
what `/Schemas` says.
"""

from typing import Annotated, Any, Final

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    CaseExact,
    ComplexAttribute,
    Extension,
    Mutability,
    Reference,
    Required,
    Resource,
    Schema,
    ScimPolicy,
    Uniqueness,
)

MOST_MAILS: Final = 20

POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""As Microsoft Entra and Okta depart from the standard:
https://learn.microsoft.com/en-us/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility"""


class Name(ComplexAttribute):
    formatted: str | None = None
    """The full name, as it is shown."""

    family_name: str | None = None
    """The family name."""

    given_name: str | None = None
    """The given name."""


class Email(ComplexAttribute):
    value: str | None = None
    """An e-mail address."""

    type: str | None = Field(None, examples=["work", "home", "other"])
    """Which of the addresses it is."""

    primary: bool | None = None
    """Whether this is the address that says who somebody is."""


class Role(ComplexAttribute):
    value: str | None = None
    """A role, as the policy's `required_role` names it."""


class GroupMembership(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The id of the group."""

    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the group."""

    display: Annotated[str | None, Mutability.read_only] = None
    """The name of the group."""


class User(Resource[AnyExtension]):
    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name to sign in with; the person's address where there are no `emails`."""

    name: Name | None = None
    """The parts of the name."""

    display_name: str | None = None
    """The name as cards show it."""

    active: bool | None = None
    """Whether the person counts: who is not active has no say."""

    timezone: str | None = Field(None, examples=["Europe/Berlin", "America/New_York", "UTC"])
    """The person's time zone, by its IANA name."""

    emails: list[Email] | None = None
    """Addresses; the primary one, or else the first, is who the person is here."""

    roles: list[Role] | None = None
    """Roles that the policy may ask for."""

    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    """The groups to which the person belongs; changed through the groups."""


class Manager(ComplexAttribute):
    value: Annotated[str | None, CaseExact.true] = None
    """The id of the manager; an e-mail address is taken too."""

    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]  # with or without extension
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the manager's resource."""


class EnterpriseUser(Extension):
    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    department: str | None = None
    """The department, as the policy's `required_department` names it."""

    manager: Manager | None = None
    """Who leads the person: whom `manager_of:requester` asks."""


class GroupMember(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of a user."""

    ref: Annotated[
        Reference["User"] | None,  # type: ignore[type-arg]  # with or without extension
        Mutability.immutable,
    ] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    """The address of the user."""


class Group(Resource[Any]):
    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """The group's name, as the policy's `group:NAME` names it."""

    members: list[GroupMember] | None = None
    """The users who belong to it and are kept here; those of the directory file stand there."""


FullUser = User[EnterpriseUser]
"""A user with the extension."""


def schemas() -> list[Schema]:
    """What `/Schemas` says. Somebody needs an address, and whether they count should be said: both
    are asked for here, though an address as `userName` does as well, and new people count."""
    user = User.to_schema()
    for attribute in user.attributes or []:
        if attribute.name in ("emails", "active"):
            attribute.required = Required.true
            for part in attribute.sub_attributes or []:
                if part.name == "value":
                    part.required = Required.true
    return [user, EnterpriseUser.to_schema(), Group.to_schema()]
