"""Where a call comes from, and what the trail may keep of that."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from adapters.webhook.whence import UNKNOWN, Whence

PROXIES = Whence((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def address(whence: Whence, remote: str, *forwarded: str) -> str:
    headers = CIMultiDict([("X-Forwarded-For", each) for each in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    return whence.address(request)


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.7",), "203.0.113.7"),
        ("fd00::1", ("2001:db8::7",), "2001:db8::7"),
        ("::ffff:10.0.0.1", ("203.0.113.7",), "203.0.113.7"),
        # Behind two proxies of ours; what is to the left, the client made up.
        ("10.0.0.1", ("198.51.100.1, 203.0.113.7, 10.0.0.2",), "203.0.113.7"),
        ("10.0.0.1", ("198.51.100.1", "203.0.113.7"), "203.0.113.7"),
        # Nobody else is believed.
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),
        ("10.0.0.1", ("nonsense",), "10.0.0.1"),
        ("10.0.0.1", (f"203.0.113.7{', 10.0.0.2' * 19}",), "203.0.113.7"),
        ("10.0.0.1", (f"203.0.113.7{', 10.0.0.2' * 20}",), "10.0.0.2"),
        ("10.0.0.1", ("203.0.113.7, nonsense, 10.0.0.2",), "10.0.0.2"),
    ],
)
def test_a_known_proxy_says_whom_it_calls_for(
    remote: str, forwarded: tuple[str, ...], found: str
) -> None:
    assert address(PROXIES, remote, *forwarded) == found


def test_without_known_proxies_nobody_is_believed() -> None:
    assert address(Whence(), "127.0.0.1", "203.0.113.7") == "127.0.0.1"


@pytest.mark.parametrize(
    ("written", "network", "household"),
    [
        ("203.0.113.7", "203.0.113.0/24", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.0/24", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/48", "fe80::/64"),
        ("/run/socket", UNKNOWN, UNKNOWN),
    ],
)
def test_what_is_kept_of_an_address_names_no_machine(
    written: str, network: str, household: str
) -> None:
    whence = Whence()
    assert (whence.network(written), whence.household(written)) == (network, household)
