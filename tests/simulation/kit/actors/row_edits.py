"""What people do to rows. Paying clicks of today stands in for nothing that can happen yet: it must do no harm."""

from collections.abc import Callable
from random import Random
from typing import Any

from laurel.domain.earnings.approvals import BulkStatus, Decision
from laurel.domain.earnings.manual_commissions import NewCommission
from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import ApiKey, Program
from laurel.domain.tracking.conversions import Claimant
from laurel.domain.values.errors import Refusal
from laurel.store import items, ledger
from laurel.store.keys import Key
from laurel.workflows.earnings import approvals, attributions, manual_commissions, markers
from laurel.workflows.program import programs
from laurel.workflows.requests.idempotency import Request
from tests.simulation.kit.whole_rows import whole_row
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant

Edit = Callable[[], object]
_ACTOR = "key:editor"


class RowEdits:
    """Edits of the rows that there are when an edit is drawn; what became of them meanwhile is read anew."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler, admin: ApiKey) -> None:
        self.table = table
        self.tenant = tenant
        self.program_id = tenant.program_id
        self.scheduler = scheduler
        self.admin = admin

    def row(self, rng: Random) -> Edit:
        """A commission is approved or declined, conversion or not."""
        rows = self.stored()
        return self.decide(_id_of(rng.choice(rows)), _decision(rng)) if rows else lambda: None

    def decide(self, commission_id: str, decision: Decision) -> Edit:
        """This commission is approved or declined."""
        return lambda: approvals.decide(self.table, self.program_id, commission_id, decision, self.author())

    def rows(self, rng: Random) -> Edit:
        """Several conversions are approved or declined, some of them by this name only."""
        rows = self.stored()
        if not rows:
            return lambda: None
        decision, chosen = _decision(rng), rng.sample(rows, min(len(rows), 4))
        ids = tuple(_id_of(key) for key in (*chosen, chosen[0]))
        bulk = BulkStatus(conversion_ids=ids, set=decision.status, reason=decision.reason)
        return lambda: approvals.decide_each(self.table, self.program_id, bulk, self.author(), rng.randbytes)

    def manual(self, rng: Random, whose: str | None = None) -> Edit:
        """A row is made by hand; `whose`: anybody's, unless told."""
        member = whose or rng.choice(self.tenant.members).member_id
        offer = rng.choice((None, *self.tenant.offers))
        kind: dict[str, Any] = rng.choice(
            ({"amount": -250}, {"amount": 900, "type": "action", "action_code": "signup"})
        )
        new = NewCommission(member_id=member, offer_id=offer and offer.offer_id, **kind)

        def edit() -> None:
            request = Request(self._program(), self.admin, None, "", self.scheduler.now)
            manual_commissions.create(self.table, request, new, rng.randbytes)

        return edit

    def pay_clicks(self, rng: Random) -> Edit:
        """A row of clicks is paid, perhaps while it grows."""
        rows = {key: self.peek(key) for key in self.stored()}
        due = [key for key, row in rows.items() if (row["type"], row.get("payout")) == ("click", "unpaid")]
        return self._pay(rng, due)

    def unmark(self, rng: Random) -> Edit:
        """A marker is deleted."""
        found = [key for key in self.stored() if self.peek(key)["origin"] == "rule"]
        if not found:
            return lambda: None
        key = rng.choice(found)
        return lambda: self._delete_marker(key)

    def attribute(self, rng: Random) -> Edit:
        """An order that nobody won is given to somebody by hand."""
        found = self.stored(of_somebody=False)
        if not found or not self.tenant.enrollments:
            return lambda: None
        conversion_id = _id_of(rng.choice(found))
        enrolled = rng.choice(self.tenant.enrollments)
        claimant = Claimant(member_id=enrolled.member_id, offer_id=enrolled.offer_id)
        return lambda: attributions.attribute(self.table, self._program(), conversion_id, claimant, self.author())

    def _pay(self, rng: Random, rows: list[Key]) -> Edit:
        if not rows:
            return lambda: None
        key = rng.choice(rows)

        def edit() -> None:
            row = items.parse(Commission, self.table.get(key) or {})
            if (row.status, row.payout) == ("approved", "unpaid"):
                paid = row.revised(self.scheduler.now, payout="paid")
                self.table.write(ledger.changed(self.program_id, row, paid))

        return edit

    def _program(self) -> Program:
        return programs.get(self.table, self.program_id)

    def _delete_marker(self, key: Key) -> None:
        try:
            markers.delete(self.table, self.tenant.program, _id_of(key), _ACTOR, self.scheduler.now)
        except Refusal:
            return  # somebody else was faster

    def author(self) -> Author:
        """Who edits rows, now."""
        return Author(_ACTOR, self.scheduler.now)

    def stored(self, of_somebody: bool = True) -> list[Key]:
        """The keys of all rows, or of those that are nobody's."""
        prefix, stored = f"{self.program_id}#com_", self.table._collections
        found = [Key(pk, "commission") for pk in stored if pk.startswith(prefix) and "commission" in stored[pk]]
        return [key for key in found if self.peek(key) and ("member_id" in self.peek(key)) == of_somebody]

    def peek(self, key: Key) -> dict[str, Any]:
        """A row's body, with what a payout made of it; nothing of a stub."""
        return whole_row(self.table._collections[key.pk][key.sk])


def _decision(rng: Random) -> Decision:
    declined = {"status": "declined", "reason": rng.choice(("fraud", "late", None))}
    return Decision.model_validate(rng.choice(({"status": "approved"}, {"status": "approved"}, declined)))


def _id_of(key: Key) -> str:
    return key.pk.partition("#")[2]
