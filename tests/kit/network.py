"""Nothing that tests do reaches beyond this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any


class LeftTheMachine(BaseException):
    """A test wanted to reach somebody else; no Exception, so that nothing takes it for a network that is down."""


@contextmanager
def kept_here() -> Iterator[None]:
    """Connections to other machines raise inside the block."""
    kept = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}

    def guarded(name: str) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(address[0]):
                raise LeftTheMachine(f"a test connects to {address[0]}")
            return kept[name](self, address)

        return connect

    for name in kept:
        setattr(socket.socket, name, guarded(name))
    try:
        yield
    finally:
        for name, real in kept.items():
            setattr(socket.socket, name, real)


def _is_here(host: str) -> bool:
    if host in {"localhost", ""}:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
