"""Bot Framework's identity service with keys in our hands: to make every kind of bad token."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://api.botframework.com"
_KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in "abc"}


@dataclass
class Authority:
    """Publishes the keys named in `published`; counts how often they are fetched."""

    app_id: str
    service_url: str
    published: dict[str, list[str] | None] = field(default_factory=lambda: {"a": ["msteams"]})
    fetched: int = 0
    down: bool = False

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metadata", self._metadata), web.get("/keys", self._keys)]

    async def _metadata(self, request: web.Request) -> web.Response:
        self.fetched += 1
        if self.down:
            return web.Response(status=503)
        url = str(request.url.with_path("/keys"))
        return web.json_response({"issuer": ISSUER, "jwks_uri": url})

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [self._jwk(kid) for kid in self.published]})

    def _jwk(self, kid: str) -> dict[str, Any]:
        public = _KEYS[kid].public_key()
        jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public))
        endorsed = self.published[kid]
        return {**jwk, "kid": kid} | ({} if endorsed is None else {"endorsements": endorsed})

    def token(
        self,
        *,
        kid: str | None = "a",
        signer: str = "a",
        without: tuple[str, ...] = (),
        age: int = 0,
        **claims: object,
    ) -> str:
        """A token made `age` seconds ago, good for an hour, with claims changed or left out."""
        made = int(time.time()) - age
        payload: dict[str, object] = {
            "iss": ISSUER,
            "aud": self.app_id,
            "serviceurl": self.service_url,
            "nbf": made - 300,
            "exp": made + 3600,
            **claims,
        }
        for name in without:
            del payload[name]
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(payload, _KEYS[signer], algorithm="RS256", headers=headers)
