"""Teams' settings beside those that switch it on."""

import pytest

from bot.settings import Secret, SettingsError, TeamsSettings, read_settings

TENANT, OTHER, CATALOG = (f"4444444{n}-dddd-4ddd-8ddd-000000000004" for n in (1, 2, 3))
TEAMS = {
    "MICROSOFT_APP_ID": "app",
    "MICROSOFT_APP_PASSWORD": "pass",
    "MICROSOFT_APP_TENANT_ID": TENANT,
}


def wrong(values: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(values)
    return {each.key: each.problem for each in caught.value.problems}


def test_what_is_given_is_taken_as_it_is() -> None:
    found = read_settings(
        {
            **TEAMS,
            "MICROSOFT_APP_TYPE": "MultiTenant",
            "MICROSOFT_ALLOWED_TENANTS": f"{OTHER.upper()}, {CATALOG}",
            "TEAMS_SERVICE_URL": "https://smba.infra.gcc.teams.microsoft.com/teams/",
            "TEAMS_SERVICE_HOSTS": "smba.example.com,smba.example.org:8443",
            "TEAMS_CATALOG_APP_ID": CATALOG,
            "MICROSOFT_GRAPH_URL": "https://graph.microsoft.us/",
            "TEAMS_PACE": "0",
        }
    ).teams
    assert found == TeamsSettings(
        app_id="app",
        app_password=Secret("pass"),
        app_type="MultiTenant",
        tenant_id=TENANT,
        more_tenants=(OTHER, CATALOG),
        service_url="https://smba.infra.gcc.teams.microsoft.com/teams",
        service_hosts=("smba.example.com", "smba.example.org:8443"),
        catalog_app=CATALOG,
        graph_url="https://graph.microsoft.us",
        pace=False,
    )
    given = found.for_adapter()
    assert given.tenants == (TENANT, OTHER, CATALOG)
    assert given.trusted("https://smba.example.org:8443/teams")
    assert (given.catalog_app, given.paced) == (CATALOG, False)


def test_unless_told_otherwise_one_tenant_decides_and_nothing_is_installed() -> None:
    found = read_settings(TEAMS).teams
    assert found is not None
    given = found.for_adapter()
    assert (given.tenants, given.catalog_app, given.paced) == ((TENANT,), "", True)
    assert given.graph_url == "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("MICROSOFT_ALLOWED_TENANTS", OTHER, "names tenants that this bot cannot serve"),
        ("TEAMS_CATALOG_APP_ID", "countersign", "is not an app's id"),
        ("TEAMS_SERVICE_HOSTS", "https://smba.example.com", "names something that is no host"),
        ("TEAMS_SERVICE_URL", "smba.example.com", "is not an address that can be called"),
        ("MICROSOFT_GRAPH_URL", "http://graph.example", "is not an address that can be called"),
        ("TEAMS_PACE", "fast", "is neither yes nor no"),
    ],
)
def test_what_cannot_be_used_is_a_mistake(key: str, value: str, problem: str) -> None:
    assert wrong({**TEAMS, key: value}) == {key: problem}
