"""Placing new members in the referral tree, so that two who sign up at once never take one place."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from laurel.domain.members.matrix import WIDEST, Node, place
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import MOST_TIERS
from laurel.store import items, keys
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a new member in the tree: below `parent_id`; `ops` take it unless somebody was faster."""

    parent_id: str | None = None
    ancestors: tuple[str, ...] = ()
    ops: tuple[Op, ...] = ()


@dataclass(slots=True)
class _Tree:
    """The nodes that were read, and the writes that change them."""

    table: Table
    program_id: str
    read: dict[str, Node] = field(default_factory=dict)

    def node(self, member_id: str) -> Node:
        if member_id not in self.read:
            self.read[member_id] = _node(self.table.get(keys.tree(self.program_id, member_id)))
        return self.read[member_id]

    def written(self, changed: dict[str, Node]) -> Iterable[Op]:
        for member_id, node in changed.items():
            before = self.read[member_id]
            if node != before:
                item = items.tree(self.program_id, member_id, node.model_copy(update={"version": before.version + 1}))
                yield Put(item, expect={"version": before.version}) if before.version else Put(item, new=True)


def below(table: Table, program: Program, referrer_id: str | None, member_id: str) -> Place:
    """The place of a new member whom `referrer_id` brought. Raises Invalid `unknown_referrer`."""
    if referrer_id is None:
        return Place()
    program_id, matrix = program.program_id, program.features.forced_matrix
    tree = _Tree(table, program_id)
    referrer = _member(table, program_id, referrer_id)
    parent_id = place(referrer_id, matrix.width, tree.node) if matrix.active else referrer_id
    parent = referrer if parent_id == referrer_id else _member(table, program_id, parent_id)
    grown = tree.node(parent_id)
    changed: dict[str, Node] = {}
    if matrix.active:
        changed[referrer_id] = tree.node(referrer_id).model_copy(
            update={"open_at": parent_id, "open_width": matrix.width}
        )
        grown = changed.get(parent_id, grown)
    if len(grown.children) < WIDEST:
        children = (*grown.children, member_id)
        changed[parent_id] = grown.model_copy(update={"parent_id": parent.parent_id, "children": children})
    return Place(parent_id, (parent_id, *parent.ancestors)[:MOST_TIERS], tuple(tree.written(changed)))


def _member(table: Table, program_id: str, member_id: str) -> Member:
    item = table.get(keys.member(program_id, member_id))
    if item is None:
        raise Invalid("unknown_referrer", "there is no such member", "/referrer_id")
    return items.parse(Member, item)


def _node(item: Item | None) -> Node:
    return Node() if item is None else items.parse(Node, item)
