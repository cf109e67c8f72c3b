"""Things to test with: each builder makes a plain one, and takes what the test is about as arguments."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import Order
from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer, PayoutOption
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.tracking.attribution import Candidate
from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.domain.tracking.facts import News, Told, told
from laurel.domain.tracking.refunds import Refund
from laurel.domain.values.ids import derived_id

MILLISECOND = timedelta(milliseconds=1)
INSTANTS = st.integers(0, 101 * 365 * 86_400_000).map(lambda n: datetime(2000, 1, 1, tzinfo=UTC) + n * MILLISECOND)
"""Of 2000 to 2100, in UTC, to the millisecond."""

steady = settings(max_examples=150, deadline=None, derandomize=True)
"""The same examples in every run, however slow the machine."""

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 10, tzinfo=UTC)
"""The week of the examples is that of Monday 2026-11-16."""


def an_id(prefix: str, name: str = "") -> str:
    """The same id for the same name."""
    return derived_id(prefix, name)


SPRING, AUTUMN = an_id("off", "spring"), an_id("off", "autumn")
BASIC, GOLD = an_id("opt", "basic"), an_id("opt", "gold")
ANNA, BEN = an_id("mem", "anna"), an_id("mem", "ben")
SHOP = an_id("sf", "shop")
LINKS = frozenset({SPRING})
"""The offers that are promoted by link, where that matters."""
TERMS: TypeAdapter[PayoutTerms] = TypeAdapter(PayoutTerms)


def at(text: str) -> datetime:
    """`2026-11-21 10:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def terms(**given: Any) -> PayoutTerms:
    return TERMS.validate_python(given)


def program(**changes: Any) -> Program:
    plain = {"program_id": an_id("prg"), "visitor_salt": "salt", "created_at": LONG_AGO, "updated_at": LONG_AGO}
    fields = [{"name": name, "label": name.title()} for name in ("level", "city")]
    return Program.model_validate({**plain, "user_fields": fields, **changes})


def member(**changes: Any) -> Member:
    plain = {"member_id": ANNA, "email": "anna@example.com", "created_at": LONG_AGO, "updated_at": LONG_AGO}
    return Member.model_validate({**plain, **changes})


def option(**changes: Any) -> PayoutOption:
    plain = {"payout_option_id": BASIC, "name": "Basic", "default": True}
    return PayoutOption.model_validate({**plain, "terms": {"type": "percent_of_sale", "percent": "10"}, **changes})


def offer(**changes: Any) -> Offer:
    plain = {"offer_id": SPRING, "name": "Spring", "kind": "promo_code", "created_at": LONG_AGO, "updated_at": LONG_AGO}
    return Offer.model_validate({**plain, "payout_options": (option(),), **changes})


def enrollment(**changes: Any) -> Enrollment:
    plain = {"offer_id": SPRING, "member_id": ANNA, "payout_option_id": BASIC, "promo_code": "ANNA10"}
    return Enrollment.model_validate({**plain, "created_at": LONG_AGO, "updated_at": LONG_AGO, **changes})


def claim(**changes: Any) -> CodeClaim:
    plain = {"promo_code": "ANNA10", "offer_id": SPRING, "member_id": ANNA, "issued_at": LONG_AGO}
    return CodeClaim.model_validate({**plain, **changes})


def candidate(**changes: Any) -> Candidate:
    """Anna by her promo code, unless told otherwise."""
    plain = {"by": "promo_code", "offer": offer(), "member": member(), "enrollment": enrollment(), "code": claim()}
    return Candidate(**{**plain, **changes})


def report(**changes: Any) -> ConversionReport:
    plain = {"order_id": "1001", "amount": 30000, "currency": "USD", "promo_code": "ANNA10"}
    return ConversionReport.model_validate({**plain, **changes})


def received(arrived: datetime = SATURDAY, **changes: Any) -> Received:
    return Received(report(**changes), SHOP, "hash", arrived)


def commission(
    name: str,
    amount: int = 0,
    *,
    when: datetime = SATURDAY,
    sale: int | None = None,
    zone: Program | None = None,
    **changes: Any,
) -> Commission:
    """An approved tier-1 sale of Anna's in the spring offer; `sale`: what the order came to, if there was one."""
    plain = {"commission_id": an_id("com", name), "type": "sale", "origin": "conversion", "member_id": ANNA}
    payable = {"offer_id": SPRING, "payout_option_id": BASIC, "status": "approved", "payout": "unpaid"}
    clock = {"occurred_at": when, "created_at": when, "updated_at": when}
    day = (zone or program()).calendar.day_of(when)
    order = None if sale is None else an_order(name, sale)
    given = {"amount": amount, "currency": "USD", "day": day, "order": order, **clock, **changes}
    return Commission.model_validate({**plain, **payable, **given})


def an_order(name: str, sale: int, **changes: Any) -> Order:
    plain = {"order_id": name, "storefront_id": SHOP, "amount": sale, "currency": "USD", "sale": sale}
    return Order.model_validate({**plain, "request_hash": "hash", **changes})


def a_refund(name: str = "refund", amount: int | None = None, **changes: Any) -> Refund:
    """As it comes; without an amount, of all that is left."""
    order = {"conversion_id": an_id("com"), "order_id": "1001", "storefront_id": SHOP, "reason": "refund"}
    plain = {**order, "refund_id": name, "asked": amount, "actor": "system", "created_at": SATURDAY}
    return Refund.model_validate({**plain, **changes})


def told_of(row: Commission, refund: Refund) -> Told:
    """A conversion that is told of one more refund."""
    return told(row, {}, News(refunds=(refund,)), SATURDAY)


def refunded(row: Commission, amount: int | None = None, **changes: Any) -> Commission:
    """A conversion after one refund."""
    return told_of(row, a_refund(amount=amount, **changes)).after


def condition(metric: str = "commission_value", **changes: Any) -> dict[str, Any]:
    """Approved commissions of the current week above 200.00, unless told otherwise."""
    if metric in {"user_field", "commission_group"}:
        return {"metric": metric, **changes}
    return {"metric": metric, "operator": "gt", "value": 20000, "period": {"type": "current_week"}, **changes}


def period(kind: str) -> dict[str, Any]:
    return {"type": kind}


def bonus(**pays: Any) -> dict[str, Any]:
    return {"type": "add_bonus_commission", **pays}


def sets(field: str, value: str) -> dict[str, Any]:
    return {"type": "update_user_field", "field": field, "value": value}


def mails(to: str = "member") -> dict[str, Any]:
    return {"type": "send_mail", "to": to, "template_id": an_id("tpl")}


def rule(
    *actions: Mapping[str, Any], name: str = "rule", when: Sequence[Mapping[str, Any]] = (), **changes: Any
) -> Rule:
    """Pays 2 % of the week's commissions above 200.00, unless told otherwise."""
    plain = {"rule_id": an_id("rul", name), "name": name, "created_at": LONG_AGO, "updated_at": LONG_AGO}
    does = {"conditions": when or [condition()], "actions": actions or [bonus(percent="2")]}
    return Rule.model_validate({**plain, **does, **changes})
