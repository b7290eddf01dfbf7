"""ID tokens: what an identity provider signs about who signed in, checked to the last claim. Pure.

The rules are those of https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation;
moments are judged by the clock that is given.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt

from adapters.web.signin.settings import EMAIL_CLAIM
from core.value import Millis

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
"""Signatures with a key pair. With HMAC whoever knows our client secret could sign; with "none"
everybody could."""

LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""

OLDEST: Final = 600
"""Seconds since a token was issued: it was asked for a moment ago."""

_SMALLEST_RSA: Final = 2048


class WrongToken(Exception):
    """Why a token states nothing to us; the words hold nothing of it."""


class Keys:
    """A provider's published keys by id; "" for one that has none."""

    def __init__(self, keys: Mapping[str, jwt.PyJWK]) -> None:
        self._keys = keys

    @classmethod
    def read(cls, published: Sequence[Mapping[str, Any]]) -> "Keys":
        """Those that sign; whatever else stands there is for others."""
        found: dict[str, jwt.PyJWK] = {}
        for each in published:
            if each.get("use", "sig") != "sig" or each.get("kty") == "oct":
                continue
            try:
                key = jwt.PyJWK(dict(each))
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
            if (
                getattr(key.key, "key_size", _SMALLEST_RSA) < _SMALLEST_RSA
                and key.key_type == "RSA"
            ):
                continue
            found[str(each.get("kid", ""))] = key
        return cls(found)

    def has_that_of(self, token: str) -> bool:
        """Whether the key with which this token says it was signed is there."""
        return self._of(token) is not None

    def of(self, token: str) -> jwt.PyJWK:
        """The key with which this token says it was signed. Raises WrongToken."""
        key = self._of(token)
        if key is None:
            raise WrongToken("it was signed with a key that is not published")
        return key

    def _of(self, token: str) -> jwt.PyJWK | None:
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
        except (jwt.PyJWTError, ValueError):
            return None
        # One without an id may be signed with the only key that there is.
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(str(kid))


def verified(
    token: str, keys: Keys, *, issuer: str, client_id: str, nonce: str, now: Millis
) -> Mapping[str, Any]:
    """The claims of a token that was signed for us, now, in answer to our question. Raises
    WrongToken."""
    key = keys.of(token)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=client_id,
            issuer=issuer,
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise WrongToken(type(error).__name__) from None
    _require_present(claims, now // 1000)
    _require_for_us(claims, client_id)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(
        given.encode("utf-8", "replace"), nonce.encode()
    ):
        raise WrongToken("it does not answer our question")
    return claims


def address_in(claims: Mapping[str, Any], claim: str) -> str | None:
    """The address that the provider vouches for, None where it does not."""
    email = claims.get(claim)
    if not isinstance(email, str) or not email.strip() or len(email) > 254:
        return None
    # Some providers let people type in any address; who owns it, only this claim says.
    # https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
    if claim == EMAIL_CLAIM and claims.get("email_verified") not in (True, "true"):
        return None
    return email.strip()


def _require_present(claims: Mapping[str, Any], now: int) -> None:
    ends, issued, begins = claims["exp"], claims["iat"], claims.get("nbf", 0)
    if not all(isinstance(each, int | float) for each in (ends, issued, begins)):
        raise WrongToken("its moments are no numbers")
    if now >= ends + LEEWAY:
        raise WrongToken("it has expired")
    if issued > now + LEEWAY or begins > now + LEEWAY:
        raise WrongToken("it is not valid yet")
    if issued < now - OLDEST:
        raise WrongToken("it was issued long ago")


def _require_for_us(claims: Mapping[str, Any], client_id: str) -> None:
    """The audience was checked; a token for several says who asked for it."""
    party = claims.get("azp")
    audience = claims["aud"]
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise WrongToken("it is for several, and does not say who asked for it")
    if party is not None and party != client_id:
        raise WrongToken("another asked for it")
