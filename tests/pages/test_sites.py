"""Both sites: who gets which page, what a form must bring, and what every answer says of itself."""

import re

import pytest

from laurel.console.site import site as console
from laurel.domain.people.people import includes
from laurel.domain.people.sessions import SESSION_LIVES
from laurel.pages import answers, sessions
from laurel.pages.site import Route, Site
from laurel.portal.site import site as portal_site
from laurel.store.table import Table
from tests.functional.kit.world import Randomness, World, program
from tests.pages.conftest import reader
from tests.pages.kit.people import ROLES, People, begin, seated
from tests.pages.kit.reader import ORIGIN, SAME, Reader, event_of, read

EVERY = [(site, route) for site in (console, portal_site) for route in site.routes]
SECTIONS = {
    "console": "Overview Offers Members Conversions Rules Payouts Mail Shops Settings",
    "portal": "Overview Links and codes Earnings Rewards Payouts Profile",
}
NOBODY = "0" * 26
"""The end of an id that is nobody's."""


def address(site: Site, route: Route, program_id: str, ids: str = NOBODY) -> str:
    """An address that the route answers."""
    path = (site.path + route.path).replace("<program_id>", program_id)
    return re.sub(r"<(\w+?)(_id)?>", lambda part: f"{part[1][:3]}_{ids}" if part[2] else "x" * 40, path)


def named(value: object) -> str:
    return f"{value.method} {value.path or '/'}" if isinstance(value, Route) else value.name  # type: ignore[attr-defined]


def token(people: People, role: str) -> dict[str, str]:
    return {"_token": sessions.form_token(people.sessions[role]), "_once": "1"}


@pytest.mark.parametrize(("site", "route"), EVERY, ids=named)
def test_a_page_is_for_the_roles_that_it_names_and_for_no_others(people: People, site: Site, route: Route):
    path = address(site, route, people.program.program_id)
    for role in ROLES:
        answer = reader(people, role).once(route.method, path, *form(people, role, route))
        if route.least == "public":
            assert answer.status != 303 or "/sign-in" not in answer.headers["Location"]
            assert "This is for the role" not in answer.text
        elif (role == "member") != (site is portal_site):
            assert_sent_to_sign_in(answer)
        elif role == "member" or includes(role, route.least):  # type: ignore[arg-type]
            assert answer.status in {200, 303, 404, 409, 422}, answer.text
        else:
            assert (answer.status, "This is for the role" in answer.text) == (403, True), role


@pytest.mark.parametrize(("site", "route"), [each for each in EVERY if each[1].least != "public"], ids=named)
def test_whoever_is_not_signed_in_here_is_sent_to_sign_in(table: Table, people: People, site: Site, route: Route):
    path = address(site, route, people.program.program_id)
    elsewhere = seated(table, program(table, "Another"), "elsewhere") if site is portal_site else None
    strangers = [Reader(), Reader({site.cookie: "usr_1.x"}), Reader({site.cookie: forged(people, site)})]
    if elsewhere is not None:
        strangers.append(Reader({site.cookie: elsewhere.sessions["owner"]}))
    for stranger in strangers:
        assert_sent_to_sign_in(stranger.once(route.method, path, "" if route.method == "POST" else None, SAME))


def forged(people: People, site: Site) -> str:
    """The text of a session with one letter changed."""
    text = people.sessions["member" if site is portal_site else "owner"]
    return text[:-1] + ("A" if text[-1] != "A" else "B")


def form(people: People, role: str, route: Route) -> tuple[str | None, dict[str, str]]:
    """An empty form of that role's own session."""
    if route.method == "GET":
        return None, {}
    return "&".join(f"{name}={value}" for name, value in token(people, role).items()), SAME


def assert_sent_to_sign_in(answer: object) -> None:
    assert (answer.status, "/sign-in" in answer.headers.get("Location", "")) == (303, True)  # type: ignore[attr-defined]


def test_a_member_of_another_program_sees_nothing_of_this_one(table: Table, world: World, people: People):
    other = program(table, "Another")
    path = f"/portal/{other.program.program_id}/profile"
    assert_sent_to_sign_in(reader(people, "member").once("GET", path))


@pytest.mark.parametrize(("site", "route"), [each for each in EVERY if each[1].method == "POST"], ids=named)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none", "origin": ORIGIN},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
    ids=str,
)
def test_a_form_of_another_site_does_nothing(people: People, site: Site, route: Route, headers: dict[str, str]):
    role = "member" if site is portal_site else "owner"
    path = address(site, route, people.program.program_id)
    answer = reader(people, role).once("POST", path, form(people, role, route)[0], headers)
    assert (answer.status, "another site" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("site", "route"), [each for each in EVERY if each[1].method == "POST" and each[1].least != "public"], ids=named
)
def test_a_form_without_the_sessions_own_proof_does_nothing(people: People, site: Site, route: Route):
    role, other = ("member", "owner") if site is portal_site else ("owner", "manager")
    path = address(site, route, people.program.program_id)
    for proof in ("", "_token=", f"_token={'0' * 32}", f"_token={sessions.form_token(people.sessions[other])}"):
        answer = reader(people, role).once("POST", path, proof, SAME)
        assert (answer.status, "another session" in answer.text) == (403, True)


@pytest.mark.parametrize(("site", "route"), EVERY, ids=named)
def test_every_answer_lets_nothing_foreign_in_and_is_kept_nowhere(people: People, site: Site, route: Route):
    role = "member" if site is portal_site else "owner"
    path = address(site, route, people.program.program_id)
    answer = reader(people, role).once(route.method, path, *form(people, role, route))
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert not re.search(
        r"<script(?! src=)|<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org/|api\.example\.com/)", answer.html
    )


@pytest.mark.parametrize("site", [console, portal_site], ids=named)
def test_every_section_is_led_to_and_says_where_one_is(people: People, site: Site):
    member, path = site is portal_site, site.path.replace("<program_id>", people.program.program_id)
    first = reader(people, "member" if member else "owner").get(path)
    titles = [section.title for section in site.navigation]
    assert " ".join(titles) == SECTIONS[site.name]
    for title in titles:
        page = reader(people, "member" if member else "viewer").get(first.links[title])
        assert (page.status, page.headings) == (200, [title])
        assert f'aria-current="page">{title}<' in page.html


@pytest.mark.parametrize(
    "path", ["/console/nowhere", "/console/settings/users/usr_1", "/portal", "/portal/prg_1/profile"]
)
def test_an_address_that_leads_nowhere_is_told_as_a_page(owner: Reader, path: str):
    answer = owner.get(path)
    assert (answer.status, answer.headings) == (404, ["There is nothing here"])


def test_a_session_ends_with_signing_out(owner: Reader, people: People):
    page = owner.get("/console")
    assert owner.send(page, "Sign out").headings == ["Sign in"]
    again = reader(people, "owner").once("GET", "/console")
    assert_sent_to_sign_in(again)


def test_a_cookie_is_read_by_us_alone(owner: Reader, table: Table, people: People):
    cookie = sessions.kept("laurel_console", begin(table, people.program, "usr_x", Randomness("x")), "/console")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/console"} <= set(cookie.split("; "))
    (lasts,) = [int(part.partition("=")[2]) for part in cookie.split("; ") if part.startswith("Max-Age=")]
    assert lasts > 2 * SESSION_LIVES.total_seconds(), "a session lasts from its last use, not from its beginning"


def test_a_cookie_that_a_neighbour_lays_over_the_domain_signs_nobody_in_as_somebody_else(people: People):
    ours, theirs = people.sessions["owner"], people.sessions["viewer"]
    event = event_of("GET", "/console", None, {})
    event["cookies"] = [f"laurel_console={ours}", f"laurel_console={theirs}"]
    assert "Olga Owner" in read(console.answer(event), "/console").text


def test_assets_are_kept_for_ever_and_named_by_what_is_in_them(owner: Reader):
    page = owner.get("/console")
    for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.html):
        assert re.fullmatch(r"/assets/[a-z.]+\.[0-9a-f]{12}\.(css|js|svg)", path)


def test_the_name_of_a_file_ends_no_header():
    told = answers.file('Glow "Ö"\r\nSet-Cookie: x=1; a/../b.csv', "text/csv", "").headers["Content-Disposition"]
    assert told == 'attachment; filename="Glow-Set-Cookie-x-1-a-..-b.csv"'


def test_a_page_is_sent_compressed_to_whoever_can_read_that(owner: Reader):
    plain = owner.once("GET", "/console")
    packed = owner.once("GET", "/console", None, {"accept-encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.html) < len(plain.html)
