"""The forced matrix: the first place in breadth-first order, found without walking the whole tree again."""

from collections import deque
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.members.matrix import Node, places
from tests.unit.kit.builders import an_id, steady

ROOT = an_id("mem", "0")


def place(root: str, width: int, nodes: Any) -> str:
    return next(places(root, width, nodes))


def first_open(tree: dict[str, Node], root: str, width: int) -> str:
    """The obvious way: a queue."""
    waiting = deque([root])
    while len(tree[at := waiting.popleft()].children) >= width:
        waiting.extend(tree[at].children)
    return at


@steady
@given(st.integers(1, 3), st.lists(st.integers(0, 10**6), max_size=60))
def test_everybody_gets_the_first_place_below_who_brought_them(width: int, referrers: list[int]) -> None:
    tree, members = {ROOT: Node()}, [ROOT]
    for number, choice in enumerate(referrers, 1):
        referrer, fresh = members[choice % len(members)], an_id("mem", str(number))
        parent = place(referrer, width, tree.__getitem__)
        assert parent == first_open(tree, referrer, width)
        tree[referrer] = tree[referrer].model_copy(update={"open_at": parent, "open_width": width})
        tree[parent] = tree[parent].model_copy(update={"children": (*tree[parent].children, fresh)})
        tree[fresh] = Node(parent_id=parent)
        members.append(fresh)
    assert all(len(node.children) <= width for node in tree.values())


def test_a_wider_matrix_fills_the_room_that_this_makes() -> None:
    first, second = an_id("mem", "1"), an_id("mem", "2")
    tree = {
        ROOT: Node(children=(first,), open_at=first, open_width=1),
        first: Node(parent_id=ROOT),
        second: Node(),
    }
    assert place(ROOT, 1, tree.__getitem__) == first
    assert place(ROOT, 2, tree.__getitem__) == ROOT


def test_finding_the_next_place_reads_a_path_and_not_the_tree() -> None:
    tree, asked = {ROOT: Node()}, 0

    def node(member_id: str) -> Node:
        nonlocal asked
        asked += 1
        return tree[member_id]

    for number in range(1, 1025):
        asked = 0
        parent, fresh = place(ROOT, 2, node), an_id("mem", str(number))
        assert asked <= 4 * 10 + 5
        tree[ROOT] = tree[ROOT].model_copy(update={"open_at": parent, "open_width": 2})
        tree[parent] = tree[parent].model_copy(update={"children": (*tree[parent].children, fresh)})
        tree[fresh] = Node(parent_id=parent)
