"""Who may have brought an order: found in two batched reads, however many orders are reported at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from laurel.domain.ledger.orders import customer_scope
from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import AttributedBy
from laurel.domain.tracking.attribution import Candidate
from laurel.domain.tracking.claims import Holder
from laurel.domain.tracking.clicks import Click
from laurel.domain.tracking.conversions import ConversionReport, Customer, Received, customers_of, subscription_of
from laurel.domain.values.errors import Invalid
from laurel.store import claims, items, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item

Found = Mapping[Key, Item]
_LONGEST_ID, _LONGEST_EXTERNAL_ID = 64, 255
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a report names, before anything of them was read."""

    by: AttributedBy
    member_id: str
    offer_id: str
    code: CodeClaim | None = None
    click: Click | None = None


def first_keys(program_id: str, reports: Iterable[Mapping[str, Any]]) -> list[Key]:
    """What is read beside the API key, from reports that nobody has checked yet."""
    return [key for report in reports for key in _first_keys(program_id, report)]


def _first_keys(program_id: str, report: Mapping[str, Any]) -> Iterator[Key]:
    try:
        customers = customers_of(program_id, Customer.model_validate(report))
    except ValidationError:  # will be refused; until then it names nobody
        customers = ()
    yield from (keys.customer(program_id, customer) for customer in customers)
    subscription = report.get("subscription_id")
    if isinstance(subscription, str) and len(subscription) <= _LONGEST_EXTERNAL_ID:
        yield keys.subscription(program_id, subscription_of(program_id, subscription))
    if isinstance(code := report.get("promo_code"), str):
        yield keys.promo_code(program_id, code)
    for name, key in (("storefront_id", keys.storefront), ("click_id", keys.click)):
        value = report.get(name)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isascii():
            yield key(program_id, value)


def named(table: Table, program_id: str, received: Received, found: Found) -> list[Named]:
    """Whom the report names. Raises Invalid `offer_ambiguous` for a member without offer and not exactly one."""
    report = received.report
    people = []
    if report.member_id is not None:
        offer_id = report.offer_id or _sole_offer(table, program_id, report.member_id)
        people.append(Named("member", report.member_id, offer_id))
    leads = _leads(program_id, received, found)
    return [*people, *(lead for lead in leads if report.offer_id in {None, lead.offer_id})]


def _leads(program_id: str, received: Received, found: Found) -> Iterator[Named]:
    """Whom the customer, the code and the click of a report lead to."""
    report = received.report
    if (won := _claim(program_id, received, found)) is not None:
        yield Named("customer", won.member_id, won.offer_id)
    code = found.get(keys.promo_code(program_id, report.promo_code)) if report.promo_code else None
    if code is not None:
        claim = items.parse(CodeClaim, code)
        yield Named("promo_code", claim.member_id, claim.offer_id, code=claim)
    clicked = found.get(keys.click(program_id, report.click_id)) if report.click_id else None
    if clicked is not None:
        click = items.parse(Click, clicked)
        yield Named("click", click.member_id, click.offer_id, click=click)


def _claim(program_id: str, received: Received, found: Found) -> Holder | None:
    """Who won the customer: first by the shop's own id of them, then by their address."""
    for customer in customers_of(program_id, received.report):
        known = found.get(keys.customer(program_id, customer))
        if known and (won := claims.holder(known, customer_scope(customer, received.storefront_id))):
            return won
    return None


def _sole_offer(table: Table, program_id: str, member_id: str) -> str:
    member = keys.member(program_id, member_id)
    found = table.query(member.pk, between=("enrollment#", member.sk))
    if all(item["sk"] != member.sk for item in found):
        raise _unknown_member()
    enrolled = [items.parse(Enrollment, item) for item in found if item["kind"] == "enrollment"]
    active = [enrollment.offer_id for enrollment in enrolled if enrollment.active]
    if len(active) != 1:
        raise Invalid("offer_ambiguous", f"the member is active in {len(active)} offers: name one", "/offer_id")
    return active[0]


def _unknown_member() -> Invalid:
    return Invalid("unknown_member", "no such member", "/member_id")


def second_keys(program_id: str, report: ConversionReport, people: Iterable[Named]) -> list[Key]:
    """What must be known of the people named, and of what the report names itself."""
    wanted = [key for person in people for key in keys.standing(program_id, person.member_id, person.offer_id)]
    if report.member_id is not None:
        wanted.append(keys.member(program_id, report.member_id))
    if report.offer_id is not None:
        wanted.append(keys.offer(program_id, report.offer_id))
    return wanted


def candidates(program_id: str, report: ConversionReport, people: Iterable[Named], found: Found) -> list[Candidate]:
    """The people named with what is known of them. Raises Invalid for an explicit id that does not exist."""
    if report.member_id is not None and keys.member(program_id, report.member_id) not in found:
        raise _unknown_member()
    if report.offer_id is not None and keys.offer(program_id, report.offer_id) not in found:
        raise Invalid("unknown_offer", "no such offer", "/offer_id")
    return [candidate(program_id, person, found) for person in people]


def candidate(program_id: str, person: Named, found: Found) -> Candidate:
    """Somebody who is named, with what is known of them. `found`: the items of `keys.standing`."""
    offer, member, enrollment = keys.standing(program_id, person.member_id, person.offer_id)
    return Candidate(
        by=person.by,
        offer=_parsed(Offer, found.get(offer)),
        member=_parsed(Member, found.get(member)),
        enrollment=_parsed(Enrollment, found.get(enrollment)),
        code=person.code,
        visits=person.click.visits if person.click else (),
    )


def _parsed(model: type[Model], item: Item | None) -> Model | None:
    return None if item is None else items.parse(model, item)
