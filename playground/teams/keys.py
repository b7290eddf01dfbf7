"""The signing keys of the simulated Bot Framework, and the tokens it sends to a bot.

The keys themselves live for one process: a restart is a key rotation, which a bot must
survive anyway. Nothing here reads a request or holds a secret of the bot's.
"""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from playground.store import Section, Store

# https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
ISSUER = "https://api.botframework.com"
LIFETIME_SECONDS = 3600
NOT_BEFORE_SLACK_SECONDS = 300
ENDORSED_CHANNELS = ("msteams",)

# The ways in which a token can be spoiled; the names are those of the to_bot switches.
HOSTILITIES = frozenset(
    {
        "forged_token",
        "expired_token",
        "token_without_exp",
        "token_without_service_url",
        "wrong_audience",
        "wrong_issuer",
        "wrong_service_url",
        "unknown_key",
        "no_token",
    }
)
_NOBODY = "00000000-0000-0000-0000-000000000000"


_KEYS: dict[int, rsa.RSAPrivateKey] = {}


def _private_key(number: int) -> rsa.RSAPrivateKey:
    """Return the process's key of that number, made when first asked for (it takes a moment)."""
    if number not in _KEYS:
        _KEYS[number] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _KEYS[number]


# A key that is never published; numbers of published keys start at 0.
_FORGER = -1


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def _kid(number: int) -> str:
    """Return a name that differs between keys and between processes: the end of the modulus."""
    return _base64url(_private_key(number).public_key().public_numbers().n)[-27:]


class SigningKeys:
    """The published keys of one simulated channel service; the newest one signs."""

    def __init__(self, store: Store) -> None:
        self._section: Section = store.section("teams.keys")

    def _published(self) -> list[int]:
        return list(self._section.get("published", {"numbers": [0]})["numbers"])

    def rotate(self, *, keep_old: bool) -> str:
        """Sign with a new key from now on and return its kid; the old ones may stay published."""
        old = self._published()
        newest = old[-1] + 1
        self._section["published"] = {"numbers": [*old, newest] if keep_old else [newest]}
        return _kid(newest)

    def jwks(self) -> dict[str, Any]:
        """Return the published keys as a JSON Web Key Set, endorsed for Teams."""
        return {"keys": [_jwk(number) for number in self._published()]}

    def mint(self, audience: str, service_url: str, now: int, hostility: str | None = None) -> str:
        """Return a token for a delivery at Unix second `now`, spoiled in that one way if any."""
        claims = _spoiled(_claims(audience, service_url, now), hostility)
        newest = self._published()[-1]
        signer = _FORGER if hostility in {"forged_token", "unknown_key"} else newest
        kid = _kid(_FORGER if hostility == "unknown_key" else newest)
        return jwt.encode(
            claims, _private_key(signer), algorithm="RS256", headers={"kid": kid, "x5t": kid}
        )


def _jwk(number: int) -> dict[str, Any]:
    public = _private_key(number).public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": _kid(number),
        "x5t": _kid(number),
        "n": _base64url(public.n),
        "e": _base64url(public.e),
        "endorsements": list(ENDORSED_CHANNELS),
    }


def _claims(audience: str, service_url: str, now: int) -> dict[str, Any]:
    return {
        "serviceurl": service_url,
        "nbf": now - NOT_BEFORE_SLACK_SECONDS,
        "exp": now + LIFETIME_SECONDS,
        "iss": ISSUER,
        "aud": audience,
    }


def _spoiled(claims: Mapping[str, Any], hostility: str | None) -> dict[str, Any]:
    spoiled = dict(claims)
    if hostility == "expired_token":
        # Further back than the five minutes of clock skew that validators allow.
        spoiled["nbf"] -= 2 * LIFETIME_SECONDS
        spoiled["exp"] -= 2 * LIFETIME_SECONDS
    elif hostility == "token_without_exp":
        del spoiled["exp"]
    elif hostility == "token_without_service_url":
        del spoiled["serviceurl"]
    elif hostility == "wrong_audience":
        spoiled["aud"] = _NOBODY
    elif hostility == "wrong_issuer":
        spoiled["iss"] = f"https://sts.windows.net/{_NOBODY}/"
    elif hostility == "wrong_service_url":
        spoiled["serviceurl"] = "https://elsewhere.example/teams/"
    return spoiled


def openid_metadata(jwks_url: str) -> dict[str, Any]:
    """Return the OpenID document in which a bot finds the keys."""
    return {
        "issuer": ISSUER,
        "authorization_endpoint": "https://invalid.botframework.com",
        "jwks_uri": jwks_url,
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }
