"""The Microsoft login: discovery, the token for the right secret, and the documented refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Kit, Tenant


@pytest.mark.parametrize("version", ["", "/v2.0"])
async def test_discovery_leads_to_the_token_endpoint(
    tenant: Tenant, kit: Kit, version: str
) -> None:
    login = f"{tenant.place.base_url}/teams/login"
    async with tenant.http.get(f"{login}/common/discovery/instance?api-version=1.1") as answer:
        found = (await answer.json())["tenant_discovery_endpoint"]
    assert found == f"{login}/{kit.tenant_id}/v2.0/.well-known/openid-configuration"
    url = f"{login}/{kit.tenant_id}{version}/.well-known/openid-configuration"
    async with tenant.http.get(url) as answer:
        metadata = await answer.json()
    assert metadata["token_endpoint"] == f"{login}/{kit.tenant_id}/oauth2/v2.0/token"


async def test_a_token_is_granted_for_the_right_secret(tenant: Tenant) -> None:
    status, granted = await tenant.login()
    assert status == 200
    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 3599
    assert len(granted["access_token"].split(".")) == 3


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "someone-else"}, 400, "unauthorized_client", 700016),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://api.botframework.com"}, 400, "invalid_scope", 1002012),
        ({"scope": ""}, 400, "invalid_scope", 1002012),
        ({"scope": "https://graph.example/.default"}, 400, "invalid_resource", 500011),
        ({"tenant": "another-tenant"}, 400, "invalid_request", 90002),
    ],
)
async def test_the_login_refuses_in_the_documented_shape(
    tenant: Tenant, kit: Kit, changes: dict[str, str], status: int, error: str, code: int
) -> None:
    answered, body = await tenant.login(**changes)
    assert (answered, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(body)
    assert kit.secret not in str(body)


async def test_a_connector_call_without_a_live_token_is_refused(tenant: Tenant, kit: Kit) -> None:
    denied = (401, {"message": "Authorization has been denied for this request."})
    for token in ("", "nonsense", f"{tenant.access[:-4]}AAAA"):
        assert await tenant.call("POST", "", kit.opening(kit.ann), token=token) == denied
    granted_at = tenant.place.now()
    tenant.place.now = lambda: granted_at + 3700
    assert await tenant.call("POST", "", kit.opening(kit.ann)) == denied


async def test_the_log_names_the_token_request_without_its_secret(tenant: Tenant, kit: Kit) -> None:
    await tenant.login(client_secret="wrong")
    granted, refused = tenant.place.store.calls()
    assert (granted["platform"], granted["method"], granted["status"]) == ("teams", "token", 200)
    assert granted["args"]["client_id"] == kit.app
    assert (refused["status"], refused["error"]) == (401, "invalid_client")
    assert kit.secret not in str([granted, refused])
    assert "wrong" not in str(refused)
