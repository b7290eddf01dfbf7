"""Which mail server takes our letters: `smtp://user:password@host:587` or `smtps://...`.

`smtp` begins in clear and must change to TLS before anything is said; only on loopback, or
with `?tls=off`, may it stay as it is.
"""

import ipaddress
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from core.value import Value

REMEDY: Final = "Use smtp://user:password@host:587, or smtps://user:password@host:465."
FROM_REMEDY: Final = "Use an address such as approvals@example.com."

_PORTS: Final = {"smtp": 587, "smtps": 465}


class MailSettings(Value, frozen=True):
    """`tls` is "direct", "starttls" or "off". `password` must not be shown."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"MailSettings({self.host}:{self.port})"


class WrongSettings(ValueError):
    """A setting that cannot be used; the texts never hold the password."""

    def __init__(self, key: str, problem: str, remedy: str) -> None:
        self.key, self.problem, self.remedy = key, problem, remedy
        super().__init__(f"{key}: {problem}. {remedy}")


def read_mail(url: str, sender: str) -> MailSettings:
    """The settings of SMTP_URL and COUNTERSIGN_MAIL_FROM. Raises WrongSettings."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise WrongSettings("SMTP_URL", "is not an address of a mail server", REMEDY) from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise WrongSettings("SMTP_URL", "is not an address of a mail server", REMEDY)
    if not sender:
        remedy = f"Whom letters come from. {FROM_REMEDY}"
        raise WrongSettings("COUNTERSIGN_MAIL_FROM", "is missing", remedy)
    return MailSettings(
        host=parts.hostname,
        port=port,
        tls=_tls(parts),
        sender=_sender(sender),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _tls(parts: SplitResult) -> str:
    asked = parse_qs(parts.query, keep_blank_values=True)
    off = asked == {"tls": ["off"]}
    if asked and not off:
        remedy = "Only ?tls=off may stand behind the address."
        raise WrongSettings("SMTP_URL", "has more than an address", remedy)
    if parts.scheme == "smtps":
        return "direct"
    if off and parts.password:
        remedy = "Remove ?tls=off, or the user and password."
        raise WrongSettings("SMTP_URL", "would send the password in clear", remedy)
    return "off" if off or _is_loopback(parts.hostname or "") else "starttls"


def _sender(text: str) -> str:
    """An address, or a name with an address, as it can stand in a header."""
    name, address = parseaddr(text)
    try:
        # One address, with nothing around it but a name.
        alone = text.strip() in (address, f"{name} <{address}>", f'"{name}" <{address}>')
        if alone and text.isprintable() and address.isascii():
            return str(Address(name, addr_spec=address))
    except (ValueError, IndexError, MessageError):
        pass
    raise WrongSettings("COUNTERSIGN_MAIL_FROM", "is not an e-mail address", FROM_REMEDY)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
