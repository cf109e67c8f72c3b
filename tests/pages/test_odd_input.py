"""Whatever is entered into a form or an address, a page never answers that it was our mistake."""

from urllib.parse import quote, urlencode

import pytest

from laurel.pages import sessions
from laurel.pages.site import Route, Site
from laurel.portal.site import site as portal_site
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.world import World
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import SAME
from tests.pages.test_sites import EVERY, address, named

NAMES = ("q", "status", "type", "from", "member", "member_id", "offer_id", "order_id", "storefront_id", "fields.x")
ASKED = (
    {"cursor": "\x00"},
    {"member_id": "x" * 3_000, "q": "\x00"},
    dict.fromkeys(NAMES, "9999-99-99"),
    {"from": "0001-01-01", "to": "0001-01-02", "on": "0001-01-01"},
    {"from": "9999-12-30", "to": "9999-12-31", "on": "9999-12-31"},
    {"from": "1990-01-01", "to": "1990-01-02", "on": "1990-01-01"},
    {"from": "2110-12-30", "to": "2110-12-31", "on": "2110-12-31"},
)
BODIES = (
    [("0", "x"), ("9" * 5_000, "x"), ("\u00b2", "x"), (f"fields.{'9' * 5_000}.label", "x")],
    [(f"{name}.0.x", "1") for name in ("email", "name", "set", "filter", "fields", "terms", "members", "conditions")],
    [(name, "\x00") for name in ("email", "name", "pay", "status", "method", "amount:money", "from.at:instant", "on")],
    [(f"{name}:many", "x") for name in ("email", "name", "pay", "set", "from", "until", "terms", "type", "member")],
)


def path_of(site: Site, route: Route, people: People, world: World) -> str:
    """The address of a route, of things that are there as far as the small program has them."""
    path = address(site, route, people.program.program_id)
    known = {"mem": world.ada, "off": world.links_offer, "rul": world.rule_id, "sto": world.storefront_id}
    for prefix, one in known.items():
        path = path.replace(f"{prefix}_" + "0" * 26, one)
    return path


@pytest.mark.parametrize(("site", "route"), [each for each in EVERY if each[1].method == "GET"], ids=named)
def test_an_odd_address_is_answered(people: People, world: World, site: Site, route: Route):
    visitor, path = reader(people, "member" if site is portal_site else "owner"), path_of(site, route, people, world)
    for asked in ASKED:
        assert visitor.once("GET", f"{path}?{urlencode(asked, quote_via=quote)}").status < 500, asked


@pytest.mark.parametrize(("site", "route"), [each for each in EVERY if each[1].method == "POST"], ids=named)
def test_an_odd_form_is_answered(people: People, world: World, site: Site, route: Route, jobs_queue: JobsQueue):
    role = "member" if site is portal_site else "owner"
    if route.path == "/sign-out":
        return
    for body in BODIES:
        proof = [("_token", sessions.form_token(people.sessions[role])), ("_once", "1"), ("_version", "9" * 15)]
        answer = reader(people, role).once(
            "POST", path_of(site, route, people, world), urlencode([*proof, *body]), SAME
        )
        assert answer.status < 500, body
