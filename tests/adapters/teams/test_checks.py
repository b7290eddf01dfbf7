"""What the check of an installation says of the login, good, refused or silent."""

from dataclasses import replace

from adapters.teams import checks
from adapters.teams.settings import TeamsSettings
from core.checkup import Level
from tests.adapters.teams.cards import NOW
from tests.adapters.teams.conftest import APP, SECRET, TENANT

SILENT = TeamsSettings(
    app_id=APP, app_password=SECRET, tenant=TENANT, login_url="http://127.0.0.1:9"
)


async def test_a_token_is_given_or_refused_with_a_remedy(settings: TeamsSettings) -> None:
    (good,) = await checks.login(settings, lambda: NOW)
    (bad,) = await checks.login(replace(settings, app_password="wrong"), lambda: NOW)
    assert good.level is Level.OK
    assert bad.level is Level.PROBLEM
    assert "MICROSOFT_APP_PASSWORD" in bad.remedy
    assert "wrong" not in f"{bad.said} {bad.remedy}"


async def test_a_login_that_does_not_answer_is_no_matter_of_settings() -> None:
    (told,) = await checks.login(SILENT, lambda: NOW)
    assert told.level is Level.PROBLEM
    assert told.remedy == "See that this machine can reach Microsoft, and try again."


async def test_an_open_door_is_warned_of() -> None:
    (told,) = await checks.login(TeamsSettings(app_id="", tenant=TENANT), lambda: NOW)
    assert told.level is Level.WARNING
