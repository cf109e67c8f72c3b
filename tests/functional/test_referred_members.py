"""Rules that count the approved whom a member brought, by the day they joined, at midnight and with own sales."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.domain.history import Author
from laurel.domain.members.members import NewMember
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.rules.schedule import Midnight
from laurel.store import keys
from laurel.store.table import Table
from laurel.workflows.kernel import transitions
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.members import members
from laurel.workflows.program import programs
from laurel.workflows.rules import rules
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import Randomness, World, request_of
from tests.kit.interference import Interfering

NOON = datetime(2026, 11, 18, 11, tzinfo=UTC)


def sign_up(items: Table, world: World, name: str, at: datetime = NOON, **about: Any) -> str:
    new = NewMember(email=f"{name}@example.com", **{"referrer_id": world.ada, **about})
    request = request_of(programs.get(items, world.program.program_id), at=at)
    return members.create(items, request, new, Randomness(name))[0].member_id


def set_status(api: Gateway, member_id: str, status: str) -> None:
    assert api.patch(f"/v1/members/{member_id}", {"status": status}).status == 200


def brings(items: Table, world: World, count: int, period: dict[str, Any], operator: str = "gte") -> str:
    """A rule that is as old as the program, whenever this runs."""
    condition = {"metric": "referred_members_count", "operator": operator, "value": count, "period": period}
    body = {"name": "Brings", "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 700}]}
    request = request_of(programs.get(items, world.program.program_id))
    return rules.create(items, request, RuleSettings.model_validate(body), Randomness("brings"))[0].rule_id


def begin(items: Table, world: World, after: datetime) -> None:
    """The local midnight that follows, for Ada."""
    rulebook = Rulebooks().current(items, world.program.program_id)
    calendar = rulebook.program.calendar
    day = calendar.day_of(after) + timedelta(days=1)
    transitions.begin_day(items, rulebook, world.ada, Midnight.of(calendar, day), calendar.start_of(day))


def bonuses(api: Gateway, world: World, rule_id: str) -> list[tuple[Any, ...]]:
    rows = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={rule_id}").body["items"]
    return [(row["amount"], row["period"], row["evidence"]["value"]) for row in rows]


def counts(items: Table, member_id: str) -> dict[str, int]:
    return {
        item["sk"]: item["count"]
        for item in everything(items)
        if item["kind"] == "referrals" and item["pk"].endswith(member_id)
    }


def brought(items: Table, member_id: str) -> int:
    """How many members, whenever they joined."""
    return sum(count for sk, count in counts(items, member_id).items() if sk.startswith("month#"))


def test_who_brings_enough_in_a_month_is_paid_at_midnight_once(api: Gateway, items: Table, world: World):
    rule_id = brings(items, world, 3, {"type": "current_month"})  # Ben, and two more
    sign_up(items, world, "one")
    begin(items, world, NOON)
    assert bonuses(api, world, rule_id) == []
    sign_up(items, world, "two", NOON + timedelta(days=1))
    for later in (1, 1, 2):
        begin(items, world, NOON + timedelta(days=later))
    assert bonuses(api, world, rule_id) == [(700, "current_month:2026-11-01", "3")]


def test_a_sale_of_ones_own_decides_too(api: Gateway, items: Table, world: World):
    rule_id = brings(items, world, 1, {"type": "all_time"})  # Ben, long ago
    order = {"order_id": "1", "amount": 100, "currency": "EUR", "promo_code": "ADA10"}
    api.post("/v1/conversions", order, key=world.reporter)
    drain(items)
    assert bonuses(api, world, rule_id) == [(700, "all_time", "1")]


@pytest.mark.parametrize(("status", "fires"), [("pending", 0), ("approved", 1), ("suspended", 0)])
def test_approved_ones_count_and_no_others(api: Gateway, items: Table, world: World, status: str, fires: int):
    rule_id = brings(items, world, 1, {"type": "current_day"})
    sign_up(items, world, "one", status=status)
    begin(items, world, NOON)
    assert len(bonuses(api, world, rule_id)) == fires


def test_who_is_approved_later_counts_then_on_the_day_they_joined(api: Gateway, items: Table, world: World):
    rule_id = brings(items, world, 2, {"type": "all_time"})  # Ben, and one more
    child = sign_up(items, world, "one", status="pending")
    begin(items, world, NOON)
    assert bonuses(api, world, rule_id) == []
    set_status(api, child, "approved")
    assert counts(items, world.ada)["day#2026-11-18#referrals"] == 1
    begin(items, world, NOON + timedelta(days=1))
    assert bonuses(api, world, rule_id) == [(700, "all_time", "2")]


def test_who_is_suspended_or_erased_does_not_count_until_they_are_back(api: Gateway, items: Table, world: World):
    child, brought = sign_up(items, world, "one"), "day#2026-11-18#referrals"
    told = []
    for status in ("suspended", "suspended", "pending", "approved", "approved", "suspended", "approved"):
        set_status(api, child, status)
        told.append(counts(items, world.ada)[brought])
    assert told == [0, 0, 0, 1, 1, 0, 1]
    for _ in range(2):
        assert api.post(f"/v1/members/{child}/erase?confirm=true").status == 200
        assert counts(items, world.ada)[brought] == 0


def test_who_was_suspended_before_they_were_erased_is_not_taken_off_twice(api: Gateway, items: Table, world: World):
    child = sign_up(items, world, "one")
    set_status(api, child, "suspended")
    assert api.post(f"/v1/members/{child}/erase?confirm=true").status == 200
    assert brought(items, world.ada) == 1  # Ben


@pytest.mark.parametrize("faster", ["approved", "suspended"])
def test_of_two_changes_at_once_each_counts_once(items: Table, world: World, faster: str):
    child = sign_up(items, world, "one", status="pending")

    def change(table: Any, status: str) -> None:
        members.edit(
            table,
            programs.get(items, world.program.program_id),
            child,
            {"status": status},
            None,
            Author("key:tests", NOON),
        )

    change(Interfering(items, lambda: change(items, faster)), "approved")
    assert counts(items, world.ada)["day#2026-11-18#referrals"] == 1


def test_another_time_zone_does_not_move_the_day_on_which_somebody_joined(api: Gateway, items: Table, world: World):
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # in Berlin it is December
    child = sign_up(items, world, "one", late)
    assert api.patch("/v1/program", {"timezone": "America/New_York"}).status == 200
    set_status(api, child, "suspended")
    found = {sk: count for sk, count in counts(items, world.ada).items() if sk.startswith("day#")}
    assert (found["day#2026-12-01#referrals"], "day#2026-11-30#referrals" in found) == (0, False)


def test_a_change_of_status_moves_the_account_of_who_brought_them(api: Gateway, items: Table, world: World):
    head, child = keys.head(world.program.program_id, world.ada), sign_up(items, world, "one")
    versions = [items.get(head)["version"]]
    for change in ({"status": "suspended"}, {"first_name": "Cleo"}, {"status": "approved"}):
        assert api.patch(f"/v1/members/{child}", change).status == 200
        versions.append(items.get(head)["version"] - versions[0])
    assert versions[1:] == [1, 1, 2]


def test_only_those_count_whom_the_member_brought_and_on_the_day_they_joined(items: Table, world: World, api: Gateway):
    before = counts(items, world.ada)
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # in Berlin it is December
    child = sign_up(items, world, "child", late)
    sign_up(items, world, "grandchild", late, referrer_id=child)
    sign_up(items, world, "nobodys", late, referrer_id=None)
    grown = {sk: count - before.get(sk, 0) for sk, count in counts(items, world.ada).items()}
    assert {sk: count for sk, count in grown.items() if count} == {
        "day#2026-12-01#referrals": 1,
        "month#797387#referrals": 1,
    }
    assert len(counts(items, child)) == 2


def test_with_a_forced_matrix_the_original_referrer_counts(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"features": {"forced_matrix": {"active": True, "width": 1}}})
    for number in range(3):
        sign_up(items, world, str(number))
    assert brought(items, world.ada) == 4


def test_of_two_who_sign_up_at_once_both_count(items: Table, world: World):
    racing = Interfering(items, lambda: sign_up(items, world, "faster"))
    sign_up(racing, world, "slower")
    assert counts(items, world.ada)["day#2026-11-18#referrals"] == 2


def test_a_sign_up_that_is_refused_or_repeated_counts_nothing_more(api: Gateway, items: Table, world: World):
    body = {"email": "cleo@example.com", "referrer_id": world.ada}
    for _ in range(2):
        assert api.post("/v1/members", body, idempotency_key="k").status == 201
    assert api.post("/v1/members", body).code == "email_taken"
    assert brought(items, world.ada) == 2


def test_a_sign_up_moves_the_account_of_who_brought_it(items: Table, world: World):
    head = keys.head(world.program.program_id, world.ada)
    before = items.get(head)["version"]
    sign_up(items, world, "one")
    assert items.get(head)["version"] == before + 1


def test_less_than_a_number_is_known_when_the_week_is_over(api: Gateway, items: Table, world: World):
    rule_id = brings(items, world, 1, {"type": "current_week"}, "lt")
    for day in (18, 19):
        begin(items, world, NOON.replace(day=day))
    assert bonuses(api, world, rule_id) == []
    begin(items, world, NOON.replace(day=22))
    assert bonuses(api, world, rule_id) == [(700, "current_week:2026-11-16", "0")]


def test_a_dry_run_tells_how_many_were_brought(api: Gateway, items: Table, world: World):
    rule_id = brings(items, world, 2, {"type": "all_time"})
    told = api.post(f"/v1/rules/{rule_id}/dry-run", {"member_id": world.ada}).body
    assert [(each["value"], each["holds"]) for each in told["conditions"]] == [(1, False)]


def test_those_brought_are_no_offer_of_their_own(api: Gateway, world: World):
    assert api.get(f"/v1/commissions?member_id={world.ada}").body["items"] == []
    for query in ("group_by=offer", f"group_by=offer&member_id={world.ada}"):
        assert api.get(f"/v1/reports/summary?{query}").body["rows"] == []
