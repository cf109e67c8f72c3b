"""Random rules that small worlds can fulfil."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from pydantic import TypeAdapter

from laurel.domain.offers.offers import Offer
from laurel.domain.rules.actions import Action
from laurel.domain.rules.conditions import Condition, CounterCondition
from laurel.domain.rules.rules import RuleSettings

_CURRENT: Final = ("current_day", "current_week", "current_month", "current_quarter", "current_year")
_PERIODS: Final = (*_CURRENT, "all_time", "all_unpaid")
_LAST: Final = ("last_week", "last_week", "last_month", "last_month", "last_quarter", "last_year")
_DATES: Final = ("2026-03-08", "2026-11-22", "2027-01-01", "2027-02-01")
_MONEY: Final = ("commission_value", "sale_commission_value", "sales_total", "action_commission_value")
_CLICKS: Final = ("clicks_count", "clicks_count", "clicks_count", "click_commission_value")
_CONDITION: Final[TypeAdapter[Condition]] = TypeAdapter(Condition)
_ACTION: Final[TypeAdapter[Action]] = TypeAdapter(Action)


def drawn(rng: Random, offers: Sequence[Offer], stateful: bool, timely: bool) -> RuleSettings:
    """One rule; most lead with a counter, some (`stateful`: most) with a field or group.

    `timely`: most are decided by time, and count what recurs and what higher tiers earn.
    """
    is_decided = timely and rng.random() < 0.7
    conditions = [_decided_by_time(rng, offers) if is_decided else _leading(rng, offers, 0.7 if stateful else 0.2)]
    if rng.random() < 0.5:
        conditions.append(_decided_by_time(rng, offers) if timely and rng.random() < 0.3 else _further(rng, offers))
    chosen = tuple(offer.offer_id for offer in rng.sample(list(offers), rng.randint(1, len(offers))))
    number = rng.randrange(1000)
    settings = RuleSettings(
        name=f"rule {number}",
        enabled=rng.random() < 0.9,
        priority=rng.randint(1, 3),
        offers="all" if rng.random() < 0.6 else chosen,
        conditions=tuple(_CONDITION.validate_python(condition) for condition in conditions),
        actions=tuple(_ACTION.validate_python(action) for action in _actions(rng, offers, 0.4 if stateful else 0.25)),
    )
    return _about_one_order(settings, number) if number % 9 == 0 else _repeating(settings, number)


def _about_one_order(settings: RuleSettings, number: int) -> RuleSettings:
    """Led by an order in place of what was drawn, or with an order behind it."""
    amount = {"metric": "order_amount", "operator": ("gte", "lt", "gt")[number % 3], "value": number * 20}
    first = {"metric": "first_order", "operator": "eq", "value": number % 4 != 3}
    order = _CONDITION.validate_python(first if number % 2 else amount)
    if settings.waits_for_close or number % 5 != 0:
        return settings.model_copy(update={"conditions": (order, *settings.conditions[1:])})
    return settings.model_copy(update={"conditions": (*settings.conditions, order)})


def _repeating(settings: RuleSettings, number: int) -> RuleSettings:
    """Many rules that could repeat do."""
    leading = settings.leading
    can = isinstance(leading, CounterCondition) and leading.operator == "gte" and not settings.is_state_only
    if not can or leading.value <= 0 or number % 3 == 0:
        return settings
    value = 500 if leading.unit == "money" else 1 + number % 2
    repeats = leading.model_copy(update={"every": True, "value": value})
    return settings.model_copy(update={"conditions": (repeats, *settings.conditions[1:])})


def threshold(rng: Random, metric: str) -> int:
    """A value that a handful of conversions may or may not reach."""
    if metric in {"days_since_approval", "recurring_count"}:
        return rng.randint(0, 5)
    if metric == "click_commission_value":
        return rng.choice((7, 20, 50, 100))
    return rng.choice((500, 1000, 2000, 5000, 20000)) if metric in _MONEY else rng.randint(0, 6)


def _decided_by_time(rng: Random, offers: Sequence[Offer]) -> dict[str, Any]:
    kind = rng.choice(("last", "last", "less", "less", "window", "window", "age", "since"))
    if kind == "age":
        value = threshold(rng, "days_since_approval")
        return {"metric": "days_since_approval", "operator": rng.choice(("gte", "gte", "eq", "lt")), "value": value}
    condition = _counter(rng, offers, rng.choice(("gt", "gte", "gte", "lt", "lte", "eq")))
    condition |= {"tier": rng.choice((1, 1, 2, "any"))}
    if rng.random() < 0.3:
        condition |= {"metric": "recurring_count", "value": rng.randint(0, 2)}
    match kind:
        case "last":
            condition["period"] = {"type": rng.choice(_LAST)}
        case "window":
            condition["period"] = {"type": "last_n_days", "days": rng.choice((1, 2, 3, 7))}
        case "since":
            condition |= {"period": {"type": "since", "date": rng.choice(_DATES)}, "operator": "gte"}
        case _:
            short = rng.choice(("current_day", "current_day", "current_week", "current_month"))
            condition |= {"period": {"type": short}, "operator": rng.choice(("lt", "lte"))}
    return condition


def _leading(rng: Random, offers: Sequence[Offer], state: float) -> dict[str, Any]:
    if rng.random() < state:
        return _field(rng) if rng.random() < 0.6 else _group(rng, offers)
    return _counter(rng, offers, rng.choice(("gt", "gte", "gte", "gte", "ne", "eq")))


def _further(rng: Random, offers: Sequence[Offer]) -> dict[str, Any]:
    kind = rng.random()
    if kind < 0.4:
        return _field(rng)
    if kind < 0.55:
        return _group(rng, offers)
    if kind < 0.65:
        return {"metric": "conversion_rate", "operator": rng.choice(("lte", "gt")), "value": "5"}
    return _counter(rng, offers, rng.choice(("lt", "lte", "gte", "gt")))


def _counter(rng: Random, offers: Sequence[Offer], operator: str) -> dict[str, Any]:
    clicks = _CLICKS if any(offer.kind == "link" for offer in offers) else ()
    metric = rng.choice(("sales_count", "sales_count", "actions_count", *_MONEY, *clicks))
    condition: dict[str, Any] = {"metric": metric, "operator": operator, "value": threshold(rng, metric)}
    condition["period"] = {"type": rng.choice(_PERIODS)}
    condition["statuses"] = rng.choice(
        (("approved",), ("approved",), ("pending", "approved"), ("pending",), ("declined",), ("paid",))
    )
    condition["tier"] = rng.choice((1, 1, "any"))
    if rng.random() < 0.2:
        condition["offers"] = (rng.choice(offers).offer_id,)
    if rng.random() < 0.15:
        condition["action_code"] = "signup"
    return condition


def _field(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.3:
        return {"metric": "user_field", "field": "vip", "operator": "is_set"}
    value = rng.choice(("silver", "gold", "yes"))
    field = rng.choice(("rank", "vip"))
    return {"metric": "user_field", "field": field, "operator": rng.choice(("eq", "ne")), "value": value}


def _group(rng: Random, offers: Sequence[Offer]) -> dict[str, Any]:
    option = rng.choice(rng.choice(offers).payout_options).payout_option_id
    return {"metric": "commission_group", "operator": rng.choice(("eq", "ne")), "value": option}


def _actions(rng: Random, offers: Sequence[Offer], moves: float) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = []
    if rng.random() < 0.6:
        paid = rng.choice(({"amount": 1000}, {"percent": "2"}, {"percent": "7.5"}))
        actions.append({"type": "add_bonus_commission", **paid})
    if rng.random() < 0.6:
        to = rng.choice(("member", "member", "merchant"))
        actions.append({"type": "send_mail", "to": to, "template_id": f"tpl_{rng.choice((0, 0, 1, 1, 1, 2)):0>26}"})
    if rng.random() < 0.15:
        actions.append({"type": "send_mail", "to": "member", "template_id": f"tpl_{0:0>26}"})
    if rng.random() < moves:
        offer = rng.choice(offers)
        option = rng.choice(offer.payout_options).payout_option_id
        moved = {"offer_id": offer.offer_id, "payout_option_id": option}
        actions.append({"type": "put_into_commission_group", **moved})
    if rng.random() < 0.4 or not actions:
        value = rng.choice(("silver", "gold", "yes", ""))
        actions.append({"type": "update_user_field", "field": rng.choice(("rank", "vip")), "value": value})
    return actions
