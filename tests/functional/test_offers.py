"""Offers and enrollments: options, codes and links."""

from datetime import UTC, datetime

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.members.enrollments import CodeClaim, EnrollmentEdit
from laurel.domain.values.errors import Conflict
from laurel.store import items as entities
from laurel.store import keys
from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.world import OPTIONS, Randomness, World, http_event
from tests.kit.interference import Interfering

CODES = {"name": "O", "kind": "promo_code", "payout_options": OPTIONS}


def option(**terms: object) -> dict[str, object]:
    return {"name": "A", "default": True, "terms": terms}


@pytest.mark.parametrize(
    ("offer", "pointer"),
    [
        (CODES | {"payout_options": []}, "/payout_options"),
        (CODES | {"payout_options": OPTIONS[1:]}, "/payout_options"),
        (CODES | {"kind": "voucher"}, "/kind"),
        (CODES | {"kind": "link", "landing_url": "javascript:alert(1)"}, "/landing_url"),
        (CODES | {"discount": {"percent": "10", "amount": 500}}, "/discount"),
        (CODES | {"active_from": "2027-01-01T00:00:00Z", "active_until": "2026-01-01T00:00:00Z"}, "/active_until"),
        (CODES | {"active_from": "2027-01-01"}, "/active_from"),
        (CODES | {"active_from": "9999-12-31T23:59:59-23:59"}, "/active_from"),
        (
            CODES | {"payout_options": [option(type="percent_of_sale", percent="100.1")]},
            "/payout_options/0/terms/percent",
        ),
        (CODES | {"payout_options": [option(type="percent_of_sale", percent="-1")]}, "/payout_options/0/terms/percent"),
        (CODES | {"payout_options": [option(type="percent_of_sale", percent=True)]}, "/payout_options/0/terms/percent"),
        (CODES | {"payout_options": [option(type="percent_of_sale")]}, "/payout_options/0/terms/percent"),
        (CODES | {"payout_options": [option(type="flat_per_sale", amount=-5)]}, "/payout_options/0/terms/amount"),
        (CODES | {"payout_options": [option(type="flat_per_sale", amount=5.0)]}, "/payout_options/0/terms/amount"),
        (
            CODES | {"payout_options": [option(type="flat_per_sale", amount=10**12 + 1)]},
            "/payout_options/0/terms/amount",
        ),
        (CODES | {"payout_options": [option(type="lottery")]}, "/payout_options/0/terms/type"),
        (CODES | {"buckets": 3}, "/buckets"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(api: Gateway, offer: object, pointer: str):
    answer = api.post("/v1/offers", offer)
    assert answer.status == 422
    assert pointer in answer.pointers


def test_a_percent_may_be_a_number_and_is_shown_as_text(api: Gateway):
    offer = api.post("/v1/offers", CODES | {"payout_options": [option(type="percent_of_sale", percent=12.50)]}).body
    assert offer["payout_options"][0]["terms"]["percent"] == "12.5"


def test_absent_values_are_null(api: Gateway):
    offer = api.post("/v1/offers", CODES).body
    assert [offer[name] for name in ("landing_url", "discount", "active_from", "active_until")] == [None] * 4


@pytest.mark.parametrize(
    "url", ["https://shop.example:99999/", "https://[::1", "http://1.2.3.999/", "http://%zz/", "https://exa mple.com"]
)
def test_a_landing_page_that_no_browser_could_open_is_refused(api: Gateway, world: World, url: str):
    links = {"name": "L", "kind": "link", "landing_url": url, "payout_options": OPTIONS}
    assert api.post("/v1/offers", links).pointers == ["/landing_url"]
    assert api.patch(f"/v1/offers/{world.links_offer}", {"landing_url": url}).pointers == ["/landing_url"]


def test_a_landing_page_is_kept_as_it_was_given(api: Gateway, world: World):
    url = "https://Shop.example:443/a/../b?q=%7Bx%7D&ü=1#top"
    assert api.patch(f"/v1/offers/{world.links_offer}", {"landing_url": url}).body["landing_url"] == url


def test_the_buckets_of_a_hot_offer_only_grow(api: Gateway, world: World):
    path = f"/v1/offers/{world.codes_offer}"
    assert api.patch(path, {"buckets": 4}).body["buckets"] == 4
    answer = api.patch(path, {"buckets": 3})
    assert (answer.status, answer.code, answer.pointers) == (422, "buckets_only_grow", ["/buckets"])
    for wrong in (0, 17, None):
        assert api.patch(path, {"buckets": wrong}).pointers == ["/buckets"]
    assert api.get(path).body["buckets"] == 4


def test_rows_recorded_before_an_offer_got_more_buckets_stay_in_its_list(api: Gateway, world: World):
    order = {"amount": 100, "currency": "EUR", "promo_code": "ADA10"}
    for buckets in (1, 3, 16):
        api.patch(f"/v1/offers/{world.codes_offer}", {"buckets": buckets})
        for number in range(4):
            Gateway(world.reporter).post("/v1/conversions", order | {"order_id": f"{buckets}-{number}"})
    listed = api.get(f"/v1/conversions?offer_id={world.codes_offer}").body["items"]
    assert len({each["order_id"] for each in listed}) == 12


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Links", "Autumn glow"]),
        ("kind=link", ["Links"]),
        ("status=paused", ["Autumn glow"]),
        ("status=active&kind=link", ["Links"]),
        ("status=active&kind=promo_code", []),
    ],
)
def test_offers_are_listed_by_status_and_kind(api: Gateway, world: World, query: str, names: list[str]):
    api.patch(f"/v1/offers/{world.codes_offer}", {"status": "paused"})
    assert [offer["name"] for offer in api.get(f"/v1/offers?{query}").body["items"]] == names


def test_options_are_not_edited_with_the_offer(api: Gateway, world: World):
    assert api.patch(f"/v1/offers/{world.codes_offer}", {"payout_options": OPTIONS}).pointers == ["/payout_options"]


# -- enrollments -------------------------------------------------------------------------------------------------------


def claim(items: Table, world: World, code: str) -> CodeClaim:
    return entities.parse(CodeClaim, items.get(keys.promo_code(world.program.program_id, code)))


def head(items: Table, world: World, member: str) -> int:
    item = items.get(keys.head(world.program.program_id, member))
    return item["version"] if item else 0


def test_enrolling_without_an_option_takes_the_default(api: Gateway, world: World):
    assert api.put(enrollment_path(world, world.ben)).body["payout_option_id"] == world.options[0]


def test_enrolling_twice_is_once(api: Gateway, world: World):
    first = api.put(enrollment_path(world, world.ben), {"promo_code": "BEN"})
    again = api.put(enrollment_path(world, world.ben), {"promo_code": "ben"})
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body


def test_enrolling_again_changes_what_is_given(api: Gateway, world: World):
    first = api.put(enrollment_path(world, world.ada), {"active_from": "2027-01-01T00:00:00Z"}).body
    assert (first["promo_code"], first["active_from"]) == ("ADA10", "2027-01-01T00:00:00Z")
    again = api.put(enrollment_path(world, world.ada), {"active_from": None, "fixed": True}).body
    assert (again["active_from"], again["fixed"], again["version"]) == (None, True, 3)


def test_a_code_offer_without_a_code_makes_one(api: Gateway, items: Table, world: World):
    code = api.put(enrollment_path(world, world.ben), {}).body["promo_code"]
    assert len(code) == 10
    assert claim(items, world, code).member_id == world.ben


def test_a_made_up_code_that_is_taken_is_made_up_anew(items: Table, world: World):
    class Stuttering(Randomness):
        def __call__(self, size: int) -> bytes:
            self.count += 1
            return b"\x00" * size if self.count < 3 else b"\x01" * size

    program_id, author = world.program.program_id, Author("key:somebody", clock.now())
    for member, wanted in ((world.ada, "0000000000"), (world.ben, None)):
        place = Place(program_id, world.codes_offer, member)
        made, _ = enrollments.put(items, place, EnrollmentEdit(promo_code=wanted), author, Stuttering("s"))
    assert made.promo_code != "0000000000"


def test_a_link_offer_gives_a_link(api: Gateway, items: Table, world: World):
    enrollment = api.put(enrollment_path(world, world.ben, world.links_offer)).body
    slug = enrollment["link"]["slug"]
    assert enrollment["link"]["url"] == f"https://api.example.com/r/{slug}"
    assert enrollment["promo_code"] is None
    assert items.get(keys.link(slug))["body"] == {
        "program_id": world.program.program_id,
        "offer_id": world.links_offer,
        "member_id": world.ben,
    }


@pytest.mark.parametrize(
    ("domain", "stage", "begins"),
    [
        ("127.0.0.1:4566", "$default", "http://127.0.0.1:4566/r/"),
        ("localhost:4566", "$default", "http://localhost:4566/r/"),
        ("api.example.com", "$default", "https://api.example.com/r/"),
        ("api.example.com", "beta", "https://api.example.com/beta/r/"),
    ],
)
def test_a_link_leads_back_to_where_the_api_is_whatever_the_request_says(
    api: Gateway, world: World, domain: str, stage: str, begins: str
):
    api.put(enrollment_path(world, world.ben, world.links_offer))
    headers = {"host": "evil.example", "x-forwarded-proto": "ftp", "x-forwarded-host": "evil.example"}
    event = http_event("GET", enrollment_path(world, world.ben, world.links_offer), key=world.admin, headers=headers)
    event["requestContext"] |= {"stage": stage, "domainName": domain}
    if stage != "$default":
        event["rawPath"] = f"/{stage}{event['rawPath']}"
    assert api.send(event, "offers").body["link"]["url"].startswith(begins)


def test_a_link_offer_has_no_codes(api: Gateway, world: World):
    answer = api.put(enrollment_path(world, world.ben, world.links_offer), {"promo_code": "BEN"})
    assert (answer.status, answer.pointers) == (422, ["/promo_code"])


@pytest.mark.parametrize("code", ["x" * 65, "A/B", "A\x00B", "A\u200bB", "", "  ", 10])
def test_a_code_that_is_none_is_refused(api: Gateway, world: World, code: object):
    assert api.put(enrollment_path(world, world.ben), {"promo_code": code}).pointers == ["/promo_code"]


def test_another_code_ends_the_one_before(api: Gateway, items: Table, world: World):
    assert api.patch(enrollment_path(world, world.ada), {"promo_code": "ADA20"}).body["promo_code"] == "ADA20"
    assert claim(items, world, "ADA10").ended_at is not None
    assert claim(items, world, "ADA20").ended_at is None


def test_an_ended_code_is_given_to_nobody_else(api: Gateway, world: World):
    api.patch(enrollment_path(world, world.ada), {"promo_code": "ADA20"})
    answer = api.put(enrollment_path(world, world.ben), {"promo_code": "ada10"})
    assert (answer.status, answer.code) == (409, "promo_code_taken")
    assert api.get(enrollment_path(world, world.ben)).status == 404


def test_an_ended_code_can_be_taken_back_by_its_own_enrollment(api: Gateway, items: Table, world: World):
    api.patch(enrollment_path(world, world.ada), {"promo_code": "ADA20"})
    assert api.patch(enrollment_path(world, world.ada), {"promo_code": "ADA10"}).body["promo_code"] == "ADA10"
    assert claim(items, world, "ADA10").ended_at is None
    assert claim(items, world, "ADA20").ended_at is not None


def test_a_code_refused_changes_nothing(api: Gateway, items: Table, world: World):
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN"})
    before = api.get(enrollment_path(world, world.ben)).body
    assert api.patch(enrollment_path(world, world.ben), {"promo_code": "ADA10", "fixed": True}).status == 409
    assert api.get(enrollment_path(world, world.ben)).body == before
    assert claim(items, world, "BEN").ended_at is None


def test_of_two_who_want_one_code_one_gets_it(items: Table, world: World):
    program_id, wanted = world.program.program_id, EnrollmentEdit(promo_code="HOT")
    author = Author("key:somebody", clock.now())
    ada, ben = (Place(program_id, world.codes_offer, member) for member in (world.ada, world.ben))
    racing = Interfering(items, lambda: enrollments.put(items, ada, wanted, author, Randomness("ada")))
    with pytest.raises(Conflict, match="promo_code_taken"):
        enrollments.put(racing, ben, wanted, author, Randomness("ben"))
    assert claim(items, world, "HOT").member_id == world.ada


def test_moving_to_another_option_is_counted(api: Gateway, world: World):
    assert api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[1]}).body["move"] == 1
    assert api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[1]}).body["move"] == 1
    assert api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[0]}).body["move"] == 2


def test_an_option_of_another_offer_is_refused(api: Gateway, world: World):
    other = api.get(f"/v1/offers/{world.links_offer}").body["payout_options"][0]["payout_option_id"]
    answer = api.patch(enrollment_path(world, world.ada), {"payout_option_id": other})
    assert (answer.status, answer.pointers) == (422, ["/payout_option_id"])


def test_who_is_enrolled_inactive_was_never_active(api: Gateway, world: World):
    made = api.put(enrollment_path(world, world.ben), {"active": False, "promo_code": "BEN"}).body
    assert (made["active"], made["deactivated_at"]) == (False, None)
    order = {"order_id": "1", "amount": 100, "currency": "EUR", "promo_code": "BEN"}
    early = Gateway(world.reporter).post("/v1/conversions", order | {"occurred_at": "2026-01-01T00:00:00Z"}).body
    assert (early["member_id"], early["attribution"]["reason"]) == (None, "code_inactive")


def test_deactivating_remembers_since_when(api: Gateway, world: World):
    off = api.patch(enrollment_path(world, world.ada), {"active": False}).body
    assert off["deactivated_at"] is not None
    assert (
        api.patch(enrollment_path(world, world.ada), {"active": False, "fixed": True}).body["deactivated_at"]
        == off["deactivated_at"]
    )
    assert api.patch(enrollment_path(world, world.ada), {"active": True}).body["deactivated_at"] is None


def test_an_order_of_the_time_when_a_code_was_inactive_is_nobodys_also_once_it_is_active_again(
    items: Table, world: World
):
    place = Place(world.program.program_id, world.codes_offer, world.ada)
    for day, active in ((3, False), (5, True), (7, False), (9, True)):
        author = Author("key:somebody", datetime(2026, 11, day, tzinfo=UTC))
        enrollments.edit(items, place, EnrollmentEdit(active=active), None, author, Randomness("x"))
    order = {"amount": 100, "currency": "EUR", "promo_code": "ADA10"}
    won = []
    for day in range(2, 11):
        late = order | {"order_id": str(day), "occurred_at": f"2026-11-{day:02}T12:00:00Z"}
        if Gateway(world.reporter).post("/v1/conversions", late).body["member_id"] == world.ada:
            won.append(day)
    assert won == [2, 5, 6, 9, 10]


def test_dates_out_of_order_are_refused_wherever_they_come_from(api: Gateway, world: World):
    api.patch(enrollment_path(world, world.ada), {"active_from": "2027-01-01T00:00:00Z"})
    answer = api.patch(enrollment_path(world, world.ada), {"active_until": "2026-01-01T00:00:00Z"})
    assert (answer.status, answer.pointers) == (422, ["/active_until"])


def test_every_change_moves_the_account_on_and_nothing_else_does(api: Gateway, items: Table, world: World):
    before = head(items, world, world.ada)
    api.patch(enrollment_path(world, world.ada), {"fixed": True})
    assert head(items, world, world.ada) == before + 1
    api.patch(enrollment_path(world, world.ada), {"fixed": True})
    assert head(items, world, world.ada) == before + 1


def test_who_is_not_enrolled_cannot_be_patched(api: Gateway, world: World):
    answer = api.patch(enrollment_path(world, world.ben), {"fixed": True})
    assert (answer.status, answer.code) == (404, "enrollment_not_found")


def test_enrollments_are_listed_newest_first(api: Gateway, world: World):
    api.put(enrollment_path(world, world.ben))
    listed = api.get(f"/v1/offers/{world.codes_offer}/enrollments").body["items"]
    assert [each["member_id"] for each in listed] == [world.ben, world.ada]


@pytest.mark.parametrize("limit", [1, 25])
@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("active=true", ["ada"]),
        ("active=false", ["ben"]),
        ("payout_option_id={gold}", ["ben"]),
        ("payout_option_id={standard}&active=true", ["ada"]),
        ("payout_option_id={gold}&active=true", []),
        ("payout_option_id=opt_00000000000000000000000000", []),
    ],
)
def test_enrollments_are_listed_by_option_and_activity(
    api: Gateway, world: World, query: str, members: list[str], limit: int
):
    api.put(enrollment_path(world, world.ben), {"payout_option_id": world.options[1], "active": False})
    query = query.format(standard=world.options[0], gold=world.options[1])
    listed = api.get(f"/v1/offers/{world.codes_offer}/enrollments?{query}&limit={limit}").body["items"]
    assert [each["member_id"] for each in listed] == [getattr(world, name) for name in members]


def test_who_moves_is_listed_under_the_new_option_only(api: Gateway, world: World):
    api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[1]})
    listed = [
        api.get(f"/v1/offers/{world.codes_offer}/enrollments?payout_option_id={option}").body["items"]
        for option in world.options
    ]
    assert [len(each) for each in listed] == [0, 1]


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_a_members_enrollments_are_listed_newest_first_whatever_the_age_of_the_offers(
    api: Gateway, world: World, limit: int
):
    made = [world.codes_offer, world.links_offer, *(api.post("/v1/offers", CODES).body["offer_id"] for _ in "ab")]
    for offer in (made[0], made[3], made[1], made[2]):
        api.put(enrollment_path(world, world.ben, offer))
    seen, query = [], f"limit={limit}"
    while query:
        page = api.get(f"/v1/members/{world.ben}/enrollments?{query}").body
        assert len(page["items"]) <= limit
        seen += [each["offer_id"] for each in page["items"]]
        query = page["next_cursor"] and f"limit={limit}&cursor={page['next_cursor']}"
    assert seen == [made[2], made[1], made[3], made[0]]


def test_of_alternatives_the_given_one_replaces_the_other(api: Gateway):
    offer = api.post("/v1/offers", CODES | {"discount": {"percent": "10"}}).body
    changed = api.patch(f"/v1/offers/{offer['offer_id']}", {"discount": {"amount": 500}})
    assert (changed.status, changed.body["discount"]) == (200, {"percent": None, "amount": 500})
    both = api.patch(f"/v1/offers/{offer['offer_id']}", {"discount": {"amount": 500, "percent": "5"}})
    assert (both.status, both.pointers) == (422, ["/discount"])
    assert api.patch(f"/v1/offers/{offer['offer_id']}", {"discount": None}).body["discount"] is None


def test_an_action_s_rate_may_become_a_fixed_one(api: Gateway):
    terms = option(type="percent_of_sale", percent="10", actions={"lead": {"percent": "5"}, "demo": {"amount": 300}})
    offer = api.post("/v1/offers", CODES | {"payout_options": [terms]}).body
    path = f"/v1/offers/{offer['offer_id']}/payout-options/{offer['payout_options'][0]['payout_option_id']}"
    changed = api.patch(path, {"terms": {"actions": {"lead": {"amount": 200}}}})
    kept = api.get(f"/v1/offers/{offer['offer_id']}").body["payout_options"][0]["terms"]["actions"]
    assert (changed.status, kept["lead"]["amount"], kept["lead"]["percent"]) == (200, 200, None)
    assert kept["demo"]["amount"] == 300


def test_offers_are_found_by_a_part_of_their_name(api: Gateway, world: World):
    for name in ("Größe L", "Printemps à Paris"):
        assert api.post("/v1/offers", {**CODES, "name": name}).status == 201

    def named(q: str) -> list[str]:
        return [offer["name"] for offer in api.get(f"/v1/offers?q={q}").body["items"]]

    assert named("GROSSE") == ["Größe L"]
    assert named("a paris") == ["Printemps à Paris"]
    assert named("nothing") == []
    assert api.get("/v1/offers?q=a").status == 422
    assert api.get("/v1/offers?q=glow&kind=link").body["items"] == []
