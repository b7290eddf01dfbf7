"""Signing in with the company's identity provider: there, and back.

What ties the way back to this browser is one random secret in a cookie: `state`, `nonce` and the
PKCE verifier are made of it, so no server has to remember anything.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import structlog
from aiohttp import web

from adapters.web.door import SIGN_IN
from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.paths import own_path
from adapters.web.signin.handlers import SignIn
from adapters.web.signin.id_token import address_in
from adapters.web.signin.provider import Provider, ProviderError
from core.web.signing_in import SigningIn

START: Final = f"{SIGN_IN}/oidc"
BACK: Final = f"{SIGN_IN}/oidc/callback"
MINUTES: Final = 10
LABEL: Final = "Sign in with your company account"

UNREACHED: Final = Message(
    503,
    "Your company's sign-in cannot be reached now",
    "Nothing was changed. Try again in a moment, or tell whoever runs Countersign.",
)
BEGIN_AGAIN: Final = Message(
    400,
    "This sign-in was not begun here",
    "It may have taken too long, or was begun again in another tab. Sign in once more.",
)
REFUSED: Final = Message(
    403, "Your company's sign-in did not let you in", "Sign in once more, or ask whoever runs it."
)
NO_ADDRESS: Final = Message(
    403,
    "Your company's sign-in does not say who you are",
    "It confirms no e-mail address for your account. Ask whoever runs it, or Countersign.",
)
_SECRET: Final = re.compile(r"([0-9a-f]{64})\.(.*)")
_CODE: Final = re.compile(r"[!-~]{1,2048}")
log = structlog.get_logger("pages")


class Oidc:
    """The handlers. `public_url` is where the provider sends people back to, `new_salt` gives 128
    random bits."""

    def __init__(
        self,
        provider: Provider,
        claim: str,
        signing: SigningIn,
        sign_in: SignIn,
        pages: Pages,
        public_url: str,
        new_salt: Callable[[], str],
    ) -> None:
        self._provider = provider
        self._claim = claim
        self._signing = signing
        self._sign_in = sign_in
        self._pages = pages
        self._redirect_uri = f"{public_url}{BACK}"
        self._new_salt = new_salt

    def routes(self) -> list[web.RouteDef]:
        """There, and back."""
        return [
            web.get(START, self._sign_in.answering(self._start), allow_head=False),
            web.get(BACK, self._sign_in.answering(self._back), allow_head=False),
        ]

    async def _start(self, request: web.Request) -> web.Response:
        """GET: on to the provider."""
        secret, path = self._new_salt() + self._new_salt(), own_path(request.query.get("next", ""))
        try:
            url = await self._provider.address(
                redirect_uri=self._redirect_uri,
                state=_made("state", secret),
                nonce=_made("nonce", secret),
                challenge=_challenge(_made("verifier", secret)),
            )
        except ProviderError as error:
            raise _unreached(error) from None
        response = web.Response(status=303, headers={**self._pages.own_headers, "Location": url})
        cookies = self._pages.cookies
        cookies.keep(response, cookies.oidc, f"{secret}.{path or ''}", MINUTES * 60)
        return response

    async def _back(self, request: web.Request) -> web.Response:
        """GET: somebody comes back from the provider."""
        kept = _SECRET.fullmatch(request.cookies.get(self._pages.cookies.oidc, ""))
        state = request.query.get("state", "").encode("utf-8", "replace")
        if kept is None or not hmac.compare_digest(state, _made("state", kept[1]).encode()):
            raise TurnedAway(BEGIN_AGAIN)
        code = request.query.get("code", "")
        if _CODE.fullmatch(code) is None:
            # What the provider says beside it stands in the address, where anybody can write.
            log.info("oidc_refused", error=request.query.get("error", "")[:60])
            raise TurnedAway(REFUSED)
        email = await self._email(code, kept[1])
        found = await self._signing.as_person(email)
        response = await self._sign_in.entered(request, found, own_path(kept[2]))
        self._pages.cookies.drop(response, self._pages.cookies.oidc)
        return response

    async def _email(self, code: str, secret: str) -> str:
        """The address that the provider vouches for. Raises TurnedAway."""
        try:
            claims = await self._provider.claims(
                code=code,
                verifier=_made("verifier", secret),
                nonce=_made("nonce", secret),
                redirect_uri=self._redirect_uri,
            )
        except ProviderError as error:
            raise _unreached(error) from None
        email = address_in(claims, self._claim)
        if email is None:
            log.warning("oidc_without_address", claim=self._claim)
            raise TurnedAway(NO_ADDRESS)
        return email


def _unreached(error: ProviderError) -> TurnedAway:
    log.error("oidc_failed", why=str(error))
    return TurnedAway(UNREACHED)


def _made(what: str, secret: str) -> str:
    """One of the values of a sign-in, which tells nothing of the others."""
    return sha256(f"{what}:{secret}".encode()).hexdigest()


def _challenge(verifier: str) -> str:
    """S256 of https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
