"""TCP ports of this machine's loopback address."""

import socket

from tools.failure import ToolError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nothing listens on now, chosen by the system."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def free_near(port: int) -> int:
    """The next port after `port` if nothing listens on it, else any free one."""
    return port + 1 if port < 65535 and _is_free(port + 1) else free_port()


def demand_free(port: int) -> None:
    """Raises ToolError if `port` cannot be listened on."""
    if not 0 < port < 65536:
        raise ToolError(f"PORT={port} is not a port; choose one from 1024 to 65535")
    if not _is_free(port):
        raise ToolError(f"port {port} is in use on {LOOPBACK}; choose another: make run PORT={port % 65535 + 1}")


def answers(port: int) -> bool:
    """Whether something accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError as refused:
            raise ToolError(f"port {port} needs more rights; choose one from 1024: make run PORT=4600") from refused
        except OSError:
            return False
    return not answers(port)
