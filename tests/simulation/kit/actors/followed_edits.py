"""People who change what other rows follow: sales that members above earn of, and first payments that recur."""

from contextlib import suppress
from random import Random
from typing import Any

from laurel.domain.earnings.approvals import Decision
from laurel.domain.values.errors import Refusal
from laurel.store import keys
from laurel.store.indexes import WORK
from laurel.store.keys import LAST, Key
from laurel.workflows.earnings import recurrences
from laurel.workflows.program import programs
from tests.simulation.kit.actors.payout_edits import PayoutEdits
from tests.simulation.kit.actors.refunders import Refunders
from tests.simulation.kit.actors.row_edits import Edit, RowEdits


class FollowedEdits:
    """Edits of one program, by those who decide, refund and pay."""

    def __init__(self, rows: RowEdits, refunders: Refunders, payouts: PayoutEdits) -> None:
        self.rows = rows
        self.table = rows.table
        self.program_id = rows.program_id
        self.scheduler = rows.scheduler
        self.refunders = refunders
        self.payouts = payouts

    def higher_tier(self, rng: Random) -> Edit:
        """A sale changes, and what a member above earns of it is paid while that may be followed."""
        found = self._of_higher_tiers()
        if not found:
            return lambda: None
        row = self.rows.peek(rng.choice(found))
        sale, turns = row["first_tier"], rng.randrange(40)
        decided = self.rows.decide(sale, Decision(status=rng.choice(("approved", "declined")), reason="late"))
        change = rng.choice((self.refund(rng, sale), self.refund(rng, sale), decided))
        pay = self.payouts.payout_of(rng, row["member_id"])

        def edit() -> None:
            change()
            self.scheduler.wait(turns)
            pay()

        return edit

    def refund_and_end(self, rng: Random) -> Edit:
        """An order of a draft is refunded, or declined by hand, while the draft is confirmed or cancelled."""
        drafted = {key: self.rows.peek(key) for key in self.rows.stored() if self._is_drafted(key)}
        if not drafted:
            return lambda: None
        key = rng.choice(sorted(drafted))
        payout_id, row_id, waits = drafted[key]["payout_id"], key.pk.partition("#")[2], rng.randrange(9)
        decided = self.rows.decide(row_id, Decision(status="declined", reason="late"))
        change = rng.choice((self.refund(rng, row_id), self.refund(rng, row_id), decided))
        end = rng.choice((self.payouts.confirm, self.payouts.confirm, self.payouts.cancel))
        steps = rng.sample((change, lambda: end(payout_id)), 2)

        def edit() -> None:
            for step in steps:
                with suppress(Refusal):
                    step()
                self.scheduler.wait(waits)

        return edit

    def refund_drafted(self, rng: Random) -> Edit:
        """The order of a row that a draft has is refunded in part."""
        drafted = [key for key in self.rows.stored() if self._is_drafted(key) and "order" in self.rows.peek(key)]
        return self.refund(rng, rng.choice(drafted).pk.partition("#")[2]) if drafted else lambda: None

    def waiting_in_drafts(self) -> list[Key]:
        """Rows of drafts that wait to be counted."""
        drafted = [key for key in self.rows.stored() if self._is_drafted(key)]
        return [key for key in drafted if "pend" in self.table._collections[key.pk][key.sk]]

    def end_of_draft(self, rng: Random, row: Key) -> Edit:
        """The draft of a row is confirmed or cancelled, some turns from now."""
        payout_id, turns = self.rows.peek(row)["payout_id"], rng.randrange(12)
        end = rng.choice((self.payouts.confirm, self.payouts.confirm, self.payouts.cancel))

        def edit() -> None:
            self.scheduler.wait(turns)
            with suppress(Refusal):
                end(payout_id)

        return edit

    def _is_drafted(self, key: Key) -> bool:
        return self.rows.peek(key).get("payout") == "in_payout"

    def sale_above(self, rng: Random) -> Edit:
        """A sale that somebody above is to be paid for is refunded in part."""
        sales = {row["first_tier"] for row in self._due().values()}
        orders = [order for sale in sorted(sales) if (order := self._order_of(sale)) is not None]
        return self.refunders.refund_part(rng, rng.choice(orders)) if orders else lambda: None

    def refund(self, rng: Random, commission_id: str) -> Edit:
        """The order of a row is refunded; a payment that the program made has none."""
        order = self._order_of(commission_id)
        return self.refunders.refund_of(rng, order) if order is not None else lambda: None

    def pay_follower(self, rng: Random, row: Key) -> Edit:
        """Who earns the row is paid."""
        return self.payouts.payout_of(rng, self.rows.peek(row)["member_id"])

    def followers(self) -> list[Key]:
        """Rows of higher tiers that are due, and may still follow a sale which is pending."""
        sales = {key: keys.commission(self.program_id, row["first_tier"]) for key, row in self._due().items()}
        return [key for key, sale in sales.items() if "pend" in self.table._collections[sale.pk][sale.sk]]

    def stop_any(self, rng: Random) -> Edit:
        """What follows a first payment by itself is stopped."""
        found = [key for key in self.rows.stored() if "recurring" in self.rows.peek(key).get("terms", {})]
        return self.stop(rng.choice(found).pk.partition("#")[2]) if found else lambda: None

    def stop(self, first: str) -> Edit:
        """What follows the payment by itself is stopped."""
        author, table = self.rows.author(), self.table
        return lambda: recurrences.stop(table, programs.get(table, self.program_id), first, author)

    def due_recurrences(self) -> list[dict[str, Any]]:
        """Those of which a payment is to be made now."""
        now, items_due = keys.instant(self.scheduler.now), self.table._items()
        own = (item for item in items_due if item["kind"] == "recurrence" and item["pk"].startswith(self.program_id))
        return [item["body"] for item in own if item.get(WORK.sk, LAST) < now]

    def _order_of(self, commission_id: str) -> str | None:
        order = self.rows.peek(keys.commission(self.program_id, commission_id)).get("order", {})
        return order.get("order_id")

    def _due(self) -> dict[Key, dict[str, Any]]:
        rows = {key: self.rows.peek(key) for key in self._of_higher_tiers()}
        return {key: row for key, row in rows.items() if (row["status"], row["payout"]) == ("approved", "unpaid")}

    def _of_higher_tiers(self) -> list[Key]:
        return [key for key in self.rows.stored() if "first_tier" in self.rows.peek(key)]
