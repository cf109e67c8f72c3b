"""Endpoints whose names lead elsewhere when asked again: events go to the address that was checked, or nowhere."""

import socket
from typing import Any

import pytest

from tests.functional.kit.gateway import Gateway
from tests.functional.kit.receiver import EventsQueue, Receiver
from tests.functional.kit.stream import run
from tests.functional.test_egress import connected
from tests.functional.test_endpoints import Here

PUBLIC, INSIDE = "93.184.215.14", "169.254.169.254"
connects = connected
"""The addresses that were connected to; nobody is there."""


class Names:
    """A name server of a stranger: it gives these addresses, one after the other, and then the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = [*addresses], 0

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        assert host == "hooks.example"
        self.asked += 1
        address = self.addresses[min(self.asked, len(self.addresses)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))]


@pytest.fixture
def here(api: Gateway, events_queue: EventsQueue) -> Here:
    return Here(api, events_queue, Receiver(), "https://hooks.example/events")


def tried(here: Here) -> None:
    """The test event is sent, as Lambda hands it to the function."""
    here.api.post(f"{here.path}/test")
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(here.queue.take())]
    assert records
    assert run("events", {"Records": records}) == {"batchItemFailures": []}


def test_a_name_that_changes_after_it_was_checked_is_connected_to_as_it_was_checked(
    here: Here, connects: list[Any], monkeypatch: pytest.MonkeyPatch
):
    names = Names(PUBLIC, INSIDE)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    tried(here)
    assert (connects, names.asked) == ([(PUBLIC, 443)], 1)
    assert [entry["outcome"] for entry in here.log()] == ["failed"]


def test_the_next_try_is_checked_anew_and_goes_nowhere_once_the_name_leads_inside(
    here: Here, connects: list[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(socket, "getaddrinfo", Names(PUBLIC, INSIDE))
    for _ in range(2):
        tried(here)
    assert connects == [(PUBLIC, 443)]
    assert here.log()[0]["reason"] == "hooks.example is in no public network"
