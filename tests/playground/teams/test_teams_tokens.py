"""What a bot can check about a delivery: keys, claims, rotation, and the spoiled tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest

from playground import teams

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Kit, Tenant


async def _jwks(tenant: Tenant) -> list[dict[str, Any]]:
    async with tenant.http.get(f"{tenant.place.base_url}/teams/keys") as answer:
        keys: list[dict[str, Any]] = (await answer.json())["keys"]
        return keys


async def _claims(tenant: Tenant, token: str, audience: str) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token)["kid"]
    [key] = [jwt.PyJWK(one) for one in await _jwks(tenant) if one["kid"] == kid]
    claims: dict[str, Any] = jwt.decode(
        token,
        key.key,
        algorithms=["RS256"],
        audience=audience,
        issuer="https://api.botframework.com",
        options={"require": ["exp", "nbf", "serviceurl"]},
    )
    return claims


async def test_the_metadata_leads_to_keys_endorsed_for_teams(tenant: Tenant) -> None:
    url = f"{tenant.place.base_url}/teams/v1/.well-known/openidconfiguration"
    async with tenant.http.get(url) as answer:
        metadata = await answer.json()
    assert metadata["issuer"] == "https://api.botframework.com"
    assert metadata["jwks_uri"] == f"{tenant.place.base_url}/teams/keys"
    [key] = await _jwks(tenant)
    assert key["kty"] == "RSA"
    assert key["endorsements"] == ["msteams"]


async def test_a_delivery_carries_a_token_for_this_bot_and_service_url(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    await tenant.act(kit.ann, "message", text="queue")
    claims = await _claims(tenant, bot.token(), kit.app)
    assert claims["serviceurl"] == bot.received[0]["serviceUrl"] == tenant.connector
    assert claims["exp"] - claims["nbf"] == 3900
    assert bot.headers[0]["x-ms-tenant-id"] == kit.tenant_id
    assert bot.headers[0]["x-ms-conversation-id"] == bot.received[0]["conversation"]["id"]


@pytest.mark.parametrize(
    ("switch", "refusal"),
    [
        ("forged_token", jwt.InvalidSignatureError),
        ("expired_token", jwt.ExpiredSignatureError),
        ("token_without_exp", jwt.MissingRequiredClaimError),
        ("token_without_service_url", jwt.MissingRequiredClaimError),
        ("wrong_audience", jwt.InvalidAudienceError),
        ("wrong_issuer", jwt.InvalidIssuerError),
        ("unknown_key", ValueError),
    ],
)
async def test_a_spoiled_token_is_wrong_in_the_one_way_asked_for(
    tenant: Tenant, bot: Bot, kit: Kit, switch: str, refusal: type[Exception]
) -> None:
    await tenant.act(kit.ann, "message", text="queue", to_bot=[switch])
    with pytest.raises(refusal):
        await _claims(tenant, bot.token(), kit.app)
    await tenant.act(kit.ann, "message", text="queue")
    assert (await _claims(tenant, bot.token(), kit.app))["aud"] == kit.app


async def test_a_delivery_can_come_for_another_service_or_without_a_token(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    await tenant.act(kit.ann, "message", text="queue", to_bot=["wrong_service_url"])
    claims = await _claims(tenant, bot.token(), kit.app)
    assert claims["serviceurl"] == "https://elsewhere.example/teams/"
    await tenant.act(kit.ann, "message", text="queue", to_bot=["no_token"])
    assert "Authorization" not in bot.headers[-1]


async def test_a_switch_set_for_all_deliveries_spoils_them_until_it_is_off(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    tenant.place.faults.switch("forged_token")
    await tenant.act(kit.ann, "message", text="queue")
    with pytest.raises(jwt.InvalidSignatureError):
        await _claims(tenant, bot.token(), kit.app)
    tenant.place.faults.clear()
    await tenant.act(kit.ann, "message", text="queue")
    assert await _claims(tenant, bot.token(), kit.app)


async def test_rotation_retires_the_old_key_at_once_or_keeps_it(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    [first] = await _jwks(tenant)
    second = teams.rotate_keys(tenant.place, keep_old=True)["kid"]
    assert [key["kid"] for key in await _jwks(tenant)] == [first["kid"], second]
    third = teams.rotate_keys(tenant.place)["kid"]
    assert [key["kid"] for key in await _jwks(tenant)] == [third]
    await tenant.act(kit.ann, "message", text="queue")
    assert jwt.get_unverified_header(bot.token())["kid"] == third
    assert await _claims(tenant, bot.token(), kit.app)
