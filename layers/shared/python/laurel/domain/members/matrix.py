"""The referral tree: where a new member is placed. In a forced matrix nobody has more than `width` direct children."""

from collections.abc import Callable, Iterator
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


def places(root: str, width: int, nodes: Nodes) -> Iterator[str]:
    """The parents that a new member may get whom `root` brought: those with room, breadth-first from `root`.

    All are as far below `root` as the first, so that no level begins before the one above it is full, whoever takes
    which.
    """
    known = nodes(root)
    at = known.open_at if known.open_at and width <= known.open_width else root
    while len(nodes(at).children) >= width:
        at = _following(root, at, nodes)
    yield (first := at)
    depth = _depth(root, first, nodes)
    while first != root and (at := _following(root, at, nodes)) != first and _depth(root, at, nodes) == depth:
        if len(nodes(at).children) < width:
            yield at


def _depth(root: str, at: str, nodes: Nodes) -> int:
    depth = 0
    while at != root:
        at, depth = nodes(at).parent_id or root, depth + 1
    return depth


def _following(root: str, at: str, nodes: Nodes) -> str:
    """The node after `at` in breadth-first order below `root`, if all that are less deep than `at` are full.

    After the last of its depth: the first of the next, or if there is none yet, the first of the same.
    """
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
    """The oldest node `depth` levels below `at`, or the last in the line of oldest children."""
    for _ in range(depth):
        children = nodes(at).children
        if not children:
            return at
        at = children[0]
    return at
