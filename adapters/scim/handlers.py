"""What each call does: read, ask the core, answer."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from aiohttp import web
from scim2_models import (
    Context,
    ListResponse,
    PatchOp,
    Resource,
    ResponseParameters,
    SearchRequest,
)

from adapters.scim import intake
from adapters.scim.description import MOST_RESULTS, USUAL_RESULTS
from adapters.scim.errors import MEDIA
from adapters.scim.filtering import OF_GROUP, OF_USER, matching
from adapters.scim.members import (
    UNUSUAL,
    USUAL,
    operations_of,
    require_few,
    taken_together,
    with_operations,
)
from adapters.scim.present import Presenting, tag
from adapters.scim.reading import (
    group_of,
    in_standard_form,
    patch_in_standard_form,
    person_of,
)
from adapters.scim.resources import POLICY, FullUser, Group
from adapters.scim.view import Entry, View
from core.directory.kept import SCIM, KeptGroup, KeptPerson
from core.directory.refusing import NotKept, Why
from core.events import Actor
from core.service.people import PeopleService

R = TypeVar("R", bound=Resource[Any])

Wish = Callable[[View, KeptPerson], KeptPerson]
"""Somebody as a call wants them, of who they are now."""

TRIES: Final = 3
"""How often a call is applied anew because somebody else was faster."""


class Call:
    """One call of a provider that was let in."""

    def __init__(self, request: web.Request, actor: Actor, base: str) -> None:
        self.request, self.actor, self.base = request, actor, base

    @property
    def id(self) -> str:
        """The id in the address."""
        return self.request.match_info["id"]


class Handlers:
    """Users and groups."""

    def __init__(self, service: PeopleService) -> None:
        self._service = service
        self._view: View | None = None

    # --- users ---------------------------------------------------------------------------

    async def users(self, call: Call) -> web.Response:
        """GET /Users"""
        view, show = await self._present(call)
        search = _search(FullUser, call)
        found = await matching(view.people.values(), search.filter, OF_USER, show.user)
        return _listed(FullUser, search, found, show.user)

    async def user(self, call: Call) -> web.Response:
        """GET /Users/{id}"""
        view, show = await self._present(call)
        entry = _entry(view, call.id)
        return _given(call, show.user(entry), entry.person.version)

    async def add_user(self, call: Call) -> web.Response:
        """POST /Users"""
        payload = in_standard_form(await intake.json_of(call.request))
        sent = FullUser.model_validate(
            payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY
        )
        view, _ = await self._present(call)
        new = person_of(sent, KeptPerson(id="", email="", name="", source=SCIM), view)
        kept = await self._service.add(call.actor, new)
        return await self._user(call, kept, 201)

    async def put_user(self, call: Call) -> web.Response:
        """PUT /Users/{id}"""
        payload = in_standard_form(await intake.json_of(call.request))
        sent = FullUser.model_validate(
            payload, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY
        )

        def wish(view: View, before: KeptPerson) -> KeptPerson:
            return person_of(sent, before, view)

        return await self._wished(call, wish)

    async def patch_user(self, call: Call) -> web.Response:
        """PATCH /Users/{id}"""
        payload = patch_in_standard_form(await intake.json_of(call.request))
        require_few(operations_of(payload), USUAL)
        patch = _patch(PatchOp[FullUser], payload)

        def wish(view: View, before: KeptPerson) -> KeptPerson:
            sent = Presenting(view, call.base).user(Entry(before, is_files=False))
            patch.patch(sent, scim_policy=POLICY)
            return person_of(sent, before, view)

        return await self._wished(call, wish)

    async def _wished(self, call: Call, wish: Wish) -> web.Response:
        """Change somebody; anew where they are another meanwhile, since what the provider does not
        say of them, such as their groups, stays as it is."""
        asked = intake.expected(call.request)
        for left in reversed(range(TRIES)):
            view, _ = await self._present(call)
            before = _writable(view, call.id)
            _require_version(before, asked)
            wished = wish(view, before)
            try:
                kept = await self._service.change(call.actor, wished, before.version)
            except NotKept as refusal:
                if refusal.why is Why.OTHER_VERSION and left:
                    continue
                raise
            return await self._user(call, kept)
        raise AssertionError("the last try answers or raises")

    async def delete_user(self, call: Call) -> web.Response:
        """DELETE /Users/{id}"""
        view, _ = await self._present(call)
        _writable(view, call.id)
        await self._service.remove(call.actor, call.id, intake.expected(call.request))
        return web.Response(status=204)

    async def _user(self, call: Call, kept: KeptPerson, status: int = 200) -> web.Response:
        _, show = await self._present(call)
        return _given(call, show.user(Entry(kept, is_files=False)), kept.version, status)

    # --- groups --------------------------------------------------------------------------

    async def groups(self, call: Call) -> web.Response:
        """GET /Groups"""
        view, show = await self._present(call)
        search = _search(Group, call)
        found = await matching(view.groups.values(), search.filter, OF_GROUP, show.group)
        if search.sort_by is None and not intake.wants(call.request, "members"):
            return _listed(Group, search, found, partial(show.group, with_members=False))
        return _listed(Group, search, found, show.group)

    async def group(self, call: Call) -> web.Response:
        """GET /Groups/{id}"""
        view, show = await self._present(call)
        group = _group(view, call.id)
        with_members = intake.wants(call.request, "members")
        return _given(call, show.group(group, with_members=with_members), group.version)

    async def add_group(self, call: Call) -> web.Response:
        """POST /Groups"""
        payload = in_standard_form(await intake.json_of(call.request))
        sent = Group.model_validate(
            payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY
        )
        new, members = group_of(sent, KeptGroup(id="", name=""))
        kept = await self._service.add_group(call.actor, new, members)
        return await self._shown_group(call, kept, 201)

    async def put_group(self, call: Call) -> web.Response:
        """PUT /Groups/{id}"""
        payload = in_standard_form(await intake.json_of(call.request))
        sent = Group.model_validate(
            payload, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY
        )
        view, _ = await self._present(call)
        wished, members = group_of(sent, _group(view, call.id))
        asked = intake.expected(call.request)
        kept = await self._service.change_group(call.actor, wished, members, asked)
        return await self._shown_group(call, kept)

    async def patch_group(self, call: Call) -> web.Response:
        """PATCH /Groups/{id}"""
        payload = patch_in_standard_form(await intake.json_of(call.request))
        asked = intake.expected(call.request)
        for left in reversed(range(TRIES)):
            view, show = await self._present(call)
            before = _group(view, call.id)
            _require_version(before, asked)
            wished, members = _patched(payload, view, show, before)
            try:
                kept = await self._service.change_group(call.actor, wished, members, before.version)
            except NotKept as refusal:
                if refusal.why is Why.OTHER_VERSION and left:
                    continue
                raise
            return await self._shown_group(call, kept)
        raise AssertionError("the last try answers or raises")

    async def delete_group(self, call: Call) -> web.Response:
        """DELETE /Groups/{id}"""
        view, _ = await self._present(call)
        _group(view, call.id)
        await self._service.remove_group(call.actor, call.id, intake.expected(call.request))
        return web.Response(status=204)

    async def _shown_group(self, call: Call, kept: KeptGroup, status: int = 200) -> web.Response:
        _, show = await self._present(call)
        with_members = intake.wants(call.request, "members")
        return _given(call, show.group(kept, with_members=with_members), kept.version, status)

    # --- parts ---------------------------------------------------------------------------

    async def _present(self, call: Call) -> tuple[View, Presenting]:
        """Everybody as of now; made anew only when somebody is another."""
        file, kept = await self._service.present()
        view = self._view
        if view is None or view.file is not file or view.kept is not kept:
            view = self._view = View(file, kept)
        return view, Presenting(view, call.base)


def answer(resource: Resource[Any], call: Call, status: int = 200) -> web.Response:
    """A resource with the attributes that were asked for."""
    asked = ResponseParameters[type(resource)].model_validate(  # type: ignore[misc]  # one of ours
        intake.parameters_of(call.request)
    )
    text = resource.model_dump_json(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked
    )
    return web.Response(text=text, status=status, content_type=MEDIA)


def _given(call: Call, resource: Resource[Any], version: int, status: int = 200) -> web.Response:
    if call.request.method == "GET" and intake.is_known(call.request, version):
        return web.Response(status=304, headers={"ETag": tag(version)})
    made = answer(resource, call, status)
    made.headers["ETag"] = tag(version)
    location = None if resource.meta is None else resource.meta.location
    if location is not None:
        made.headers["Location" if status == 201 else "Content-Location"] = str(location)
    return made


def _search(model: type[R], call: Call) -> SearchRequest[R]:
    given = intake.search_of(call.request)
    return SearchRequest[model].model_validate(given)  # type: ignore[valid-type]  # made at run time


def _listed(model: Any, search: SearchRequest[Any], found: Any, make: Any) -> web.Response:
    """One page. Only what is on it is made, unless it is to be sorted first."""
    count = min(USUAL_RESULTS if search.count is None else search.count, MOST_RESULTS)
    first = search.start_index_0 or 0
    if search.sort_by is None:
        page = [make(item) for item in found[first : first + count]]
    else:
        page = search.sort(make(item) for item in found)[first : first + count]
    listed = ListResponse[model](
        total_results=len(found),
        start_index=first + 1,
        items_per_page=len(page),
        resources=page,
    )
    text = listed.model_dump_json(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search
    )
    return web.Response(text=text, content_type=MEDIA)


def _patched(
    payload: Any, view: View, show: Presenting, before: KeptGroup
) -> tuple[KeptGroup, tuple[str, ...]]:
    """The group after a PATCH, and the ids of its members."""
    operations = operations_of(payload)
    taken = taken_together(operations, (p.id for p in view.members(before.name)))
    if taken is None:
        require_few(operations, UNUSUAL)
        sent = show.group(before)
        _patch(PatchOp[Group], payload).patch(sent, scim_policy=POLICY)
        return group_of(sent, before)
    members, rest = taken
    require_few(rest, USUAL)
    sent = show.group(before, with_members=False)
    # The library judges the rest of the body, too, where all operations were taken.
    same = {"op": "replace", "path": "displayName", "value": before.name}
    whole = with_operations(payload, rest or [same][: len(operations)])
    _patch(PatchOp[Group], whole).patch(sent, scim_policy=POLICY)
    return group_of(sent, before)[0], members


def _patch(kind: Any, payload: Any) -> Any:
    return kind.model_validate(payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)


def _require_version(before: KeptPerson | KeptGroup, asked: int | None) -> None:
    if asked is not None and asked != before.version:
        raise NotKept(Why.OTHER_VERSION, version=str(before.version))


def _entry(view: View, id_: str) -> Entry:
    entry = view.people.get(id_)
    if entry is None:
        raise NotKept(Why.NO_SUCH_PERSON, id=id_[:64])
    return entry


def _writable(view: View, id_: str) -> KeptPerson:
    entry = _entry(view, id_)
    if entry.is_files:
        raise NotKept(Why.FROM_FILE, person=entry.person.email)
    return entry.person


def _group(view: View, id_: str) -> KeptGroup:
    group = view.groups.get(id_)
    if group is None:
        raise NotKept(Why.NO_SUCH_GROUP, id=id_[:64])
    return group
