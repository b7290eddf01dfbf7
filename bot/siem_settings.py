"""Settings of the stream of events to a SIEM: where to, and what is in it."""

import ssl
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from bot.secret import Secret
from bot.slack_settings import Reader
from bot.webhook_settings import NEW_SECRET, is_secret

SIEM: Final = "COUNTERSIGN_SIEM"
_SECRET: Final = "COUNTERSIGN_SIEM_SECRET"  # noqa: S105 - the name of a setting
_CA: Final = "COUNTERSIGN_SIEM_CA"
_CONTENT: Final = "COUNTERSIGN_SIEM_CONTENT"
NAMES: Final = (SIEM, _SECRET, _CA, _CONTENT)

_PORTS: Final = {"tls": 6514, "tcp": 601, "udp": 514}
"""https://www.rfc-editor.org/rfc/rfc5425, RFC 3195 and RFC 5426."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_REMEDY: Final = (
    "Use https://host/path, syslog+tls://host:6514, syslog+tcp://host:601 or syslog+udp://host:514."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiemSettings:
    """Where events are streamed to. `url` is whole for a webhook, whose path may be a secret.

    `ca` is the file of the authorities that vouch for the receiver, None for the system's.
    With `content` what people wrote goes along.
    """

    transport: Literal["webhook", "tls", "tcp", "udp"]
    url: Secret
    host: str
    port: int
    secret: Secret | None = None
    ca: str | None = None
    content: bool = False

    def tls(self) -> ssl.SSLContext:
        """Whom the receiver's certificate is checked against. Raises SettingsError."""
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError):
            from bot.settings import Problem, SettingsError

            remedy = "Name the PEM file of the authority that made the receiver's certificate."
            raise SettingsError(
                (Problem(_CA, "names no file with certificates", remedy),)
            ) from None


def read_siem(reader: Reader) -> SiemSettings | None:
    """None where there is no stream."""
    given = reader.text(SIEM)
    content = reader.switch(_CONTENT, "Use on or off.", unset=False)
    secret, ca = reader.text(_SECRET), reader.text(_CA)
    if not given:
        for name, value in ((_SECRET, secret), (_CA, ca)):
            if value:
                reader.wrong(name, f"has no effect without {SIEM}", f"Set {SIEM}, or remove it.")
        return None
    parts = _parts(given)
    if parts is None:
        reader.wrong(SIEM, "is not an address that events can be sent to", _REMEDY)
        return None
    if parts.scheme in ("https", "http"):
        return _webhook(reader, parts, secret, ca, content=content)
    if secret:
        reader.wrong(_SECRET, "signs webhooks only", "Remove it.")
    transport = parts.scheme.removeprefix("syslog+")
    assert transport in ("tls", "tcp", "udp"), "other schemes are refused"
    return SiemSettings(
        transport=transport,  # type: ignore[arg-type]  # one of those, as was just asserted
        url=Secret(given),
        host=parts.hostname or "",
        port=parts.port or _PORTS[transport],
        ca=ca or None,
        content=content,
    )


def _webhook(
    reader: Reader, parts: SplitResult, secret: str, ca: str, *, content: bool
) -> SiemSettings:
    host, plain = parts.hostname or "", parts.scheme == "http"
    if plain and host not in _LOOPBACK:
        reader.wrong(SIEM, "would send events in clear over the network", "Use https://.")
    if not secret:
        reader.wrong(_SECRET, "is missing: what is sent is signed with it", NEW_SECRET)
    elif not is_secret(secret):
        reader.wrong(_SECRET, "is not whsec_ and 24 to 64 bytes in base64", NEW_SECRET)
    return SiemSettings(
        transport="webhook",
        url=Secret(parts.geturl()),
        host=host,
        port=parts.port or (80 if plain else 443),
        secret=Secret(secret),
        ca=ca or None,
        content=content,
    )


def _parts(given: str) -> SplitResult | None:
    """The parts of an address that can be used."""
    try:
        parts = urlsplit(given)
        good = bool(parts.hostname) and parts.port != 0 and parts.username is None
    except ValueError:
        return None
    known = ("https", "http", *(f"syslog+{each}" for each in _PORTS))
    good = good and given.isascii() and given.isprintable() and " " not in given
    if parts.scheme.startswith("syslog"):
        good = good and parts.path in ("", "/") and not parts.query and not parts.fragment
    return parts if good and parts.scheme in known else None
