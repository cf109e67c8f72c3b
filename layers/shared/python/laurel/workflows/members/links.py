"""The slugs of members' links: each leads to one enrollment for ever, also after that got another."""

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.values.errors import Conflict
from laurel.store import keys, lookups
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item


def claimed(
    table: Table, program_id: str, before: Enrollment | None, after: Enrollment, chosen: str | None
) -> list[Op]:
    """The write by which the link of `after` has its slug; none if it had that already, now or once.

    Only a `chosen` one is looked up: one that was generated is generated anew if it is somebody's. Raises Conflict
    `slug_taken`.
    """
    if after.slug is None or (before is not None and before.slug == after.slug):
        return []
    door = None if chosen is None else table.get(keys.link(chosen))
    if door is None:
        first = None if before is None or before.slug is None else first_slug(table, before.slug)
        owner = {"offer_id": after.offer_id, "member_id": after.member_id}
        return [Put(lookups.link(program_id, after.slug, **owner, first=first), new=True)]
    if not _leads_to(door, program_id, after):
        raise Conflict("slug_taken", "this name belongs to another link, now or once")
    return []


def first_slug(table: Table, slug: str) -> str:
    """The slug that a link had at first, which its clicks are counted by."""
    door = table.get(keys.link(slug))
    return slug if door is None else str(door["body"].get("first", slug))


def _leads_to(door: Item, program_id: str, enrollment: Enrollment) -> bool:
    owner = {"program_id": program_id, "offer_id": enrollment.offer_id, "member_id": enrollment.member_id}
    return bool(owner.items() <= door["body"].items())
