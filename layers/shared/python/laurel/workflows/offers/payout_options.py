"""Payout options of an offer: added, edited and removed after its launch; recorded commissions keep their terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from laurel.domain.history import Author, option_edit
from laurel.domain.offers.offers import NewPayoutOption, Offer, PayoutOption, RemovedOption, option_patch
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_MEMBER
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.offers import offers
from laurel.workflows.program import programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import following, require_version, revised
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.optimistic import racing, redo

_SLIPPING_IN: Final = timedelta(days=1)
"""Far longer than a request that read the option before its removal takes, and than the index lags."""


@dataclass(frozen=True, slots=True)
class OptionPlace:
    """The ids of an option, with those of its offer and its program."""

    program_id: str
    offer_id: str
    payout_option_id: str


def add(
    table: Table,
    request: Request,
    offer_id: str,
    new: NewPayoutOption,
    randomness: Randomness,
    if_match: int | None = None,
) -> tuple[PayoutOption, int]:
    """One more option of an offer. Raises Absent, Invalid, Conflict `too_many_payout_options`, Stale."""
    if (earlier := idempotency.find(table, request, PayoutOption)) is not None:
        return earlier
    program_id = request.program.program_id
    option = PayoutOption(payout_option_id=new_id("opt", request.at, randomness(10)), **dict(new))

    def attempt() -> tuple[PayoutOption, int]:
        current = offers.get(table, program_id, offer_id)
        require_version(current, if_match)
        by = following(current, request.author)
        changed = revised(current, current.with_option(option), by.at)
        ops = offers.written(program_id, current, changed, option_edit(current, changed, option.payout_option_id, by))
        with racing():
            return idempotency.commit(table, request, ops, option)

    return redo(attempt)


def edit(
    table: Table, option: OptionPlace, patch: Mapping[str, Any], if_match: int | None, author: Author
) -> PayoutOption:
    """An option after a merge patch; rows recorded before keep their terms. `if_match`: the offer's version.

    Raises Absent, Invalid, Stale, Conflict `payout_option_is_default`.
    """

    def attempt() -> PayoutOption:
        current = offers.get(table, option.program_id, option.offer_id)
        require_version(current, if_match)
        before = current.offered(option.payout_option_id)
        after = before.edited(patched(NewPayoutOption, before, option_patch(before, patch)))
        by = following(current, author)
        changed = revised(current, current.with_option(after), by.at)
        if changed is not current:
            with racing():
                edit = option_edit(current, changed, option.payout_option_id, by)
                table.transact(offers.written(option.program_id, current, changed, edit))
        return after

    return redo(attempt)


def remove(table: Table, option: OptionPlace, if_match: int | None, author: Author) -> None:
    """Removes an option: nobody can choose it any more. `if_match`: the offer's version.

    Raises Absent, Stale, Conflict `payout_option_is_default`, `payout_option_in_use`.
    """

    def attempt() -> None:
        rules_version = programs.get(table, option.program_id).rules_version  # before the rules are read
        current = offers.get(table, option.program_id, option.offer_id)
        require_version(current, if_match)
        by = following(current, author)
        left = current.without_option(option.payout_option_id, by.at, _still_needed(table, option, current, by.at))
        _require_unused(table, option)
        changed = revised(current, left, by.at)
        edit = option_edit(current, changed, option.payout_option_id, by)
        ops = offers.written(option.program_id, current, changed, edit)
        with racing():
            table.transact([*ops, _no_rule_since(option.program_id, rules_version)])

    redo(attempt)


def _require_unused(table: Table, option: OptionPlace) -> None:
    """Raises Conflict `payout_option_in_use`."""
    if _has_members(table, option, option.payout_option_id):
        raise Conflict("payout_option_in_use", "members are in this option: move them first")
    from laurel.domain.rules.rules import Rule  # few requests take an option away

    rules = (items.parse(Rule, item) for item in table.query(keys.rule(option.program_id, "").pk))
    named = [rule.name for rule in rules if option.payout_option_id in rule.payout_options]
    if named:
        raise Conflict("payout_option_in_use", f"rules name this option: {', '.join(named[:5])}")


def _no_rule_since(program_id: str, rules_version: int) -> Update:
    """A write that fails if a rule was saved since, and makes saves under way start over, since they read before it."""
    expect = {"rules_version": rules_version}
    return Update(keys.program(program_id), set={"rules_version": rules_version + 1}, expect=expect)


def _still_needed(table: Table, option: OptionPlace, offer: Offer, now: datetime) -> tuple[RemovedOption, ...]:
    """The removed options that somebody is in, or may still slip into."""
    return tuple(
        gone
        for gone in offer.removed_options
        if now - gone.removed_at < _SLIPPING_IN or _has_members(table, option, gone.payout_option_id)
    )


def _has_members(table: Table, place: OptionPlace, payout_option_id: str) -> bool:
    partition = indexes.option_members(place.program_id, place.offer_id, payout_option_id)
    return bool(table.query(partition, limit=1, index=BY_MEMBER))
