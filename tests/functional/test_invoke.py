"""`make invoke` takes every file of events/."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from laurel import mailer, queue, settings, vault
from tests.functional.kit.world import World, events
from tools import invoke
from tools.places import EVENTS, ROOT

CONSUMERS = {"rule_evaluation", "mail", "tick", "jobs", "shops", "events"}
NOTIFIED = {"bounces"}
EVERY = [(folder.name, case) for folder in sorted(EVENTS.iterdir()) for case in events(EVENTS, folder.name)]


@pytest.fixture
def furnished(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in invoke.connect_outside().items():
        monkeypatch.setenv(name, value)
    for cached in (settings.settings, mailer._connect, queue._connect, vault._client):
        cached.cache_clear()
    yield
    for cached in (settings.settings, vault._client):
        cached.cache_clear()


def test_every_event_of_the_http_api_is_answered(furnished: None) -> None:
    """In one world, one after the other: each is answered, whatever those before it left."""
    for function, case in EVERY:
        if function not in {*CONSUMERS, *NOTIFIED, "webhooks"}:
            assert invoke.invoke(function, invoke._event(function, case))["statusCode"] < 500, (function, case)


@pytest.mark.parametrize("case", events(EVENTS, "webhooks"))
def test_every_event_of_shops_is_answered(case: str, furnished: None) -> None:
    assert invoke.invoke("webhooks", invoke._event("webhooks", case))["statusCode"] < 500


@pytest.mark.parametrize(("function", "case"), [each for each in EVERY if each[0] in CONSUMERS])
def test_an_event_of_a_consumer_fails_only_where_it_cannot_be_read(function: str, case: str, furnished: None) -> None:
    answer = invoke.invoke(function, invoke._event(function, case))
    failed = [] if answer is None else answer["batchItemFailures"]  # the clock expects no answer
    assert bool(failed) == ("unreadable" in case)


@pytest.mark.parametrize("case", events(EVENTS, "bounces"))
def test_every_notification_of_mails_is_taken(case: str, furnished: None) -> None:
    assert invoke.invoke("bounces", invoke._event("bounces", case)) == {}


def test_the_example_of_the_makefile_prints_what_was_recorded() -> None:
    command = [sys.executable, "-m", "tools.invoke", "conversions", "record"]
    ran = subprocess.run(command, cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert '"statusCode": 201' in ran.stdout
    assert '"order_id": "1001"' in ran.stdout
