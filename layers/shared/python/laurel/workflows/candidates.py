"""Who may have brought an order: found in two batched reads, however many orders are reported at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from laurel.domain.attribution import Candidate
from laurel.domain.conversions import ConversionReport
from laurel.domain.enrollments import CodeClaim, Enrollment
from laurel.domain.errors import Invalid
from laurel.domain.members import Member
from laurel.domain.offers import Offer
from laurel.domain.programs import AttributedBy
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item

Found = Mapping[Key, Item]
_LONGEST_CODE: Final = 64
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a report names, before anything of them was read."""

    by: AttributedBy
    member_id: str
    offer_id: str
    code: CodeClaim | None = None


def first_keys(program_id: str, reports: Iterable[Mapping[str, Any]]) -> list[Key]:
    """What is read beside the API key, from reports that nobody has checked yet."""
    return [key for report in reports for key in _first_keys(program_id, report)]


def _first_keys(program_id: str, report: Mapping[str, Any]) -> Iterator[Key]:
    for name, key in (("promo_code", keys.promo_code), ("storefront_id", keys.storefront)):
        value = report.get(name)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST_CODE and value.isascii():
            yield key(program_id, value)


def named(table: Table, program_id: str, report: ConversionReport, found: Found) -> list[Named]:
    """Whom the report names. Raises Invalid `offer_ambiguous` for a member without offer and not exactly one."""
    people = []
    if report.member_id is not None:
        offer_id = report.offer_id or _sole_offer(table, program_id, report.member_id)
        people.append(Named("member", report.member_id, offer_id))
    code = _code(program_id, report.promo_code, found)
    if code is not None:
        claim = items.parse(CodeClaim, code)
        if report.offer_id in {None, claim.offer_id}:
            people.append(Named("promo_code", claim.member_id, claim.offer_id, claim))
    return people


def _code(program_id: str, reported: str | None, found: Found) -> Item | None:
    """The claim of a reported code; other letters than ours could look like them in upper case."""
    if reported is None or not reported.isascii():
        return None
    return found.get(keys.promo_code(program_id, reported))


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
    wanted = [key for person in people for key in _keys_of(program_id, person)]
    if report.member_id is not None:
        wanted.append(keys.member(program_id, report.member_id))
    if report.offer_id is not None:
        wanted.append(keys.offer(program_id, report.offer_id))
    return wanted


def _keys_of(program_id: str, person: Named) -> tuple[Key, Key, Key]:
    return (
        keys.offer(program_id, person.offer_id),
        keys.member(program_id, person.member_id),
        keys.enrollment(program_id, person.member_id, person.offer_id),
    )


def candidates(program_id: str, report: ConversionReport, people: Iterable[Named], found: Found) -> list[Candidate]:
    """The people named with what is known of them. Raises Invalid for an explicit id that does not exist."""
    if report.member_id is not None and keys.member(program_id, report.member_id) not in found:
        raise _unknown_member()
    if report.offer_id is not None and keys.offer(program_id, report.offer_id) not in found:
        raise Invalid("unknown_offer", "no such offer", "/offer_id")
    return [_candidate(program_id, person, found) for person in people]


def _candidate(program_id: str, person: Named, found: Found) -> Candidate:
    offer, member, enrollment = _keys_of(program_id, person)
    return Candidate(
        by=person.by,
        offer=_parsed(Offer, found.get(offer)),
        member=_parsed(Member, found.get(member)),
        enrollment=_parsed(Enrollment, found.get(enrollment)),
        code=person.code,
    )


def _parsed(model: type[Model], item: Item | None) -> Model | None:
    return None if item is None else items.parse(model, item)
