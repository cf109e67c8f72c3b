"""Payouts and rules pay nobody who is not approved: what is due to them stays due."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from laurel.store.table import Table
from laurel.workflows.payouts import drafting, lines
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paying_shop import NOVEMBER, NOW, Shop
from tests.functional.kit.selling import sell
from tests.functional.kit.world import World
from tests.functional.test_paying import shop  # noqa: F401 -- a fixture
from tests.functional.test_rule_actions import at_least, mail, referrer, rich, rows, rule  # noqa: F401
from tests.kit.interference import Interfering


@pytest.mark.parametrize("status", ["pending", "suspended", "erased"])
def test_who_is_not_approved_is_not_paid_and_it_stays_due(shop: Shop, status: str) -> None:  # noqa: F811
    left, paid = shop.earn("adas", 1_000), shop.earn("bens", 500, shop.world.ben)
    shop.become(status)
    payout_id = shop.pay()
    assert shop.lines(payout_id) == {shop.world.ben: (500, 1)}
    assert (shop.row(left).payout, shop.row(paid).payout) == ("unpaid", "paid")
    assert (shop.due(), shop.last_payout()) == (1_000, None)
    shop.require_sound()


def test_naming_a_suspended_member_pays_them_nothing(shop: Shop) -> None:  # noqa: F811
    shop.earn("adas", 1_000)
    shop.become("suspended")
    payout_id = shop.pay(member_ids=[shop.world.ada])
    assert (shop.lines(payout_id), shop.payout(payout_id).total) == ({}, 0)


def test_who_is_approved_again_is_paid_by_the_next_payout(shop: Shop) -> None:  # noqa: F811
    shop.earn("adas", 1_000)
    shop.become("suspended")
    shop.pay()
    shop.become("approved")
    assert shop.lines(shop.pay()) == {shop.world.ada: (1_000, 1)}
    assert shop.due() == 0


def test_who_is_suspended_while_the_draft_is_made_leaves_it_at_once(
    shop: Shop,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drafting, "MOST_ROWS", 1)
    for number in range(3):
        shop.earn(f"{number}", 100)
    payout_id = shop.start()
    drafting.page(shop.table, shop.rulebook, lines.first_cursor(payout_id), NOW)
    shop.become("suspended")
    assert shop.left_out(payout_id) == {shop.world.ada: (100, "not_approved")}
    assert shop.payout(payout_id).total == 0
    assert shop.run(payout_id).status == "done"
    shop.work()
    assert (shop.lines(payout_id), shop.due()) == ({}, 300)
    shop.require_sound()


@pytest.mark.parametrize("status", ["suspended", "erased"])
def test_who_is_suspended_leaves_every_open_draft_and_its_rows_are_due_as_before(
    shop: Shop,  # noqa: F811
    status: str,
) -> None:
    early, late = shop.earn("early", 300, when=NOVEMBER - timedelta(days=5)), shop.earn("late", 700)
    shop.earn("bens", 50, shop.world.ben)
    first = shop.draft(until=NOVEMBER.date() - timedelta(days=1))
    second = shop.draft()
    shop.become(status)
    reason = "erased" if status == "erased" else "not_approved"
    assert shop.left_out(first) == {shop.world.ada: (300, reason)}
    assert shop.left_out(second) == {shop.world.ada: (700, reason)}
    assert (shop.payout(first).total, shop.payout(second).total) == (0, 50)
    shop.require_sound(is_quiet=False)
    shop.work()
    assert (shop.row(early).payout, shop.row(late).payout) == ("unpaid", "unpaid")
    assert shop.due() == 1_050
    shop.require_sound()


def test_who_is_suspended_after_the_confirmation_is_paid_what_was_decided(shop: Shop) -> None:  # noqa: F811
    shop.earn("adas", 1_000)
    payout_id = shop.draft()
    shop.confirm(payout_id)
    shop.become("suspended")
    assert shop.run(payout_id).status == "done"
    assert (shop.lines(payout_id), shop.due()) == ({shop.world.ada: (1_000, 1)}, 0)
    shop.require_sound()


def test_who_is_suspended_between_the_reading_and_the_writing_is_not_in_the_draft(shop: Shop) -> None:  # noqa: F811
    shop.earn("adas", 1_000)
    payout_id = shop.start()
    shop.table = Interfering(shop.table, lambda: shop.become("suspended"))
    assert shop.run(payout_id).status == "done"
    assert (shop.lines(payout_id), shop.due()) == ({}, 1_000)


@pytest.mark.parametrize("frequency", ["every_sale", "once_per_period"])
def test_a_referrer_who_is_suspended_earns_nothing_and_the_rule_does_nothing(
    rich: Gateway,  # noqa: F811
    world: World,
    items: Table,
    frequency: str,
) -> None:
    made = rule(rich, at_least(1), referrer(frequency, percent="10"), mail(world))
    assert rich.patch(f"/v1/members/{world.ada}", {"status": "suspended"}).status == 200
    sell(world, items, promo_code="BEN10")
    assert (rows(rich, world.ada, made), rows(rich, world.ben, made)) == ([], [])
    assert rich.get(f"/v1/mails?rule_id={made['rule_id']}").body["items"] == []
    assert not would_fire(rich, world, made)
    assert rich.patch(f"/v1/members/{world.ada}", {"status": "approved"}).status == 200
    assert would_fire(rich, world, made)
    sell(world, items, promo_code="BEN10")
    assert len(rows(rich, world.ada, made)) == 1


def would_fire(api: Gateway, world: World, made: Mapping[str, Any]) -> bool:
    return bool(api.post(f"/v1/rules/{made['rule_id']}/dry-run", {"member_id": world.ben}).body["would_fire"])
