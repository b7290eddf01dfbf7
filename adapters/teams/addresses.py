"""Which addresses may be called. Needs nothing but the standard library, for the settings' sake."""

from ipaddress import ip_address
from urllib.parse import urlsplit


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


def _local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
