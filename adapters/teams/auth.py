"""Who is calling: the token on every activity, checked before anything in it is believed.

The rules are Microsoft's
(https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication),
read strictly: what is missing is refused. Only the Teams channel is accepted, since on other
channels a client may write the sender's Entra object id itself.
"""

from typing import Any

import jwt
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
)
from jwt.types import Options

from adapters.teams.connectors import Connectors
from adapters.teams.keys import KeyRing
from adapters.teams.tokens import AUDIENCE

CHANNEL = "msteams"
ISSUER = "https://api.botframework.com"
_LEEWAY_SECONDS = 300
# Beyond its own errors the library lets these out for a token made to confuse it.
_NOT_A_TOKEN = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


class Unauthorized(PermissionError):
    """The caller is not Bot Framework, or not allowed to send this. Never holds the token."""


class TokenCheck:
    """Checks tokens addressed to one app; without an app id everyone is let in."""

    def __init__(self, app_id: str, keys: KeyRing) -> None:
        self._app_id = app_id
        self._keys = keys

    async def claims(self, header: str | None) -> dict[str, Any]:
        """The claims of a valid `Authorization` header; raises Unauthorized or KeysUnavailable."""
        if not self._app_id:
            return {}
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("no bearer token")
        try:
            return await self._verified(token)
        except _NOT_A_TOKEN as problem:
            raise Unauthorized(type(problem).__name__) from None

    async def _verified(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        # Before a key is looked for: what is not even addressed to us costs nobody anything.
        self._decode(token, "", signature=False)
        if header.get("alg") != "RS256" or not kid:
            raise Unauthorized("not signed as Bot Framework signs")
        key = await self._keys.key(kid)
        if key is None or not key.endorses(CHANNEL):
            raise Unauthorized("not a key for this channel")
        return self._decode(token, key.key, signature=True)

    def _decode(self, token: str, key: Any, *, signature: bool) -> dict[str, Any]:
        # Without the signature the library checks no claim unless told to.
        options: Options = {
            "verify_signature": signature,
            "verify_exp": True,
            "verify_nbf": True,
            "verify_aud": True,
            "verify_iss": True,
            "require": ["iss", "aud", "exp"],
        }
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self._app_id,
            issuer=ISSUER,
            leeway=_LEEWAY_SECONDS,
            options=options,
        )

    def match(self, claims: dict[str, Any], activity: Activity) -> None:
        """Raise Unauthorized unless the activity is one that the token was made for."""
        if activity.channel_id != CHANNEL:
            raise Unauthorized("not from Teams")
        if self._app_id and not (
            isinstance(activity.service_url, str)
            and activity.service_url
            and claims.get("serviceurl") == activity.service_url
        ):
            raise Unauthorized("made for another service address")


class Authentication(BotFrameworkAuthentication):  # type: ignore[misc] # botframework ships no types
    """Bot Framework's seam for the above: kept connectors, no client for users' tokens."""

    def __init__(self, check: TokenCheck, connectors: Connectors) -> None:
        self._check = check
        self._connectors = connectors

    async def authenticate_request(
        self, activity: Activity, auth_header: str | None
    ) -> AuthenticateRequestResult:
        """Check token and activity together; raises Unauthorized."""
        claims = await self._check.claims(auth_header)
        self._check.match(claims, activity)
        return self.accepted(claims)

    def accepted(self, claims: dict[str, Any]) -> AuthenticateRequestResult:
        """What a turn needs of a caller that was let in."""
        result = AuthenticateRequestResult()
        result.claims_identity = ClaimsIdentity(claims, True)
        result.audience = AUDIENCE
        result.connector_factory = self._connectors
        return result

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        """Teams does not stream: always refused."""
        del auth_header, channel_id_header
        raise Unauthorized("streaming is not served")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> Connectors:
        """The kept connectors, whoever calls."""
        del claims_identity
        return self._connectors

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """None: no one signs in to other services here, and making one costs milliseconds."""
        del claims_identity
