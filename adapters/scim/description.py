"""What the service says of itself: its configuration, its resource types and its schemas."""

from typing import Final

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    Meta,
    Pagination,
    Patch,
    Reference,
    ResourceType,
    Schema,
    ServiceProviderConfig,
    Sort,
)

from adapters.scim.resources import FullUser, Group, schemas

MOST_RESULTS: Final = 500
USUAL_RESULTS: Final = 100


def configuration(base: str) -> ServiceProviderConfig:
    """For `/ServiceProviderConfig`."""
    return ServiceProviderConfig(
        documentation_uri=None,
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        pagination=Pagination(cursor=False, index=True, max_page_size=MOST_RESULTS),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="API key",
                description="A key with the scope directory, as 'Authorization: Bearer <key>'.",
                primary=True,
            )
        ],
        meta=_meta("ServiceProviderConfig", f"{base}/ServiceProviderConfig"),
    )


def resource_types(base: str) -> list[ResourceType]:
    """For `/ResourceTypes`."""
    found = [ResourceType.from_resource(FullUser), ResourceType.from_resource(Group)]
    for each in found:
        each.meta = _meta("ResourceType", f"{base}/ResourceTypes/{each.id}")
    return found


def described(base: str) -> list[Schema]:
    """For `/Schemas`."""
    found = schemas()
    for each in found:
        each.meta = _meta("Schema", f"{base}/Schemas/{each.id}")
    return found


def _meta(kind: str, location: str) -> Meta:
    return Meta(resource_type=kind, location=Reference(location))
