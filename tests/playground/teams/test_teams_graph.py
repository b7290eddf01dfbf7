"""Microsoft Graph as far as it is simulated: installing an app for a person, and the chat."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Json, Kit, Tenant

CATALOG = "55555555-eeee-4eee-8eee-000000000005"
PERMISSION = "TeamsAppInstallation.ReadWriteSelfForUser.All"


def allow(tenant: Tenant, *permissions: str) -> None:
    world = tenant.place.world
    teams = replace(world.teams, catalog_app=CATALOG, graph_permissions=permissions)
    tenant.place.world = replace(world, teams=teams)


async def ask(
    tenant: Tenant, method: str, path: str, body: Json | None = None, token: str | None = None
) -> tuple[int, Any]:
    graph = f"{tenant.place.base_url}/teams/graph"
    if token is None:
        token = (await tenant.login(scope=f"{graph}/.default"))[1]["access_token"]
    async with tenant.http.request(
        method,
        f"{graph}/v1.0/users/{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
    ) as answer:
        text = await answer.text()
        return answer.status, await answer.json() if text else None


def bound(app: str = CATALOG) -> Json:
    return {"teamsApp@odata.bind": f"https://graph.example/v1.0/appCatalogs/teamsApps/{app}"}


async def test_graph_installs_the_app_once_and_shows_the_chat_with_it(
    tenant: Tenant, kit: Kit
) -> None:
    allow(tenant, PERMISSION)
    apps = f"{kit.cem}/teamwork/installedApps"
    listing = f"{apps}?$expand=teamsApp&$filter=teamsApp/id eq '{CATALOG}'"
    assert await ask(tenant, "GET", listing) == (200, {"value": []})
    assert await ask(tenant, "POST", apps, bound()) == (201, None)
    assert (await ask(tenant, "POST", apps, bound()))[0] == 409
    status, found = await ask(tenant, "GET", listing)
    assert status == 200
    (installation,) = found["value"]
    status, chat = await ask(tenant, "GET", f"{apps}/{installation['id']}/chat")
    assert status == 200
    posted = await tenant.call(
        "POST", f"/{chat['id']}/activities", {"type": "message", "text": "A"}
    )
    assert posted[0] == 201
    assert (await ask(tenant, "GET", f"{apps}?$filter=other"))[0] == 400


async def test_graph_refuses_without_permission_app_person_or_token(
    tenant: Tenant, kit: Kit
) -> None:
    allow(tenant)
    apps = f"{kit.cem}/teamwork/installedApps"
    status, body = await ask(tenant, "POST", apps, bound())
    assert (status, body["error"]["code"]) == (403, "Forbidden")
    allow(tenant, PERMISSION)
    assert (await ask(tenant, "POST", apps, bound("another")))[0] == 404
    assert (await ask(tenant, "POST", "nobody/teamwork/installedApps", bound()))[0] == 404
    assert (await ask(tenant, "GET", f"{apps}/x/chat"))[0] == 404
    connector = (await tenant.login())[1]["access_token"]
    status, body = await ask(tenant, "POST", apps, bound(), token=connector)
    assert (status, body["error"]["code"]) == (401, "InvalidAuthenticationToken")


async def test_a_group_chat_is_posted_to_directly_and_has_no_threads(
    tenant: Tenant, kit: Kit, bot: Bot
) -> None:
    world = tenant.place.world
    group = replace(world.teams.channels[0], id="19:group@thread.v2", name="Project")
    teams = replace(world.teams, channels=(*world.teams.channels, group))
    tenant.place.world = replace(world, teams=teams)
    opening = {"isGroup": True, "channelData": {"channel": {"id": group.id}}, "activity": {}}
    assert (await tenant.call("POST", "", opening))[0] == 400
    message = {"type": "message", "text": "Hello"}
    assert (await tenant.call("POST", f"/{group.id}/activities", message))[0] == 201
    answer = await tenant.act(kit.ann, "message", conversation=group.id, text="hi", mention=True)
    assert answer["ok"], answer
    sent = bot.received[-1]
    assert sent["conversation"]["conversationType"] == "groupChat"
    assert sent["conversation"]["id"] == group.id
    assert "channel" not in sent["channelData"]
