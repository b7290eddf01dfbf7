"""The SCIM service as aiohttp routes, wired from arguments; nothing is built at import.

Whoever calls is let in first, by `enter`, which knows the keys. Whatever goes wrong is answered in
the form of SCIM.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web
from scim2_models import Context, ListResponse, Resource, ResourceType, Schema

from adapters.scim.description import configuration, described, resource_types
from adapters.scim.errors import MEDIA, Turned, answer_of
from adapters.scim.handlers import Call, Handlers, answer
from core.events import Actor
from core.service.people import PeopleService

ROOT: Final = "/scim/v2"

Enter = Callable[[web.Request], Awaitable[Actor]]
"""Who calls. Raises Turned."""

Handler = Callable[[Call], Awaitable[web.Response]]

_READ_ONLY: Final = ("ServiceProviderConfig", "ResourceTypes", "Schemas")


def build(service: PeopleService, enter: Enter, public_url: str | None) -> list[web.RouteDef]:
    """All routes below `/scim/v2`; addresses in answers begin with `public_url`, or else with
    where the call was sent."""
    handlers = Handlers(service)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/Users", handlers.users),
        ("POST", "/Users", handlers.add_user),
        ("GET", "/Users/{id}", handlers.user),
        ("PUT", "/Users/{id}", handlers.put_user),
        ("PATCH", "/Users/{id}", handlers.patch_user),
        ("DELETE", "/Users/{id}", handlers.delete_user),
        ("GET", "/Groups", handlers.groups),
        ("POST", "/Groups", handlers.add_group),
        ("GET", "/Groups/{id}", handlers.group),
        ("PUT", "/Groups/{id}", handlers.put_group),
        ("PATCH", "/Groups/{id}", handlers.patch_group),
        ("DELETE", "/Groups/{id}", handlers.delete_group),
        ("GET", "/ServiceProviderConfig", _configuration),
        ("GET", "/ResourceTypes", _listing(ResourceType, resource_types)),
        ("GET", "/ResourceTypes/{id}", _one(resource_types)),
        ("GET", "/Schemas", _listing(Schema, described)),
        ("GET", "/Schemas/{id}", _one(described)),
        ("*", "/{tail:.*}", _nothing_here),
    ]
    return [
        web.route(method, f"{ROOT}{path}", _endpoint(handler, enter, public_url))
        for method, path, handler in routes
    ]


def _endpoint(
    handler: Handler, enter: Enter, public_url: str | None
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        try:
            actor = await enter(request)
            origin = public_url or str(request.url.origin())
            return await handler(Call(request, actor, f"{origin}{ROOT}"))
        except Exception as error:
            made = answer_of(error)
            if made is None:
                raise
            return made

    return endpoint


async def _configuration(call: Call) -> web.Response:
    return answer(configuration(call.base), call)


def _listing(kind: type[Resource[Any]], all_of: Callable[[str], list[Any]]) -> Handler:
    async def listing(call: Call) -> web.Response:
        if "filter" in call.request.query:
            # As RFC 7644, section 4, has it.
            raise Turned(403, "What the service says of itself cannot be filtered.")
        found = all_of(call.base)
        listed = ListResponse[kind](  # type: ignore[valid-type]  # made at run time
            total_results=len(found), start_index=1, items_per_page=len(found), resources=found
        )
        text = listed.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        return web.Response(text=text, content_type=MEDIA)

    return listing


def _one(all_of: Callable[[str], list[Any]]) -> Handler:
    async def one(call: Call) -> web.Response:
        found: Mapping[str, Any] = {str(each.id).lower(): each for each in all_of(call.base)}
        wanted = found.get(call.id.lower())
        if wanted is None:
            raise Turned(404, "There is nothing with this id.")
        return answer(wanted, call)

    return one


async def _nothing_here(call: Call) -> web.Response:
    tail = call.request.match_info["tail"].strip("/").split("/")
    if tail == [".search"] or tail[1:] == [".search"] or tail in (["Bulk"], ["Me"]):
        raise Turned(501, "This service has no bulk calls, no /Me and no search by POST.")
    if tail[0] in (*_READ_ONLY, "Users", "Groups") and len(tail) <= 2:
        raise Turned(405, f"{call.request.method} is not possible here.")
    raise Turned(404, "There is nothing at this address.")
