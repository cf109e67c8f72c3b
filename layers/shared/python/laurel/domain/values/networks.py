"""Addresses of networks: which of them are the internet, and which would lead into a house."""

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit


def is_public(address: str) -> bool:
    """Whether a numeric address lies on the internet: not here, not in a private, shared, local or reserved network.

    An address that carries another one within (mapped, 6to4, Teredo, NAT64) is none: who knows where it leads.
    Raises ValueError for what is no address.
    """
    known = ip_address(address.partition("%")[0])
    is_odd = known.is_multicast or known.is_reserved or known.is_unspecified
    if isinstance(known, IPv6Address):
        is_odd = is_odd or known.is_site_local or bool(known.ipv4_mapped or known.sixtofour or known.teredo)
    return known.is_global and not is_odd


def is_loopback(address: str) -> bool:
    """Whether a numeric address is this machine. Raises ValueError for what is no address."""
    return ip_address(address.partition("%")[0]).is_loopback


def names_no_public_host(url: str) -> bool:
    """Whether the host of `url` is written as a number that is no public address; names are for who connects to ask.

    Any number that a resolver may take for an address counts: `127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or _is_number(host.rpartition(".")[2])


def _is_number(label: str) -> bool:
    """Whether a host that ends so would be taken for an IPv4 address, as browsers and resolvers do."""
    if label[:2] in {"0x", "0X"}:
        return all(digit in "0123456789abcdefABCDEF" for digit in label[2:])
    return label.isdecimal() or not label
