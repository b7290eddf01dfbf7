"""Somebody who has not got the app in Teams: it is installed for them where that is permitted, and
otherwise their card comes on their next platform while the status says what to do."""

from dataclasses import replace
from pathlib import Path

from bot.sample import DIRECTORY
from bot.settings import Settings
from playground.teams.graph import PERMISSION
from tests.e2e.company import Company, Json, company, teams_titles
from tests.e2e.looking import everything_is_delivered, says

MANAGER, FAYE, TITLE = "mara@example.com", "faye@example.com", "Rack"
CATALOG = "55555555-eeee-4eee-8eee-000000000005"
RACK: Json = {
    "title": TITLE,
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"amount": 50_000}},
}


def teams_first(folder: Path) -> Path:
    """The sample directory, in which Faye prefers Teams."""
    text = DIRECTORY.read_text()
    assert text.count("notify: [slack, teams]") == 1
    found = folder / "directory.yaml"
    found.write_text(text.replace("notify: [slack, teams]", "notify: [teams, slack]"))
    return found


def installs(settings: Settings) -> Settings:
    assert settings.teams is not None
    login = settings.teams.login_url or ""
    graph = login.replace("/login", "/graph")
    return replace(settings, teams=replace(settings.teams, catalog_app=CATALOG, graph_url=graph))


async def asked(co: Company) -> tuple[str, Json]:
    """A request that waits for Finance, Faye without the app."""
    await co.teams(FAYE, "uninstall")
    key = await co.key("submit", "read")
    request = await co.submit(key, RACK)
    deciding = await co.key("decide", person=MANAGER)
    path = f"/v1/requests/{request['id']}/decisions"
    assert (await co.call("POST", path, deciding, {"decision": "approve"}))[0] == 200
    return key, request


async def test_without_permission_the_card_comes_in_slack_and_the_status_says_what_to_do(
    tmp_path: Path,
) -> None:
    async with company(tmp_path, directory=teams_first(tmp_path)) as co:
        key, request = await asked(co)

        async def dead() -> Json | None:
            found = (await co.get(key, request["id"]))["deliveries"]
            mine = [d for d in found if d["recipient"] == FAYE and d["state"] == "dead"]
            return mine[0] if mine else None

        told = await co.until(dead)
        assert told["platform"] == "teams"
        assert "ask them to add it, or have an administrator install it" in told["reason"]
        card = await co.slack_card(FAYE, TITLE)
        assert (await co.slack_click(FAYE, card, "Approve"))["ok"]
        assert (await co.get(key, request["id"]))["status"] == "approved"


async def test_with_permission_the_app_is_installed_and_the_card_comes_in_teams(
    tmp_path: Path,
) -> None:
    async with company(tmp_path, directory=teams_first(tmp_path), change=installs) as co:
        world = co.play.place.world
        teams = replace(world.teams, catalog_app=CATALOG, graph_permissions=(PERMISSION,))
        co.play.place.world = replace(world, teams=teams)
        key, request = await asked(co)
        card = await co.teams_card(FAYE, TITLE)
        assert "Approve" in teams_titles(card)
        assert [c["status"] for c in co.calls("teams", "POST installedApps")] == [201]
        assert (await co.teams_click(FAYE, card, "Approve"))["ok"]
        assert (await co.get(key, request["id"]))["status"] == "approved"
        await co.until(lambda: everything_is_delivered(co))
        (mine,) = [card for card in await co.teams_messages(FAYE) if says(card, TITLE)]
        assert "Approve" not in teams_titles(mine)
        assert await co.slack_messages(FAYE) == []
