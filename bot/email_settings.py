"""E-mail as a platform: on where a mail server and a public address are set."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from adapters.email.settings import MailSettings

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CODES_ONLY: Final = "SMTP_URL sends codes only, and nobody is asked by e-mail: "
NO_ADDRESS: Final = (
    f"{_CODES_ONLY}set COUNTERSIGN_PUBLIC_URL to where the links in letters are to lead."
)
IN_CLEAR: Final = (
    f"{_CODES_ONLY}COUNTERSIGN_PUBLIC_URL is not https, and whoever hears a link can decide by it. "
    "Put TLS in front."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailSettings:
    """The mail server, and the address under which people's browsers find this server."""

    mail: MailSettings
    public_url: str


def asking_by_mail(mail: MailSettings | None, public_url: str | None) -> EmailSettings | None:
    """None where nobody is asked by e-mail: a letter without its links would ask in vain."""
    if mail is None or public_url is None or _in_clear(public_url):
        return None
    return EmailSettings(mail=mail, public_url=public_url)


def note(mail: MailSettings | None, public_url: str | None) -> str | None:
    """Why a mail server is set and nobody is asked through it; None where that is not so."""
    if mail is None:
        return None
    if public_url is None:
        return NO_ADDRESS
    return IN_CLEAR if _in_clear(public_url) else None


def _in_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in _LOOPBACK
