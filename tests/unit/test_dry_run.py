"""A dry run says what the transition would do, and does nothing."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.kernel.dry_run import DryRun, dry_run, needed, sole_rulebook
from laurel.domain.kernel.outcomes import Known
from laurel.domain.ledger.totals import REFERRED, Totals, from_stored
from laurel.domain.members.accounts import Account, reach
from laurel.domain.rules.rulebook import Rulebook
from tests.unit.kit.builders import SATURDAY, bonus, commission, condition, mails, member, rule, sets, steady
from tests.unit.kit.histories import History, histories
from tests.unit.kit.judged import folded as folded_history
from tests.unit.kit.ledger import Ledger, folded, is_read


def tried(ledger: Ledger, book: Rulebook, day: Any) -> DryRun:
    wanted = reach([day], book.ranges([day]))
    rows = {row: from_stored(stored) for row, stored in ledger.stored.items() if is_read(row, wanted)}
    rows |= {row: {REFERRED: [count, 0, 0]} for row, count in ledger.referred.items() if is_read(row, wanted)}
    account = Account(ledger.member, ledger.head, ledger.enrollments, Totals(rows))
    asked = needed(book, account, day)
    markers = {marker: marker in ledger.markers for marker in asked.marker_ids}
    multiples = {stretch: ledger.multiples_in(stretch) for stretch in asked.stretches}
    return dry_run(account, book, day, Known(markers, multiples=multiples))


@steady
@given(histories(), st.data())
def test_a_rule_would_fire_exactly_where_the_next_evaluation_fires_it(history: History, data: Any) -> None:
    ledger = folded_history(history)
    row = ledger.rows[data.draw(st.sampled_from(sorted(change.commission_id for change in history.changes)))]
    for each in ledger.rules:
        if each.waits_for_close or each.needs_order or (each.offers != "all" and row.offer_id not in each.offers):
            continue
        told = tried(ledger, sole_rulebook(ledger.program, each, ledger.links), row.day)
        alone = replace(
            ledger, rules=[each.model_copy(update={"enabled": True})], bonuses=list(ledger.bonuses), mails=[]
        )
        alone.stored, alone.counted = dict(ledger.stored), dict(ledger.counted)
        alone.fired, alone.reached, alone.multiples = {}, {}, dict(ledger.multiples)
        amounts = alone.fold(row)
        assert told.would_fire == (bool(amounts) or alone.member != ledger.member)
        assert [effect.amount for effect in told.effects if effect.type == "add_bonus_commission"] == (
            amounts[:1] if each.paying else []
        )
        assert len(told.multiples) == (len(amounts[:10]) if each.repeats else 0)


def test_a_dry_run_tells_what_each_condition_saw_and_what_would_happen() -> None:
    asks = [condition(), condition("user_field", field="level", operator="ne", value="gold")]
    told_of = rule(bonus(percent="2"), mails(), sets("level", "gold"), when=asks)
    ledger = folded(member=member(fields={"level": "new"}))
    ledger.fold(commission("a", 21000))
    told = tried(ledger, sole_rulebook(ledger.program, told_of, ledger.links), SATURDAY.date())
    assert (told.would_fire, told.period, told.marker) == (True, "current_week:2026-11-16", None)
    assert [(judged.value, judged.holds) for judged in told.conditions] == [(21000, True), ("new", True)]
    assert [effect.type for effect in told.effects] == ["add_bonus_commission", "send_mail", "update_user_field"]
    assert told.effects[0].model_dump()["amount"] == 420


def test_a_rule_that_fired_already_would_not_fire_and_names_its_marker() -> None:
    ledger = folded(rule())
    ledger.fold(commission("a", 21000))
    told = tried(ledger, sole_rulebook(ledger.program, rule(), ledger.links), SATURDAY.date())
    assert (told.would_fire, told.effects, told.marker) == (False, (), ledger.bonuses[0].commission_id)
    assert [judged.holds for judged in told.conditions] == [True]
