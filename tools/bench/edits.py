"""The cost of edits of enrollments, alone and a hundred at once, and of reading their history."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from laurel.domain.history import Author, Edit, enrollment_edit
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.store import items
from laurel.workflows import history
from tools.bench import gateway, samples
from tools.bench.capacity import Cost
from tools.bench.gateway import Answer, Request
from tools.bench.growth import slope
from tools.bench.report import NO_TARGET, Figure, Row, Table, Target, figures
from tools.bench.samples import Seller
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

Body = Mapping[str, Any]
_MEMBERS: Final = 100
_PAGE: Final = 25
_EARLIER: Final = (100, 10_000)
_MOST_UNITS: Final = 12
_KEY: Final = {"idempotency-key": "a"}


def tables(lab: Lab) -> list[Table]:
    """The cost per enrollment, and by the length of its history."""
    return [Table("Edits of enrollments", [*_alone(lab), *_at_once(lab)], _NOTES), _growth(lab)]


_NOTES: Final = (
    "Through functions/offers and functions/conversions, the API key's read included. Each: a hundredth of the call.",
    "Each enrollment that changes is one transaction: itself, its account's head, a line of history, and the claims of",
    "its codes, the one before and the new one. That is up to six small items of 2 WRU with the stored answer.",
)


def _alone(lab: Lab) -> list[Row]:
    shop = world(lab, samples.template())
    member_id = shop.seller().member_id
    path = f"/v1/offers/{shop.shop.offer.offer_id}/enrollments/{member_id}"
    moved = {"payout_option_id": _options(shop)[1]}
    return [
        _row("moved to another option", _send(shop, "PATCH", path, moved)),
        _row("the same again", _send(shop, "PATCH", path, moved), most_units=0),
        _row("another code", _send(shop, "POST", f"{path}/promo-code", {})),
        _row("another code, with an Idempotency-Key", _send(shop, "POST", f"{path}/promo-code", {}, _KEY)),
        _row("an order given to a member by hand", _given(shop, member_id), most_units=None),
    ]


def _given(shop: World, member_id: str) -> Answer:
    """The cost of an order that nobody won, attributed by the merchant."""
    order = {"order_id": samples.new_order(), "amount": samples.SALE, "currency": "USD"}
    recorded = gateway.send(shop.lab, Request("conversions", "POST", "/v1/conversions", shop.secret, order), 201).body
    path = f"/v1/conversions/{recorded['conversion_id']}/attribute"
    claimant = {"member_id": member_id, "offer_id": shop.shop.offer.offer_id}
    return gateway.send(shop.lab, Request("conversions", "POST", path, shop.admin, claimant), 200)


def _at_once(lab: Lab) -> list[Row]:
    shop = world(lab, samples.template())
    listed = {"member_ids": [shop.seller().member_id for _ in range(_MEMBERS)]}
    new = {"member_ids": _not_enrolled(shop)}
    _, second, third = _options(shop)
    moved, matching = {"set": {"payout_option_id": second}}, {"filter": {"payout_option_id": second}}
    return [
        _bulk(shop, "moved, each of 100", {**listed, **moved}),
        _bulk(shop, "the same again, each of 100", {**listed, **moved}, most_units=0),
        _bulk(shop, "moved by a filter, each of 100", {**matching, "set": {"payout_option_id": third}}),
        _bulk(shop, "another code, each of 100", {**listed, "set": {"refresh_promo_code": True}}, headers=_KEY),
        _bulk(shop, "enrolled, each of 100", {**new, "enroll": True}),
    ]


def _not_enrolled(shop: World) -> list[str]:
    made = [samples.member(f"Maria{number}") for number in range(_MEMBERS)]
    shop.lab.load(items.member(shop.program_id, member) for member in made)
    return [member.member_id for member in made]


def _bulk(
    shop: World, name: str, body: Body, *, most_units: int = _MOST_UNITS, headers: Mapping[str, str] | None = None
) -> Row:
    path = f"/v1/offers/{shop.shop.offer.offer_id}/enrollments/bulk"
    answer = _send(shop, "POST", path, body, headers)
    wanted = "changed" if most_units else "unchanged"
    if [result["status"] for result in answer.body["results"]] != [wanted] * _MEMBERS:
        raise ToolError(f"not every enrollment of the bench's bulk edit is {wanted}")
    return _row(name, answer, each_of=_MEMBERS, most_units=most_units)


def _send(shop: World, method: str, path: str, body: Body, headers: Mapping[str, str] | None = None) -> Answer:
    return gateway.send(shop.lab, Request("offers", method, path, shop.admin, body, headers=headers or {}), 200)


def _row(name: str, answer: Answer, *, each_of: int = 1, most_units: int | None = _MOST_UNITS) -> Row:
    cost = answer.bill.cost
    whole = {"trips": cost.trips, "RRU": cost.rru, "WRU": cost.wru, "index WRU": cost.index_wru}
    shown: dict[str, Figure] = {measure: figure / each_of for measure, figure in whole.items()}
    if each_of == 1:
        shown["calls"] = answer.bill.operations
    if most_units is None:
        return Row(name, shown, NO_TARGET)
    # the whole call writes one thing only once: its stored answer
    says = f"<= {most_units} WRU" if most_units else "no write"
    return Row(name, shown, Target(says, cost.wru / each_of <= most_units))


def _options(shop: World) -> list[str]:
    return [option.payout_option_id for option in shop.shop.offer.payout_options]


def _growth(lab: Lab) -> Table:
    of_offer, of_member = [], []
    for earlier in _EARLIER:
        shop = world(lab, samples.template())
        seller = shop.seller()
        offer_id, lines = shop.shop.offer.offer_id, _lines(shop, seller, earlier)
        lab.load(items.offer_history(shop.program_id, offer_id, *line) for line in lines)
        of_offer.append((earlier, _page(shop, None)))
        of_member.append((earlier, _page(shop, seller.member_id)))
    rows = []
    for whose, costs in (("an offer", of_offer), ("a member in it", of_member)):
        rows += [Row(f"{whose}, {earlier:,} lines", figures(cost)) for earlier, cost in costs]
        rows.append(slope(f"slope per decade of history, {whose}", costs))
    return Table(f"Growth: a page of {_PAGE} lines of history", rows, ["The API key's read is one trip more."])


def _lines(shop: World, seller: Seller, count: int) -> list[tuple[Edit, int]]:
    """The history of a member moved so often, a minute apart: each move with the version that it made."""
    before = seller.enrollment
    after = before.edited(EnrollmentEdit(payout_option_id=_options(shop)[1]), samples.NOW)
    times = [samples.NOW - timedelta(minutes=number) for number in range(count)]
    return [(enrollment_edit(before, after, Author("key:bench", at)), number) for number, at in enumerate(times)]


def _page(shop: World, member_id: str | None) -> Cost:
    offer_id = shop.shop.offer.offer_id
    with shop.lab.meter.measure() as bill:
        page = history.page(shop.lab.table, shop.program_id, offer_id, member_id, _PAGE, None)
    if len(page.items) != _PAGE:
        raise ToolError("the bench's history is not as long as it was made")
    return bill.cost
