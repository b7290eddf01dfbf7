"""Ed25519 signatures: the keys that sign, each by its id, and the check with a public key alone.

Approval tokens and checkpoints of the trail are signed with the same keys. They cannot be
taken for one another: what a token's signature covers has base64url characters and one dot
only, and a checkpoint is JSON, which begins with a brace. Whatever is signed next must stay
outside both forms.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.content import canonical

ALGORITHM = "EdDSA"
"""As RFC 8037 names it in JOSE; with the curve below there is one such algorithm."""

CURVE = "Ed25519"
KEY_BYTES = 32

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class SigningKey:
    """A private key. It shows as its id; the key itself leaves this object nowhere.

    `kid` is the RFC 7638 thumbprint of the public key, so that whoever holds the public key
    can work out the id, and two keys never share one.
    """

    __slots__ = ("_kid", "_private", "_x")

    def __init__(self, seed: bytes) -> None:
        """`seed` is the 32 bytes that RFC 8032 calls the private key; else ValueError."""
        if len(seed) != KEY_BYTES:
            raise ValueError(f"an Ed25519 seed has {KEY_BYTES} bytes")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._x = to_base64url(self._private.public_key().public_bytes_raw())
        self._kid = thumbprint(self._x)

    @property
    def kid(self) -> str:
        """43 characters of base64url."""
        return self._kid

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half as an RFC 8037 JSON Web Key."""
        return {
            "alg": ALGORITHM,
            "crv": CURVE,
            "kid": self._kid,
            "kty": "OKP",
            "use": "sig",
            "x": self._x,
        }

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes; the same data always gives the same."""
        return self._private.sign(data)

    def derived(self, purpose: str) -> bytes:
        """A secret of 32 bytes for one purpose (HKDF, RFC 5869): it says nothing of this key, nor
        of what is derived for another purpose."""
        own = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
        return own.derive(self._private.private_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey({self._kid})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningKey) and self._kid == other._kid

    def __hash__(self) -> int:
        return hash(self._kid)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key that signs what is new, and those that only stand by what they once signed."""

    active: SigningKey
    retired: tuple[SigningKey, ...] = ()

    def __post_init__(self) -> None:
        if len(self.keys) != 1 + len(self.retired):
            raise ValueError("the same key stands twice in the ring")

    @property
    def keys(self) -> Mapping[str, SigningKey]:
        """All keys by id, the active one first."""
        return MappingProxyType({key.kid: key for key in (self.active, *self.retired)})

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves as a JSON Web Key Set, the active one first."""
        return {"keys": [key.public_jwk for key in self.keys.values()]}


def verify(public_jwk: Mapping[str, Any], data: bytes, signature: bytes) -> bool:
    """Whether the key's owner signed exactly this; False, too, for what is no Ed25519 key."""
    public = _public_bytes(public_jwk)
    if public is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def public_key(jwks: Mapping[str, Any], kid: str) -> Mapping[str, Any] | None:
    """The key of this id in a JSON Web Key Set, None when it has none that can be used.

    The id must be the key's own thumbprint: a set that gives our id to another key is wrong.
    """
    return next((jwk for jwk in _members(jwks) if _is_named(jwk, kid)), None)


def thumbprint(x: str) -> str:
    """RFC 7638 thumbprint of the Ed25519 public key with this `x`."""
    return to_base64url(hashlib.sha256(canonical({"crv": CURVE, "kty": "OKP", "x": x})).digest())


def to_base64url(data: bytes) -> str:
    """RFC 7515's base64url: no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes of which this is the one and only base64url form; else ValueError."""
    if _BASE64URL.fullmatch(text) is None or len(text) % 4 == 1:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:  # bits behind the last byte must be zero
        raise ValueError("not canonical base64url")
    return data


def _public_bytes(jwk: Mapping[str, Any]) -> bytes | None:
    """The raw public key, None for a key of another kind, another use, or a private one."""
    x = jwk.get("x")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != CURVE or "d" in jwk:
        return None
    if jwk.get("alg", ALGORITHM) != ALGORITHM or jwk.get("use", "sig") != "sig":
        return None
    try:
        data = from_base64url(x) if isinstance(x, str) else b""
    except ValueError:
        return None
    return data if len(data) == KEY_BYTES else None


def _members(jwks: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    keys = jwks.get("keys")
    if isinstance(keys, list | tuple):
        yield from (jwk for jwk in keys if isinstance(jwk, Mapping))


def _is_named(jwk: Mapping[str, Any], kid: str) -> bool:
    if jwk.get("kid") != kid:
        return False
    return _public_bytes(jwk) is not None and thumbprint(jwk["x"]) == kid
