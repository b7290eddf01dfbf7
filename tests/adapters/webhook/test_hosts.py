"""Where outgoing calls may go: what the operator names, and nothing inside unless named too."""

import ipaddress

import pytest

from adapters.webhook.hosts import NotAllowed, WrongHost, reachable, read_hosts

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/in",
        "https://HOOKS.example.com:8443/in?x=1",
        "https://hooks.example.com./in",
        "https://a.b.corp.example/in",
        "http://plain.example/in",
        "http://10.1.2.3:9000/in",
        "http://localhost:9000/in",
        "https://[fd00::1]/in",
    ],
)
def test_what_is_named_may_be_called(url: str) -> None:
    hosts = read_hosts(
        "hooks.example.com, *.corp.example, http://plain.example, 10.1.2.0/24, localhost, fd00::/8"
    )
    assert hosts.check(url).hostname


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://other.example.com/", "not among the hosts"),
        ("https://example.com/", "not among the hosts"),
        ("https://corp.example/", "not among the hosts"),
        ("https://evilcorp.example/", "not among the hosts"),
        ("https://hooks.example.com.evil.example/", "not among the hosts"),
        ("https://hooks.example.com@evil.example/", "user or password"),
        ("https://user:secret@hooks.example.com/", "user or password"),
        ("https://evil.example\\@hooks.example.com/", "web address"),
        ("https://hooks.example.com\n.evil.example/", "web address"),
        ("https://ｈooks.example.com/", "web address"),
        ("http://hooks.example.com/", "https only"),
        ("ftp://hooks.example.com/", "web address"),
        ("file:///etc/passwd", "web address"),
        ("gopher://hooks.example.com/", "web address"),
        ("https:///in", "web address"),
        ("https://hooks.example.com:0/", "web address"),
        ("https://hooks.example.com:99999/", "web address"),
        (f"https://{PUBLIC}/", "not an address"),
        ("https://127.0.0.1/", "not an address"),
        ("https://[::1]/", "not an address"),
        ("https://[::ffff:127.0.0.1]/", "not an address"),
        ("https://[::ffff:7f00:1]/", "not an address"),
        ("https://2130706433/", "not among the hosts"),
        ("https://0x7f000001/", "not among the hosts"),
        ("https://0177.0.0.1/", "not among the hosts"),
        ("https://127.1/", "not among the hosts"),
        # A host in brackets goes past every look-up, whatever stands in them.
        ("https://[v1.::1.corp.example]/", "not among the hosts"),
        ("https://[v1.corp.example]/", "web address"),
        ("https://a:b.corp.example/", "web address"),
        ("https://a_b.corp.example/", "not among the hosts"),
        ("https://hooks.example.com/" + "a" * 2000, "web address"),
    ],
)
def test_what_is_not_named_is_refused_with_the_reason(url: str, why: str) -> None:
    hosts = read_hosts("hooks.example.com, *.corp.example")
    with pytest.raises(NotAllowed, match=why):
        hosts.check(url)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::1"),
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo for 10.0.0.1
        "fe80::1%eth0",
        *("fec0::1", "64:ff9b:1::a00:1", "5f00::1", "3fff::1"),  # not all are known to Python 3.11
    ],
)
def test_a_name_leads_nowhere_inside_in_whatever_form(address: str) -> None:
    hosts = read_hosts("hooks.example.com")
    assert reachable(hosts, [address]) == []
    assert reachable(hosts, [address, PUBLIC]) == [PUBLIC]


def test_a_network_that_is_never_public_may_be_reached_where_it_is_named() -> None:
    assert reachable(read_hosts("hooks.corp, fec0::/10"), ["fec0::1"]) == ["fec0::1"]


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"])
def test_a_network_that_is_named_may_be_reached(address: str) -> None:
    assert reachable(read_hosts("hooks.corp, 10.1.2.0/24"), [address]) == [address]
    assert not read_hosts("hooks.corp, 10.1.3.0/24").may_reach(ipaddress.ip_address(address))


def test_public_addresses_may_be_reached_in_both_families() -> None:
    hosts = read_hosts("hooks.example.com")
    assert reachable(hosts, [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]) != []


def test_nothing_is_named_and_nothing_may_be_called() -> None:
    with pytest.raises(NotAllowed):
        read_hosts("").check("https://hooks.example.com/")


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "*.com",
        "*.*.example.com",
        "a b",
        "-a.example",
        "https://a.example",
        "1.2.3.4/99",
        "a/b",
    ],
)
def test_an_entry_that_names_nothing_is_told(entry: str) -> None:
    with pytest.raises(WrongHost):
        read_hosts(f"good.example, {entry}")
