"""A planned year in a program: people and rules as of their days, orders as a shop reports them, payouts."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, Final, Protocol

from laurel.domain.history import Author
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.members.members import NewMember
from laurel.domain.offers.offers import NewOffer
from laurel.domain.people.people import Person
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import RuleSettings
from laurel.store import indexes
from laurel.store.indexes import WORK
from laurel.store.table import Table
from laurel.workflows.members import enrollments, members
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers
from laurel.workflows.program import programs
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.rules import rules
from tools.failure import Say, ToolError
from tools.year.plan import DAYS, Seller

MERCHANT: Final = Person("system", "The demo")
CURRENCY: Final = "USD"
PAYDAYS: Final = (270, 180, 90)
"""Days ago until which members were paid."""
_AT_ONCE: Final = 25
_PATIENCE: Final = 300.0
_PER_CENT: Final[dict[str, object]] = {"type": "percent_of_sale", "percent": "10", "tiers": [{"percent_of_sale": "2"}]}
_OFFERS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "Creator codes",
        "kind": "promo_code",
        "payout_options": [
            {"name": "Standard", "default": True, "terms": _PER_CENT},
            {"name": "Gold", "terms": {**_PER_CENT, "percent": "15"}},
        ],
    },
    {
        "name": "Launch",
        "kind": "promo_code",
        "payout_options": [
            {"name": "Launch", "default": True, "terms": {"type": "flat_plus_percent", "amount": 300, "percent": "4"}}
        ],
    },
    {
        "name": "Blog links",
        "kind": "link",
        "landing_url": "https://shop.laurel.example/journal",
        "payout_options": [{"name": "Standard", "default": True, "terms": {"type": "percent_of_sale", "percent": "8"}}],
    },
)


class Client(Protocol):
    """The API, as a customer calls it."""

    def get(self, path: str) -> Any:
        """The answer's JSON."""

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a POST."""

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a PUT."""

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a PATCH."""


@dataclass(frozen=True, slots=True)
class Filling:
    """A program that is filled. `shop`: the API with the key of a storefront. `ada`: a member of it, who sells most.

    `idle`: waits a little for whatever is under way. `lanes`: reports that are sent at the same time.
    """

    table: Table
    program_id: str
    admin: Client
    shop: Client
    ada: str
    today: date
    idle: Callable[[], None] = lambda: time.sleep(0.5)
    lanes: int = 4

    def fill(self, sellers: list[Seller], say: Say) -> None:
        """Carries out the plan. Raises ToolError if anything is not as it must be."""
        self.admin.patch("/v1/program", {"features": {"commission_groups": True}})
        named = self._make_offers()
        self._make_rules(named)
        people = self._join(sellers, named)
        say(f"  {len(people)} members in {len(named)} offers")
        self._sell(sellers, people, named)
        say(f"  {sum(len(seller.sales) for seller in sellers):,} orders reported")
        self._settle()
        say("  all of them counted, and what they set off")
        self._take_back(sellers)
        self._settle()
        for ago in PAYDAYS:
            self._pay(ago, say)

    @property
    def _program(self) -> Program:
        return programs.get(self.table, self.program_id)

    def _request(self, day: date) -> Request:
        """A request as if it had been made on that day."""
        at = datetime.combine(day, time_of_day(5), UTC)
        return Request(self._program, MERCHANT, None, "", at)

    def _make_offers(self) -> list[str]:
        request = self._request(self.today - timedelta(days=DAYS))
        made = (NewOffer.model_validate(offer) for offer in _OFFERS)
        return [offers.create(self.table, request, offer, _chance(offer.name))[0].offer_id for offer in made]

    def _make_rules(self, named: list[str]) -> None:
        codes = offers.get(self.table, self.program_id, named[0])
        gold = codes.payout_options[1].payout_option_id
        request = self._request(self.today - timedelta(days=DAYS))
        for rule in _rules(named, gold):
            rules.create(self.table, request, RuleSettings.model_validate(rule), _chance(rule["name"]))

    def _join(self, sellers: list[Seller], named: list[str]) -> list[str]:
        """The ids of the sellers, the first of whom is Ada."""
        ids: list[str] = []
        for seller in sellers:
            ids.append(self.ada if not ids else self._new(seller, ids))
            author = Author(MERCHANT.actor, datetime.combine(seller.joined, time_of_day(5), UTC))
            of = named[2:] if seller.by_link else named[:2] if seller.number % 3 == 0 else named[:1]
            for offer_id in of:
                edit = EnrollmentEdit() if seller.by_link else EnrollmentEdit(promo_code=_code(seller, offer_id, named))
                place = Place(self.program_id, offer_id, ids[-1])
                enrollments.put(self.table, place, edit, author, _chance(f"{seller.email} {offer_id}"))
        return ids

    def _new(self, seller: Seller, ids: list[str]) -> str:
        member = NewMember(
            email=seller.email,
            first_name=seller.first_name,
            last_name=seller.last_name,
            referrer_id=None if seller.brought_by is None else ids[seller.brought_by],
        )
        return members.create(self.table, self._request(seller.joined), member, _chance(seller.email))[0].member_id

    def _sell(self, sellers: list[Seller], people: list[str], named: list[str]) -> None:
        """Reports all sales, member by member: what is counted together is read together."""

        def report(seller: Seller, member_id: str) -> None:
            for lot in self._lots(seller, member_id, named):
                answer = self.shop.post("/v1/conversions/bulk", {"conversions": lot})
                refused = [each for each in answer["results"] if each["http_status"] >= 400]
                if refused:
                    raise ToolError(f"an order was refused: {refused[0]}")

        with ThreadPoolExecutor(self.lanes) as lanes:
            deque(lanes.map(report, sellers, people), maxlen=0)

    def _lots(self, seller: Seller, member_id: str, named: list[str]) -> Iterator[list[dict[str, object]]]:
        clicks = self._click(seller, member_id, named[2]) if seller.by_link else iter(())
        told: list[dict[str, object]] = []
        for sale in seller.sales:
            second = seller.number % 3 == 0 and int(sale.order_id) % 4 == 0
            by = {"click_id": next(clicks)} if seller.by_link else {"promo_code": _code(seller, named[second], named)}
            order = {"order_id": sale.order_id, "amount": sale.amount, "currency": CURRENCY}
            told.append({**order, "type": "sale", "occurred_at": _text(sale.at), **by})
        yield from (told[at : at + _AT_ONCE] for at in range(0, len(told), _AT_ONCE))

    def _click(self, seller: Seller, member_id: str, offer_id: str) -> Iterator[str]:
        """Visits by the seller's link; one click for each sale."""
        slug = enrollments.get(self.table, Place(self.program_id, offer_id, member_id)).slug
        each = len(seller.clicks) // max(len(seller.sales), 1)
        for number, at in enumerate(seller.clicks):
            visit = {"slug": slug, "visitor_id": f"{seller.number}-{number}", "occurred_at": _text(at)}
            made = self.shop.post("/v1/clicks", visit)
            if number % each == 0:
                yield made["click_id"]

    def _take_back(self, sellers: list[Seller]) -> None:
        back = [sale for seller in sellers for sale in seller.sales if sale.back is not None]
        for sale in back:
            part = {"amount": sale.back} if sale.back else {}
            refund = {"order_id": sale.order_id, "refund_id": f"back-{sale.order_id}", "reason": "refund", **part}
            self.shop.post("/v1/refunds", refund)

    def _pay(self, ago: int, say: Say) -> None:
        until = self.today - timedelta(days=ago)
        path = f"/v1/payouts/{self.admin.post('/v1/payouts', {'until': until.isoformat()})['payout_id']}"
        if self._reached(path, "draft")["total"] > 0:
            self.admin.post(f"{path}/confirm", {})
            paid = self._reached(path, "confirmed")
            say(f"  paid until {until}: {paid['total'] / 100:,.2f}")

    def _reached(self, path: str, status: str) -> Any:
        return _until(lambda: payout if (payout := self.admin.get(path))["status"] == status else None, self.idle)

    def _settle(self) -> None:
        """Waits until everything is counted."""
        partitions = indexes.work(self.program_id, "pend")
        _until(lambda: not any(self.table.query(each, index=WORK, limit=1) for each in partitions) or None, self.idle)


def _rules(named: list[str], gold: str) -> list[dict[str, Any]]:
    month, year = {"type": "current_month"}, {"type": "current_year"}
    strong = {"metric": "commission_value", "operator": "gt", "value": 40_000, "period": month}
    every = {"metric": "sales_count", "operator": "gte", "value": 50, "every": True, "period": year}
    many = {"metric": "sales_count", "operator": "gte", "value": 120, "period": {"type": "all_time"}}
    move = {"type": "put_into_commission_group", "offer_id": named[0], "payout_option_id": gold}
    return [
        _rule("Strong month", strong, {"type": "add_bonus_commission", "percent": "5"}),
        _rule("Fifty more", every, {"type": "add_bonus_commission", "amount": 2_500}),
        {**_rule("Gold", many, move), "offers": named[:1]},
    ]


def _rule(name: str, condition: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "conditions": [condition], "actions": [action]}


def _code(seller: Seller, offer_id: str, named: list[str]) -> str:
    return seller.code if offer_id == named[0] else f"{seller.code}-NEW"


def _chance(name: str) -> Callable[[int], bytes]:
    """Random bytes that are the same for a name."""
    return random.Random(name).randbytes


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _until(probe: Callable[[], Any], idle: Callable[[], None]) -> Any:
    """The first answer that is not None. Raises ToolError after a long wait."""
    deadline = time.monotonic() + _PATIENCE
    while (answer := probe()) is None:
        if time.monotonic() > deadline:
            raise ToolError(f"the year waited {_PATIENCE:.0f} s in vain; see .local/engine.log")
        idle()
    return answer
