"""Placing new members in the referral tree, so that those who sign up at once never take one place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from laurel.domain.members.matrix import WIDEST, Node, places
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import MOST_TIERS
from laurel.store import items, keys, member_keys
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.workflows.requests.access import Randomness

_MOST_CHOICES: Final = 8
"""The most places that somebody who was late chooses from."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a new member in the tree: below `parent_id`; `ops` take it unless somebody was faster."""

    parent_id: str | None = None
    ancestors: tuple[str, ...] = ()
    ops: tuple[Op, ...] = ()


@dataclass(slots=True)
class _Tree:
    """The nodes that were read, each with its member, and the writes that change them."""

    table: Table
    program_id: str
    read: dict[str, tuple[Node, Member]] = field(default_factory=dict)

    def node(self, member_id: str) -> Node:
        return self._read(member_id)[0]

    def member(self, member_id: str) -> Member:
        return self._read(member_id)[1]

    def _read(self, member_id: str) -> tuple[Node, Member]:
        """Raises Invalid `unknown_referrer`."""
        if member_id not in self.read:
            node, member = member_keys.tree(self.program_id, member_id), keys.member(self.program_id, member_id)
            found = self.table.batch_get([node, member])
            if member not in found:
                raise Invalid("unknown_referrer", "there is no such member", "/referrer_id")
            known = items.parse(Member, found[member])
            # who has no children yet has no item in the tree
            stored = items.parse(Node, found[node]) if node in found else Node(parent_id=known.parent_id)
            self.read[member_id] = stored, known
        return self.read[member_id]

    def forget(self, root: str, width: int) -> None:
        """All that others may have changed: who is full stays so, but `root` has a note."""
        self.read = {at: kept for at, kept in self.read.items() if at != root and len(kept[0].children) >= width}

    def written(self, changed: Mapping[str, Node]) -> Iterator[Op]:
        for member_id, node in changed.items():
            before = self.node(member_id)
            if node != before:
                item = items.tree(self.program_id, member_id, node.model_copy(update={"version": before.version + 1}))
                yield Put(item, expect={"version": before.version}) if before.version else Put(item, new=True)


@dataclass(slots=True)
class Newcomer:
    """A new member whom `referrer_id` brought, on the way to a place. `lost`: how often others took it before them."""

    table: Table
    program: Program
    referrer_id: str | None
    member_id: str
    randomness: Randomness
    lost: int = 0
    _tree: _Tree = field(init=False)

    def __post_init__(self) -> None:
        self._tree = _Tree(self.table, self.program.program_id)

    def place(self) -> Place:
        """The place as the tree stands now; to be asked again if somebody takes it. Raises Invalid `unknown_referrer`.

        Who comes first gets the first place; who lost takes one of the next, since all who lost at once would only
        fight for the same again.
        """
        matrix = self.program.features.forced_matrix
        if self.referrer_id is None:
            return Place()
        self._tree.forget(self.referrer_id, matrix.width)
        if not matrix.active:
            return _placed(self._tree, self.referrer_id, self.member_id, {})
        free = list(islice(places(self.referrer_id, matrix.width, self._tree.node), min(2**self.lost, _MOST_CHOICES)))
        parent_id = free[self.randomness(1)[0] % len(free)] if self.lost else free[0]
        self.lost += 1
        noted = {"open_at": free[0], "open_width": matrix.width}
        found = {self.referrer_id: self._tree.node(self.referrer_id).model_copy(update=noted)}
        # noted by whoever takes the first place: others need not fight for the note
        return _placed(self._tree, parent_id, self.member_id, found if parent_id == free[0] else {})


def _placed(tree: _Tree, parent_id: str, member_id: str, changed: Mapping[str, Node]) -> Place:
    """`changed`: nodes that change beside the parent, or as well."""
    parent, grown = tree.member(parent_id), changed.get(parent_id) or tree.node(parent_id)
    if len(grown.children) < WIDEST:
        children = (*grown.children, member_id)
        grown = grown.model_copy(update={"parent_id": parent.parent_id, "children": children})
    ops = tuple(tree.written({**changed, parent_id: grown}))
    return Place(parent_id, (parent_id, *parent.ancestors)[:MOST_TIERS], ops)
