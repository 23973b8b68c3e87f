"""Addresses: how a server writes its own, and which others are on this machine or on the open Internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The names a machine has for itself."""
_NAT64 = ip_network("64:ff9b::/96")
_NOWHERE = tuple(
    map(
        ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100:0:0:1::/64", "3fff::/20", "5f00::/16"),
    )
)
"""Reserved by IANA and missing from the tables of older Pythons: protocols, 6to4 relays, local NAT64, documentation,
routing.
"""


def address_of(host: str, port: int) -> str:
    """The address of a server that listens there."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def ip_of(address: str) -> IPv4Address | IPv6Address:
    """The IP address itself, or the IPv4 address that an IPv6 one stands for (mapped, or translated by NAT64)."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an IP address is on the open Internet and not in a private network."""
    if not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in network for network in _NOWHERE):
        return False
    # The tables count tunnels (6to4) and the old site-local range as global, but both lead inside.
    return isinstance(ip, IPv4Address) or (ip.sixtofour is None and not ip.is_site_local)
