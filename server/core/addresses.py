"""Addresses: how a server's own is written, and which of the others are on this machine or open to the world."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The names by which a machine calls itself."""
_NAT64 = ip_network("64:ff9b::/96")
_NOWHERE = tuple(
    map(
        ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100:0:0:1::/64", "3fff::/20", "5f00::/16"),
    )
)
"""Set apart by IANA and in no table of older Pythons: protocols, 6to4 relays, local NAT64, documentation, routing."""


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
    """Whether an IP address is one of the open Internet, and of no network behind it."""
    if not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in network for network in _NOWHERE):
        return False
    # Tunnels (6to4) and the old site-local range count as global in the tables and lead inside.
    return isinstance(ip, IPv4Address) or (ip.sixtofour is None and not ip.is_site_local)
