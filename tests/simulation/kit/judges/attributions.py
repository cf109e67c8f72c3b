"""Who should have been led to by a click or won an order, decided by hand from what stood in the table meanwhile."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from laurel.domain.program.programs import AttributionPolicy
from laurel.domain.tracking.conversions import Customer, customers_of
from laurel.store import keys
from laurel.store.keys import Key
from tests.simulation.kit.judges.past import View
from tests.simulation.kit.world.worlds import Tenant

_A_CLOCK_MAY_BE_WRONG_BY: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Lead:
    """Somebody whom a report names; `code`: the body of the code that named them; `click`: the click's item."""

    by: str
    member_id: str
    offer_id: str
    code: Mapping[str, Any] | None = None
    click: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Won:
    """Who won by what, or why nobody did; `claims`: whether the customer is the winner's once this is counted."""

    member_id: str | None
    offer_id: str | None
    by: str | None
    reason: str | None
    claims: bool = False


def won(view: View, tenant: Tenant, storefront_id: str, report: Mapping[str, Any], at: datetime) -> Won:
    """The first whom the report names, in the program's order, and whom nothing refuses. Raises Changed."""
    policy, email = tenant.program.attribution, report.get("customer_email")
    named = [lead for lead in _leads(view, tenant, storefront_id, report) if lead.by in policy.order]
    reasons = []
    for lead in sorted(named, key=lambda lead: policy.order.index(lead.by)):
        reason = refusal(view, tenant.program_id, lead, at, policy, email)
        if reason is None:
            offer = view.at(keys.offer(tenant.program_id, lead.offer_id)) or {}
            is_known = "customer_id" in report or "customer_email" in report
            claims = offer["body"]["lifetime"] and lead.by != "customer" and is_known
            return Won(lead.member_id, lead.offer_id, lead.by, None, claims)
        reasons.append(reason)
    return Won(None, None, None, reasons[0] if reasons else "no_match")


def refusal(
    view: View, program_id: str, lead: Lead, at: datetime, policy: AttributionPolicy, email: str | None = None
) -> str | None:
    """Why `lead` cannot have brought what happened `at`; None if it can. Raises Changed."""
    offer = view.at(keys.offer(program_id, lead.offer_id))
    member = view.at(keys.member(program_id, lead.member_id))
    enrollment = view.at(keys.enrollment(program_id, lead.member_id, lead.offer_id))
    if lead.code is not None and "ended_at" in lead.code and _instant(lead.code["ended_at"]) <= at:
        return "code_inactive"
    if offer is None or member is None or enrollment is None or _is_too_late(lead, offer["body"], at, policy):
        return "no_match"
    if offer["body"]["status"] != "active" or _is_outside(offer["body"], at):
        return "offer_inactive"
    if member["body"]["status"] != "approved":
        return "member_inactive"
    if _was_inactive(view, keys.enrollment(program_id, lead.member_id, lead.offer_id), at):
        return "code_inactive"
    if _is_outside(enrollment["body"], at):
        return "code_expired"
    return "self_purchase" if email and _untagged(email) == _untagged(member["body"]["email"]) else None


def _untagged(email: str) -> str:
    return re.sub(r"\+.*@", "@", email.lower())


def _leads(view: View, tenant: Tenant, storefront_id: str, report: Mapping[str, Any]) -> Iterator[Lead]:
    program_id, offer_id = tenant.program_id, report.get("offer_id")
    if "member_id" in report:
        yield Lead("member", report["member_id"], offer_id or _sole_offer(view, tenant, report["member_id"]))
    for lead in _found(view, program_id, storefront_id, report):
        if offer_id in {None, lead.offer_id}:
            yield lead


def _found(view: View, program_id: str, storefront_id: str, report: Mapping[str, Any]) -> Iterator[Lead]:
    for customer in customers_of(program_id, Customer.model_validate(report)):  # by id, then by address
        among = storefront_id if customer.startswith("cus_") else "program"
        claim = view.at(keys.customer(program_id, customer)) or {}
        if among in claim:
            yield Lead("customer", claim[among]["member_id"], claim[among]["offer_id"])
            break
    code = view.at(keys.promo_code(program_id, report["promo_code"])) if "promo_code" in report else None
    if code is not None:
        yield Lead("promo_code", code["body"]["member_id"], code["body"]["offer_id"], code=code["body"])
    click = view.at(keys.click(program_id, report["click_id"])) if "click_id" in report else None
    if click is not None:
        yield Lead("click", click["body"]["member_id"], click["body"]["offer_id"], click=click)


def _sole_offer(view: View, tenant: Tenant, member_id: str) -> str:
    enrolled = {o.offer_id: view.at(keys.enrollment(tenant.program_id, member_id, o.offer_id)) for o in tenant.offers}
    (active,) = (offer_id for offer_id, item in enrolled.items() if item is not None and item["body"]["active"])
    return active


def _is_too_late(lead: Lead, offer: Mapping[str, Any], at: datetime, policy: AttributionPolicy) -> bool:
    """A customer of an offer that is for one order only, or a click out of its window."""
    if lead.by == "customer":
        return not offer["lifetime"]
    if lead.click is None:
        return False
    first, last = _instant(lead.click["body"]["occurred_at"]), _instant(lead.click["visited_at"])
    visit = last if last <= at + _A_CLOCK_MAY_BE_WRONG_BY else first
    window = timedelta(days=offer.get("window_days", policy.window_days))
    return visit > at + _A_CLOCK_MAY_BE_WRONG_BY or at >= visit + window


def _was_inactive(view: View, key: Key, at: datetime) -> bool:
    """Whether `at` lies in a time between two edits when the enrollment was inactive; the last ten of them count."""
    since: datetime | None = None
    times: list[tuple[datetime, datetime]] = []
    bodies = [item["body"] for item in view.before(key) if item is not None]
    for body in bodies:
        if not body["active"]:
            since = since or _instant(body["updated_at"])
        elif since is not None:
            times.append((since, _instant(body["updated_at"])))
            since = None
    if since is not None and (at >= since or not any(body["active"] for body in bodies)):
        return True
    return any(first <= at < until for first, until in times[-10:])


def _is_outside(dated: Mapping[str, Any], at: datetime) -> bool:
    first, until = dated.get("active_from"), dated.get("active_until")
    return (first is not None and at < _instant(first)) or (until is not None and _instant(until) <= at)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
