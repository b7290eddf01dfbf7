"""What the identity provider knows: its keys, and the codes that it gave out.

https://openid.net/specs/openid-connect-core-1_0.html with PKCE (RFC 7636), which it insists on.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from playground.place import Place

CODE_SECONDS = 60
TOKEN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What the client asked for when it sent somebody here."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Given:
    """A code: whom it stands for, for which question, until when."""

    email: str
    asked: Asked
    until: float


class Refused(Exception):
    """An OAuth error (RFC 6749, section 5.2)."""


@dataclass(slots=True, eq=False)
class Provider:
    """One issuer. With `verifies` off it does not say that it verified people's addresses."""

    place: Place
    verifies: bool = True
    _codes: dict[str, Given] = field(default_factory=dict)
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    _kid: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"{self.place.base_url}/oidc"

    def rotate(self) -> None:
        """Sign with another key from now on; the one before is published no more."""
        self._key, self._kid = ec.generate_private_key(ec.SECP256R1()), secrets.token_hex(4)

    def code(self, email: str, asked: Asked) -> str:
        """A code for somebody who agreed."""
        made = secrets.token_urlsafe(24)
        self._codes[made] = Given(email, asked, self.place.now() + CODE_SECONDS)
        return made

    def published(self) -> dict[str, Any]:
        """The key set."""
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._kid, "use": "sig", "alg": "ES256"}]}

    def tokens(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        """What a code is exchanged for, once. Raises Refused."""
        given = self._codes.pop(code, None)
        if given is None or self.place.now() >= given.until:
            raise Refused("invalid_grant")
        digest = sha256(verifier.encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if redirect_uri != given.asked.redirect_uri or challenge != given.asked.challenge:
            raise Refused("invalid_grant")
        return {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": self._id_token(given),
        }

    def knows(self, client_id: str, client_secret: str) -> bool:
        """Whether this is the one client there is."""
        world = self.place.world.teams
        right = hmac.compare_digest(client_secret.encode(), world.app_password.encode())
        return right and client_id == world.app_id

    def _id_token(self, given: Given) -> str:
        now = int(self.place.now())
        claims = {
            "iss": self.issuer,
            "sub": sha256(given.email.encode()).hexdigest()[:20],
            "aud": self.place.world.teams.app_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": now,
            "nonce": given.asked.nonce,
            "email": given.email,
            "email_verified": self.verifies,
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})


def provider(place: Place) -> Provider:
    """The provider of this playground."""
    found = place.live.setdefault("oidc", None) or Provider(place)
    place.live["oidc"] = found
    return found
