"""Which addresses may be called. Needs nothing but the standard library, for the settings' sake."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

MICROSOFTS = frozenset(
    {
        "smba.trafficmanager.net",
        "smba.infra.gcc.teams.microsoft.com",
        "smba.infra.gov.teams.microsoft.us",
        "smba.infra.dod.teams.microsoft.us",
    }
)
"""Where Teams takes calls, whole names only: anybody may have another name below the first.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
"""


@dataclass(frozen=True, slots=True)
class Trusted:
    """The places that may be given the bot's token. With `local`, this machine is one of them.

    `hosts` are names, with a port where it is not that of HTTPS.
    """

    hosts: frozenset[str] = MICROSOFTS
    local: bool = False

    def __call__(self, address: str) -> bool:
        """Whether a service address is one of these places."""
        if not usable(address):
            return False
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.netloc.lower() in self.hosts:
            return True
        return self.local and local(address)


def usable(address: str) -> bool:
    """Whether an address may be called: HTTPS, or plain HTTP on this machine."""
    try:
        parts = urlsplit(address)
        host, good = parts.hostname or "", parts.port != 0
    except ValueError:
        return False
    if not good or not address.isascii() or not address.isprintable() or " " in address:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _local(host)))


def local(address: str) -> bool:
    """Whether an address is on this machine."""
    try:
        parts = urlsplit(address)
        return "@" not in parts.netloc and _local(parts.hostname or "")
    except ValueError:
        return False


def hosted(address: str) -> str:
    """The host of an address, for a sentence; empty when there is none."""
    try:
        return (urlsplit(address).hostname or "")[:100]
    except ValueError:
        return ""


def _local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
