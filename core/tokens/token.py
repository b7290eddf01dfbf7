"""The approval token: a signed statement of which action was approved, by whom, until when.

It is a compact JWS (RFC 7515) with JWT claims. There is one algorithm, one set of header
members and one way to write each token, and everything else is refused: what the usual
attacks on tokens need is the choice between several.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from core.content import Action, action_digest, canonical
from core.tokens.signing import (
    ALGORITHM,
    KeyRing,
    from_base64url,
    public_key,
    to_base64url,
    verify,
)
from core.value import Millis, Value

TYPE = "approval+jwt"
"""The header's `typ`: a token of another kind that we sign one day is not an approval."""

ISSUER = "countersign"

MAX_CHARS = 8192
"""Of a whole token: what web servers commonly take as one header line."""

SKEW: Millis = 60_000
"""By how much the clock of the server that minted may be ahead of the reader's."""

MAX_NAME = 254
"""Characters of an id or an address (RFC 5321 allows no longer addresses)."""

END_OF_TIME: Millis = 253_402_300_799_000
"""The last second of the year 9999: beyond it dates have no RFC 3339 form."""

_SECOND: Millis = 1000
_DIGEST = re.compile(r"[0-9a-f]{64}")

Keys = KeyRing | Mapping[str, Any]
"""What tokens are checked with: our own ring, or the published JSON Web Key Set."""


class Fault(StrEnum):
    """Why a token is not taken; the closed set."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


SENTENCES: dict[Fault, str] = {
    Fault.MALFORMED: "This is not an approval token. Send it exactly as it was given.",
    Fault.TOO_LARGE: f"A token has at most {MAX_CHARS} characters; this one has more.",
    Fault.WRONG_ALGORITHM: f"An approval token is signed with {ALGORITHM}; this one is not.",
    Fault.WRONG_TYPE: f"This is a token of another kind; an approval token has the type {TYPE}.",
    Fault.UNKNOWN_KEY: (
        "The token names a key that is not in the key set. Fetch /.well-known/jwks.json anew; "
        "if it is not there either, the token is not from this server."
    ),
    Fault.BAD_SIGNATURE: "The signature does not fit: the token was changed or forged.",
    Fault.WRONG_ISSUER: "The token was not issued by Countersign.",
    Fault.WRONG_AUDIENCE: "The token is meant for somebody else.",
    Fault.NOT_YET_VALID: "The token is dated in the future. Compare the clocks of both machines.",
    Fault.EXPIRED: "The token has expired. Ask for a new approval.",
}


class TokenError(Exception):
    """An expected no about a token; `kind` is one of the closed set. It never holds the token."""

    def __init__(self, kind: Fault) -> None:
        self.kind = kind
        super().__init__(SENTENCES[kind])


class TokenClaims(Value, kw_only=True, frozen=True):
    """What a token states. Digests are SHA-256 in hex, `approvers` people's ids.

    `approvers` is empty where no person approved. `iat` and `exp` are whole seconds in a
    token, rounded down: pass them through `whole_seconds` where they are recorded.
    """

    request: str
    revision: int
    digest: str
    action_digest: str
    approvers: tuple[str, ...]
    jti: str
    iat: Millis
    exp: Millis
    rule: str | None = None
    policy_version: str | None = None
    aud: str | None = None


class _Payload(msgspec.Struct, kw_only=True, frozen=True):
    """The claims as they stand in a token: times in seconds. Others are ignored (RFC 7519, 4)."""

    iss: str
    request: str
    revision: int
    digest: str
    action_digest: str
    approvers: tuple[str, ...]
    jti: str
    iat: int
    exp: int
    rule: str | None = None
    policy_version: str | None = None
    aud: str | None = None


def whole_seconds(at: Millis) -> Millis:
    """The moment as a token can hold it."""
    return at // _SECOND * _SECOND


def mint(ring: KeyRing, kid: str, claims: TokenClaims) -> str:
    """The token, signed by this key of the ring; the same claims always give the same text.

    Raises TokenError: UNKNOWN_KEY when the key is not in the ring any more, TOO_LARGE when so
    many approved that no token can name them all. Raises ValueError for claims that `read_token`
    would not take.
    """
    key = ring.keys.get(kid)
    if key is None:
        raise TokenError(Fault.UNKNOWN_KEY)
    if not _is_sound(claims):
        raise ValueError("these claims cannot stand in a token")
    head, body = canonical(_header(kid)), canonical(_payload(claims))
    signed = f"{to_base64url(head)}.{to_base64url(body)}"
    token = f"{signed}.{to_base64url(key.sign(signed.encode()))}"
    if len(token) > MAX_CHARS:
        raise TokenError(Fault.TOO_LARGE)
    return token


def read_token(text: str, keys: Keys, now: Millis, *, audience: str | None = None) -> TokenClaims:
    """What the token states, if one of the keys signed it and it holds now; else TokenError.

    A token for an audience is taken only by a reader that names it, and a reader that names
    one takes no token without it. That the token is unused is not known here.
    """
    if len(text) > MAX_CHARS:
        raise TokenError(Fault.TOO_LARGE)
    parts = text.split(".")
    if len(parts) != 3 or not text.isascii():
        raise TokenError(Fault.MALFORMED)
    head, body, signature = parts
    kid = _kid(_object(head))
    _check_signature(f"{head}.{body}", signature, kid, keys)
    claims = _claims(_object(body))
    _check_use(claims, now, audience)
    return claims


def covers(claims: TokenClaims, action: Action) -> bool:
    """Whether this action is the approved one, to the last parameter."""
    return claims.action_digest == action_digest(action)


def _header(kid: str) -> dict[str, Any]:
    return {"alg": ALGORITHM, "kid": kid, "typ": TYPE}


def _payload(claims: TokenClaims) -> dict[str, Any]:
    fields = {name: getattr(claims, name) for name in claims.__struct_fields__}
    times = {"iat": claims.iat // _SECOND, "exp": claims.exp // _SECOND}
    stated = {"iss": ISSUER, **fields, "approvers": list(claims.approvers), **times}
    return {name: value for name, value in stated.items() if value is not None}


def _is_sound(claims: TokenClaims) -> bool:
    names = (claims.request, claims.jti, *claims.approvers)
    return (
        all(0 < len(name) <= MAX_NAME for name in names)
        and 1 <= claims.revision < 2**53
        and _DIGEST.fullmatch(claims.digest) is not None
        and _DIGEST.fullmatch(claims.action_digest) is not None
        and 0 <= whole_seconds(claims.iat) < whole_seconds(claims.exp) <= END_OF_TIME
    )


def _object(segment: str) -> dict[str, Any]:
    """The JSON object of a segment. Its bytes must be the canonical ones.

    So no name stands twice, no number has two forms, and nothing hides in white space.
    """
    try:
        data = from_base64url(segment)
        value = msgspec.json.decode(data)
        if not isinstance(value, dict) or canonical(value) != data:
            raise TokenError(Fault.MALFORMED)
    except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        raise TokenError(Fault.MALFORMED) from None
    return value


def _kid(header: dict[str, Any]) -> str:
    """The key's id, from a header that is in every respect one of ours.

    Any further member is refused, not ignored: `jwk`, `jku` and `x5c` bring a key along, `crit`
    and `b64` change what is signed.
    """
    if header.get("alg") != ALGORITHM:
        raise TokenError(Fault.WRONG_ALGORITHM)
    if header.get("typ") != TYPE:
        raise TokenError(Fault.WRONG_TYPE)
    kid = header.get("kid")
    if not isinstance(kid, str) or header != _header(kid):
        raise TokenError(Fault.MALFORMED)
    return kid


def _check_signature(signed: str, signature: str, kid: str, keys: Keys) -> None:
    jwks = keys.jwks() if isinstance(keys, KeyRing) else keys
    jwk = public_key(jwks, kid)
    if jwk is None:
        raise TokenError(Fault.UNKNOWN_KEY)
    try:
        data = from_base64url(signature)
    except ValueError:
        raise TokenError(Fault.MALFORMED) from None
    if not verify(jwk, signed.encode(), data):
        raise TokenError(Fault.BAD_SIGNATURE)


def _claims(payload: dict[str, Any]) -> TokenClaims:
    try:
        stated = msgspec.convert(payload, _Payload)
    except msgspec.ValidationError:
        raise TokenError(Fault.MALFORMED) from None
    if stated.iss != ISSUER:
        raise TokenError(Fault.WRONG_ISSUER)
    fields = {name: getattr(stated, name) for name in TokenClaims.__struct_fields__}
    times = {"iat": stated.iat * _SECOND, "exp": stated.exp * _SECOND}
    claims = TokenClaims(**{**fields, **times})
    if not _is_sound(claims):
        raise TokenError(Fault.MALFORMED)
    return claims


def _check_use(claims: TokenClaims, now: Millis, audience: str | None) -> None:
    if claims.aud != audience:
        raise TokenError(Fault.WRONG_AUDIENCE)
    if claims.iat > now + SKEW:
        raise TokenError(Fault.NOT_YET_VALID)
    if now >= claims.exp:  # on or after it a token must not be taken: RFC 7519 section 4.1.4
        raise TokenError(Fault.EXPIRED)
