"""Where a call comes from: the client's address, also behind proxies that are known.

`X-Forwarded-For` is believed only from those proxies, from the right: whatever stands to the left
of the first address that is none of them, the client may have made up.
"""

import ipaddress
from typing import Final

from aiohttp import web

from adapters.webhook.hosts import Network

UNKNOWN: Final = "unknown"
MOST_HOPS: Final = 20
"""Proxies that one call has come through; thousands of them would be made up."""

_MOST: Final = 4096
"""Addresses whose network is remembered."""


class Whence:
    """Tells the address of a caller; `proxies` are networks of our own."""

    def __init__(self, proxies: tuple[Network, ...] = ()) -> None:
        self._proxies = proxies
        self._networks: dict[str, tuple[str, str]] = {}

    def address(self, request: web.Request) -> str:
        """As it was written, `UNKNOWN` where there is none."""
        remote = request.remote or UNKNOWN
        if not self._proxies or not self._is_proxy(remote):
            return remote
        hops = ",".join(request.headers.getall("X-Forwarded-For", ())).rsplit(",", MOST_HOPS)
        for hop in reversed([each.strip() for each in hops[-MOST_HOPS:]]):
            if _read(hop) is None:
                break
            remote = hop
            if not self._is_proxy(hop):
                break
        return remote

    def network(self, address: str) -> str:
        """What the trail may keep of an address: see `core.system_events.KeyUsed`."""
        return self._both(address)[0]

    def household(self, address: str) -> str:
        """Who fails together: an IPv4 address, or all of IPv6 that one subscriber is given."""
        return self._both(address)[1]

    def _both(self, address: str) -> tuple[str, str]:
        found = self._networks.get(address)
        if found is None:
            if len(self._networks) >= _MOST:
                self._networks.clear()
            found = self._networks[address] = _cut(address)
        return found

    def _is_proxy(self, address: str) -> bool:
        found = _read(address)
        return found is not None and any(found in network for network in self._proxies)


def _cut(address: str) -> tuple[str, str]:
    found = _read(address)
    if found is None:
        return UNKNOWN, UNKNOWN
    if isinstance(found, ipaddress.IPv4Address):
        return str(ipaddress.IPv4Network((int(found), 24), strict=False)), str(found)
    networks = (ipaddress.IPv6Network((int(found), bits), strict=False) for bits in (48, 64))
    near, nearer = map(str, networks)
    return near, nearer


def _read(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address; an IPv4 one that is written as IPv6 counts as what it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
