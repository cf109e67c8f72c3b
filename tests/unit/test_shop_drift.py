"""A code that somebody changed in the shop, and that was put right, is shown as such for a while."""

from datetime import UTC, datetime, timedelta

from laurel.domain.history import code_edit
from laurel.domain.shops.codes import DRIFT_SHOWN_FOR, ShopCode, Told
from tests.unit.kit.builders import an_id

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
WELL = Told("live", None, (), ())
DRIFTED = Told("live", "changed_in_shop", (), (), drift=True)
FIRST = ShopCode.of(an_id("prg"), an_id("sf"), an_id("off"), an_id("mem"), "ADA10", NOW)


def drifted() -> ShopCode:
    return FIRST.told(DRIFTED, FIRST.wanted, NOW, None)


def test_a_repair_is_shown_with_its_instant_after_the_shop_was_found_well():
    later = NOW + timedelta(minutes=1)
    shown = drifted().told(WELL, 1, later, None).shown()
    assert (shown.state, shown.reason, shown.at) == ("live", "changed_in_shop", NOW)


def test_after_a_week_it_is_not_shown_any_more():
    kept = drifted().told(WELL, 1, NOW + DRIFT_SHOWN_FOR - timedelta(seconds=1), None)
    assert kept.shown().reason == "changed_in_shop"
    assert kept.told(WELL, 1, NOW + DRIFT_SHOWN_FOR, None).shown().reason is None


def test_an_edit_ends_it_at_once():
    edited = drifted().wanted_anew("ADA11", NOW, sells=True)
    assert (edited.shown().reason, edited.drift) == (None, None)


def test_a_trouble_of_now_comes_before_it():
    troubled = drifted().put_off(NOW, timedelta(minutes=1), "shop_unreachable")
    assert troubled.shown().reason == "shop_unreachable"
    assert troubled.told(WELL, 1, NOW + timedelta(minutes=1), None).shown().reason == "changed_in_shop"


def test_the_same_again_is_news_in_the_history():
    well = drifted().told(WELL, 1, NOW, None)
    again = well.told(DRIFTED, 1, NOW + timedelta(hours=1), None)
    assert again.shown().at == NOW + timedelta(hours=1)
    assert code_edit(drifted(), well, NOW) is None
    edit = code_edit(well, again, NOW)
    assert edit is not None
    assert [(each.field, each.after) for each in edit.changes] == [(f"shops.{an_id('sf')}.reason", "changed_in_shop")]
