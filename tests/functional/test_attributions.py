"""An order that nobody won, given to a member by hand: once, to one member, and counted as every other."""

from typing import Any

import pytest

from laurel.domain.history import Author
from laurel.domain.tracking.conversions import Claimant
from laurel.domain.values.errors import Refusal
from laurel.store import indexes, keys
from laurel.store.indexes import BY_OWNER
from laurel.store.operations import Unavailable
from laurel.store.table import Table
from laurel.workflows.earnings import attributions
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.stream import drain
from tests.functional.kit.world import AT, World
from tests.kit.interference import Interfering

ORDER = {"order_id": "1001", "amount": 5_000, "currency": "EUR", "promo_code": "NOBODY"}
DATED = {**ORDER, "occurred_at": "2026-11-18T10:00:00Z"}
HAND = Author("key:key_" + "0" * 26, AT)


@pytest.fixture
def nobodys(storefront: Gateway) -> dict[str, Any]:
    """An order that nobody won."""
    told = storefront.post("/v1/conversions", DATED)
    assert (told.status, told.body["member_id"]) == (201, None)
    return dict(told.body)


def claimant(world: World, **changes: str) -> dict[str, str]:
    return {"member_id": world.ada, "offer_id": world.codes_offer, **changes}


def give(api: Gateway, conversion: dict[str, Any], to: dict[str, str], **kwargs: Any) -> Answer:
    return api.post(f"/v1/conversions/{conversion['conversion_id']}/attribute", to, **kwargs)


def listed(api: Gateway, query: str) -> list[str]:
    return [each["order_id"] for each in api.get(f"/v1/conversions?{query}").body["items"]]


def test_it_is_the_members_and_the_offers_and_nobodys_no_more(
    api: Gateway, world: World, nobodys: dict[str, Any]
) -> None:
    told = give(api, nobodys, claimant(world))
    assert told.status == 200
    changed = {"member_id": world.ada, "offer_id": world.codes_offer, "payout_option_id": world.options[0]}
    earned = {"commission": 500, "status": "approved", "payout": "unpaid", "version": 2}
    by_hand = {"by": "member", "reason": None, "promo_code": None, "click_id": None}
    expected = {**nobodys, **changed, **earned, "attribution": by_hand, "updated_at": told.body["updated_at"]}
    assert told.body == expected
    for query in (f"member_id={world.ada}", f"offer_id={world.codes_offer}"):
        assert listed(api, query) == ["1001"]
    assert listed(api, "attributed=false") == []


def test_the_stream_counts_it(api: Gateway, world: World, items: Table, nobodys: dict[str, Any]) -> None:
    give(api, nobodys, claimant(world))
    drain(items)
    for query in (f"member_id={world.ada}", f"offer_id={world.codes_offer}"):
        totals = api.get(f"/v1/reports/summary?{query}").body["totals"]
        assert (totals["conversions"], totals["sales"], totals["commission"]) == (1, 5_000, 500)
    head = items.get(keys.head(world.program.program_id, world.ada)) or {}
    assert head["balances"] == {"approved": 500}


def test_rules_see_it(api: Gateway, storefront: Gateway, world: World, items: Table) -> None:
    large = storefront.post("/v1/conversions", {**DATED, "amount": 500_000}).body
    give(api, large, claimant(world))
    drain(items)
    (bonus,) = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"]
    assert bonus["amount"] == 1_000


def test_a_hot_offers_buckets_take_it(api: Gateway, world: World, items: Table, nobodys: dict[str, Any]) -> None:
    assert api.patch(f"/v1/offers/{world.codes_offer}", {"buckets": 4}).status == 200
    give(api, nobodys, claimant(world))
    partitions = indexes.offer_commissions(world.program.program_id, world.codes_offer, 4)
    own = indexes.bucket_of(partitions, nobodys["conversion_id"])
    assert [len(items.query(partition, index=BY_OWNER)) for partition in partitions] == [p == own for p in partitions]
    assert listed(api, f"offer_id={world.codes_offer}") == ["1001"]


def test_the_same_again_changes_nothing(api: Gateway, world: World, nobodys: dict[str, Any]) -> None:
    first = give(api, nobodys, claimant(world))
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    again = give(api, nobodys, claimant(world))
    assert (again.status, again.body) == (200, first.body)
    assert len(api.get(f"/v1/conversions/{nobodys['conversion_id']}/history").body["items"]) == 1


def test_what_somebody_has_is_not_taken_away(
    api: Gateway, storefront: Gateway, world: World, nobodys: dict[str, Any]
) -> None:
    api.put(enrollment_path(world, world.ben), {})
    give(api, nobodys, claimant(world))
    won = storefront.post("/v1/conversions", {**DATED, "order_id": "1002", "promo_code": "ADA10"}).body
    for conversion in (nobodys, won):
        for to in (claimant(world, member_id=world.ben), claimant(world, offer_id=world.links_offer)):
            told = give(api, conversion, to)
            assert (told.status, told.code) == (409, "already_attributed")
    assert len(listed(api, f"member_id={world.ada}")) == 2
    assert listed(api, f"member_id={world.ben}") == []


@pytest.mark.parametrize(
    ("to", "code", "pointer"),
    [
        ({"member_id": "mem_" + "0" * 26}, "unknown_member", "/member_id"),
        ({"offer_id": "off_" + "0" * 26}, "unknown_offer", "/offer_id"),
        ({"member_id": "ada"}, "invalid_request", "/member_id"),
        ({"surprise": "1"}, "invalid_request", "/surprise"),
    ],
)
def test_whom_nobody_knows_gets_nothing(
    api: Gateway, world: World, nobodys: dict[str, Any], to: dict[str, str], code: str, pointer: str
) -> None:
    told = give(api, nobodys, claimant(world, **to))
    assert (told.status, told.code, told.pointers) == (422, code, [pointer])


def test_who_is_not_in_the_offer_or_not_approved_gets_nothing(
    api: Gateway, world: World, nobodys: dict[str, Any]
) -> None:
    told = give(api, nobodys, claimant(world, member_id=world.ben))
    assert (told.status, told.code) == (409, "not_enrolled")
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    told = give(api, nobodys, claimant(world))
    assert (told.status, told.code) == (409, "member_inactive")
    assert listed(api, "attributed=false") == ["1001"]


def test_flags_and_dates_do_not_matter_where_the_merchant_decides(
    api: Gateway, world: World, nobodys: dict[str, Any]
) -> None:
    path = f"/v1/offers/{world.codes_offer}"
    api.patch(path, {"status": "paused", "active_until": "2026-01-01T00:00:00Z"})
    closed = {"active": False, "active_until": "2026-01-01T00:00:00Z"}
    assert api.patch(f"{path}/enrollments/{world.ada}", closed).status == 200
    assert give(api, nobodys, claimant(world)).body["commission"] == 500


def test_the_terms_are_those_of_now(api: Gateway, world: World, nobodys: dict[str, Any]) -> None:
    api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[1]})
    told = give(api, nobodys, claimant(world)).body
    assert (told["payout_option_id"], told["commission"]) == (world.options[1], 750)


@pytest.mark.parametrize("key", ["one", None])
def test_a_replay_is_told_the_first_answer_all_the_same(
    api: Gateway, storefront: Gateway, world: World, nobodys: dict[str, Any], items: Table, key: str | None
) -> None:
    give(api, nobodys, claimant(world))
    drain(items)
    headers = {} if key is None else {"idempotency_key": key}
    again = storefront.post("/v1/conversions", DATED, **headers)
    assert (again.status, again.body) == (200, nobodys)
    other = storefront.post("/v1/conversions", {**DATED, "amount": 1}, **headers and {"idempotency_key": "two"})
    assert (other.status, other.code) == (409, "order_conflict")


def test_the_history_says_who_gave_what_to_whom(api: Gateway, world: World, nobodys: dict[str, Any]) -> None:
    path = f"/v1/conversions/{nobodys['conversion_id']}/history"
    assert api.get(path).body == {"items": [], "next_cursor": None}
    give(api, nobodys, claimant(world))
    (line,) = api.get(path, key=world.reader).body["items"]
    assert line["actor"].startswith("key:key_")
    assert (line["action"], line["member_id"]) == ("attributed", world.ada)
    changes = {each["field"]: (each["before"], each["after"]) for each in line["changes"]}
    assert changes == {
        "member_id": (None, world.ada),
        "offer_id": (None, world.codes_offer),
        "payout_option_id": (None, world.options[0]),
        "commission": (0, 500),
        "status": (None, "approved"),
        "payout": (None, "unpaid"),
        "attribution": ({"promo_code": "NOBODY", "reason": "no_match"}, {"by": "member"}),
    }


def test_what_is_no_order_has_neither_owner_nor_history(
    api: Gateway, storefront: Gateway, world: World, items: Table
) -> None:
    storefront.post("/v1/conversions", {**DATED, "amount": 500_000, "promo_code": "ADA10"})
    drain(items)
    (bonus,) = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"]
    for commission_id in (bonus["commission_id"], "com_" + "0" * 26):
        path = f"/v1/conversions/{commission_id}"
        assert [api.get(path).status, api.get(f"{path}/history").status] == [404, 404]
        assert give(api, {"conversion_id": commission_id}, claimant(world)).status == 404


def test_only_an_admin_gives_orders_away(
    api: Gateway, storefront: Gateway, world: World, nobodys: dict[str, Any]
) -> None:
    assert give(storefront, nobodys, claimant(world)).status == 403
    assert give(api, nobodys, claimant(world), key=world.reader).status == 403
    assert storefront.get(f"/v1/conversions/{nobodys['conversion_id']}/history").status == 403


def by(table: Any, world: World, conversion: dict[str, Any], member_id: str) -> str:
    """What becomes of giving the conversion to a member: the new owner, or why not."""
    to = Claimant(member_id=member_id, offer_id=world.codes_offer)
    try:
        return str(attributions.attribute(table, world.program, conversion["conversion_id"], to, HAND).member_id)
    except Refusal as refusal:
        return refusal.code


def test_of_two_hands_at_once_one_gives_and_the_other_is_told(
    api: Gateway, world: World, items: Table, nobodys: dict[str, Any]
) -> None:
    api.put(enrollment_path(world, world.ben), {})
    slower = Interfering(items, lambda: by(items, world, nobodys, world.ben))
    assert by(slower, world, nobodys, world.ada) == "already_attributed"
    assert [listed(api, f"member_id={each}") for each in (world.ada, world.ben)] == [[], ["1001"]]
    assert len(api.get(f"/v1/conversions/{nobodys['conversion_id']}/history").body["items"]) == 1


def test_two_hands_at_once_that_agree_are_both_right(
    api: Gateway, world: World, items: Table, nobodys: dict[str, Any]
) -> None:
    slower = Interfering(items, lambda: by(items, world, nobodys, world.ada))
    assert by(slower, world, nobodys, world.ada) == world.ada
    assert len(api.get(f"/v1/conversions/{nobodys['conversion_id']}/history").body["items"]) == 1


def test_a_replay_between_reading_and_writing_changes_nothing(
    api: Gateway, storefront: Gateway, world: World, items: Table, nobodys: dict[str, Any]
) -> None:
    told: list[Answer] = []
    slower = Interfering(items, lambda: told.append(storefront.post("/v1/conversions", DATED)))
    assert by(slower, world, nobodys, world.ada) == world.ada
    assert [(answer.status, answer.body) for answer in told] == [(200, nobodys)]


class Deaf(Interfering):
    """The first transaction is applied, and its answer lost."""

    def transact(self, *args: Any, **kwargs: Any) -> None:
        self._table.transact(*args, **kwargs)
        self._interfere()


def test_after_a_lost_answer_the_same_again_is_the_answer(
    api: Gateway, world: World, items: Table, nobodys: dict[str, Any]
) -> None:
    def lost() -> None:
        raise Unavailable("no answer")

    deaf = Deaf(items, lost)
    with pytest.raises(Unavailable):
        by(deaf, world, nobodys, world.ada)
    assert give(api, nobodys, claimant(world)).body["member_id"] == world.ada
    drain(items)
    assert api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["conversions"] == 1


def test_one_conversion_shows_what_is_stored_beside_it(api: Gateway, storefront: Gateway, world: World) -> None:
    metadata = {"basket": [{"sku": "A-1", "price": 9.99}], "note": "=1+1"}
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN10"})
    named = {**ORDER, "promo_code": "BEN10", "member_id": world.ada, "offer_id": world.codes_offer}
    sold = storefront.post("/v1/conversions", {**named, "metadata": metadata}).body
    told = api.get(f"/v1/conversions/{sold['conversion_id']}").body
    loser = {"by": "promo_code", "reason": None, "offer_id": world.codes_offer, "member_id": world.ben}
    assert told == {**sold, "metadata": metadata, "evidence": [loser]}


def test_a_plain_conversion_has_nothing_beside_it(api: Gateway, storefront: Gateway, nobodys: dict[str, Any]) -> None:
    told = api.get(f"/v1/conversions/{nobodys['conversion_id']}").body
    assert told == {**nobodys, "metadata": None, "evidence": []}
