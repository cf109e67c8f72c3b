"""Commissions and the totals that count them, as items and back."""

from datetime import date
from typing import Any

from laurel.domain.ledger.commissions import Bucket, Commission, Contribution
from laurel.domain.ledger.totals import (
    REFERRALS,
    REFERRED,
    Counters,
    DayRow,
    MonthRow,
    TotalsRow,
    from_stored,
    rows_of,
    to_stored,
)
from laurel.domain.members.accounts import Change
from laurel.store import indexes, keys, row_bodies, totals_keys
from laurel.store.indexes import BY_MEMBER, BY_OWNER, BY_RULE
from laurel.store.items import OVERDUE_AFTER, as_item, body, parse
from laurel.store.keys import Key
from laurel.store.operations import ABSENT, Update
from laurel.store.values import Item


def commission(program_id: str, entity: Commission, buckets: int, counted: Contribution | None = None) -> Item:
    """A row listed under its member, its offer (`buckets`: the offer's) and its rule. Pending without `counted`."""
    indexed = {
        **_listed_by_member(program_id, entity),
        **_listed_by_owner(program_id, entity, buckets),
        **_listed_by_rule(program_id, entity),
    }
    if counted is not None:
        state = {"counted": contribution_to_stored(counted), **folded(program_id, entity)}
    elif entity.member_id is not None:
        state = pending(program_id, entity)
    else:
        state = {}
    key, beside = keys.commission(program_id, entity.commission_id), row_bodies.of_payout(entity)
    return as_item("commission", key, entity, **indexed, **state, **beside)


def _listed_by_member(program_id: str, entity: Commission) -> dict[str, str]:
    if entity.member_id is None:
        return {}
    if entity.is_tally:
        pk = indexes.member_clicks(program_id, entity.member_id)
    else:
        pk = indexes.member_commissions(program_id, entity.member_id, entity.offer_id)
    return {BY_MEMBER.pk: pk, BY_MEMBER.sk: _place(entity)}


def _listed_by_owner(program_id: str, entity: Commission, buckets: int) -> dict[str, str]:
    if entity.is_tally:
        return {}
    if entity.member_id is None:
        partitions = indexes.unattributed(program_id)
    else:
        partitions = indexes.offer_commissions(program_id, entity.offer_id, buckets)
    return {
        BY_OWNER.pk: indexes.bucket_of(partitions, entity.commission_id),
        BY_OWNER.sk: _place(entity),
    }


def _listed_by_rule(program_id: str, entity: Commission) -> dict[str, str]:
    if entity.rule_id is None:
        return {}
    return {BY_RULE.pk: indexes.rule_commissions(program_id, entity.rule_id), BY_RULE.sk: _place(entity)}


def _place(entity: Commission) -> str:
    return keys.place(entity.occurred_at, entity.commission_id)


def pending(program_id: str, entity: Commission) -> dict[str, Any]:
    """The attributes that wake rule_evaluation for a new or changed row, and let `tick` find it if that fails."""
    overdue = entity.updated_at + OVERDUE_AFTER
    return {"pend": 1, **indexes.due(program_id, indexes.PENDING, entity.commission_id, overdue)}


def changed(program_id: str, before: Commission, after: Commission) -> Update:
    """The write of a row that became `after`, on the version that was read; pending if it is anybody's."""
    attributes, gone = told(after)
    attributes |= {"version": after.version}
    if after.member_id is not None:
        attributes |= pending(program_id, after)
    key, expect = keys.commission(program_id, after.commission_id), {"version": before.version}
    return Update(key, attributes, remove=gone, expect=expect)


def told(row: Commission) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The attributes that tell all of a row but its version, and those that it has not, to be set and removed."""
    beside = row_bodies.of_payout(row)
    return {"body": body(row), **beside}, tuple(name for name in indexes.OF_PAYOUT if name not in beside)


def reassigned(program_id: str, before: Commission, after: Commission) -> Update:
    """The write of a counted row whose payout is another: it counts as before. A row that waits is left to its fold."""
    expect = {"version": before.version, "pend": ABSENT}
    attributes, gone = told(after)
    key = keys.commission(program_id, after.commission_id)
    return Update(key, {**attributes, "version": after.version}, remove=gone, expect=expect)


def folded(program_id: str, entity: Commission) -> dict[str, str]:
    """The work that is left of a folded row: the end of its hold."""
    awaits_money = entity.order is not None and entity.order.money == "awaiting"
    if entity.hold_until is None or entity.status != "pending" or awaits_money:
        return {}
    return indexes.due(program_id, indexes.HOLD, entity.commission_id, entity.hold_until)


def contribution_to_stored(contribution: Contribution) -> list[Any]:
    """A contribution as the attribute `counted` holds it; it ends with `True` for terms of the member's own."""
    *which, own_terms = contribution.bucket
    return [*which, *contribution[1:], *([True] if own_terms else [])]


def contribution_of(item: Item) -> Contribution | None:
    """The contribution of a commission item in the totals; None if it was never folded."""
    stored = item.get("counted")
    if stored is None:
        return None
    bucket = Bucket(*stored[:5])
    return Contribution(bucket._replace(own_terms=len(stored) > 8), *stored[5:8])


def change(item: Item, *, is_left_over: bool) -> Change:
    """The change, for a transition, in a commission item that waits to be counted or looked at again."""
    return Change(parse(Commission, item), contribution_of(item), is_left_over=is_left_over)


def totals(program_id: str, member_id: str, row: TotalsRow, counters: Counters) -> Item:
    """One totals row of a member; those of days are listed under their offer."""
    pk = keys.account(program_id, member_id)
    item = {"pk": pk, "sk": _totals_sk(row), "kind": "totals", "body": to_stored(counters)}
    if not isinstance(row, DayRow):
        return item
    listed = indexes.offer_totals(program_id, row.offer_id)
    return {**item, BY_OWNER.pk: listed, BY_OWNER.sk: f"{row.day.isoformat()}#{member_id}"}


def referrals(program_id: str, referrer_id: str, day: date, more: int) -> list[Update]:
    """Counts `more` members whom `referrer_id` brought on `day`; for the transaction that makes one count or not."""
    places = [Key(keys.account(program_id, referrer_id), _totals_sk(row)) for row in rows_of(day, REFERRALS)]
    return [Update(place, set={"kind": "referrals"}, add={"count": more}, exists=False) for place in places]


def is_referrals(item: Item) -> bool:
    """Whether an item of totals, or its entry in an index, counts referred members instead of commissions."""
    return str(item["sk"]).endswith(f"#{REFERRALS}")


def counters(item: Item) -> Counters:
    """The counters of a totals item."""
    return {REFERRED: [item["count"], 0, 0]} if is_referrals(item) else from_stored(item["body"])


def _totals_sk(row: TotalsRow) -> str:
    match row:
        case DayRow(day, offer_id):
            return totals_keys.day_totals(day, offer_id)
        case MonthRow(month, offer_id):
            return totals_keys.month_totals(month, offer_id)


def totals_row(sk: str) -> TotalsRow | None:
    """The totals row of a sort key in a member's collection; None if it is of something else."""
    match sk.split("#"):
        case ["day", day, offer_id]:
            return DayRow(date.fromisoformat(day), offer_id)
        case ["month", month, offer_id]:
            return MonthRow(totals_keys.month_of(month), offer_id)
        case _:
            return None
