"""People who change things while orders come in; an edit that loses its race for good is a 409 and given up."""

from collections.abc import Callable
from random import Random
from typing import Any

from laurel.domain.commissions import Commission
from laurel.domain.enrollments import EnrollmentEdit
from laurel.domain.errors import Refusal
from laurel.domain.programs import ApiKey
from laurel.store import items
from laurel.store.keys import Key
from laurel.store.operations import Update
from laurel.workflows import enrollments, markers, members, programs, rules
from laurel.workflows.enrollments import Place
from laurel.workflows.idempotency import Request
from tests.simulation import rule_drafts
from tests.simulation.scheduler import Scheduler
from tests.simulation.world_table import WorldTable
from tests.simulation.worlds import FIELDS, Tenant, identity

Edit = Callable[[], object]


class Editor:
    """Draws edits of one program. Approving, paying, refunding and unmarking rows stand in for workflows to come."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler, stateful: bool) -> None:
        self.table = table
        self.tenant = tenant
        self.program_id = tenant.program_id
        self.scheduler = scheduler
        self.stateful = stateful
        made = tenant.program.created_at
        ids = {"key_id": identity("key", 1), "program_id": self.program_id}
        self.admin = ApiKey(**ids, scopes=("admin",), created_at=made, updated_at=made)

    def draw(self) -> tuple[str, Edit]:
        """The name of an edit and the edit itself."""
        rng = self.scheduler.rng
        state = (self._field, self._field, self._field, self._enrollment, self._enrollment, self._profile)
        rules_and_rows = (self._rule, self._rule, self._rule_comes_or_goes, self._program, self._unmark)
        rows = (self._row, self._row, self._row)
        kind: Callable[[Random], Edit] = rng.choice(state if self.stateful else (*state, *rules_and_rows, *rows))
        return f"edit{kind.__name__}", kind(rng)

    def _profile(self, rng: Random) -> Edit:
        name, status = f"N{rng.randrange(1000)}", rng.choice(("suspended", "approved"))
        return self._edit_member(rng, rng.choice(({"first_name": name}, {"status": status})))

    def _field(self, rng: Random) -> Edit:
        return self._edit_member(rng, {"fields": {rng.choice(FIELDS): rng.choice(("silver", "gold", "yes", ""))}})

    def _edit_member(self, rng: Random, patch: dict[str, Any]) -> Edit:
        member_id, program = rng.choice(self.tenant.members).member_id, self.tenant.program
        return lambda: members.edit(self.table, program, member_id, patch, None, self.scheduler.now)

    def _enrollment(self, rng: Random) -> Edit:
        offer, member = rng.choice(self.tenant.offers), rng.choice(self.tenant.members)
        place = Place(self.program_id, offer.offer_id, member.member_id)
        edit = EnrollmentEdit(
            payout_option_id=rng.choice(offer.payout_options).payout_option_id,
            active=rng.random() < 0.7,
            promo_code=rng.choice((None, None, None, f"NEW-{rng.randrange(1000)}")),
        )
        return lambda: enrollments.put(self.table, place, edit, self.scheduler.now, rng.randbytes)

    def _rule(self, rng: Random) -> Edit:
        rule = rng.choice(self.tenant.rules)
        patch: dict[str, Any] = rng.choice(
            ({"enabled": True}, {"enabled": False}, {"enabled": True}, {"priority": rng.randint(1, 3)})
        )
        if rule.leading.metric not in {"user_field", "commission_group"} and rng.random() < 0.5:
            conditions = rule.model_dump(mode="json", exclude_none=True)["conditions"]
            conditions[0]["value"] = rule_drafts.threshold(rng, rule.leading.metric)
            patch = {"conditions": conditions}
        return lambda: rules.edit(self.table, self.program_id, rule.rule_id, patch, None, self.scheduler.now)

    def _rule_comes_or_goes(self, rng: Random) -> Edit:
        if rng.random() < 0.3:
            gone = rng.choice(self.tenant.rules).rule_id
            return lambda: rules.delete(self.table, self.program_id, gone)
        new = rule_drafts.drawn(rng, self.tenant.offers, self.stateful)
        request = Request(self.tenant.program, self.admin, None, "", self.scheduler.now)
        return lambda: rules.create(self.table, request, new, rng.randbytes)

    def _program(self, rng: Random) -> Edit:
        patch: dict[str, Any] = rng.choice(
            ({"merchant_email": None}, {"merchant_email": "boss@example.com"}, {"bonus_status": "pending"})
        )
        return lambda: programs.edit(
            self.table, programs.get(self.table, self.program_id), patch, None, self.scheduler.now
        )

    def _row(self, rng: Random) -> Edit:
        rows = self._rows()
        if not rows:
            return lambda: None
        key, what = rng.choice(rows), rng.choice(("approve", "approve", "decline", "pay", "refund", "refund"))
        part = rng.choice((1, 2, 3))

        def edit() -> None:
            item = self.table.get(key)
            if item is None:
                return
            row = items.parse(Commission, item)
            changes = _changes_of(row, what, part)
            if changes is None:
                return
            changed = row.revised(self.scheduler.now, **changes)
            moved = {
                "body": items.body(changed),
                "version": changed.version,
                **items.pending(self.program_id, changed),
            }
            self.table.write(Update(key, set=moved, expect={"version": row.version}))

        return edit

    def _unmark(self, rng: Random) -> Edit:
        markers = [key for key in self._rows() if self._peek(key)["body"]["origin"] == "rule"]
        if not markers:
            return lambda: None
        key = rng.choice(markers)
        return lambda: self._delete_marker(key)

    def _delete_marker(self, key: Key) -> None:
        try:
            markers.delete(self.table, self.tenant.program, key.pk.partition("#")[2], "key:editor", self.scheduler.now)
        except Refusal:
            return  # somebody else was faster

    def _rows(self) -> list[Key]:
        prefix = f"{self.program_id}#com_"
        return [Key(pk, "commission") for pk in self.table._collections if pk.startswith(prefix) and self._has(pk)]

    def _has(self, pk: str) -> bool:
        return "member_id" in self.table._collections[pk].get("commission", {}).get("body", {})

    def _peek(self, key: Key) -> dict[str, Any]:
        return self.table._collections[key.pk][key.sk]


def _changes_of(row: Commission, what: str, part: int) -> dict[str, Any] | None:
    if row.payout == "paid":
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
    amount = row.terms.on_action(row.action_code, sale) if row.action_code else row.terms.on_sale(sale)
    return {"order": order, "amount": amount}
