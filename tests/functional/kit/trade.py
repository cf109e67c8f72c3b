"""A small program under trade: its clock, its stream and its minutes, each told to a judge of each member.

A judge is told every row that is counted, in the order in which it is, and every day that begins; so what it says of
rules has to be so in the table.
"""

import importlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program, ProgramSettings
from laurel.domain.rules.rules import Rule
from laurel.store import items as stored
from laurel.store.table import Table, table
from laurel.store.values import Item
from laurel.workflows.program import programs
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import as_stream, event, everything, run
from tests.functional.kit.world import Randomness
from tests.kit.oracle import OF_ORDER, Oracle

BEGINNING: Final = datetime(2026, 10, 29, 14, tzinfo=UTC)
"""Thursday; three days later New York's clocks go back, and a month ends."""
FURNISHED: Final = BEGINNING + timedelta(hours=1)
CONSUMERS: Final = ("rule_evaluation", "jobs", "tick")
SECOND: Final = timedelta(seconds=1)
PERCENT: Final = {"type": "percent_of_sale", "percent": "10"}
TIERED: Final = {"type": "percent_of_sale", "percent": "7.5", "tiers": [{"percent_of_sale": "2"}]}
BOTH: Final = {"type": "flat_plus_percent", "amount": 500, "percent": "5"}
FLAT: Final = {"type": "flat_per_sale", "amount": 300}


@dataclass
class Clock:
    """Stands in for `datetime` in laurel.clock, which reads it alone; every reading is a second later."""

    at: datetime = BEGINNING

    def now(self, zone: Any) -> datetime:
        self.at += SECOND
        return self.at.astimezone(zone)


@dataclass
class Furniture:
    """What every example begins with: Ada, who brought Ben, both in both offers with a code of their own in each."""

    program: Program
    admin: str
    storefront_id: str = ""
    template_id: str = ""
    members: dict[str, str] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)


def furnish(items: Table) -> Furniture:
    """Makes it, over HTTP but for the program itself."""
    settings = {"name": "Bloom", "currency": "USD", "timezone": "America/New_York"}
    fields = {"user_fields": [{"name": "level", "label": "Level"}]}
    made = programs.create(
        items, ProgramSettings.model_validate({**settings, **fields}), BEGINNING, Randomness("bloom")
    )
    found, api = Furniture(*made), Gateway(made[1])
    shop = {"name": "Web shop", "platform": "api"}
    found.storefront_id = require(api.post("/v1/storefronts", shop), 201)["storefront_id"]
    text = {"name": "Well done", "subject": "Well done", "text": "{{ bonus }}"}
    found.template_id = require(api.post("/v1/mail-templates", text), 201)["template_id"]
    for name, terms in (("A", (TIERED, PERCENT)), ("B", (BOTH, FLAT))):
        options = [{"name": f"{name}{n}", "default": n == 0, "terms": each} for n, each in enumerate(terms)]
        offer = require(api.post("/v1/offers", {"name": name, "kind": "promo_code", "payout_options": options}), 201)
        found.offers[name] = offer["offer_id"]
        found.options[name] = [option["payout_option_id"] for option in offer["payout_options"]]
    for name, by in (("ADA", None), ("BEN", "ADA")):
        body = {"email": f"{name}@example.com", "first_name": name, "status": "approved"}
        referrer = {} if by is None else {"referrer_id": found.members[by]}
        found.members[name] = require(api.post("/v1/members", {**body, **referrer}), 201)["member_id"]
        for offer, offer_id in found.offers.items():
            path = f"/v1/offers/{offer_id}/enrollments/{found.members[name]}"
            require(api.put(path, {"promo_code": f"{name}-{offer}"}), 201)
    return found


def require(answer: Answer, *statuses: int) -> Any:
    """The body of an answer that has one of these statuses."""
    assert answer.status in statuses, (answer.status, answer.body)
    return answer.body


def rows_of(items: Iterable[Item]) -> dict[str, Commission]:
    """Commissions by their ids."""
    return {row.commission_id: row for row in (stored.parse(Commission, item) for item in items)}


@dataclass
class Trade:
    """One run of the program, beginning with its furniture."""

    furniture: Furniture
    clock: Clock
    jobs_queue: JobsQueue
    judges: dict[str, Oracle] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)

    def begin(self) -> None:
        """Nothing is known of the run before."""
        for each in CONSUMERS:
            importlib.import_module(f"{each}.handler").rulebooks._kept.clear()
        self.clock.at = FURNISHED
        enrolled = {id_: self.furniture.options[name][0] for name, id_ in self.furniture.offers.items()}
        for item in self.by_kind()["member"]:
            member = stored.parse(Member, item)
            joined = [BEGINNING.date()] if member.member_id == self.furniture.members["ADA"] else []
            judge = Oracle(self.furniture.program, (), member, dict(enrolled), joined=joined)
            self.judges[member.member_id] = judge

    @property
    def api(self) -> Gateway:
        return Gateway(self.furniture.admin)

    @staticmethod
    def by_kind() -> dict[str, list[Item]]:
        """Everything in the table, read once: that is what costs most here."""
        found: dict[str, list[Item]] = defaultdict(list)
        for item in everything(table()):
            found[item["kind"]].append(item)
        return found

    def rows(self) -> dict[str, Commission]:
        """Every commission by its id."""
        return rows_of(self.by_kind()["commission"])

    def tell_rules(self) -> None:
        """The rules are others than before."""
        self.rules = [stored.parse(Rule, item) for item in self.by_kind()["rule"]]
        for judge in self.judges.values():
            judge.rules = self.rules

    def drain(self) -> None:
        """What the stream would do of all that waits, member by member, so that it is known who comes first."""
        while waiting := [item for item in everything(table()) if item.get("pend") == 1]:
            member_id = min(item["body"]["member_id"] for item in waiting)
            of_member = [item for item in waiting if item["body"]["member_id"] == member_id]
            rows = (stored.parse(Commission, item) for item in of_member)
            for row in sorted(rows, key=lambda row: (row.updated_at, row.commission_id)):
                self.judges[member_id].fold(row)
            assert run("rule_evaluation", as_stream(*of_member)) == {"batchItemFailures": []}

    def minutes(self) -> None:
        """Ticks with the jobs that they start, until no day is left to be closed."""
        before, closed = date.min, self.closed_until()
        while before != closed:
            run("tick", event("tick", "minute"))
            self.drain()
            self.work()
            before, closed = closed, self.closed_until()
            for number in range((closed - before).days):
                for judge in self.judges.values():
                    judge.begin(before + timedelta(days=number + 1))
            self.drain()

    def pay_out(self, until: date, minimum: int) -> dict[str, int]:
        """A payout, which takes what is due and nothing else; the amount of each row that it paid."""
        before = self.rows().values()
        begun = require(self.api.post("/v1/payouts", {"until": until.isoformat(), "minimum": minimum}), 202)
        due = [row for row in before if (row.status, row.payout) == ("approved", "unpaid") and row.day <= until]
        paid: dict[str, dict[str, int]] = {}
        for member_id in self.judges:
            of_member = {row.commission_id: row.amount for row in due if row.member_id == member_id}
            if sum(of_member.values()) > 0 and sum(of_member.values()) >= minimum:
                paid[member_id] = of_member
        self.work()
        self.confirm(f"/v1/payouts/{begun['payout_id']}", paid)
        in_batch = {row.commission_id for row in self.rows().values() if row.payout_id == begun["payout_id"]}
        every = {row_id: amount for of_member in paid.values() for row_id, amount in of_member.items()}
        assert in_batch == set(every)
        return every

    def confirm(self, path: str, paid: Mapping[str, Mapping[str, int]]) -> None:
        """A draft is of these rows by member; if there are any, it is confirmed, else cancelled."""
        total = sum(sum(of_member.values()) for of_member in paid.values())
        draft = require(self.api.get(path), 200)
        assert (draft["status"], draft["total"]) == ("draft", total)
        if not paid:
            require(self.api.post(f"{path}/cancel"), 200)
            self.work()
            return
        told = require(self.api.post(f"{path}/confirm"), 202)
        at = datetime.fromisoformat(told["confirmed_at"])
        for member_id, of_member in paid.items():
            day = self.furniture.program.calendar.day_of(at)
            self.judges[member_id].pay(told["payout_id"], day, at, of_member)
        self.work()
        assert require(self.api.get(path), 200)["status"] == "confirmed"

    def apply(self, rule: Rule) -> bool:
        """Whether a rule can be applied; then it was, to everybody."""
        answer = self.api.post(f"/v1/rules/{rule.rule_id}/apply", {})
        if not rule.enabled or Oracle.waits(rule) or any(each.metric in OF_ORDER for each in rule.conditions):
            assert (answer.status, answer.code) == (409, "not_applicable" if rule.enabled else "rule_disabled")
            return False
        self.work()
        job = require(self.api.get(f"/v1/jobs/{require(answer, 202)['job_id']}"), 200)
        assert job["status"] == "done"
        at = datetime.fromisoformat(job["started_at"])
        for judge in self.judges.values():
            judge.apply(rule.rule_id, self.furniture.program.calendar.day_of(at), at)
        self.drain()
        return True

    def forget(self, row: Commission) -> None:
        """A marker was deleted."""
        self.judges[row.member_id or ""].forget(row)

    def named(self, reward: dict[str, Any]) -> dict[str, Any]:
        """A rule's settings with the ids of what they name."""
        found, known = dict(reward), self.furniture.offers
        if reward.get("offers", "all") != "all":
            found["offers"] = [known[name] for name in reward["offers"]]
        if "actions" in reward:
            mail = {"template_id": self.furniture.template_id}
            found["actions"] = [each | (mail if each["type"] == "send_mail" else {}) for each in reward["actions"]]
        return found

    def listed(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        page = require(self.api.get(f"{path}&limit=10"), 200)
        found: list[dict[str, Any]] = page["items"]
        while page["next_cursor"]:
            page = require(self.api.get(f"{path}&limit=10&cursor={page['next_cursor']}"), 200)
            found += page["items"]
        return found

    def closed_until(self) -> date:
        program = programs.get(table(), self.furniture.program.program_id)
        return program.closed_until or program.calendar.day_of(program.created_at)

    def work(self) -> None:
        """What jobs does, until no message waits."""
        while self.jobs_queue.work():
            pass
