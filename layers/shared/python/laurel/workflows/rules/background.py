"""The offers and mail templates that rules name: read together, to say rules in words and to choose from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from laurel.concurrency import side_by_side
from laurel.domain.mail.templates import Template
from laurel.domain.offers.offers import Offer
from laurel.domain.rules.rules import RuleSettings
from laurel.store import items, keys
from laurel.store.table import Table
from laurel.store.values import Item

MOST: Final = 500
"""The most offers, and the most templates, that are read."""


@dataclass(frozen=True, slots=True)
class Background:
    """`offers`: offer id -> offer; `templates`: template id -> its name; the newest first."""

    offers: Mapping[str, Offer]
    templates: Mapping[str, str]


def of(table: Table, program_id: str) -> Background:
    """The offers and templates of a program."""
    partitions = [keys.offer(program_id, "").pk, keys.template(program_id, "").pk]
    of_offers, of_templates = side_by_side(partial(_newest, table), partitions)
    offers = [items.parse(Offer, item) for item in of_offers]
    templates = [items.parse(Template, item) for item in of_templates]
    return Background({each.offer_id: each for each in offers}, {each.template_id: each.name for each in templates})


def named(table: Table, program_id: str, rules: Sequence[RuleSettings]) -> Background:
    """The ones that some rules name, in one read; if one asks for a payout option of whatever offer, in two."""
    offer_ids = {offer_id for rule in rules for offer_id in _offer_ids(rule)}
    template_ids = {send.template_id for rule in rules for send in rule.sends if send.template_id is not None}
    offer_keys = [keys.offer(program_id, each) for each in offer_ids]
    template_keys = [keys.template(program_id, each) for each in template_ids]
    found = table.batch_get([*offer_keys, *template_keys])
    offers = [items.parse(Offer, found[key]) for key in offer_keys if key in found]
    known = {option.payout_option_id for offer in offers for option in (*offer.payout_options, *offer.removed_options)}
    if not known.issuperset(option for rule in rules for option in rule.payout_options):
        offers = [items.parse(Offer, item) for item in _newest(table, keys.offer(program_id, "").pk)]
    templates = [items.parse(Template, found[key]) for key in template_keys if key in found]
    return Background({each.offer_id: each for each in offers}, {each.template_id: each.name for each in templates})


def _offer_ids(rule: RuleSettings) -> Iterator[str]:
    for offers in (rule.offers, *(condition.offers for condition in rule.conditions)):
        yield from () if offers is None or offers == "all" else offers
    yield from (move.offer_id for move in rule.moves)


def _newest(table: Table, partition: str) -> list[Item]:
    return table.query(partition, limit=MOST, newest_first=True)
