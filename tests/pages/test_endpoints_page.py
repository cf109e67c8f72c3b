"""Endpoints: made, their secrets shown once, tested, their log, and events sent again."""

from collections.abc import Iterator

import boto3
import pytest

from laurel import clock, queue
from laurel.domain.events.endpoints import Aside, KeptDelivery
from laurel.domain.events.events import Event, EventPage
from laurel.settings import EVENTS_QUEUE_URL, settings
from laurel.store import event_items
from laurel.store.operations import Put
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.functional.kit.world import program as another
from tests.kit import spreadsheets
from tests.pages.conftest import reader
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import Reader, Sheet

ENDPOINTS = "/console/settings/endpoints"
URL = "https://hooks.example.com/laurel"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def events(secrets_key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queue of endpoints that are to get events."""
    monkeypatch.setenv(EVENTS_QUEUE_URL, boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"])
    for cached in (settings, queue._connect):
        cached.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


@pytest.fixture
def endpoint(manager: Reader, api: Gateway) -> Sheet:
    """The page of an endpoint that gets everything."""
    assert api.post("/v1/webhook-endpoints", {"url": URL}).status == 201
    return manager.get(next(href for href in manager.get(ENDPOINTS).links.values() if "/endpoints/end_" in href))


def test_an_endpoint_is_made_once_and_its_secret_shown_once(manager: Reader):
    form = manager.get(f"{ENDPOINTS}/new")
    made, again = (manager.send(form, "Add it", url=URL) for _ in range(2))
    assert ("whsec_" in made.text, "whsec_" in again.text) == (True, False)
    listed = manager.get(ENDPOINTS)
    assert (listed.html.count(f">{URL}<"), "whsec_" in listed.html) == (1, False)


@pytest.mark.parametrize(
    "url", ["", "http://hooks.example.com", "https://10.0.0.1/", f"https://{SCRIPT}", "\U0001f9ff"]
)
def test_an_address_that_is_no_public_one_is_refused_beside_its_field(manager: Reader, url: str):
    refused = manager.send(manager.get(f"{ENDPOINTS}/new"), "Add it", url=url)
    assert (refused.status, "Nothing was saved" in refused.text, SCRIPT in refused.html) == (422, True, False)
    assert "Nobody is told what happens" in manager.get(ENDPOINTS).text


def test_an_endpoint_is_paused_tested_and_deleted(manager: Reader, endpoint: Sheet):
    assert "A test event is on its way" in manager.send(endpoint, "Send a test").text
    page = manager.post(endpoint.address, {**endpoint.form("Save").fields, "enabled:flag": ""})
    assert "paused" in page.text
    refused = manager.send(page, "Send a test")
    assert (refused.status, "Nothing is sent to this endpoint" in refused.text) == (409, True)
    stale = manager.send(endpoint, "Save", url="https://other.example.com/")
    assert stale.status == 412
    assert "Nothing is sent there any more." in manager.send(page, "Delete it").text
    assert manager.get(endpoint.address).status == 404


def test_endpoints_are_a_file_too(manager: Reader, endpoint: Sheet):
    (line,) = spreadsheets.read(manager.get(f"{ENDPOINTS}.csv").html)
    assert (line["Address"], line["State"]) == (URL, "active")
    assert endpoint.address.endswith(line["Endpoint id"])


def test_a_secret_is_replaced_and_shown_once(manager: Reader, endpoint: Sheet):
    made, again = (manager.send(endpoint, "Make a new secret") for _ in range(2))
    assert ("whsec_" in made.text, "whsec_" in again.text) == (True, False)


@pytest.mark.parametrize(("since", "status"), [("2026-11-20T08:00", 200), ("", 422), (SCRIPT, 422)])
def test_all_events_since_an_instant_are_sent_again(manager: Reader, endpoint: Sheet, since: str, status: int):
    told = manager.post(
        f"{endpoint.address}/replay", {**endpoint.form("Send them again").fields, "since:instant": since}
    )
    assert (told.status, SCRIPT in told.html) == (status, False)


def test_a_try_that_failed_is_listed_with_what_came_back_and_sent_again(
    manager: Reader, endpoint: Sheet, table: Table, world: World
):
    program_id, endpoint_id, now = world.program.program_id, endpoint.address.rpartition("/")[2], clock.now()
    event = Event.test(endpoint_id, now)
    kept = event_items.test_page(program_id, endpoint_id, EventPage.of([event], now), now)
    waiting = Aside(pk=kept["pk"], sk=kept["sk"], number=0, tries=0, since=now, at=now)
    tried = KeptDelivery.of(event, waiting, (now, now), 500, SCRIPT, waiting.again(event.id, now))
    for item in (kept, event_items.delivery(program_id, endpoint_id, tried)):
        table.write(Put(item))
    page = manager.get(f"{endpoint.address}?outcome=failed")
    assert (f"500 {SCRIPT}; again on" in page.text, SCRIPT in page.html) == (True, False)
    rows = manager.get(page.links["CSV"]).html.splitlines()
    assert [row.split(",")[1:6] for row in rows[1:]] == [["test", f"endpoint:{endpoint_id}", "1", "failed", "500"]]
    assert "It is sent again." in manager.send(page, "Send again").text
    assert "Nothing was sent yet" in manager.get(f"{endpoint.address}?outcome=delivered").text


def test_a_viewer_sees_the_log_and_no_forms(people: People, endpoint: Sheet):
    page = reader(people, "viewer").get(endpoint.address)
    assert {button for form in page.forms for button in form.buttons} == {"Sign out"}


def test_an_endpoint_of_another_program_is_nowhere(table: Table, endpoint: Sheet):
    stranger = reader(seated(table, another(table, "Another"), "elsewhere"), "owner")
    assert stranger.get(endpoint.address).status == 404
    assert (
        stranger.post(f"{endpoint.address}/delete", stranger.get(f"{ENDPOINTS}/new").form("Add it").fields).status
        == 404
    )
