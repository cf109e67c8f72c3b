"""The small program with something to show on every page, and the addresses of all pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from laurel import clock
from laurel.console.site import site as console
from laurel.domain.earnings.approvals import Because
from laurel.domain.history import Author
from laurel.domain.ledger.row_parts import Decision
from laurel.pages.site import Site
from laurel.portal.site import site as portal
from laurel.store.table import Table
from laurel.workflows.earnings import approvals
from laurel.workflows.members import members
from laurel.workflows.offers import offers
from laurel.workflows.rules import rules
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed
from tests.functional.kit.selling import ORDER, sell
from tests.functional.kit.shop import Shop
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tests.kit.shop_bodies import woocommerce_order
from tests.kit.shops.woocommerce import CREDENTIALS
from tests.pages.kit.filled import fill
from tests.pages.kit.people import People

ALSO = (
    ("/members", "?q=ada"),
    ("/conversions", "?offer_id=<offer_id>"),
    ("/conversions", "?status=approved&from=2026-11-10"),
    ("/conversions", "?won=no"),
    ("/conversions", "?order_id=last"),
    ("/conversions/<paid_id>", ""),
    ("/conversions/<paid_id>/history", ""),
    ("/offers/<offer_id>/members", "?active=true"),
    ("/offers/<offer_id>/add", "?q=ben"),
    ("/rules/<rule_id>/try", "?member_id=<member_id>"),
    ("/mail", "?member_id=<member_id>"),
)
"""Further pages of the console: with filters, and of a row that is paid."""


@dataclass(frozen=True, slots=True)
class Crowded:
    """`author`: of changes; `ids`: what routes name -> an id of it."""

    table: Table
    world: World
    shop: Shop
    jobs: JobsQueue
    author: Author
    ids: dict[str, str] = field(default_factory=dict)

    def addresses(self) -> Iterator[tuple[Site, str]]:
        """All that somebody who is signed in can look at, files left out; by site."""
        for site in (console, portal):
            for route in site.routes:
                if route.method == "GET" and route.least != "public" and not route.path.endswith((".csv", "/file")):
                    yield site, self._address(site, route.path)
        for path, query in ALSO:
            yield console, self._address(console, path + query)

    def _address(self, site: Site, path: str) -> str:
        job = "applied_id" if "/applied/" in path else "backtest_id"
        named = {**self.ids, "job_id": self.ids[job]}
        if path.startswith("/links/"):
            named["offer_id"] = self.world.links_offer
        return re.sub(r"<(\w+)>", lambda part: named[part[1]], site.path + path)

    def does(self, method: str, path: str, body: object = None) -> Any:
        """A call of the API; its answer."""
        answer = Gateway(self.world.admin).call(method, path, body)
        assert answer.status < 300, answer
        return answer.body

    def goes_on(self, times: int) -> None:
        """So many more of whatever piles up: deliveries, changes, people who apply, four times as many orders."""
        program, orders = self.world.program, Gateway(self.world.reporter)
        for number in range(times):
            at, name = f"2026-11-{1 + number % 24:02d}T11:00:00Z", f"more {number}"
            for part in range(4):
                order = {**ORDER, "order_id": f"{name}-{part}", "occurred_at": at}
                assert orders.post("/v1/conversions", order).status == 201
            members.edit(self.table, program, self.world.ada, {"last_name": name}, None, self.author)
            offers.edit(self.table, program.program_id, self.world.codes_offer, {"name": name}, None, self.author)
            rules.edit(self.table, program.program_id, self.ids["rule_id"], {"name": name}, None, self.author)
            self.shop.woocommerce("order.created", woocommerce_order(currency="USD", number=name))
            if number % 3 == 0:
                self.does("POST", "/v1/members", {"email": f"more{number}@example.com", "status": "pending"})
        drain(self.table)


def crowded(table: Table, world: World, shop: Shop, jobs: JobsQueue, people: People) -> Crowded:
    """The program: two weeks of orders, some paid; rewards, backtests, mails; a connected shop; an endpoint."""
    made = Crowded(table, world, shop, jobs, Author(people.users["owner"].person.actor, clock.now()))
    fill(table, world)
    made.ids.update(
        program_id=world.program.program_id,
        offer_id=world.codes_offer,
        payout_option_id=world.options[0],
        member_id=world.ada,
        template_id=world.template_id,
        user_id=people.users["viewer"].user_id,
        storefront_id=shop.ids["woocommerce"],
        paid_id=sell(world, table, amount=300_000),
    )
    _with_a_shop(made)
    _with_a_rule(made)
    path = confirmed(Gateway(world.admin), jobs)
    made.ids["payout_id"] = path.rpartition("/")[2]
    made.ids["conversion_id"] = sell(world, table, order_id="last")
    _with_an_endpoint(made)
    _with_changes(made)
    return made


def _with_a_shop(made: Crowded) -> None:
    """One that is connected and has Ada's and Ben's codes, and a delivery that was refused."""
    offer, shop = f"/v1/offers/{made.world.codes_offer}", f"/v1/storefronts/{made.ids['storefront_id']}"
    made.does("PUT", f"{offer}/enrollments/{made.world.ben}", {"promo_code": "BEN10"})
    made.does("PATCH", shop, {"connection": CREDENTIALS})
    made.does("PATCH", offer, {"discount": {"percent": "10"}})
    ShopsQueue("", made.jobs).begin(made.table)
    _work_off(made)
    made.shop.woocommerce("order.created", woocommerce_order(currency="USD"))
    made.ids["delivery_id"] = made.does("GET", f"{shop}/deliveries")["items"][0]["delivery_id"]


def _with_a_rule(made: Crowded) -> None:
    """One that was applied, and tried on the past."""
    leads = {"metric": "commission_value", "operator": "gt", "value": 100, "offers": [made.world.codes_offer]}
    pays = {"type": "add_bonus_commission", "amount": 500}
    rule = made.does("POST", "/v1/rules", {"name": "Late", "conditions": [leads], "actions": [pays]})
    made.ids["rule_id"] = rule["rule_id"]
    made.ids["applied_id"] = made.does("POST", f"/v1/rules/{rule['rule_id']}/apply", {})["job_id"]
    _work_off(made)
    days = {"from": "2026-11-10", "to": "2026-11-20", "rule_id": rule["rule_id"]}
    made.ids["backtest_id"] = made.does("POST", "/v1/rules/backtest", days)["job_id"]
    _work_off(made)
    drain(made.table)


def _with_an_endpoint(made: Crowded) -> None:
    endpoint = made.does("POST", "/v1/webhook-endpoints", {"url": "https://hooks.example.com/laurel"})
    made.ids["endpoint_id"] = endpoint["endpoint_id"]
    made.does("POST", f"/v1/webhook-endpoints/{endpoint['endpoint_id']}/test")


def _with_changes(made: Crowded) -> None:
    """Somebody of the merchant's changes a bit of everything: histories name them."""
    program, table, author = made.world.program, made.table, made.author
    refused = Decision(status="declined", **dict(Because(reason="late")))
    approvals.decide_conversion(table, program.program_id, made.ids["conversion_id"], refused, author)
    members.edit(table, program, made.world.ada, {"last_name": "King"}, None, author)
    offers.edit(table, program.program_id, made.world.codes_offer, {"name": "Glow"}, None, author)
    rules.edit(table, program.program_id, made.ids["rule_id"], {"name": "Later"}, None, author)
    drain(table)


def _work_off(made: Crowded) -> None:
    while made.jobs.work():
        pass
