"""One conversation with a shop: requests within a time for all of them, answers as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from laurel import clock, egress
from laurel.connectors import Denied, Refused, Unreachable

_LONGEST: Final = 50.0
"""Seconds in which requests begin: the last one too ends within the time of the function and of a claim."""
_LARGEST_ANSWER: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A shop's answer: status, headers by small letters, and the body as JSON (None if it is none)."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Line:
    """A conversation with one shop; `is_local`: it may be on this machine."""

    def __init__(self, *, is_local: bool) -> None:
        self._is_local = is_local
        self._has_time = clock.seconds(_LONGEST)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Sends one request, once. Raises Unreachable without an answer in time.

        Raises Refused for an address that nothing is sent to, Denied for a shop that is somewhere else.
        """
        if not self._has_time():
            raise Unreachable("the shop is too slow")
        asked = {"Accept": "application/json", **headers}
        try:
            answer = egress.send(method, url, asked, body, most_bytes=_LARGEST_ANSWER, allow_loopback=self._is_local)
        except egress.Forbidden as forbidden:
            raise Refused(str(forbidden)) from forbidden
        except egress.NoAnswer as nothing:
            raise Unreachable(str(nothing)) from nothing
        if 300 <= answer.status < 400:
            raise Denied("the shop's address leads on to another one: the connection needs that")
        return Answer(answer.status, answer.headers, _json(answer.body))


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
