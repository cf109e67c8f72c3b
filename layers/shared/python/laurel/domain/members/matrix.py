"""The referral tree: where a new member is placed. In a forced matrix nobody has more than `width` direct children."""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field

from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Frozen

WIDEST: Final = 100
"""The widest matrix there can be, and the most children that are kept of a member."""


class Node(Frozen):
    """A member in the tree. `children`: the oldest first.

    `open_at`: where the last search below this member ended. All nodes before it in breadth-first order are full for
    `open_width` and stay so, since nobody leaves the tree.
    """

    parent_id: MemberId | None = None
    children: Annotated[tuple[MemberId, ...], Field(max_length=WIDEST)] = ()
    open_at: MemberId | None = None
    open_width: int = 0
    version: int = 0


Nodes = Callable[[str], Node]


def place(root: str, width: int, nodes: Nodes) -> str:
    """The parent of a new member whom `root` brought: the first with room, breadth-first from `root`."""
    known = nodes(root)
    at = known.open_at if known.open_at and width <= known.open_width else root
    while len(nodes(at).children) >= width:
        at = _following(root, at, nodes)
    return at


def _following(root: str, at: str, nodes: Nodes) -> str:
    """The node after `at`, which is full, in breadth-first order below `root`."""
    depth = 0
    while at != root:
        parent = nodes(at).parent_id or root
        siblings = nodes(parent).children
        younger = siblings[siblings.index(at) + 1 :]
        if younger:
            return _first(younger[0], depth, nodes)
        at, depth = parent, depth + 1
    return _first(root, depth + 1, nodes)


def _first(at: str, depth: int, nodes: Nodes) -> str:
    """The oldest node `depth` levels below `at`, or the last in the line of oldest children: that one has room."""
    for _ in range(depth):
        children = nodes(at).children
        if not children:
            return at
        at = children[0]
    return at
