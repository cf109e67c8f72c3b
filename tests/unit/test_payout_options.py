"""Payout options of an offer: edited, made the default, removed; one default at any time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.offers.offers import MOST_OPTIONS, NewPayoutOption, Offer, OfferEdit, OfferView, option_patch
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.values.errors import Absent, Conflict, Invalid, Refusal
from laurel.domain.values.patches import patched
from tests.unit.kit.builders import BASIC, GOLD, an_id, at, offer, option, steady, terms

NOON = at("2026-11-21 12:00")
gold = option(payout_option_id=GOLD, name="Gold", default=False)
two = offer(payout_options=(option(), gold))


def edited(current: Offer, payout_option_id: str, /, **patch: Any) -> Offer:
    """The offer after a merge patch of one of its options."""
    before = current.offered(payout_option_id)
    return current.with_option(before.edited(patched(NewPayoutOption, before, option_patch(before, patch))))


def defaults(current: Offer) -> list[str]:
    return [each.payout_option_id for each in current.payout_options if each.default]


def test_an_option_made_the_default_takes_the_place_of_the_one_before() -> None:
    assert defaults(edited(two, GOLD, default=True)) == [GOLD]
    fresh = option(payout_option_id=an_id("opt", "new"), default=True)
    assert defaults(two.with_option(fresh)) == [fresh.payout_option_id]


@pytest.mark.parametrize("no_default", [False, None])
def test_the_default_cannot_stop_being_it_by_itself(no_default: bool | None) -> None:
    with pytest.raises(Conflict, match="payout_option_is_default"):
        edited(two, BASIC, default=no_default)
    with pytest.raises(Conflict, match="payout_option_is_default"):
        two.without_option(BASIC, NOON, ())


def test_other_terms_are_another_version_and_another_name_is_not() -> None:
    assert edited(two, GOLD, name="Golden").offered(GOLD).version == 1
    assert edited(two, GOLD, default=True).offered(GOLD).version == 1
    assert edited(two, GOLD, terms={"percent": "10"}).offered(GOLD).version == 1
    assert edited(two, GOLD, terms={"percent": "11"}).offered(GOLD).version == 2
    assert edited(two, GOLD, terms={"tiers": [{"percent_of_sale": "1"}]}).offered(GOLD).version == 2


def test_an_edit_of_one_option_leaves_the_others() -> None:
    assert edited(two, GOLD, terms={"percent": "11"}).offered(BASIC) == two.offered(BASIC)
    assert edited(two, GOLD) == two


def test_terms_of_another_type_begin_without_the_rates_of_the_one_before() -> None:
    action = {"sign-up": {"amount": 100}}
    paying = edited(two, GOLD, terms={"actions": action})
    flat = edited(paying, GOLD, terms={"type": "flat_per_sale", "amount": 500}).offered(GOLD).terms
    assert flat == terms(type="flat_per_sale", amount=500, actions=action)
    assert edited(paying, GOLD, terms={"type": "none"}).offered(GOLD).terms == terms(type="none", actions=action)
    with pytest.raises(Invalid) as refused:
        edited(paying, GOLD, terms={"type": "flat_plus_percent", "amount": 1})
    assert refused.value.pointer == "/terms/percent"


@pytest.mark.parametrize(
    "patch", [{"terms": None}, {"terms": 5}, {"terms": {"type": ["none"]}}, {"terms": {"type": 1}}]
)
def test_terms_that_are_none_are_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        edited(two, GOLD, **patch)


def test_clicks_are_paid_on_links_only() -> None:
    clicks = {"type": "per_click", "amount": 5}
    with pytest.raises(Invalid, match="per_click_on_promo_code"):
        edited(two, GOLD, terms=clicks)
    links = offer(kind="link", payout_options=(option(), gold))
    assert edited(links, GOLD, terms=clicks).offered(GOLD).terms.type == "per_click"


def test_an_offer_has_so_many_options_and_removed_ones_are_none_of_them() -> None:
    full = two
    for number in range(MOST_OPTIONS - 2):
        full = full.with_option(option(payout_option_id=an_id("opt", str(number)), default=False))
    one_more = option(payout_option_id=an_id("opt", "more"), default=False)
    with pytest.raises(Conflict, match="too_many_payout_options"):
        full.with_option(one_more)
    room = full.without_option(GOLD, NOON, ())
    assert len(room.with_option(one_more).payout_options) == MOST_OPTIONS


def filled(current: Offer, terms: PayoutTerms, count: int) -> Offer:
    """With so many more options; each second is removed again."""
    for number in range(count):
        name = an_id("opt", str(number))
        current = current.with_option(option(payout_option_id=name, default=False, terms=terms))
        if number % 2:
            current = current.without_option(name, NOON, current.removed_options)
    return current


def test_an_offer_stays_an_item_of_the_table() -> None:
    long = {f"{number}{'ä' * 60}": {"percent": "12.3456"} for number in range(10, 60)}
    fat = terms(type="none", actions=long, tiers=[{"percent_of_first_tier": "12.3456"}] * 20)
    assert len(filled(offer(), fat, 30).model_dump_json().encode()) < 400_000
    with pytest.raises(Conflict, match="payout_options_too_large"):
        filled(offer(), fat, 36)


def test_a_removed_option_is_not_offered_and_still_pays_who_is_in_it() -> None:
    left = two.without_option(GOLD, NOON, ())
    assert left.option(GOLD).terms == gold.terms
    assert (left.removed_options[0].removed_at, left.payout_options) == (NOON, (option(),))
    with pytest.raises(Absent, match="payout_option_not_found"):
        left.offered(GOLD)
    with pytest.raises(Absent, match="payout_option_not_found"):
        left.without_option(GOLD, NOON, ())
    with pytest.raises(Invalid, match="unknown_payout_option"):
        left.chosen(GOLD)
    assert "removed_options" not in OfferView.of(left).model_dump()
    assert GOLD not in OfferView.of(left).model_dump_json()


def test_removed_options_are_forgotten_when_they_are_no_longer_kept() -> None:
    silver = option(payout_option_id=an_id("opt", "silver"), default=False)
    left = two.with_option(silver).without_option(GOLD, NOON, ())
    assert [
        each.payout_option_id for each in left.without_option(silver.payout_option_id, NOON, ()).removed_options
    ] == [silver.payout_option_id]
    kept = left.removed_options * MOST_OPTIONS
    with pytest.raises(Conflict, match="too_many_payout_options"):
        left.without_option(silver.payout_option_id, NOON, kept)


def test_buckets_only_grow() -> None:
    grown = two.edited(patched(OfferEdit, two, {"buckets": 4}))
    assert grown.buckets == 4
    with pytest.raises(Invalid, match="buckets_only_grow"):
        grown.edited(patched(OfferEdit, grown, {"buckets": 3}))
    for wrong in (0, 17, None, 2.0, "4"):
        with pytest.raises(Invalid, match="invalid_request"):
            patched(OfferEdit, two, {"buckets": wrong})


NAMES = [BASIC, GOLD, an_id("opt", "silver")]
patches = st.fixed_dictionaries(
    {}, optional={"default": st.booleans(), "terms": st.fixed_dictionaries({"percent": st.sampled_from(["5", "6"])})}
)
options = st.builds(option, payout_option_id=st.sampled_from(NAMES), default=st.booleans())
changes = st.one_of(
    options.map(lambda new: lambda current: current.with_option(new)),
    st.sampled_from(NAMES).map(
        lambda name: lambda current: current.without_option(name, NOON, current.removed_options)
    ),
    st.tuples(st.sampled_from(NAMES), patches).map(lambda drawn: lambda current: edited(current, drawn[0], **drawn[1])),
)


@steady
@given(st.lists(changes, max_size=12))
def test_whatever_is_done_to_the_options_one_of_them_is_the_default(drawn: list[Any]) -> None:
    current = two
    for change in drawn:
        try:
            current = change(current)
        except Refusal:
            continue
        assert len(defaults(current)) == 1
        offered = [each.payout_option_id for each in current.payout_options]
        assert len(set(offered)) == len(offered)
