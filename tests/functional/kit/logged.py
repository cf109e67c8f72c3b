"""What CloudWatch would keep of a request, and what must never be in it."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from laurel.console.site import site as console
from laurel.log import logger
from laurel.portal.site import site as portal
from tools.places import ROOT

MOST_BYTES = 300
OF_A_LINE = 26
"""Bytes that CloudWatch adds to each line on the bill."""
REQUEST = len("JKJaXmPLvHcESHA=") - len("test")
"""Bytes by which the ids of the gateway are longer than those of tests."""
OURS = re.compile(r"[a-z]{2,3}_[0-9a-z]{26}")
ROUTES = {
    f"{method.upper()} {re.sub(r'{.*?}', '*', path)}"
    for path, operations in json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"].items()
    for method in operations
} | {
    f"{route.method} {re.sub('<.*?>', '*', site.path + route.path)}"
    for site in (console, portal)
    for route in site.routes
}


def hear(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger.name)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of this test about answers, as they are written; of what needs somebody there are more."""
    own = [record for record in caplog.records if record.name == logger.name and record.levelno == logging.INFO]
    return [logger.registered_formatter.format(record) for record in own]


def weight(logged: list[str]) -> int:
    """Bytes on the bill."""
    return sum(len(line.encode()) + REQUEST + OF_A_LINE for line in logged)


def leaked(event: dict[str, Any], logged: list[str]) -> list[str]:
    """Texts of the request that are in its line, beside the route and the reason, which are words of ours."""
    told = [json.loads(line) for line in logged]
    routes = {each.pop("message").rpartition(" ")[0] for each in told}
    assert {route.removesuffix("/") for route in routes if not route.endswith(" -")} <= ROUTES
    rest = " ".join(str(each) for each in told if each.pop("reason", "") is not None)
    return [text for text in _texts_of(event) if text in rest]


def _texts_of(event: dict[str, Any]) -> Iterator[str]:
    """Headers, cookies, query, address, and all texts of the body; ids of ours are no secret."""
    http = event["requestContext"]["http"]
    told = [*event.get("headers", {}).values(), *event.get("cookies", []), event.get("rawQueryString", "")]
    told += [http.get("sourceIp", ""), http.get("userAgent", ""), *_texts_in(event.get("body"))]
    return (text for text in told if len(text) > 4 and not OURS.fullmatch(text))


def _texts_in(body: str | None) -> list[str]:
    try:
        return list(_within(json.loads(body or "null")))
    except ValueError:
        return [body or ""]


def _within(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | dict():
            for each in value.values() if isinstance(value, dict) else value:
                yield from _within(each)
