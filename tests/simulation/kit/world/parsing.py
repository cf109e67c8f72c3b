"""Parsing remembered: what is parsed is frozen, and the same few items are read again and again."""

import marshal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import email_validator

from laurel.store import items, ledger
from laurel.store.values import Item
from tests.simulation.kit.replacing import replaced

_VALIDATED: Final = cache(email_validator.validate_email)
"""The same few addresses, each time that one is read."""


@contextmanager
def remembering() -> Iterator[None]:
    """What is parsed meanwhile is parsed once for each content, whoever plays a history or judges it."""
    parse = _remembered(items.parse)
    with (
        replaced(items, "parse", parse),
        replaced(ledger, "parse", parse),
        replaced(items, "parse_program", _remembered_program(items.parse_program)),
        replaced(email_validator, "validate_email", _VALIDATED),
    ):
        yield


def _remembered(parse: Callable[[Any, Item], Any]) -> Callable[[Any, Item], Any]:
    known: dict[tuple[Any, ...], Any] = {}

    def parsed(model: Any, item: Item) -> Any:
        content = model, item["pk"], item.get("version"), marshal.dumps(item["body"], 2)
        if content not in known:
            known[content] = parse(model, item)
        return known[content]

    return parsed


def _remembered_program(parse: Callable[[Item], Any]) -> Callable[[Item], Any]:
    known: dict[bytes, Any] = {}

    def parsed(item: Item) -> Any:
        content = marshal.dumps(item, 2)
        if content not in known:
            known[content] = parse(item)
        return known[content]

    return parsed
