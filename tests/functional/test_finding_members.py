"""Finding members: by their address, and by the beginning of an address or of any word of a name."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laurel.domain.members.members import Member
from laurel.domain.members.names import folded, names_of
from laurel.domain.values.ids import derived_id
from laurel.store import lookups
from laurel.store.items import member as member_item
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.members import finding
from laurel.workflows.requests import listing
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World, program
from tests.unit.kit import builders

PEOPLE = {
    "zoe@shop.example": ("Zoë", "Müller"),
    "anna@shop.example": ("Anna Maria", "van den Berg"),
    "annika@shop.example": ("Annika", "Øster"),
    "bergmann@shop.example": ("", "Straße"),
}


@pytest.fixture
def people(api: Gateway) -> dict[str, str]:
    """Ids by address."""
    made = {}
    for email, (first, last) in PEOPLE.items():
        answer = api.post("/v1/members", {"email": email, "first_name": first, "last_name": last})
        made[email] = answer.body["member_id"]
    return made


def found(api: Gateway, q: str, more: str = "") -> list[str]:
    answer = api.get(f"/v1/members?q={q}{more}")
    assert answer.status == 200, answer.body
    return [each["email"].partition("@")[0] for each in answer.body["items"]]


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("ann", ["anna", "annika"]),
        ("ANNA", ["anna"]),
        ("anna@shop", ["anna"]),
        ("maria", ["anna"]),
        ("zoe", ["zoe"]),
        ("muller", ["zoe"]),
        ("MÜLLER, Z", ["zoe"]),
        ("muller zoë", ["zoe"]),
        ("berg", ["anna", "bergmann"]),
        ("  van   den ", ["anna"]),
        ("oster", ["annika"]),
        ("øs", ["annika"]),
        ("strass", ["bergmann"]),
        ("nna", []),
        ("zoe mullers", []),
        ("zo#", []),
        ("zoe muller#mem_", []),
        ("~~", []),
        ("李小", []),
    ],
)
def test_a_member_is_found_by_the_beginning_of_any_word_of_a_name_and_once(
    api: Gateway, people: dict[str, str], q: str, names: list[str]
):
    assert found(api, q) == names


@pytest.mark.parametrize("q", ["a", "", " a ", "a,", "\u0301\u0301", "x" * 101])
def test_less_than_two_letters_find_nobody(api: Gateway, q: str):
    answer = api.get(f"/v1/members?q={q}")
    assert (answer.status, answer.pointers) == (422, ["?q"])


def test_an_edit_moves_a_member_to_the_new_name(api: Gateway, people: dict[str, str]):
    path = f"/v1/members/{people['zoe@shop.example']}"
    api.patch(path, {"last_name": "Ångström", "email": "z@new.example"})
    assert (found(api, "muller"), found(api, "zoe@"), found(api, "angs"), found(api, "z@new")) == ([], [], ["z"], ["z"])
    api.patch(path, {"first_name": "", "last_name": ""})
    assert (found(api, "angs"), found(api, "zo"), found(api, "z@")) == ([], [], ["z"])
    api.patch(path, {"first_name": "Zoë"})
    assert found(api, "zo") == ["z"]


def test_nobody_finds_a_member_who_was_erased(api: Gateway, items: Table, world: World, people: dict[str, str]):
    member_id = people["anna@shop.example"]
    assert api.post(f"/v1/members/{member_id}/erase?confirm=true").status == 200
    assert [found(api, q) for q in ("anna", "maria", "van", "berg")] == [[], [], [], ["bergmann"]]
    left = items.query(f"{world.program.program_id}#{member_id}", begins_with="name#")
    assert {name for item in left for name in item} == {"pk", "sk", "kind"}


def test_members_of_another_program_are_not_found(api: Gateway, items: Table, people: dict[str, str]):
    others = Gateway(program(items, "Other").admin)
    others.post("/v1/members", {"email": "anna@shop.example", "first_name": "Zoë"})
    assert [each["first_name"] for each in others.get("/v1/members?q=anna").body["items"]] == ["Zoë"]
    assert found(api, "zoe") == ["zoe"]


def test_a_status_narrows_what_is_found(api: Gateway, people: dict[str, str]):
    api.patch(f"/v1/members/{people['anna@shop.example']}", {"status": "suspended"})
    assert found(api, "ann", "&status=approved") == ["annika"]
    assert found(api, "ann", "&status=suspended") == ["anna"]
    assert found(api, "ann", "&status=approved&email=anna@shop.example") == []
    assert found(api, "ann", "&email=ANNA@shop.example") == ["anna"]
    assert found(api, "zo", "&email=ANNA@shop.example") == []


def test_a_tag_in_an_address_makes_no_other_person(api: Gateway, people: dict[str, str]):
    def by_address(email: str) -> list[str]:
        return [each["email"] for each in api.get(f"/v1/members?email={email}").body["items"]]

    assert by_address("Anna+summer@shop.example") == ["anna@shop.example"]
    api.post("/v1/members", {"email": "anna+summer@shop.example"})
    assert by_address("Anna+summer@shop.example") == ["anna+summer@shop.example"]
    assert by_address("anna@shop.example") == ["anna@shop.example"]
    assert by_address("anna+winter@other.example") == []


_programs = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.text("aAäb -", max_size=6), st.text("aábB'", max_size=4)), min_size=1, max_size=8),
    st.text("aäbB ", min_size=2, max_size=3).filter(lambda q: len(folded(q)) >= 2),
    st.integers(1, 4),
)
def test_pages_together_hold_all_whose_names_begin_so_and_nobody_twice(
    items: Table, names: list[tuple[str, str]], q: str, limit: int
):
    program_id, told = f"prg_{next(_programs)}", []
    people = [named(number, *name) for number, name in enumerate(names)]
    for member in people:
        for op in (Put(member_item(program_id, member)), *lookups.renamed(program_id, None, member)):
            items.write(op)
    pages = [finding.by_beginning(items, program_id, q, None, limit, None)]
    while cursor := pages[-1].next_cursor:
        pages.append(finding.by_beginning(items, program_id, q, None, limit, cursor))
    assert all(len(page.items) <= limit for page in pages)
    told = [member.member_id for page in pages for member in page.items]
    assert sorted(told) == sorted(member.member_id for member in people if begins(member, folded(q)))


def named(number: int, first: str, last: str) -> Member:
    email = f"{'ab'[number % 2]}b{number}@shop.example"
    member_id = derived_id("mem", str(number))
    return builders.member(member_id=member_id, email=email, first_name=first, last_name=last)


def begins(member: Member, q: str) -> bool:
    words = folded(f"{member.first_name} {member.last_name}").split()
    turned = [" ".join(words[n:] + words[:n]) for n in range(len(words))]
    return any(text.startswith(q) for text in [member.email, *turned])


def test_a_cursor_of_another_search_is_refused(api: Gateway, people: dict[str, str]):
    cursor = api.get("/v1/members?q=ann&limit=1").body["next_cursor"]
    for other in (f"q=zoe&cursor={cursor}", "q=ann&cursor=!!"):
        answer = api.get(f"/v1/members?{other}")
        assert (answer.status, answer.code) == (422, "invalid_cursor")
    beyond = listing.cursor_at("ann\U0010ffffx")
    assert api.get(f"/v1/members?q=ann&cursor={beyond}").body == {"items": [], "next_cursor": None}


def test_a_page_reads_its_names_and_their_members_and_nothing_else(
    api: Gateway, items: Table, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    for number in range(30):
        api.post("/v1/members", {"email": f"annex{number}@shop.example"})
    read: list[int] = []
    query, batch_get = Table.query, Table.batch_get
    monkeypatch.setattr(Table, "query", lambda *a, **k: [f := query(*a, **k), read.append(len(f))][0])
    monkeypatch.setattr(Table, "batch_get", lambda *a, **k: [f := batch_get(*a, **k), read.append(len(f))][0])
    page = api.get("/v1/members?q=ann&limit=10").body
    assert len(page["items"]) == 10 - 1  # Anna is found by her address and by her name
    assert sum(read) <= 2 + 11 + 10  # the key and its program, names, members


def test_names_have_a_most_of_words_and_letters():
    member = builders.member(first_name="ß" * 200, last_name="a " * 100)
    assert len(names_of(member)) <= 6
    assert max(map(len, names_of(member))) == 100
