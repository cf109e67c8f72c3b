"""Parsing remembered: what is parsed is frozen, and the same few items are read again and again."""

import marshal
from collections.abc import Callable
from typing import Any

Parse = Callable[[Any, Any], Any]


def remembered(parse: Parse) -> Parse:
    """`parse`, once for each content of an item."""
    known: dict[tuple[Any, ...], Any] = {}

    def parsed(model: Any, item: Any) -> Any:
        content = model, marshal.dumps(item, 2)  # all of it: some of an entity stands beside its body
        if content not in known:
            known[content] = parse(model, item)
        return known[content]

    return parsed
