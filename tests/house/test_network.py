"""`make test` reaches nothing outside this machine."""

import socket

import pytest

from tests.kit.network import LeftTheMachine


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"])
def test_a_test_that_connects_to_another_machine_fails(host: str):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(LeftTheMachine):
        one.connect((host, 443))


def test_a_test_may_talk_to_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 1).close()
