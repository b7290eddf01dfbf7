"""Checks an approval token offline: the signature, the time, and that it is about this action.

That it is unused only the server can say. https://www.rfc-editor.org/rfc/rfc8785
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
import rfc8785

from countersign_client.errors import TokenProblem
from countersign_client.request import Action, Json

TYPE: Final = "approval+jwt"
ISSUER: Final = "countersign"
MAX_CHARS: Final = 8192
ASK_AGAIN: Final = 60.0
"""Seconds between two fetches of the keys: anyone can make up a token that names a new one."""
_LEEWAY: Final = 60


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token states; times in seconds since 1970."""

    request: str
    revision: int
    action_digest: str
    approvers: tuple[str, ...]
    jti: str
    exp: int


class KeySet:
    """The server's public keys, as they were fetched last. Knows no network and no clock."""

    def __init__(self, jwks: Json | None = None) -> None:
        self._keys: dict[str, jwt.PyJWK] = {}
        self._at = float("-inf")
        if jwks is not None:
            self.update(jwks, float("-inf"))

    def update(self, jwks: Json, at: float) -> None:
        """Take what `/.well-known/jwks.json` says, fetched at this moment."""
        self._keys = {str(key["kid"]): jwt.PyJWK(key) for key in jwks["keys"] if _is_ours(key)}
        self._at = at

    def wants(self, token: str, now: float) -> bool:
        """Whether to fetch the keys for this token: it names one that is not here, and the last
        time was long enough ago."""
        return _kid(token) not in self._keys and now - self._at >= ASK_AGAIN

    def check(self, token: str, action: Action, now: float) -> Claims:
        """What the token states, if it approves exactly this action now. Raises TokenProblem."""
        found = self._decoded(token, now)
        claims = Claims(
            request=str(found["request"]),
            revision=int(found["revision"]),
            action_digest=str(found["action_digest"]),
            approvers=tuple(map(str, found["approvers"])),
            jti=str(found["jti"]),
            exp=int(found["exp"]),
        )
        if claims.action_digest != digest(action):
            raise TokenProblem("other_action", "This token approves another action than this one.")
        return claims

    def _decoded(self, token: str, now: float) -> dict[str, Any]:
        key = self._keys.get(_kid(token))
        if key is None:
            raise TokenProblem("unknown_key", "No known key of the server signed this token.")
        try:
            found: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],  # never what the token says
                options={
                    "require": ["exp", "iat", "jti", "request", "revision", "action_digest"],
                    # The clock is ours to give.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
                issuer=ISSUER,
            )
        except jwt.InvalidIssuerError:
            raise TokenProblem("wrong_issuer", "This token is not from Countersign.") from None
        except jwt.InvalidSignatureError:
            raise TokenProblem("bad_signature", "The token was changed or forged.") from None
        except jwt.InvalidTokenError:
            raise _malformed() from None
        _require_time(found, now)
        return found


def digest(action: Action) -> str:
    """SHA-256, in hex, over the canonical form of the action. Raises TokenProblem for values that
    have none."""
    try:
        return hashlib.sha256(rfc8785.dumps(_plain(action.as_json()))).hexdigest()
    except (rfc8785.CanonicalizationError, TypeError, ValueError) as error:
        raise TokenProblem("other_action", f"This action is not JSON: {error}") from None


def _plain(value: Any) -> Any:
    """Tuples and mappings of other kinds as the lists and objects that JSON has."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _is_ours(key: Any) -> bool:
    """Whether a key is of the one kind that signs approvals; there may be others some day."""
    return isinstance(key, dict) and "kid" in key and key.get("crv") == "Ed25519" and "x" in key


def _kid(token: str) -> str:
    """The key that a token names. Raises TokenProblem for what is no approval token."""
    if not isinstance(token, str) or len(token) > MAX_CHARS:
        raise _malformed()
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise _malformed() from None
    if header.get("typ") != TYPE:
        raise TokenProblem("wrong_type", "This is a token of another kind.")
    return str(header.get("kid", ""))


def _require_time(claims: Mapping[str, Any], now: float) -> None:
    begins, ends = claims["iat"], claims["exp"]
    if isinstance(ends, bool) or not isinstance(ends, int) or not isinstance(begins, int):
        raise _malformed()
    if now >= ends:
        raise TokenProblem("expired", "The approval has expired. Ask again.")
    if begins > now + _LEEWAY:
        raise TokenProblem("not_yet_valid", "The token is dated in the future. Compare the clocks.")


def _malformed() -> TokenProblem:
    return TokenProblem("malformed", "This is not an approval token, or not all of it.")
