"""Parsing remembered: what is parsed is frozen, and the same few items are read again and again."""

import marshal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import email_validator

from laurel.store import items, ledger
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
        replaced(items, "parse_program", _remembered(items.parse_program)),
        replaced(email_validator, "validate_email", _VALIDATED),
    ):
        yield


def _remembered(parse: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[tuple[Any, ...], Any] = {}

    def parsed(*model_and_item: Any) -> Any:
        *model, item = model_and_item
        content = *model, marshal.dumps(item, 2)  # all of it: some of an entity stands beside its body
        if content not in known:
            known[content] = parse(*model_and_item)
        return known[content]

    return parsed
