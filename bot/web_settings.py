"""The pages for people in a browser: on where there is a public address with TLS, or loopback."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from adapters.web.signin.settings import EMAIL_CLAIM, OidcSettings
from bot.secret import Secret
from bot.slack_settings import Reader
from core.policy.policy import Policy

ISSUER: Final = "COUNTERSIGN_OIDC_ISSUER"
CLIENT_ID: Final = "COUNTERSIGN_OIDC_CLIENT_ID"
CLIENT_SECRET: Final = "COUNTERSIGN_OIDC_CLIENT_SECRET"  # noqa: S105 - the name of a setting
CLAIM: Final = "COUNTERSIGN_OIDC_CLAIM"
NAMES: Final = (ISSUER, CLIENT_ID, CLIENT_SECRET, CLAIM)

PUBLIC_URL: Final = "COUNTERSIGN_PUBLIC_URL"
CANNOT_DECIDE: Final = (
    f"Set {PUBLIC_URL}, {ISSUER} and the settings that go with it, or remove 'decide_in'"
)
"""What to do about `undecidable`."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
IN_CLEAR: Final = (
    f"There are no web pages: {PUBLIC_URL} is not https, and whoever hears a sign-in can "
    "decide with it. Put TLS in front."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityProvider:
    """The company's identity provider; what its settings mean stands at the adapter's."""

    issuer: str
    client_id: str
    client_secret: Secret
    claim: str = EMAIL_CLAIM

    def for_adapter(self) -> OidcSettings:
        """The same as the adapter takes it."""
        return OidcSettings(
            issuer=self.issuer,
            client_id=self.client_id,
            client_secret=self.client_secret.reveal(),
            claim=self.claim,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class WebSettings:
    """`public_url` is the address under which people's browsers find this server; without `oidc`
    people sign in by one-time links alone, and cannot decide what is to be decided on the web."""

    public_url: str
    oidc: IdentityProvider | None = None


def read_web(reader: Reader, public_url: str | None) -> WebSettings | None:
    """None where there are no pages. An identity provider without them, or half of one, is a
    mistake."""
    oidc = _provider(reader)
    if public_url is None or _in_clear(public_url):
        if oidc is not None:
            remedy = "Set it to the https address under which people's browsers find this server."
            reader.wrong(PUBLIC_URL, "must be an https address for signing in with OIDC", remedy)
        return None
    return WebSettings(public_url=public_url, oidc=oidc)


def note(public_url: str | None) -> str | None:
    """Why a public address is set and there are no pages; None where that is not so."""
    return IN_CLEAR if public_url is not None and _in_clear(public_url) else None


def undecidable(policy: Policy, web: WebSettings | None) -> str | None:
    """Whose requests nobody can decide by these settings, in a sentence; None for none."""
    if web is not None and web.oidc is not None:
        return None
    rules = [r.name for r in (*policy.rules, policy.fallback) if r.decide_in is not None]
    if not rules:
        return None
    named = "', '".join(rules)
    whose = f"rule '{named}'" if len(rules) == 1 else f"the rules '{named}'"
    return f"nobody can decide the requests of {whose}: 'decide_in: web' needs an OIDC sign-in"


def _provider(reader: Reader) -> IdentityProvider | None:
    if not any(map(reader.text, NAMES)):
        return None
    for name in (ISSUER, CLIENT_ID, CLIENT_SECRET):
        if not reader.text(name):
            remedy = "Set it as the identity provider shows it, or remove all COUNTERSIGN_OIDC_*."
            reader.wrong(name, "is missing", remedy)
    issuer = reader.url(ISSUER) or ""
    if issuer and _in_clear(issuer):
        reader.wrong(ISSUER, "is not an https address", "Use https://, as its documents have it.")
    return IdentityProvider(
        issuer=issuer,
        client_id=reader.text(CLIENT_ID),
        client_secret=Secret(reader.text(CLIENT_SECRET)),
        claim=reader.text(CLAIM) or EMAIL_CLAIM,
    )


def _in_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in _LOOPBACK
