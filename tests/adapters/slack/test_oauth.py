"""Installing with OAuth: what a browser sees, what is kept, and what nobody can bend."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapters.slack import pages
from adapters.slack.manifest import MATCH_SCOPE, REGISTERED
from tests.adapters.slack.installing import OTHER, TEAM, Office, opened


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path, rotates=True) as found:
        await found.serve()
        yield found


async def kept(office: Office) -> list[str]:
    return [row.id for row in await office.first.storage.installations.installed("slack")]


async def test_somebody_installs_it_and_it_speaks_there(office: Office) -> None:
    asked = await office.consent(office.first)
    assert asked["client_id"] == "1000.2000"
    assert asked["scope"].split(",") == list(REGISTERED.scopes)
    assert asked["redirect_uri"] == f"{office.first.url}/slack/oauth_redirect"
    page = await office.install(OTHER)
    assert page.status == 200
    assert "<h1>Countersign is installed in other</h1>" in page.text
    assert "they write /approvals link in Slack, and it says how. You can close" in page.text
    assert await kept(office) == [OTHER]
    assert await office.first.workspaces.api(OTHER) is not None
    assert await office.first.workspaces.api(TEAM) is None
    assert len(office.first.revived) == 1


async def test_leave_to_read_addresses_is_asked_for_only_where_they_count(office: Office) -> None:
    matching = await office.serve(matching=True)
    asked = await office.consent(matching)
    assert asked["scope"].split(",") == [*REGISTERED.scopes, MATCH_SCOPE]
    assert "are linked by it." in (await office.install(server=matching)).text


async def test_tokens_are_neither_in_the_database_nor_in_the_log(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await office.install()
    store = office.slack.place.store
    secrets = [*store.section("slack.app.tokens"), *store.section("slack.app.refresh")]
    secrets += [*store.section("slack.app.codes"), "sample-client-secret"]
    assert len(secrets) == 4
    # A server has no access log and keeps slack_sdk, which logs whole answers, at warnings.
    ours = [r for r in caplog.records if not r.name.startswith(("aiohttp.access", "slack_sdk"))]
    logged = "\n".join(record.getMessage() for record in ours)
    assert "was installed" in logged
    written = database(tmp_path)
    assert b"installations" in written
    for secret in secrets:
        assert secret.encode() not in written
        assert secret not in logged


def database(folder: Path) -> bytes:
    """All bytes of the database as they are on the disk."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("office.db*")))


async def test_a_state_works_once(office: Office) -> None:
    page = await office.install()
    again = await office.get(page.url)
    assert (again.status, await kept(office)) == (400, [TEAM])
    assert "<h1>This attempt is over</h1>" in again.text


async def test_a_state_works_in_the_browser_that_began(office: Office) -> None:
    asked = await office.consent(office.first)
    at = asked.pop("at")
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(f"{at}/agreed", params={**asked, "chosen": TEAM}) as reply,
    ):
        assert reply.status == 400
        assert "<h1>This attempt is over</h1>" in await reply.text()
    assert await kept(office) == []


async def test_a_state_works_for_ten_minutes(office: Office) -> None:
    asked = await office.consent(office.first)
    at = asked.pop("at")
    office.clock.ahead += 10 * 60 * 1000
    page = await office.get(f"{at}/agreed", **asked, chosen=TEAM)
    assert (page.status, await kept(office)) == (400, [])


@pytest.mark.parametrize("state", ["", "made-up", "gAAAAABmade_up", "ä", "x" * 5000])
async def test_a_state_that_is_made_up_does_not_work(office: Office, state: str) -> None:
    url = f"{office.first.url}/slack/oauth_redirect"
    cookie = {"Cookie": f"slack-app-oauth-state={state}"} if state.isascii() else {}
    async with (
        aiohttp.ClientSession() as http,
        http.get(url, params={"state": state, "code": "c"}, headers=cookie) as reply,
    ):
        assert reply.status == 400
    assert office.calls("oauth.v2.access") == []


async def test_who_declines_is_told_that_nothing_happened(office: Office) -> None:
    asked = await office.consent(office.first)
    at = asked.pop("at")
    page = await office.get(f"{at}/refused", **asked)
    assert "<h1>Nothing was installed</h1>" in page.text
    assert await kept(office) == []


async def test_what_the_address_says_is_not_shown(office: Office) -> None:
    url = f"{office.first.url}/slack/oauth_redirect"
    page = await office.get(url, error="<script>alert(1)</script>")
    assert page.status == 400
    assert "script" not in page.text


async def test_a_workspace_that_is_not_listed_is_refused_and_its_token_handed_back(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as office:
        await office.serve(allowed=(TEAM,))
        page = await office.install(OTHER)
        assert page.status == 403
        assert "<h1>This workspace may not use this server</h1>" in page.text
        assert await kept(office) == []
        assert len(office.calls("auth.revoke")) == 1
        assert office.first.revived == []
        assert (await office.install(TEAM)).status == 200
        assert await kept(office) == [TEAM]


@pytest.mark.parametrize(
    "fault", [{"do": "500"}, {"do": "429"}, {"do": "error", "error": "invalid_code"}]
)
async def test_when_slack_does_not_confirm_nothing_is_kept(
    office: Office, fault: dict[str, str]
) -> None:
    office.fault("oauth.v2.access", **fault)
    page = await office.install()
    assert page.status == 400
    assert "<h1>Slack did not confirm the installation</h1>" in page.text
    assert await kept(office) == []
    assert (await office.install()).status == 200


@pytest.mark.parametrize("team", ["T1&redirect_uri=https://evil.example", "<b>", "t1", "T" * 99])
async def test_a_visitor_cannot_bend_where_slack_leads_to(office: Office, team: str) -> None:
    asked = await office.consent(office.first, team=team)
    assert set(asked) == {"at", "state", "client_id", "scope", "user_scope", "redirect_uri"}
    named = await office.consent(office.first, team=OTHER)
    assert named["team"] == OTHER


async def test_visitors_who_only_look_write_nothing(office: Office, tmp_path: Path) -> None:
    before = database(tmp_path)
    for _ in range(20):
        await office.consent(office.first)
    assert database(tmp_path) == before


async def test_the_pages_load_nothing_from_elsewhere_and_keep_the_address_to_themselves(
    office: Office,
) -> None:
    page = await office.get(f"{office.first.url}/slack/install")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    cookie = page.headers["Set-Cookie"]
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/slack", "Max-Age=600"):
        assert part in cookie


@pytest.mark.parametrize("nasty", ["<img src=x onerror=alert(1)>", '"><script>', "a & b"])
def test_names_from_outside_stay_text(nasty: str) -> None:
    shown = pages.installed(nasty, matching=True) + pages.install(f"https://slack.com/?a={nasty}")
    assert (
        re.findall(r"<(?!/?(?:!doctype|html|head|meta|title|style|body|main|h1|p|a)\b)", shown)
        == []
    )
    assert "onerror=alert(1)>" not in shown
