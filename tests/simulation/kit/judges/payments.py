"""What follows first payments: reported ones numbered one after the other, made ones once for each interval."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from laurel.domain.tracking.conversions import subscription_of
from laurel.store import keys
from laurel.store.keys import Key
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.ledger import day_of, earned, start_of
from tests.simulation.kit.judges.past import Past, View
from tests.simulation.kit.judges.spelled_out import instant
from tests.simulation.kit.judges.tiers import is_declined, is_free, is_refunded, is_trial, remaining
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit
from tests.simulation.kit.world.worlds import Tenant

Body = dict[str, Any]
Source = tuple[str, ...]
_NAMED: Final = ("member_id", "offer_id", "payout_option_id", "action_code", "by_name")


def holder(view: View, program_id: str, storefront_id: str, report: Mapping[str, Any]) -> Body | None:
    """Whose later payment a report is, if somebody who can earn has the subscription. Raises Changed."""
    if "subscription_id" not in report:
        return None
    claim = view.at(keys.subscription(program_id, subscription_of(program_id, report["subscription_id"]))) or {}
    found: Body | None = claim.get(storefront_id)
    member = found and view.at(keys.member(program_id, found["member_id"]))
    return found if member and member["body"]["status"] == "approved" else None


def follows_trial(view: View, program_id: str, storefront_id: str, report: Mapping[str, Any], held: Body) -> bool:
    """Whether a report is the first payment after a trial, which was no sale: then it is the sale."""
    first = (view.at(keys.commission(program_id, held["conversion_id"])) or {})["body"]
    claim = view.at(keys.subscription(program_id, subscription_of(program_id, report["subscription_id"]))) or {}
    return is_trial(first) and not claim.get(f"{storefront_id}#payments")


def wrongs(history: History, past: Past) -> Iterator[str]:
    """Later payments without the next number or their right pay, and recurrences that are not made as they are due."""
    judged = {tenant.program_id: _Payments(history, tenant, past) for tenant in history.world.tenants}
    for commit in history.table.log:
        for record in commit.records:
            of_program = judged.get(record.key.pk.partition("#")[0])
            if of_program is not None and record._new is not None:
                found = of_program.wrongs(commit, record)
                yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in found)


class _Payments:
    def __init__(self, history: History, tenant: Tenant, past: Past) -> None:
        self.history = history
        self.tenant = tenant
        self.past = past
        self.zone = (past.before(keys.program(tenant.program_id), 10**9)[-1] or {})["body"]["timezone"]
        self._recurrences: dict[Source, Key] = {}

    def wrongs(self, commit: Commit, record: Record) -> Iterator[str]:
        old, new = record._old if "body" in (record._old or {}) else None, record._new or {}
        if record.key.sk == "recurrence":
            yield from (
                self._begun(commit, record, new["body"]) if old is None else self._stepped(commit, record, old["body"])
            )
        elif record.key.sk == "commission" and "body" in new:  # a stub has none
            body = new["body"]
            if old is None and body["origin"] == "schedule" and "adjusts" not in body:
                if not any(r.key.sk == "recurrence" for r in commit.records):
                    yield f"{body} belongs to no recurrence"
            elif old is None and "renewal" in body and body["origin"] == "conversion":
                yield from self._reported(commit, body)
            elif old is not None and "counted" in {*new} - {*old}:
                yield from self._first_counted(commit, record.key, body)
            if old is not None and is_trial(old["body"]) and not is_trial(body):
                yield from self._come_to_something(commit, record.key, body)

    def _reported(self, commit: Commit, row: Body) -> Iterator[str]:
        """The next number, and what the first payment's terms give for it."""
        self.history.counts["later payments reported"] += 1
        counter = f"{row['order']['storefront_id']}#payments"
        key = keys.subscription(self.tenant.program_id, row["order"]["subscription"])
        before, after = self._before(commit, key), self.past.before(key, commit.number + 1)[-1] or {}
        number = row["renewal"]["number"]
        first = self._before(commit, self._row(row["renewal"]["conversion_id"]))["body"]
        told = number + is_trial(first)
        if (before.get(counter, 0) + 1, after.get(counter)) != (told, told):
            yield f"payment {number} follows {before}, leaves {after}"
        terms = first["terms"]
        pays = terms.get("recurring", {})
        is_paid = pays.get("mode") == "on_payment" and number <= pays.get("limit", number)
        if row.get("amount", 0) != (expected := _earned(terms, row) if is_paid else 0):
            yield f"payment {number} of {terms} earns {row.get('amount')}, not {expected}"

    def _come_to_something(self, commit: Commit, key: Key, row: Body) -> Iterator[str]:
        """What was free after a trial is its sale, and counted as one, unless another payment is by then."""
        claim = keys.subscription(self.tenant.program_id, row["order"]["subscription"])
        held = self._before(commit, claim).get(row["order"]["storefront_id"])
        if held is None or held["member_id"] != row.get("member_id") or self._row(held["conversion_id"]) == key:
            return
        first = self._before(commit, self._row(held["conversion_id"]))["body"]
        self.history.counts["trials ended by a revision"] += is_trial(first)
        after = self.past.before(claim, commit.number + 1)[-1] or {}
        if is_trial(first) and not after.get(f"{row['order']['storefront_id']}#payments"):
            yield f"{row} is the sale after {first}, and leaves {after}"

    def _first_counted(self, commit: Commit, key: Key, row: Body) -> Iterator[str]:
        awaits_money = row.get("order", {}).get("money") == "awaiting"
        if _recurs(row) and row["status"] != "declined" and not awaits_money:
            recurrence = self._recurrences.get(self._source(key, row))
            if recurrence is None and not any(r.key.sk == "recurrence" for r in commit.records):
                yield f"{row} starts nothing"

    def _begun(self, commit: Commit, record: Record, made: Body) -> Iterator[str]:
        self.history.counts["recurrences begun"] += 1
        key = self._row(made["conversion_id"])
        (first, *_) = (
            item["body"] for item in self.past.before(key, 10**9) if item and "member_id" in item.get("body", {})
        )
        if self._recurrences.setdefault(self._source(key, first), record.key) != record.key:
            yield f"{made} recurs a second time"
        due = self._due(first, 1)
        began = self.past.before(key, commit.number + 1)[-1] or {}  # an order of 0 may have come to something by then
        if not _recurs(began["body"]) or (made.get("made", 0), made["first_day"], instant(made["next_at"])) != (
            0,
            first["day"],
            due,
        ):
            yield f"{first} begins {made}"

    def _stepped(self, commit: Commit, record: Record, old: Body) -> Iterator[str]:
        new, first = (record._new or {})["body"], self._before(commit, self._row(old["conversion_id"]))["body"]
        number, ended = new.get("made", 0), new.get("ended")
        if "ended" in old or number == old.get("made", 0):
            if (ended, number) != (old.get("ended", ended), old.get("made", 0)) or ended == "limit" != old.get("ended"):
                yield f"{old} becomes {new}"
            elif "ended" not in old and ended not in {"stopped", *self._reasons(commit, first)}:
                yield f"{old} ends as {ended}, first is {first}"
            return
        self.history.counts["payments made"] += 1
        is_last = number == first["terms"]["recurring"]["limit"]
        ahead = instant(old["next_at"]) if is_last else self._due(first, number + 1)
        if (number, ended, instant(new["next_at"])) != (old.get("made", 0) + 1, "limit" if is_last else None, ahead):
            yield f"{old} goes on as {new}"
        if reasons := self._reasons(commit, first):
            yield f"{new} goes on although {reasons}"
        rows = [r._new["body"] for r in commit.records if r.key.sk == "commission" and r._old is None and r._new]
        if commit.at < self._due(first, number) or [_told(row) for row in rows] != [self._payment(first, number)]:
            yield f"{new} makes {rows} at {commit.at}, should make {self._payment(first, number)}"

    def _reasons(self, commit: Commit, first: Body) -> set[str]:
        """Why no further payment follows, as the table stands."""
        member = self._before(commit, keys.member(self.tenant.program_id, first["member_id"]))["body"]
        said = {"refund": is_refunded(first), "declined": is_declined(first) and not is_refunded(first)}
        said["member_inactive"] = member["status"] != "approved" and not any(said.values())
        return {reason for reason, holds in said.items() if holds}

    def _payment(self, first: Body, number: int) -> Body:
        due = self._due(first, number)
        named = {name: first[name] for name in _NAMED if name in first}
        made: Body = {"type": "recurring", "origin": "schedule", "payout": "unpaid", "occurred_at": due, **named}
        made["day"] = day_of(due, self.zone).isoformat()
        made["renewal"] = (number, remaining(first))
        approval = self.tenant.program.approval
        at_once = approval.mode == "immediate" or (approval.mode == "hold" and approval.hold_days == 0)
        made["status"] = "approved" if at_once else "pending"
        return {**made, "amount": _earned(first["terms"], first)}

    def _due(self, first: Body, number: int) -> datetime:
        day, interval = date.fromisoformat(first["day"]), first["terms"]["recurring"]["interval"]
        if interval == "month":
            year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
            due = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        else:
            due = day + timedelta(days={"day": 1, "week": 7}[interval] * number)
        return start_of(due, self.zone)

    def _source(self, key: Key, first: Body) -> Source:
        """What recurs: a subscription of a storefront, or the order itself."""
        order = first["order"]
        return (order["storefront_id"], order["subscription"]) if "subscription" in order else (key.pk,)

    def _row(self, commission_id: str) -> Key:
        return keys.commission(self.tenant.program_id, commission_id)

    def _before(self, commit: Commit, key: Key) -> Body:
        states = self.past.before(key, commit.number)
        return (states[-1] if states else None) or {}


def _earned(terms: Body, row: Body) -> int:
    """What terms give for what is left of a row, or was left of it."""
    return 0 if is_refunded(row) or is_free(row) else earned(terms, row, remaining(row))


def _recurs(row: Body) -> bool:
    is_first = (
        row["type"] in {"sale", "action"} and not is_trial(row) and row.get("tier", 1) == 1 and "renewal" not in row
    )
    return is_first and row.get("terms", {}).get("recurring", {}).get("mode") == "automatic"


def _told(row: Body) -> Body:
    told = {name: row[name] for name in ("type", "origin", "payout", "status", "day")}
    named = {name: row[name] for name in _NAMED if name in row}
    renewal = (row["renewal"]["number"], row["renewal"].get("base"))
    return {
        **told,
        **named,
        "amount": row.get("amount", 0),
        "renewal": renewal,
        "occurred_at": instant(row["occurred_at"]),
    }
