"""Reading: everything about reported orders is read before they are judged, in two batched reads for any number.

The first is that of the API key: it finds the people whom the reports lead to. The second finds how they stand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.tracking.attribution import Candidate
from laurel.domain.tracking.conversions import ConversionReport, Customer, Received, customers_of, subscription_of
from laurel.domain.tracking.judging import Known, is_sound
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.workflows.tracking import candidates, subscriptions
from laurel.workflows.tracking.candidates import Found, Named

_LONGEST_ID, _LONGEST_EXTERNAL_ID = 64, 255


def first_keys(program_id: str, reports: Iterable[Mapping[str, Any]]) -> list[Key]:
    """The keys to read beside the API key, from reports that nobody has checked yet."""
    return [key for report in reports for key in _first_keys(program_id, report)]


def read(table: Table, program_id: str, received: Sequence[Received], found: Found) -> list[Known]:
    """The facts about each report after the second read; `found`: the items of `first_keys`.

    A member who is named without an offer takes one query more. A report that is to be refused takes no further read.
    """
    leads = [_lead(table, program_id, each, found) for each in received]
    wanted = {key for lead in leads if isinstance(lead, _Lead) for key in lead.second_keys}
    found = {**found, **table.batch_get(wanted)} if wanted else found
    return [lead.known(found) if isinstance(lead, _Lead) else lead for lead in leads]


def read_candidates(table: Table, program_id: str, received: Received, found: Found) -> list[Candidate]:
    """The candidates of a report that names no member, and nothing else; `found`: the items of `first_keys`."""
    people = candidates.led_to(program_id, received, found)
    standing = table.batch_get({key for person in people for key in person.standing(program_id)}) if people else {}
    return [candidates.candidate(program_id, person, standing) for person in people]


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


@dataclass(frozen=True, slots=True)
class _Lead:
    """A report after the first read: the people whom it leads to, and the keys that are still to be read."""

    program_id: str
    received: Received
    people: Sequence[Named]
    second_keys: Sequence[Key]

    def known(self, found: Found) -> Known:
        """The facts about the report after the second read."""
        program_id, report = self.program_id, self.received.report
        return Known(
            candidates=tuple(candidates.candidate(program_id, person, found) for person in self.people),
            subscription=subscriptions.find(program_id, self.received, found),
            has_member=report.member_id is None or keys.member(program_id, report.member_id) in found,
            has_offer=report.offer_id is None or keys.offer(program_id, report.offer_id) in found,
        )


def _lead(table: Table, program_id: str, received: Received, found: Found) -> _Lead | Known:
    """The report after the first read, or the facts about it if they are enough to refuse it."""
    if not is_sound(received):
        return Known()
    named = _named_member(table, program_id, received.report)
    if isinstance(named, Known):
        return named
    people = [*named, *candidates.led_to(program_id, received, found)]
    wanted = [key for person in people for key in person.standing(program_id)]
    if received.report.offer_id is not None:
        wanted.append(keys.offer(program_id, received.report.offer_id))
    return _Lead(program_id, received, people, [*wanted, *subscriptions.second_keys(program_id, received, found)])


def _named_member(table: Table, program_id: str, report: ConversionReport) -> list[Named] | Known:
    """The member whom a report names by id, if any; the facts to refuse it by, if it can mean no offer or several."""
    if report.member_id is None:
        return []
    offer_ids = [report.offer_id] if report.offer_id else _active_offers(table, program_id, report.member_id)
    if offer_ids is None:
        return Known(has_member=False)
    if len(offer_ids) != 1:
        return Known(active_offers=len(offer_ids))
    return [Named("member", report.member_id, offer_ids[0])]


def _active_offers(table: Table, program_id: str, member_id: str) -> list[str] | None:
    """The offers that a member is active in; None if there is no such member."""
    member = keys.member(program_id, member_id)
    found = table.query(member.pk, between=(keys.ENROLLMENTS, member.sk))
    if all(item["sk"] != member.sk for item in found):
        return None
    enrolled = [items.parse(Enrollment, item) for item in found if item["kind"] == "enrollment"]
    return [enrollment.offer_id for enrollment in enrolled if enrollment.active]
