"""What must agree once everything is counted: rows, totals, balances, rules, lists and summaries."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.totals import REFERRALS, MonthRow, from_stored
from laurel.store import accounts, indexes, mail_items
from laurel.store.ledger import totals_row
from laurel.store.table import table
from laurel.store.values import Item
from laurel.workflows.upkeep import sweeps
from tests.functional.kit.order_book import Told
from tests.functional.kit.trade import Trade, require, rows_of
from tests.kit.figures import key_of, slowly
from tests.kit.oracle import Firing, balances, counters

YEAR = "from=2026-01-01&to=2027-12-31"


def agree(trade: Trade, orders: Mapping[str, Told]) -> None:
    """Raises AssertionError for whatever does not."""
    found = trade.by_kind()
    rows = rows_of(found["commission"])
    orders_are_as_told(rows, orders)
    totals_are_sums(found, rows)
    rules_fired_as_judged(trade, found["mail"], rows)
    reports_agree(trade, rows)
    only_holds_wait(trade, orders)


def orders_are_as_told(rows: Mapping[str, Commission], orders: Mapping[str, Told]) -> None:
    adjusted: dict[str, int] = {}
    for row in rows.values():
        if row.adjusts:
            of = row.adjusts.commission_id
            adjusted[of] = adjusted.get(of, 0) + row.amount
    assert {row.commission_id for row in rows.values() if row.order} == {told.conversion_id for told in orders.values()}
    above = {row.first_tier: row for row in rows.values() if row.first_tier}
    for told in orders.values():
        row = rows[told.conversion_id]
        assert (row.member_id, row.offer_id, row.payout_option_id) == (told.member, told.offer, told.option)
        assert row.amount == (told.earns if told.paid is None else told.paid)
        assert row.amount + adjusted.get(row.commission_id, 0) == told.earns
        expected = ("approved", "paid") if told.paid is not None else (told.status, "unpaid")
        assert (row.status, row.payout, row.order and row.order.refunded_amount) == (*expected, told.refunded)
        follows(told, above.get(row.commission_id), adjusted)


def follows(told: Told, row: Commission | None, adjusted: Mapping[str, int]) -> None:
    """Who stands above the member earns of the sale, and no more than it came to."""
    if row is None:
        return
    net = row.amount + adjusted.get(row.commission_id, 0)
    if row.payout != "paid":
        gone = told.is_gone or (told.paid is None and told.status == "declined")
        assert row.status == ("declined" if gone else "approved" if told.paid is not None else told.status)
        assert net == told.above
    elif told.paid is None and told.status == "declined":
        assert net == 0
    else:
        assert net <= told.above


def totals_are_sums(found: Mapping[str, list[Item]], rows: Mapping[str, Commission]) -> None:
    assert stored_counters(found["totals"]) == counters(row for row in rows.values())
    for head in found["head"]:
        member_id = head["pk"].split("#")[1]
        told = {state: amount for state, amount in accounts.head(head).balances.items() if amount}
        assert told == balances(row for row in rows.values() if row.member_id == member_id)


def stored_counters(items: Iterable[Item]) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """What totals items hold: by member, day or month, offer and bucket."""
    found: dict[tuple[Any, ...], tuple[int, int, int]] = {}
    for item in items:
        row, member_id = totals_row(item["sk"]), item["pk"].split("#")[1]
        if row is None or row.offer_id == REFERRALS:
            continue
        when = (row.month.year, row.month.month) if isinstance(row, MonthRow) else row.day
        for bucket, (count, commission, sales) in from_stored(item["body"]).items():
            found[member_id, when, row.offer_id, *bucket] = (count, commission, sales)
    return found


def rules_fired_as_judged(trade: Trade, mails: list[Item], rows: Mapping[str, Commission]) -> None:
    for member_id, judge in trade.judges.items():
        made = [row for row in rows.values() if row.rule_id and row.member_id == member_id]
        assert sorted(map(fired, made), key=str) == sorted(map(shape, judge.firings), key=str)
        profile = require(trade.api.get(f"/v1/members/{member_id}"), 200)
        assert profile["fields"] == {name: value for name, value in judge.fields.items() if value}
        told = sum(mail[mail_items.MESSAGE]["member_id"] == member_id for mail in mails)
        assert told == sum(each.mails for each in [*judge.firings, *judge.forgotten])


def fired(row: Commission) -> tuple[Any, ...]:
    assert row.evidence is not None
    seen = (row.evidence.base, row.evidence.value, row.amount)
    return (row.rule_id, row.period, row.offer_id or "", row.occurred_at, *seen)


def shape(firing: Firing) -> tuple[Any, ...]:
    seen = (firing.base, firing.value, firing.bonus)
    return (firing.rule, firing.period, firing.offer or "", firing.at, *seen)


def reports_agree(trade: Trade, rows: Mapping[str, Commission]) -> None:
    """Each summary with the rows, and the lists under it with the same rows."""
    every = list(rows.values())
    for group_by in ("day", "member", "offer", "payout_option"):
        summary = require(trade.api.get(f"/v1/reports/summary?group_by={group_by}&{YEAR}"), 200)
        assert summary["totals"] == slowly(every)
        wanted: dict[str | None, dict[str, Any]] = {}
        for key in {key_of(row, group_by) for row in every}:
            figures = slowly(row for row in every if key_of(row, group_by) == key)
            wanted |= {key: figures} if any(figures.values()) else {}
        assert {row.pop("key"): row for row in summary["rows"]} == wanted
    for member_id in trade.judges:
        of_member = [row for row in every if row.member_id == member_id]
        listed = trade.listed(f"/v1/commissions?member_id={member_id}")
        told = [(each["commission_id"], each["amount"], each["status"], each["payout"]) for each in listed]
        assert sorted(told) == sorted((row.commission_id, row.amount, row.status, row.payout) for row in of_member)
        conversions = trade.listed(f"/v1/reports/conversions?member_id={member_id}")
        earned = sorted((each["conversion_id"], each["commission"]) for each in conversions)
        assert earned == sorted((row.commission_id, row.amount) for row in of_member if row.order)


def only_holds_wait(trade: Trade, orders: Mapping[str, Told]) -> None:
    """Nothing is left to be counted, and what is held is found when its time comes."""
    program_id, later = trade.furniture.program.program_id, trade.clock.at + timedelta(days=30)
    assert sweeps.due(table(), program_id, indexes.PENDING, later) == []
    held = {item["body"]["order"]["order_id"] for item in sweeps.due(table(), program_id, indexes.HOLD, later)}
    assert held == {order_id for order_id, told in orders.items() if told.release_at is not None}
