"""Every raw event in events/ that has a response beside it is answered so; `make invoke` takes the same files."""

import json

import pytest

from laurel import clock
from tests.functional.kit import logged
from tests.functional.kit.gateway import Gateway, matches
from tests.functional.kit.world import events
from tests.kit.shop_bodies import dated
from tools.places import EVENTS

CASES = [
    (folder.name, case)
    for folder in sorted(EVENTS.iterdir())
    for case in events(EVENTS, folder.name)
    if (folder / f"{case}.response.json").exists()
]


@pytest.mark.parametrize(("function", "case"), CASES)
def test_an_event_is_answered_as_the_file_beside_it_says(
    api: Gateway, function: str, case: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
):
    logged.hear(caplog)
    backing = {"webhooks": ["shops"], "rules": ["jobs_queue"], "members": ["secrets_key"], "endpoints": ["secrets_key"]}
    for needed in backing.get(function, []):
        request.getfixturevalue(needed)
    event = dated(json.loads((EVENTS / function / f"{case}.json").read_text()), clock.now())
    expected = json.loads((EVENTS / function / f"{case}.response.json").read_text())
    answer = api.send(event, function)
    assert answer.status == expected["statusCode"]
    assert matches(expected.get("headers", {}), dict(answer.headers))
    if "body" in expected:
        assert matches(expected["body"], answer.body), answer.body
    lines = logged.lines(caplog)
    assert logged.weight(lines) <= logged.MOST_BYTES, lines
    assert len(lines) == 1
    assert logged.leaked(event, lines) == []


@pytest.mark.parametrize(
    "function",
    [
        *(
            "agents",
            "clicks",
            "codes",
            "commissions",
            "console",
            "conversions",
            "deliveries",
            "endpoints",
            "front",
            "logos",
            "members",
            "offers",
            "program",
        ),
        *("portal", "reports", "rules", "senders", "users", "webhooks"),
    ],
)
def test_every_event_of_these_functions_has_its_response(function: str):
    assert {case for folder, case in CASES if folder == function} == set(events(EVENTS, function))
