"""The multiples for which rules that repeat have fired, one item for each period."""

from collections.abc import Iterable, Iterator

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.multiples import Multiples, Repeats, Stretch
from laurel.store import member_keys
from laurel.store.operations import Delete, Put, Write
from laurel.store.table import Table
from laurel.store.values import Item


def read(
    table: Table, program_id: str, member_id: str, stretches: Iterable[Stretch]
) -> dict[Stretch, dict[Repeats, Multiples]]:
    """The multiples of the periods of each stretch: one Query each, of an item for each period that has any."""
    return {stretch: dict(_read(table, program_id, member_id, stretch)) for stretch in stretches}


def _read(table: Table, program_id: str, member_id: str, stretch: Stretch) -> Iterator[tuple[Repeats, Multiples]]:
    first, last = (
        member_keys.repeats(program_id, member_id, stretch.rule_id, key) for key in (stretch.first, stretch.last)
    )
    for item in table.query(first.pk, between=(first.sk, last.sk)):
        yield Repeats(stretch.rule_id, item["key"]), Multiples.parsed(item["multiples"])


def put(program_id: str, member_id: str, where: Repeats, multiples: Multiples) -> Put:
    """The item, whole."""
    return Put(_item(program_id, member_id, where, multiples))


def _item(program_id: str, member_id: str, where: Repeats, multiples: Multiples) -> Item:
    own = {"kind": "repeats", "key": where.key, "multiples": multiples.text()}
    return {**member_keys.repeats(program_id, member_id, where.rule_id, where.key)._asdict(), **own}


def forgotten(table: Table, program_id: str, marker: Commission) -> list[Write]:
    """The write that takes out the multiple which `marker` proved; none if its rule did not repeat."""
    evidence, member_id = marker.evidence, marker.earned_by or marker.member_id or ""
    if evidence is None or evidence.number is None or evidence.key is None:
        return []
    where = Repeats(marker.rule_id or "", evidence.key)
    key = member_keys.repeats(program_id, member_id, where.rule_id, where.key)
    stored = table.get(key)
    if stored is None:
        return []
    as_read = {"multiples": stored["multiples"]}
    left = Multiples.parsed(stored["multiples"]).without(evidence.number)
    if not left.ranges:
        return [Delete(key, expect=as_read, exists=True)]
    return [Put(_item(program_id, member_id, where, left), expect=as_read)]
