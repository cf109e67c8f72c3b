"""All that a member promotes: their enrollments with the offers, and their codes as the shops have them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from laurel.concurrency import together
from laurel.domain.history import Author
from laurel.domain.members.enrollments import CodeInShop, Enrollment, EnrollmentEdit
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Storefront
from laurel.domain.values.errors import Conflict
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.members import enrollments, links
from laurel.workflows.members.enrollment_edits import Attempt, Place, Reading
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version
from laurel.workflows.requests.optimistic import redo
from laurel.workflows.shops import showing


@dataclass(frozen=True, slots=True)
class InShop:
    """A code in a shop, and that shop's name."""

    shop: str
    code: CodeInShop


@dataclass(frozen=True, slots=True)
class Promoted:
    """An offer that a member promotes."""

    offer: Offer
    enrollment: Enrollment
    shops: tuple[InShop, ...] = ()


def promoted(table: Table, program_id: str, member_id: str) -> list[Promoted]:
    """All that a member promotes, what they joined last first."""
    return promoted_beside(table, program_id, member_id, ())[0]


def promoted_beside(
    table: Table, program_id: str, member_id: str, beside: Iterable[Key]
) -> tuple[list[Promoted], Mapping[Key, Item]]:
    """All that a member promotes, and further items, read together with the offers."""
    enrolled, shops = together(
        lambda: enrollments.of_member(table, program_id, member_id),
        lambda: showing.of_member(table, program_id, member_id),
    )
    codes = {each.offer_id: shops(each) for each in enrolled}
    named = {code.storefront_id for found in codes.values() for code in found}
    stored = table.batch_get(
        [
            *beside,
            *(keys.offer(program_id, offer_id) for offer_id in codes),
            *(keys.storefront(program_id, storefront_id) for storefront_id in named),
        ]
    )
    offers = {key.sk: items.parse(Offer, item) for key, item in stored.items() if item["kind"] == "offer"}
    names = {key.sk: items.parse(Storefront, item).name for key, item in stored.items() if item["kind"] == "storefront"}

    def in_shops(offer_id: str) -> tuple[InShop, ...]:
        return tuple(InShop(names.get(code.storefront_id, "the shop"), code) for code in codes[offer_id])

    return [Promoted(offers[each.offer_id], each, in_shops(each.offer_id)) for each in enrolled], stored


def choose_slug(
    table: Table, place: Place, slug: str, if_match: int | None, author: Author, randomness: Randomness
) -> Enrollment:
    """A member's link under a name of their own. They choose once: every name is theirs for ever.

    Raises Absent, Invalid, Stale, Conflict `slug_taken`, `slug_chosen`.
    """

    def attempt() -> Enrollment:
        reading = Reading.of(table, place.program_id, place.offer_id, [place.member_id])
        begun = Attempt.begin(table, reading, place.member_id, EnrollmentEdit(slug=slug), author, randomness)
        begun.require_enrolled()
        require_version(begun, if_match)
        _require_generated(table, begun.current)
        return begun.put()

    return redo(attempt)


def _require_generated(table: Table, enrollment: Enrollment | None) -> None:
    """Raises Conflict `slug_chosen` once the link has another name than at first."""
    slug = enrollment.slug if enrollment else None
    if slug is not None and links.first_slug(table, slug) != slug:
        raise Conflict("slug_chosen", "a name is chosen once; whoever runs the program can change it again")
