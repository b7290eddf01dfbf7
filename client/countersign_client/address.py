"""Where a client calls and with which key: what could not work, or would give the key away, is
told before anything is sent.
"""

import ipaddress
import warnings
from urllib.parse import urlsplit


def server_at(url: str) -> str:
    """The address without a slash at its end. Raises ValueError for what is none.

    Warns of `http://` to another machine: on the way everybody could read the key.
    """
    given = url.strip()
    plain = given.isascii() and given.isprintable() and not set(given) & set(" \"'<>\\")
    found = urlsplit(given if plain else "")
    if found.scheme not in ("http", "https") or not found.hostname or found.port == 0:
        raise ValueError("this is no address: give https://host, or http://host:port")
    if "@" in found.netloc:
        raise ValueError("the address has a name or password in it: give it without, and the key")
    if found.query or found.fragment:
        raise ValueError("the address has ? or # in it: give https://host, or http://host:port")
    if found.scheme == "http" and not _is_loopback(found.hostname):
        warnings.warn(
            f"The key and the approvals travel readably to {found.hostname}: use https://.",
            stacklevel=3,
        )
    return found.geturl().rstrip("/")


def reaches_itself(url: str) -> bool:
    """Whether only this machine is called, for which no proxy is asked."""
    return _is_loopback(urlsplit(url).hostname or "")


def bearer(key: str) -> dict[str, str]:
    """The header of a key, which may stand as it was read from a file. Raises ValueError, without
    saying what was given."""
    given = key.strip()
    if not given or not all("!" <= character <= "~" for character in given):
        raise ValueError("this is not a key: keys begin with cs_")
    return {"Authorization": f"Bearer {given}"}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
