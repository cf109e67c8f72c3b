"""Addresses of pages that we keep and lead others to: only what all who read them read alike."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic_core import Url

_LONGEST_LABEL: Final = 63
_LONGEST_HOST: Final = 253
_SCHEMES: Final = frozenset({"http", "https"})
_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def web_address(value: str) -> str:
    """`value` with its scheme in small letters, otherwise as it was given.

    Raises ValueError for what is no address of the web, or not the same one to browsers and to others.
    """
    if not value.isprintable() or {"\\", " "} & {*value}:
        raise ValueError("an address has no blanks, backslashes or characters that cannot be seen")
    scheme, separator, rest = value.partition("://")
    if scheme.lower() not in _SCHEMES or not separator:
        raise ValueError("an address begins with https:// or http://")
    address = f"{scheme.lower()}://{rest}"
    try:
        parts, as_browsers = urlsplit(address), Url(address)
        port = parts.port
    except ValueError as error:
        raise ValueError("not an address that a browser could follow") from error
    if "@" in parts.netloc:
        raise ValueError("an address names no user")
    if not _is_one_host(parts, as_browsers):
        raise ValueError("not a host that everybody would find")
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError("a port lies between 1 and 65535")
    return address


def web_origin(value: str) -> str:
    """The origin that `value` is, as browsers tell theirs. Plain http is for this machine alone. Raises ValueError."""
    parts = Url(web_address(value))
    if parts.path not in {None, "", "/"} or parts.query is not None or parts.fragment is not None:
        raise ValueError("an origin is a scheme and a host, such as https://shop.example, without a path")
    if "*" in value:
        raise ValueError("an origin names one host, without *")
    if parts.scheme != "https" and parts.host not in _LOOPBACK:
        raise ValueError("an origin begins with https://")
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{parts.host}{port}"


def is_unsafe(origin: str) -> bool:
    """Whether it is of this machine, without encryption."""
    return origin.startswith("http:")


def _is_one_host(parts: SplitResult, as_browsers: Url) -> bool:
    """Whether browsers go where those go who take the text as it is; to `0x7f.1` they do not, but to `127.0.0.1`."""
    given, found = parts.hostname or "", as_browsers.host or ""
    if parts.netloc.startswith("["):
        return ip_address(given) == ip_address(found.strip("[]"))
    labels_fit = all(0 < len(label) <= _LONGEST_LABEL for label in found.split("."))
    return labels_fit and len(found) <= _LONGEST_HOST and given in {found, as_browsers.unicode_host()}
