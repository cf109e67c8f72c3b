"""The offers and mail templates that rules name: read together, to say rules in words and to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from laurel.domain.mail.templates import Template
from laurel.domain.offers.offers import Offer
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
    """Those of a program."""
    offers = [items.parse(Offer, item) for item in _newest(table, keys.offer(program_id, "").pk)]
    templates = [items.parse(Template, item) for item in _newest(table, keys.template(program_id, "").pk)]
    return Background({each.offer_id: each for each in offers}, {each.template_id: each.name for each in templates})


def _newest(table: Table, partition: str) -> list[Item]:
    return table.query(partition, limit=MOST, newest_first=True)
