"""What people do to rows. Approving, paying and refunding stand in for workflows to come."""

from collections.abc import Callable
from random import Random
from typing import Any

from laurel.domain.commissions import Commission
from laurel.domain.conversions import Claimant
from laurel.domain.errors import Refusal
from laurel.domain.history import Author
from laurel.domain.terms import earned
from laurel.store import items, keys, ledger
from laurel.store.indexes import WORK
from laurel.store.keys import LAST, Key
from laurel.store.operations import Update
from laurel.workflows import attributions, markers, programs, recurrences
from tests.simulation.scheduler import Scheduler
from tests.simulation.world_table import WorldTable
from tests.simulation.worlds import Tenant

Edit = Callable[[], object]
_ACTOR = "key:editor"


class RowEdits:
    """Edits of the rows that there are when an edit is drawn; what became of them meanwhile is read anew."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler) -> None:
        self.table = table
        self.tenant = tenant
        self.program_id = tenant.program_id
        self.scheduler = scheduler

    def row(self, rng: Random) -> Edit:
        """A commission is approved, declined, paid or refunded."""
        rows = [key for key in self._rows() if self._peek(key).get("payout")]
        what = rng.choice(("approve", "approve", "decline", "pay", "refund", "refund"))
        return self._change(rng, rows, what)

    def pay_clicks(self, rng: Random) -> Edit:
        """A row of clicks is paid, perhaps while it grows."""
        rows = {key: self._peek(key) for key in self._rows()}
        due = [key for key, row in rows.items() if (row["type"], row.get("payout")) == ("click", "unpaid")]
        return self._change(rng, due, "pay")

    def unmark(self, rng: Random) -> Edit:
        """A marker is deleted."""
        found = [key for key in self._rows() if self._peek(key)["origin"] == "rule"]
        if not found:
            return lambda: None
        key = rng.choice(found)
        return lambda: self._delete_marker(key)

    def higher_tier(self, rng: Random) -> Edit:
        """A sale changes, and what a member above earns of it is paid while that may be followed."""
        found = [key for key in self._rows() if self._peek(key)["origin"] == "tier"]
        if not found:
            return lambda: None
        row = rng.choice(found)
        sale = keys.commission(self.program_id, self._peek(row)["first_tier"])
        change = self.change(sale, rng.choice(("refund", "refund", "approve", "decline")), rng.choice((1, 2, 3)))
        pay, turns = self.change(row, "pay"), rng.randrange(40)

        def edit() -> None:
            change()
            self.scheduler.wait(turns)
            pay()

        return edit

    def sale_above(self, rng: Random) -> Edit:
        """A sale that somebody above earns of is refunded in part."""
        found = [key for key in self._rows() if self._peek(key)["origin"] == "tier"]
        sales = [keys.commission(self.program_id, self._peek(key)["first_tier"]) for key in found]
        return self._change(rng, sales, "refund")

    def followers(self) -> list[Key]:
        """Rows of higher tiers that may still follow a sale which is pending."""
        unpaid = [key for key in self._rows() if self._peek(key)["origin"] == "tier"]
        sales = {key: keys.commission(self.program_id, self._peek(key)["first_tier"]) for key in unpaid}
        return [key for key, sale in sales.items() if "pend" in self.table._collections[sale.pk][sale.sk]]

    def stop_any(self, rng: Random) -> Edit:
        """What follows a first payment by itself is stopped."""
        found = [key for key in self._rows() if "recurring" in self._peek(key).get("terms", {})]
        return self.stop(rng.choice(found).pk.partition("#")[2]) if found else lambda: None

    def stop(self, first: str) -> Edit:
        """What follows the payment by itself is stopped."""
        author, table = Author(_ACTOR, self.scheduler.now), self.table
        return lambda: recurrences.stop(table, programs.get(table, self.program_id), first, author)

    def due_recurrences(self) -> list[dict[str, Any]]:
        """Those of which a payment is to be made now."""
        now, items_due = keys.instant(self.scheduler.now), self.table._items()
        own = (item for item in items_due if item["kind"] == "recurrence" and item["pk"].startswith(self.program_id))
        return [item["body"] for item in own if item.get(WORK.sk, LAST) < now]

    def attribute(self, rng: Random) -> Edit:
        """An order that nobody won is given to somebody by hand."""
        found = self._rows(of_somebody=False)
        if not found or not self.tenant.enrollments:
            return lambda: None
        conversion_id = rng.choice(found).pk.partition("#")[2]
        enrolled = rng.choice(self.tenant.enrollments)
        claimant = Claimant(member_id=enrolled.member_id, offer_id=enrolled.offer_id)

        def edit() -> object:
            author = Author(_ACTOR, self.scheduler.now)
            return attributions.attribute(self.table, self.tenant.program, conversion_id, claimant, author)

        return edit

    def _change(self, rng: Random, rows: list[Key], what: str) -> Edit:
        if not rows:
            return lambda: None
        return self.change(rng.choice(rows), what, rng.choice((1, 2, 3)))

    def change(self, key: Key, what: str, part: int = 1) -> Edit:
        """Approves, declines, pays or refunds (one `part` of what is left), if that can be done by then."""

        def edit() -> None:
            item = self.table.get(key)
            if item is None:
                return
            row = items.parse(Commission, item)
            changes = _changes_of(row, what, part)
            if changes is None:
                return
            changed = row.revised(self.scheduler.now, **changes)
            pending = ledger.pending(self.program_id, changed)
            moved = {"body": items.body(changed), "version": changed.version, **pending}
            self.table.write(Update(key, set=moved, expect={"version": row.version}))

        return edit

    def _delete_marker(self, key: Key) -> None:
        try:
            markers.delete(self.table, self.tenant.program, key.pk.partition("#")[2], _ACTOR, self.scheduler.now)
        except Refusal:
            return  # somebody else was faster

    def _rows(self, of_somebody: bool = True) -> list[Key]:
        prefix, stored = f"{self.program_id}#com_", self.table._collections
        found = [Key(pk, "commission") for pk in stored if pk.startswith(prefix) and "commission" in stored[pk]]
        return [key for key in found if ("member_id" in self._peek(key)) == of_somebody]

    def _peek(self, key: Key) -> dict[str, Any]:
        body: dict[str, Any] = self.table._collections[key.pk][key.sk]["body"]
        return body


def _changes_of(row: Commission, what: str, part: int) -> dict[str, Any] | None:
    if row.payout != "unpaid" or (row.origin == "tier" and what != "pay"):  # those follow their sale
        return None
    match what:
        case "approve" if row.status != "approved" and row.reason != "refund":
            return {"status": "approved", "hold_until": None, "reason": None}
        case "decline" if row.status != "declined":
            return {"status": "declined", "hold_until": None, "reason": "fraud"}
        case "pay" if row.status == "approved":
            return {"payout": "paid"}
        case "refund" if row.order is not None and row.terms is not None and row.order.remaining:
            return _refunded(row, row.order.remaining // part)
    return None


def _refunded(row: Commission, by: int) -> dict[str, Any]:
    assert row.order is not None
    assert row.terms is not None
    order = row.order.model_copy(update={"refunded_sale": row.order.refunded_sale + by})
    if not order.remaining:
        return {"order": order, "amount": 0, "status": "declined", "reason": "refund", "hold_until": None}
    sale = order.remaining
    return {"order": order, "amount": earned(row.terms, row.action_code, sale)}
