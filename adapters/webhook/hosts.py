"""Where outgoing calls may go: the hosts that the operator names, and what names may stand for.

A name that is allowed still must not lead inside: unless its network is named too, an address
that is not public is refused, in whatever form it is written and however often the name's answer
changes (https://owasp.org/www-community/attacks/Server_Side_Request_Forgery).
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from core.value import Value

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

URL_CHARS: Final = 2000
LOCALHOST: Final = "localhost"

_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Stands for IPv4 addresses behind a translator (https://www.rfc-editor.org/rfc/rfc6052)."""

_NEVER_PUBLIC: Final = tuple(
    ipaddress.IPv6Network(each)
    for each in ("fec0::/10", "64:ff9b:1::/48", "100:0:0:1::/64", "3fff::/20", "5f00::/16")
)
"""Not all versions of Python know them: site-local addresses (RFC 3879), and those of
https://www.iana.org/assignments/iana-ipv6-special-registry that came later."""


class NotAllowed(Exception):
    """An address that nothing is sent to; the text says why and what to do."""


class WrongHost(ValueError):
    """An entry of the list that names neither a host nor a network."""


class Hosts(Value, frozen=True):
    """The hosts and networks that calls may go to.

    `names` are exact; `below` are the ends of names, ".example.com" for "*.example.com"; `open` are
    names that may be called without TLS; `networks` are allowed though they may not be public.
    """

    names: frozenset[str] = frozenset()
    below: tuple[str, ...] = ()
    open: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def check(self, url: str) -> SplitResult:
        """The address in its parts. Raises NotAllowed."""
        parts = _split(url)
        host = (parts.hostname or "").rstrip(".")
        literal = _literal(host)
        if literal is not None and not self._listed(literal):
            raise NotAllowed(f"{host} is not an address that COUNTERSIGN_CALLBACK_HOSTS names")
        if literal is None and not self._named(host):
            raise NotAllowed(f"{host} is not among the hosts of COUNTERSIGN_CALLBACK_HOSTS")
        if parts.scheme == "http" and literal is None and host not in self.open:
            raise NotAllowed(
                f"{host} is called with https only, unless COUNTERSIGN_CALLBACK_HOSTS names it as "
                f"http://{host}"
            )
        return parts

    def may_reach(self, address: Address) -> bool:
        """Whether a connection may go there: a public address, or one of a named network."""
        inner = unwrapped(address)
        if self._listed(address):
            return True
        special = inner.is_multicast or any(inner in network for network in _NEVER_PUBLIC)
        return inner.is_global and not special

    def _listed(self, address: Address) -> bool:
        both = {address, unwrapped(address)}
        return any(each in network for network in self.networks for each in both)

    def _named(self, host: str) -> bool:
        # What is no name may be taken for an address by whoever connects, and not be looked up.
        if not _NAME.fullmatch(host):
            return False
        return host in self.names or any(host.endswith(end) for end in self.below)


def read_hosts(text: str) -> Hosts:
    """Names, "http://name" for one without TLS, "*.example.com", addresses and networks, between
    commas. Raises WrongHost."""
    names: set[str] = set()
    open_: set[str] = set()
    below: list[str] = []
    networks: list[Network] = []
    for written in filter(None, (each.strip().lower() for each in text.split(","))):
        entry = written.removeprefix("http://")
        if entry != written and not _is_name(entry):
            raise WrongHost(written)
        open_ |= {entry} if entry != written else set()
        if (network := _network(entry)) is not None:
            networks.append(network)
        elif entry == LOCALHOST:
            names.add(entry)
            open_.add(entry)
            networks += [ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1/128")]
        elif _is_name(entry):
            names.add(entry)
        elif entry.startswith("*.") and "." in entry[2:] and _is_name(entry[2:]):
            below.append(entry[1:])
        else:
            raise WrongHost(written)
    return Hosts(
        names=frozenset(names), below=tuple(below), open=frozenset(open_), networks=tuple(networks)
    )


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def reachable(hosts: Hosts, found: Iterable[str]) -> list[str]:
    """Of the addresses that a name has, those that a connection may go to."""
    return [each for each in found if (a := _literal(each)) is not None and hosts.may_reach(a)]


def _split(url: str) -> SplitResult:
    """The parts of a web address that can mean one place only. Raises NotAllowed."""
    if len(url) > URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise NotAllowed("this is not a web address: write https://host/path")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        # Names stand in no brackets, though https://www.rfc-editor.org/rfc/rfc3986 lets them.
        good = good and ("[" not in parts.netloc or ":" in (parts.hostname or ""))
    except ValueError:
        good = False
    if not good or "\\" in url:
        raise NotAllowed("this is not a web address: write https://host/path")
    if "@" in parts.netloc:
        raise NotAllowed("a user or password cannot stand in the address")
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_name(entry: str) -> bool:
    # A last part of digits only is some way of writing an IPv4 address.
    return bool(_NAME.fullmatch(entry)) and not entry.rpartition(".")[2].isdigit()


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None
