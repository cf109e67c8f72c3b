"""People who change things while orders come in; an edit that loses its race for good is a 409 and given up."""

from collections.abc import Callable
from random import Random
from typing import Any

from laurel.domain.earnings.approvals import Decision
from laurel.domain.history import Author
from laurel.domain.program.programs import ApiKey
from laurel.queue import Queue
from laurel.workflows.members import members
from laurel.workflows.program import programs
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.rules import applying, rules
from tests.simulation.kit.actors.followed_edits import FollowedEdits
from tests.simulation.kit.actors.offer_edits import OfferEdits
from tests.simulation.kit.actors.payee_edits import PayeeEdits
from tests.simulation.kit.actors.payout_edits import PayoutEdits
from tests.simulation.kit.actors.refunders import Refunders
from tests.simulation.kit.actors.row_edits import RowEdits
from tests.simulation.kit.world import rule_drafts
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import FIELDS, Tenant, World, identity

Edit = Callable[[], object]


class Editor:
    """Draws edits of one program: of members, rules and settings itself; the others of offers, rows and orders."""

    def __init__(self, table: WorldTable, world: World, tenant: Tenant, scheduler: Scheduler, queue: Queue) -> None:
        self.table = table
        self.world = world
        self.tenant = tenant
        self.program_id = tenant.program_id
        self.scheduler = scheduler
        self.queue = queue
        made = tenant.program.created_at
        ids = {"key_id": identity("key", 1), "program_id": self.program_id}
        self.admin = ApiKey(**ids, scopes=("admin",), created_at=made, updated_at=made)
        self.rows = RowEdits(table, tenant, scheduler, self.admin)
        self.refunders = Refunders(table, tenant, scheduler)
        self.offers = OfferEdits(table, tenant, scheduler, self.admin)
        self.payouts = PayoutEdits(table, tenant, scheduler, self.admin, queue)
        self.payees = PayeeEdits(self.rows, self.payouts, queue)
        self.followed = FollowedEdits(self.rows, self.refunders, self.payouts)
        self._kinds = self._possible()

    def draw(self) -> tuple[str, Edit]:
        """The name of an edit and the edit itself."""
        rng = self.scheduler.rng
        kind = rng.choice(self._kinds)
        return f"edit_{kind.__name__.lstrip('_')}", kind(rng)

    def draft_more(self) -> None:
        """What is due by now is drafted."""
        self.payouts.last_one()

    def decide_drafts(self) -> None:
        """Every draft is confirmed and cancelled at once."""
        self.payouts.decide_all()

    def fail_lines(self) -> None:
        """Some lines did not arrive, of payouts whose files were got."""
        self.payees.look_at_all()
        self.payouts.fail_some()

    def draft_the_rest(self) -> None:
        """All that is due is drafted."""
        self.payouts.last_one()

    def pay_the_rest(self) -> None:
        """It is paid, if it comes to anything; the files of the others are got again."""
        self.payees.look_at_all()
        self.payouts.confirm_last()

    def draw_late(self, recurrence: dict[str, Any]) -> Edit:
        """An edit of what the payments of a recurrence follow, some time after they fall due."""
        rng, first = self.scheduler.rng, recurrence["conversion_id"]
        turns = rng.randrange(3, 18)
        edits: tuple[Edit, ...] = (
            self.followed.stop(first),
            self._suspend(recurrence["member_id"]),
            self.rows.decide(first, Decision(status="declined", reason="late")),
            self.followed.refund(rng, first),
        )
        edit = rng.choice(edits)

        def late() -> None:
            self.scheduler.wait(turns)
            edit()

        return late

    def _suspend(self, member_id: str) -> Edit:
        program, status = self.tenant.program, {"status": "suspended"}
        return lambda: members.edit(self.table, program, member_id, status, None, self._author())

    def _possible(self) -> tuple[Callable[[Random], Edit], ...]:
        rows, offers, refund = self.rows, self.offers, self.refunders.refund
        state = (self._field, self._field, self._field, offers.enrollment, offers.enrollment, self._profile)
        if self.world.stateful:
            return state
        pay, decide, meanwhile = self.payouts.payout, self.payouts.decide, self.followed.refund_and_end
        payees = (self.payees.payee, self.payees.payee_in_draft, self.payees.look)
        some_rules = (self._rule, self._rule, self._rule_comes_or_goes, self._program, rows.unmark)
        if self.world.has_links:
            often = (offers.bulk, offers.bulk, offers.enrollment, offers.terms, rows.pay_clicks) * 3
            at_times = (offers.code, offers.code, offers.option, offers.offer, rows.attribute) * 2
            return (
                *often,
                *at_times,
                *some_rules,
                self._profile,
                rows.row,
                pay,
                pay,
                decide,
                decide,
                meanwhile,
                refund,
                *payees,
            )
        life = (*(rows.row,) * 3, rows.rows, rows.manual)
        if self.world.timely:  # what is paid or refunded early is not followed any more
            for_others = (self.followed.stop_any, *(self.followed.higher_tier,) * 6)
            return (*state, *some_rules, *life, pay, pay, decide, meanwhile, *(refund,) * 3, *payees, *for_others)
        often = (*(pay,) * 5, *(decide,) * 5, *(meanwhile,) * 6, *(refund,) * 6, *payees * 4)
        return (*state, *some_rules, *(self._apply,) * 14, *life, *often)

    def _profile(self, rng: Random) -> Edit:
        name, status = f"N{rng.randrange(1000)}", rng.choice(("suspended", "approved"))
        return self._edit_member(rng, rng.choice(({"first_name": name}, {"status": status})))

    def _field(self, rng: Random) -> Edit:
        return self._edit_member(rng, {"fields": {rng.choice(FIELDS): rng.choice(("silver", "gold", "yes", ""))}})

    def _edit_member(self, rng: Random, patch: dict[str, Any]) -> Edit:
        member_id, program = rng.choice(self.tenant.members).member_id, self.tenant.program
        return lambda: members.edit(self.table, program, member_id, patch, None, self._author())

    def _author(self) -> Author:
        return Author(self.admin.actor, self.scheduler.now)

    def _rule(self, rng: Random) -> Edit:
        rule = rng.choice(self.tenant.rules)
        patch: dict[str, Any] = rng.choice(
            ({"enabled": True}, {"enabled": False}, {"enabled": True}, {"priority": rng.randint(1, 3)})
        )
        if rule.leading.metric not in {"user_field", "commission_group"} and rng.random() < 0.5:
            conditions = rule.model_dump(mode="json", exclude_none=True)["conditions"]
            conditions[0]["value"] = rule_drafts.threshold(rng, rule.leading.metric)
            patch = {"conditions": conditions}
        return lambda: rules.edit(self.table, self.program_id, rule.rule_id, patch, None, self._author())

    def _apply(self, rng: Random) -> Edit:
        """Some rule, for everybody; jobs carries it out."""
        rule_id = rng.choice(self.tenant.rules).rule_id

        def edit() -> object:
            program = programs.get(self.table, self.program_id)
            return applying.start(self.table, self.queue, program, rule_id, self.scheduler.now)

        return edit

    def _rule_comes_or_goes(self, rng: Random) -> Edit:
        if rng.random() < 0.3:
            gone = rng.choice(self.tenant.rules).rule_id
            return lambda: rules.delete(self.table, self.program_id, gone, self._author())
        new = rule_drafts.drawn(rng, self.tenant.offers, self.world.stateful, self.world.timely)
        request = Request(self.tenant.program, self.admin, None, "", self.scheduler.now)
        return lambda: rules.create(self.table, request, new, rng.randbytes)

    def _program(self, rng: Random) -> Edit:
        """Its time zone too: refused once there is a row or a click."""
        patch: dict[str, Any] = rng.choice(
            ({"merchant_email": None}, {"merchant_email": "boss@example.com"}, {"bonus_status": "pending"})
            + ({"timezone": "Pacific/Auckland"},) * 2
            + ({"action_codes": ["trial"]}, {"action_codes": []}, {"action_codes": ["signup"]})
        )
        return lambda: programs.edit(
            self.table, programs.get(self.table, self.program_id), patch, None, self.scheduler.now
        )
