"""Two calls at once: what the one changes is not undone by the other."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.scim.app import build
from adapters.scim.present import Presenting
from adapters.scim.resources import Group
from core.directory import changes, groups
from core.directory.changes import Change, Guarded
from core.directory.kept import NOBODY, SCIM, Kept, KeptGroup, KeptPerson
from core.directory.people import Directory
from core.events import Actor
from core.service.people import PeopleService, PeopleWorld
from tests.core.people_ledger import MemoryKept

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BY = Actor(via="api", agent="k1")
FILE = Directory([])


class World:
    """The people in memory; `then` happens once, between a look and the write after it."""

    def __init__(self) -> None:
        self.people = MemoryKept()
        self.seen: Kept = NOBODY
        self.then: Callable[[Change], Any] | None = None
        ledger = self.people.ledger
        self.change = Change(ledger=ledger, file=FILE, actor=BY, now=1, source=SCIM)
        changes.added(self.change, KeptPerson(id="cleo", email="cleo@example.com", name="Cleo"))
        changes.added(self.change, KeptPerson(id="dora", email="dora@example.com", name="Dora"))
        groups.group_added(self.change, KeptGroup(id="g", name="finance"), ["cleo"])

    async def catch_up(self) -> None:
        self.seen = self.people.ledger.kept()
        if self.then is not None:
            then, self.then = self.then, None
            then(self.change)

    def client(self) -> "TestClient[web.Request, web.Application]":
        world = PeopleWorld(
            people=self.people,
            file=lambda: FILE,
            kept=lambda: self.seen,
            catch_up=self.catch_up,
            changed=lambda _: None,
            guarded=Guarded,
            clock=lambda: 2,
            new_id=lambda: "new",
        )
        app = web.Application()
        app.add_routes(build(PeopleService(world, SCIM), _enter, None))
        return TestClient(TestServer(app, host="127.0.0.1"))


async def _enter(_: web.Request) -> Actor:
    return BY


async def test_a_put_does_not_bring_back_a_group_that_was_taken_away() -> None:
    world = World()
    group = world.people.ledger.groups["g"]
    async with world.client() as client:
        world.then = lambda change: groups.group_changed(change, group, [])
        answer = await client.put(
            "/scim/v2/Users/cleo",
            json={"schemas": [USER], "userName": "cleo@example.com", "displayName": "Cleo Two"},
        )
        assert answer.status == 200
    cleo = world.people.ledger.people["cleo"]
    assert (cleo.name, cleo.groups) == ("Cleo Two", ())


async def test_a_patch_of_a_group_leaves_out_who_was_deleted_meanwhile() -> None:
    world = World()
    async with world.client() as client:
        world.then = lambda change: changes.removed(change, "cleo")
        add = {"op": "add", "path": "members", "value": [{"value": "dora"}]}
        answer = await client.patch(
            "/scim/v2/Groups/g", json={"schemas": [PATCH], "Operations": [add]}
        )
        assert (answer.status, await answer.text()) == (200, await answer.text())
    assert [p.id for p in world.people.ledger.members("finance")] == ["dora"]


async def test_members_are_made_only_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group may have ten thousand of them, and a provider asks for groups without them."""
    made: list[bool] = []
    real = Presenting.group

    def group(self: Presenting, group: KeptGroup, *, with_members: bool = True) -> Group:
        made.append(with_members)
        return real(self, group, with_members=with_members)

    monkeypatch.setattr(Presenting, "group", group)
    async with World().client() as client:
        for asked, wanted in (
            ("", True),
            ("?excludedAttributes=members", False),
            ("?attributes=displayName", False),
            ("?attributes=displayName,members.value", True),
        ):
            for path in ("/scim/v2/Groups", "/scim/v2/Groups/g"):
                answer = await client.get(path + asked)
                assert answer.status == 200
                assert made.pop() is wanted
                assert ("cleo" in await answer.text()) is wanted
    assert made == []
