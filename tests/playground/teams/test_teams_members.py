"""The roster calls of the connector API."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from playground.world import Person, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.playground.teams.conftest import Kit, Open, Tenant


async def test_the_roster_lists_members_with_both_ids_and_email(tenant: Tenant, kit: Kit) -> None:
    status, members = await tenant.call("GET", f"/{kit.finance}/members")
    assert status == 200
    assert [member["name"] for member in members] == ["Ann Archer", "Ben Baker"]
    assert members[0] == {
        "id": "29:1ann-mri",
        "name": "Ann Archer",
        "objectId": kit.ann,
        "aadObjectId": kit.ann,
        "givenName": "Ann",
        "surname": "Archer",
        "userPrincipalName": "ann@example.com",
        "email": "ann@example.com",
        "tenantId": kit.tenant_id,
        "userRole": "user",
    }
    chat = await tenant.chat(kit.ben)
    assert [one["name"] for one in (await tenant.call("GET", f"/{chat}/members"))[1]] == [
        "Ben Baker"
    ]


@pytest.mark.parametrize(
    "wanted", ["29:1ann-mri", "33333333-CCCC-4ccc-8ccc-00000000000a", "Ann@example.com"]
)
async def test_one_member_is_found_by_mri_object_id_and_principal_name(
    tenant: Tenant, kit: Kit, wanted: str
) -> None:
    status, member = await tenant.call("GET", f"/{kit.finance}/members/{wanted}")
    assert (status, member["id"]) == (200, "29:1ann-mri")


async def test_someone_outside_the_conversation_is_no_member(tenant: Tenant, kit: Kit) -> None:
    for wanted in (kit.cem, "29:1nobody"):
        status, body = await tenant.call("GET", f"/{kit.finance}/members/{wanted}")
        assert (status, body["error"]["code"]) == (404, "MemberNotFoundInConversation")
    for path in ("members", "members/29:1ann-mri", "pagedmembers"):
        status, body = await tenant.call("GET", f"/a:1unknown/{path}")
        assert (status, body["error"]["code"]) == (404, "ConversationNotFound")


def _crowd(world: World, size: int) -> World:
    people = tuple(
        Person(f"P {number:03}", f"p{number}@example.com", teams_oid=f"oid-{number:03}")
        for number in range(size)
    )
    channel = replace(world.teams.channels[0], members=tuple(f"oid-{n:03}" for n in range(size)))
    return replace(world, people=people, teams=replace(world.teams, channels=(channel,)))


async def test_a_page_has_at_least_fifty_members_and_a_token_for_the_rest(
    open_tenant: Open, world: World, tmp_path: Path, kit: Kit
) -> None:
    tenant = await open_tenant(_crowd(world, 120), tmp_path)
    path, names = f"/{kit.finance}/pagedmembers", []
    query, sizes = "?pageSize=3", []
    while query:
        status, page = await tenant.call("GET", path + query)
        assert status == 200
        sizes.append(len(page["members"]))
        names += [member["name"] for member in page["members"]]
        token = page.get("continuationToken")
        query = f"?pageSize=3&continuationToken={token}" if token else ""
    assert sizes == [50, 50, 20]
    assert names == [f"P {number:03}" for number in range(120)]
    assert len((await tenant.call("GET", path))[1]["members"]) == 120


async def test_an_odd_page_is_refused(tenant: Tenant, kit: Kit) -> None:
    for query in ("pageSize=many", "continuationToken=7", "continuationToken=from-x"):
        status, body = await tenant.call("GET", f"/{kit.finance}/pagedmembers?{query}")
        assert (status, body["error"]["code"]) == (400, "BadArgument")


async def test_a_person_without_a_given_mri_has_one_that_stays(
    open_tenant: Open, world: World, tmp_path: Path, kit: Kit
) -> None:
    tenant = await open_tenant(_crowd(world, 2), tmp_path)
    [first, second] = (await tenant.call("GET", f"/{kit.finance}/members"))[1]
    assert first["id"].startswith("29:1")
    assert first["id"] != second["id"]
    again = await tenant.call("GET", f"/{kit.finance}/members/{first['id']}")
    assert again == (200, first)
