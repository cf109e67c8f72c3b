"""History: one line a change, told in the fields of the HTTP contract."""

import pytest

from laurel.domain.history import Author, Edit, FieldChange, differences, enrollment_edit, offer_edit, option_edit
from laurel.domain.offers.offers import NewPayoutOption, Offer, PayoutOption
from tests.unit.kit.builders import BASIC, GOLD, an_id, at, enrollment, offer, option

NOON = at("2026-11-21 12:00")
PERSON = Author("key:" + an_id("key"), NOON)
RULE = Author("rule:" + an_id("rul"), NOON, an_id("bat"))


def of(*options: PayoutOption) -> Offer:
    return offer(payout_options=options)


def told(edit: Edit) -> dict[str, tuple[object, object]]:
    return {change.field: (change.before, change.after) for change in edit.changes}


def test_only_what_differs_is_told_and_bookkeeping_never_is() -> None:
    before = offer()
    after = offer(name="Summer", version=2, updated_at=NOON)
    assert differences(before, after, frozenset()) == (FieldChange(field="name", before="Spring", after="Summer"),)
    assert differences(before, after, frozenset({"name"})) == ()
    assert differences(before, before, frozenset()) == ()


def test_what_is_set_or_cleared_has_null_on_its_other_side() -> None:
    plain, dated = enrollment(), enrollment(active_until=NOON)
    assert told(enrollment_edit(plain, dated, PERSON)) == {"active_until": (None, "2026-11-21T12:00:00Z")}
    assert told(enrollment_edit(dated, plain, PERSON)) == {"active_until": ("2026-11-21T12:00:00Z", None)}


def test_an_enrollment_is_told_in_the_fields_that_people_see() -> None:
    before = enrollment(slug="abc")
    shown = {"payout_option_id": GOLD, "promo_code": "ANNA20", "active": False, "fixed": True}
    after = enrollment(**shown, slug="abd", deactivated_at=NOON, gaps=[(at("2026-11-20"), NOON)], move=1)
    edit = enrollment_edit(before, after, RULE)
    assert told(edit) == {
        "payout_option_id": (BASIC, GOLD),
        "promo_code": ("ANNA10", "ANNA20"),
        "active": (True, False),
        "fixed": (False, True),
        "slug": ("abc", "abd"),
    }
    assert (edit.action, edit.member_id) == ("enrollment_edited", after.member_id)
    assert (edit.actor, edit.at, edit.batch_id) == (RULE.actor, NOON, RULE.batch_id)


def test_an_enrolling_tells_what_the_member_begins_with() -> None:
    edit = enrollment_edit(None, enrollment(), PERSON)
    assert edit.action == "enrolled"
    assert told(edit) == {
        "payout_option_id": (None, BASIC),
        "promo_code": (None, "ANNA10"),
        "active": (None, True),
        "fixed": (None, False),
    }


def test_an_offer_is_told_whole_when_it_is_made_and_then_by_its_changes() -> None:
    made = offer_edit(None, offer(), PERSON)
    assert (made.action, made.member_id, made.batch_id) == ("created", None, None)
    assert {"name", "kind", "status", "payout_options", "buckets"} <= told(made).keys()
    assert not {"offer_id", "removed_options", "version"} & told(made).keys()
    paused = offer_edit(offer(), offer(status="paused"), PERSON)
    assert (paused.action, told(paused)) == ("edited", {"status": ("active", "paused")})


def test_an_option_is_told_by_itself() -> None:
    before, after = option(), option(name="Plain", terms={"type": "percent_of_sale", "percent": "12"})
    gold = option(payout_option_id=GOLD, name="Gold", default=False)
    edit = option_edit(of(before, gold), of(after, gold), BASIC, PERSON)
    assert (edit.action, edit.payout_option_id) == ("payout_option_edited", BASIC)
    assert told(edit)["name"] == ("Basic", "Plain")
    assert [side["percent"] for side in told(edit)["terms"]] == ["10", "12"]  # type: ignore[index]
    added = option_edit(of(before), of(before, gold), GOLD, PERSON)
    removed = option_edit(of(before, gold), of(before), GOLD, PERSON)
    assert (added.action, removed.action) == ("payout_option_added", "payout_option_removed")
    assert told(added)["name"] == (None, "Gold")
    assert told(removed)["name"] == ("Gold", None)
    assert {change.field.partition(".")[0] for change in (*added.changes, *removed.changes)} <= {
        *NewPayoutOption.model_fields
    }


@pytest.mark.parametrize("by_adding", [True, False])
def test_another_default_tells_which_option_it_was_before(by_adding: bool) -> None:
    before = of(option()) if by_adding else of(option(), option(payout_option_id=GOLD, name="Gold", default=False))
    after = before.with_option(option(payout_option_id=GOLD, name="Gold", default=True))
    edit = option_edit(before, after, GOLD, PERSON)
    assert told(edit)["default"] == (None if by_adding else False, True)
    assert told(edit)[f"payout_options.{BASIC}.default"] == (True, False)
