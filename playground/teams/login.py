"""The Microsoft login as a bot uses it: discovery documents and the client credentials grant.

Access tokens are signed with a key derived from the sample secret, so they outlive a restart as
real ones do. The secret itself is compared and never repeated in an answer.
"""

import hashlib
import hmac
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from playground.world import TeamsWorld

AUDIENCE = "https://api.botframework.com"
LIFETIME_SECONDS = 3599

# https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
_ERROR_PAGE = "https://login.microsoftonline.com/error?code="


class LoginError(Exception):
    """The login refuses; `body` is the OAuth error with Microsoft's additions."""

    def __init__(self, status: int, error: str, code: int, text: str, now: float) -> None:
        super().__init__(f"{error}: AADSTS{code}")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        self.status = status
        self.error = error
        self.body: dict[str, Any] = {
            "error": error,
            "error_description": f"AADSTS{code}: {text} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {stamp}",
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{_ERROR_PAGE}{code}",
        }


def _key(world: TeamsWorld) -> bytes:
    return hashlib.sha256(f"access tokens|{world.app_password}".encode()).digest()


def issue(world: TeamsWorld, now: int, audience: str = AUDIENCE) -> str:
    """Return a token for a service that lives LIFETIME_SECONDS from Unix second `now`."""
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{world.tenant}/",
        "appid": world.app_id,
        "tid": world.tenant,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS,
        "uti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, _key(world), algorithm="HS256")


def accepts(world: TeamsWorld, authorization: str, now: float, audience: str = AUDIENCE) -> bool:
    """Say whether that Authorization header carries a token issued here which is alive at `now`."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return False
    try:
        # The lifetime is judged by the playground's clock below, not by the library's.
        claims = jwt.decode(
            token,
            _key(world),
            algorithms=["HS256"],
            audience=audience,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return False
    return claims.get("appid") == world.app_id and bool(claims["nbf"] <= now < claims["exp"])


def grant(
    world: TeamsWorld, tenant: str, form: Mapping[str, str], now: float, graph: str
) -> dict[str, Any]:
    """Answer a token request, or raise LoginError; `graph` is the address of Microsoft Graph.

    https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """
    _check_tenant(world, tenant, now)
    for name in ("grant_type", "client_id"):
        if not form.get(name):
            text = f"The request body must contain the following parameter: '{name}'."
            raise LoginError(400, "invalid_request", 900144, text, now)
    if form["grant_type"] != "client_credentials":
        text = f"The app requested an unsupported grant type '{form['grant_type']}'."
        raise LoginError(400, "unsupported_grant_type", 70003, text, now)
    _check_client(world, form, now)
    audience = _audience(form.get("scope", ""), (AUDIENCE, graph), now)
    token = issue(world, int(now), audience)
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": token,
    }


def _check_tenant(world: TeamsWorld, tenant: str, now: float) -> None:
    if tenant.lower() != world.tenant.lower():
        text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        raise LoginError(400, "invalid_request", 90002, text, now)


def _check_client(world: TeamsWorld, form: Mapping[str, str], now: float) -> None:
    client = form["client_id"]
    if client.lower() != world.app_id.lower():
        text = f"Application with identifier '{client}' was not found in the directory."
        raise LoginError(400, "unauthorized_client", 700016, text, now)
    secret = form.get("client_secret")
    if not secret:
        text = (
            "The request body must contain the following parameter: "
            "'client_assertion' or 'client_secret'."
        )
        raise LoginError(401, "invalid_client", 7000218, text, now)
    if not hmac.compare_digest(secret.encode(), world.app_password.encode()):
        text = f"Invalid client secret provided for app '{client}'."
        raise LoginError(401, "invalid_client", 7000215, text, now)


def _audience(scope: str, known: Collection[str], now: float) -> str:
    if scope.removesuffix("/.default") in known and scope.endswith("/.default"):
        return scope.removesuffix("/.default")
    if not scope.endswith("/.default"):
        text = (
            f"The provided value for scope {scope or '(none)'} is not valid. Client credential "
            "flows must have a scope value with /.default suffixed to the resource identifier "
            "(application ID URI)."
        )
        raise LoginError(400, "invalid_scope", 1002012, text, now)
    resource = scope.removesuffix("/.default")
    text = f"The resource principal named {resource} was not found in the tenant."
    raise LoginError(400, "invalid_resource", 500011, text, now)


def openid_configuration(base: str, tenant: str) -> dict[str, Any]:
    """Return the authority's metadata; `base` is the address of the simulated login."""
    here = f"{base}/{tenant}"
    return {
        "token_endpoint": f"{here}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
        "issuer": f"{here}/v2.0",
        "response_types_supported": ["code"],
        "tenant_region_scope": None,
    }


def instance_discovery(base: str, tenant: str) -> dict[str, Any]:
    """Return what the instance discovery answers for an authority of this login."""
    return {
        "tenant_discovery_endpoint": f"{base}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [],
    }
