"""What became of each order that was reported."""

from collections.abc import Iterator
from typing import Any

from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.values.errors import Refusal
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.actors.actors import Order, Told
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import attributions, payments
from tests.simulation.kit.judges.attributions import Won
from tests.simulation.kit.judges.ledger import earned
from tests.simulation.kit.judges.past import Changed, Past, View, agreed_in, options_of
from tests.simulation.kit.world.world_table import Commit
from tests.simulation.kit.world.worlds import Tenant, storefront_of

_Made = tuple[Commit, Commission]


def wrongs(history: History, tenant: Tenant, own: dict[Key, Item], past: Past) -> Iterator[str]:
    """Orders that are not recorded once, as reported, for whom and by the option that was right, and told so."""
    recorded, won = _made(history, own)
    for (program_id, order_id), order in history.storefronts.orders.items():
        if program_id == tenant.program_id:
            pk = f"{program_id}#{conversion_id(program_id, storefront_of(order_id), order_id)}"
            yield from _order(history, tenant, order, recorded.get(pk), past)
            if pk in won:
                yield from _name(tenant, *won[pk], past)
            if pk in won and won[pk][1].renewal is None:  # later payments are judged in `payments`
                history.counts["orders paid by own terms"] += won[pk][1].own_terms
                yield from _price(tenant, *won[pk], order, past)
    rows = [pk for pk, (_, row) in recorded.items() if row.order is not None]
    if len(rows) > len(history.storefronts.orders):
        yield "more conversions than orders"


def _made(history: History, own: dict[Key, Item]) -> tuple[dict[str, _Made], dict[str, _Made]]:
    """Each order as it was recorded, and as it became somebody's, by the partition of its row."""
    recorded: dict[str, _Made] = {}
    won: dict[str, _Made] = {}
    for commit in history.table.log:
        for record in commit.records:
            pk, new = record.key.pk, record._new
            if record.key not in own or new is None or "order" not in new.get("body", {}):
                continue
            if pk not in recorded:
                recorded[pk] = commit, items.parse(Commission, new)
            if pk not in won and "member_id" in new["body"]:
                won[pk] = commit, items.parse(Commission, new)
    return recorded, won


def _order(history: History, tenant: Tenant, order: Order, recorded: _Made | None, past: Past) -> Iterator[str]:
    if recorded is None:
        if not all(isinstance(told.answer, Refusal) for told in order.told):
            yield f"{order.told} was told, nothing is recorded"
        return
    commit, row = recorded
    assert row.order is not None
    name, digest = f"order {row.order.order_id}", row.order.request_hash
    yield from (f"{name} {wrong}" for told in order.told for wrong in _answer(told, row, digest, commit))
    if digest not in order.bodies:
        yield f"{name} is none that was answered"
    else:
        wrong = _attribution(history, tenant, commit, row, order.bodies[digest], past)
        yield from (f"{name} {each}" for each in wrong)


def _answer(told: Told, row: Commission, digest: str, commit: Commit) -> Iterator[str]:
    if isinstance(told.answer, Refusal):
        if told.digest == digest and told.since > commit.number:
            yield f"was recorded; the same report again was refused: {told.answer}"
    elif (told.digest, _first(told.answer.commission)) != (digest, _first(row)):
        yield f"is {_first(row)}, the storefront was told {_first(told.answer.commission)}"


def _attribution(
    history: History, tenant: Tenant, commit: Commit, row: Commission, body: dict[str, Any], past: Past
) -> Iterator[str]:
    assert row.order is not None
    assert row.attribution is not None
    view = View(past, commit.since, commit.number)
    by, reason = row.attribution.by, row.attribution.reason if row.member_id is None else None
    storefront_id = row.order.storefront_id
    actual = Won(row.member_id, row.offer_id, by, reason, row.claims_customer)
    try:
        held = payments.holder(view, tenant.program_id, storefront_id, body)
        is_later = held is not None and not payments.follows_trial(view, tenant.program_id, storefront_id, body, held)
        if held is None:
            expected = attributions.won(view, tenant, storefront_id, body, row.occurred_at)
        else:
            expected = Won(held["member_id"], held["offer_id"], "customer", None)
    except Changed:
        history.counts["orders with an edit meanwhile"] += 1
        return
    history.counts[f"orders won by {by}"] += 1
    if (actual, row.renewal is None, row.type == "recurring") != (expected, not is_later, is_later):
        yield f"is {actual}, should be {expected}: {row}"


def _price(tenant: Tenant, commit: Commit, row: Commission, order: Order, past: Past) -> Iterator[str]:
    """Whether whoever won it, at once or by hand, is paid by an option that they had, as it was then."""
    assert row.order is not None
    enrollment = keys.enrollment(tenant.program_id, row.member_id or "", row.offer_id or "")
    is_of_subscription = row.order.subscription is not None and row.attribution and row.attribution.by == "customer"
    since = 0 if is_of_subscription else commit.since  # the sale after a trial has the terms of then
    enrolled = past.between(enrollment, since, commit.number)
    if row.payout_option_id not in {item["body"]["payout_option_id"] for item in enrolled if item}:
        yield f"{row.order.order_id} was paid by {row.payout_option_id}, the member had {enrolled}"
    offer = past.between(keys.offer(tenant.program_id, row.offer_id or ""), since, commit.number)
    body = order.bodies.get(row.order.request_hash)
    taken = row.order.taken
    left = 0 if taken.whole else max(0, row.order.amount - taken.goods)
    is_whole = left == 0 and bool(taken.whole or taken.goods)
    is_whole = is_whole or row.order.state == "cancelled" or row.order.money == "void"
    version = row.payout_option_id, row.option_version
    of_option = [o["terms"] for o in options_of(offer) if (o["payout_option_id"], o["version"]) == version]
    agreed = agreed_in(enrolled)
    if row.own_terms not in {terms is not None for terms in agreed}:
        yield f"{row.order.order_id} is of own terms: {row.own_terms}, agreed was {agreed}"
    terms_then = [terms for terms in agreed if terms is not None] if row.own_terms else of_option
    wanted = {0 if is_whole or _is_trial(row) else earned(terms, body, left) for terms in terms_then if body}
    if row.amount not in wanted or (len(wanted) > 1 and not row.own_terms):
        yield f"{row.order.order_id} earned {row.amount}, not {wanted}"


def _name(tenant: Tenant, commit: Commit, row: Commission, past: Past) -> Iterator[str]:
    """Whether an action is counted by its code just where the program or an option of the offer named that then."""
    offers = past.between(keys.offer(tenant.program_id, row.offer_id or ""), commit.since, commit.number)
    programs = past.between(keys.program(tenant.program_id), commit.since, commit.number)
    paid = [any(row.action_code in option["terms"]["actions"] for option in options_of([offer])) for offer in offers]
    declared = [row.action_code in item["body"]["action_codes"] for item in programs if item]
    right = {p or d for p in paid for d in declared} if row.action_code else {True}
    if row.by_name not in right:
        why = f"{row.action_code} is paid {paid}, declared {declared}"
        yield f"{row.commission_id} is counted by name: {row.by_name}, {why}"


def _is_trial(row: Commission) -> bool:
    assert row.order is not None
    return row.type != "action" and row.order.subscription is not None and row.order.amount == 0


def _first(row: Commission) -> tuple[Any, ...]:
    return row.member_id, row.offer_id, row.payout_option_id, row.amount, row.status, row.payout, row.occurred_at
