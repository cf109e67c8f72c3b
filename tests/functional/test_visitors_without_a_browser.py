"""Who names no browser is nobody's visit: led on, without a click."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World, http_event

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def follow(slug: str, agent: str | None) -> str:
    event = http_event("GET", f"/r/{slug}", headers={} if agent is None else {"user-agent": agent})
    event["requestContext"]["http"]["userAgent"] = agent or ""
    answer = Gateway().send(event)
    assert answer.status == 302
    return answer.headers["Location"]


@pytest.mark.parametrize(
    "agent",
    [None, "", "  ", "curl/8.5.0", "Wget/1.21.4", "python-requests/2.31.0", "Go-http-client/1.1", "okhttp/4.9.3"],
)
def test_no_browser_is_no_visitor(world: World, items: Table, agent: str | None) -> None:
    assert "laurel_click" not in follow(world.slug, agent)
    assert not [item for item in everything(items) if item["kind"] == "click"]


def test_a_browser_is_one(world: World, items: Table) -> None:
    assert "laurel_click" in follow(world.slug, BROWSER)
    assert len([item for item in everything(items) if item["kind"] == "click"]) == 1
