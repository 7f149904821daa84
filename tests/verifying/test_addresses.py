"""Which addresses may be connected to, compared with two packages of that purpose."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from hypothesis import given
from hypothesis import strategies as st
from ssrfguard import Policy

from seealso.verifying.addresses import (
    FORBIDDEN_IPV4,
    FORBIDDEN_IPV6,
    GLOBAL_UNICAST,
    is_allowed,
)
from tests.verifying.hostile import ADDRESSES

SSRFGUARD = Policy()
ANTISSRF = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
NETWORKS: list[IPv4Network | IPv6Network] = [*FORBIDDEN_IPV4, *FORBIDDEN_IPV6, GLOBAL_UNICAST]
# On both sides of each network's borders.
BORDERS = [
    border + step
    for network in NETWORKS
    for border in (network.network_address, network.broadcast_address)
    for step in (-1, 0, 1)
    if 0 <= int(border) + step < 2**border.max_prefixlen
]


def both_allow(address: str) -> bool:
    return SSRFGUARD.permits_address(address) and bool(
        ANTISSRF._is_str_ip_address_connection_allowed(address)
    )


def random_addresses() -> st.SearchStrategy[IPv4Address | IPv6Address]:
    """Any, with many of special networks and of global unicast ones."""
    return st.one_of(
        st.ip_addresses(v=4),
        st.ip_addresses(v=6),
        st.ip_addresses(network=GLOBAL_UNICAST),
        st.integers(0, 2**32 - 1).map(IPv4Address),
        st.sampled_from(BORDERS),
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_forbids_hostile_addresses(address: str) -> None:
    assert not is_allowed(address)


def test_there_are_at_least_60_hostile_addresses() -> None:
    assert len(set(ADDRESSES)) == len(ADDRESSES) >= 60


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "172.32.0.0",
        "192.0.1.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700:4700::1111",
        "2a00:1450:4001:81b::200e",
        "3ffe::1",
    ],
)
def test_allows_the_public_internet(address: str) -> None:
    assert is_allowed(address)


@pytest.mark.parametrize(
    "text",
    [
        *("", "example.com", "127.1", "0177.0.0.1", "2130706433", "8.8.8.8/32", "8.8.8.8 "),
        *("[2606::1]", "2606:4700::1%1", "2606:4700::1%eth0", "8.8.8.8\0", "\uff18.8.8.8"),
    ],
)
def test_forbids_what_is_not_a_plain_address(text: str) -> None:
    assert not is_allowed(text)


@given(random_addresses())
def test_others_allow_what_is_allowed(address: IPv4Address | IPv6Address) -> None:
    if is_allowed(str(address)):
        assert both_allow(str(address))
        assert address.is_global
        assert not address.is_multicast


@given(random_addresses())
def test_forbids_no_more_than_others(address: IPv4Address | IPv6Address) -> None:
    if address.version == 4 or address in GLOBAL_UNICAST:
        assert is_allowed(str(address)) is both_allow(str(address))


def test_agrees_with_others_at_every_border() -> None:
    for address in BORDERS:
        if address.version == 4 or address in GLOBAL_UNICAST:
            assert is_allowed(str(address)) is both_allow(str(address)), address
        else:
            assert not is_allowed(str(address)), address
