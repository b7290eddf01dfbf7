"""The company's identity provider, asked over HTTP: where to send people, and who came back.

https://openid.net/specs/openid-connect-core-1_0.html, with PKCE (RFC 7636). Everything it answers
is bounded in size and time, and no redirect is followed: its own document names each address.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.web.signin.id_token import Keys, WrongToken, verified
from adapters.web.signin.settings import OidcSettings
from core.value import Millis

T = TypeVar("T")

TIMEOUT: Final = ClientTimeout(total=10)
MOST_BYTES: Final = 256 * 1024
KEPT: Final[Millis] = 3_600_000
"""How long the provider's document and keys are taken to be as they were."""

LOOK_AGAIN: Final[Millis] = 30_000
"""How often at most keys are looked for anew, whatever ids tokens name."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderError(Exception):
    """The provider did not answer as it should; the words are for the operator's log and hold
    nothing secret."""


class _Document(msgspec.Struct):
    """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata"""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Published(msgspec.Struct):
    keys: list[dict[str, Any]]


class _Tokens(msgspec.Struct):
    id_token: str


class Provider:
    """One identity provider. `http` gives a client of ours that is open."""

    def __init__(
        self, settings: OidcSettings, http: Callable[[], ClientSession], clock: Callable[[], Millis]
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._document: _Document | None = None
        self._document_at: Millis = 0
        self._keys = Keys({})
        self._keys_at: Millis = -KEPT
        self._looking = asyncio.Lock()

    async def address(self, *, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Where to send somebody to sign in. Raises ProviderError."""
        document = await self._described()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(document.authorization_endpoint).query else "?"
        return f"{document.authorization_endpoint}{joint}{urlencode(asked)}"

    async def claims(
        self, *, code: str, verifier: str, nonce: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """What the provider states about who came back with this code. Raises ProviderError."""
        document = await self._described()
        token = await self._token(document, code, verifier, redirect_uri)
        try:
            return verified(
                token,
                await self._known(document, token),
                issuer=document.issuer,
                client_id=self._settings.client_id,
                nonce=nonce,
                now=self._clock(),
            )
        except WrongToken as wrong:
            raise ProviderError(f"its ID token is not good: {wrong}") from None

    async def _token(self, document: _Document, code: str, verifier: str, redirect_uri: str) -> str:
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            # Encoded before it is joined: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
            own = quote(settings.client_id, safe=""), quote(settings.client_secret, safe="")
            headers["Authorization"] = f"Basic {b64encode(':'.join(own).encode()).decode()}"
        else:
            form |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
        raw = await self._call("POST", document.token_endpoint, data=form, headers=headers)
        return _read(raw, _Tokens, "token endpoint").id_token

    async def _described(self) -> _Document:
        now = self._clock()
        if self._document is not None and now < self._document_at + KEPT:
            return self._document
        url = f"{self._settings.issuer}/.well-known/openid-configuration"
        try:
            found = _read(await self._call("GET", url), _Document, "document")
        except ProviderError:
            if self._document is None:
                raise
            return self._document  # what was true an hour ago beats nobody signing in
        self._require_its_own(found)
        self._document, self._document_at = found, now
        return found

    def _require_its_own(self, found: _Document) -> None:
        """A document for another issuer, or one that sends secrets in clear, is none."""
        if found.issuer.rstrip("/") != self._settings.issuer.rstrip("/"):
            raise ProviderError("its document is about another issuer")
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if not is_safe(url):
                raise ProviderError("its document names an address that is not https")

    async def _known(self, document: _Document, token: str) -> Keys:
        """The keys, fetched anew where the one of this token is not among them: keys are rotated
        (https://openid.net/specs/openid-connect-core-1_0.html#RotateSigningKeys)."""
        async with self._looking:
            now = self._clock()
            fresh = now < self._keys_at + KEPT
            if fresh and (self._keys.has_that_of(token) or now < self._keys_at + LOOK_AGAIN):
                return self._keys
            try:
                raw = await self._call("GET", document.jwks_uri)
                self._keys = Keys.read(_read(raw, _Published, "keys").keys)
                self._keys_at = now
            except ProviderError:
                if not self._keys.has_that_of(token):
                    raise
            return self._keys

    async def _call(self, method: str, url: str, **options: Any) -> bytes:
        try:
            async with self._http().request(
                method, url, timeout=TIMEOUT, allow_redirects=False, **options
            ) as answer:
                raw = await answer.content.read(MOST_BYTES + 1)
                while len(raw) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES)):
                    raw += more
                if answer.status != 200:
                    raise ProviderError(f"{_path(url)} answered {answer.status}{_error(raw)}")
        except (ClientError, TimeoutError, OSError) as error:
            raise ProviderError(f"{_path(url)} was not reached ({type(error).__name__})") from None
        if len(raw) > MOST_BYTES:
            raise ProviderError(f"{_path(url)} answered too much")
        return raw


def is_safe(url: str) -> bool:
    """Whether nobody on the way hears what is sent there."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        return False


def _path(url: str) -> str:
    return urlsplit(url).path[:100]


def _read(raw: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        raise ProviderError(f"its {what} cannot be read") from None


class _Refusal(msgspec.Struct):
    error: str = ""


def _error(raw: bytes) -> str:
    """The name of what was wrong (RFC 6749, section 5.2), for the log; descriptions may hold
    anything."""
    try:
        named = msgspec.json.decode(raw, type=_Refusal).error[:60]
    except msgspec.DecodeError:
        return ""
    return f" ({named})" if named.isascii() and named.isprintable() and named else ""
