"""Where those may go who lose the first place of a forced matrix: anywhere free on its level, and nowhere deeper."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.members.matrix import Node, places
from tests.unit.kit.builders import an_id, steady

ROOT = an_id("mem", "0")


def depth(tree: dict[str, Node], at: str) -> int:
    return 0 if at == ROOT else 1 + depth(tree, tree[at].parent_id or ROOT)


def on_level(tree: dict[str, Node], level: int) -> list[str]:
    found = [ROOT]
    for _ in range(level):
        found = [child for each in found for child in tree[each].children]
    return found


@steady
@given(st.integers(1, 4), st.lists(st.integers(0, 7), max_size=80))
def test_every_free_place_of_the_first_level_that_has_one_is_offered_once_in_order(
    width: int, choices: list[int]
) -> None:
    tree, widest = {ROOT: Node()}, 0
    for number, choice in enumerate(choices, 1):
        free = list(places(ROOT, width, tree.__getitem__))
        level = depth(tree, free[0])
        assert free == [at for at in on_level(tree, level) if len(tree[at].children) < width]
        assert all(len(tree[at].children) == width for above in range(level) for at in on_level(tree, above))
        parent, fresh = free[choice % len(free)], an_id("mem", str(number))
        tree[ROOT] = tree[ROOT].model_copy(update={"open_at": free[0], "open_width": width})
        tree[parent] = tree[parent].model_copy(update={"children": (*tree[parent].children, fresh)})
        tree[fresh] = Node(parent_id=parent)
        widest = max(widest, *(len(node.children) for node in tree.values()))
    assert widest <= width


def test_looking_for_a_few_places_reads_a_few_paths_and_not_the_level() -> None:
    tree, asked = {ROOT: Node()}, set[str]()

    def node(member_id: str) -> Node:
        asked.add(member_id)
        return tree[member_id]

    for number in range(1, 1025):
        parent, fresh = next(places(ROOT, 2, node)), an_id("mem", str(number))
        tree[ROOT] = tree[ROOT].model_copy(update={"open_at": parent, "open_width": 2})
        tree[parent] = tree[parent].model_copy(update={"children": (*tree[parent].children, fresh)})
        tree[fresh] = Node(parent_id=parent)
    asked.clear()
    assert len(list(islice(places(ROOT, 2, node), 8))) == 8
    assert len(asked) <= 40
