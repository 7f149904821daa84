"""Which IP addresses may be connected to for a submitted page: those of the public internet alone.

Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries, the IANA IPv4 Multicast Address
Space Registry, and "Internet Protocol Version 6 Address Space", which has all of global unicast in
2000::/3. What the registries call globally reachable and no page is served from (AS112, AMT,
relays) is forbidden as well. The networks are written out: what `ipaddress.is_global` says differs
between versions of Python, and is wrong for multicast and for addresses that embed another.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Final

FORBIDDEN_IPV4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared address space
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services (Microsoft, "What is IP address 168.63.129.16?")
        "169.254.0.0/16",  # link local, with the metadata services of clouds
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112, direct delegation
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Outside of it are loopback, link-local, unique local and multicast addresses, NAT64, and IPv4
# addresses that are mapped (::ffff:0:0/96); these are not unwrapped, since no host is published so.
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
FORBIDDEN_IPV6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments, with Teredo, benchmarking, AMT and ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which embeds an IPv4 address
        "2620:4f:8000::/48",  # AS112, direct delegation
        "3fff::/20",  # documentation
    )
)


def is_allowed(address: str) -> bool:
    """Whether a page may be fetched from this address, as a resolver writes it.

    False for anything that is not an address, and for one with a zone.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in FORBIDDEN_IPV4)
    return (
        ip.scope_id is None
        and ip in GLOBAL_UNICAST
        and not any(ip in network for network in FORBIDDEN_IPV6)
    )
