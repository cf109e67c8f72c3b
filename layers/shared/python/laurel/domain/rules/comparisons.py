"""Comparisons of a reading with the value of a condition, by operator."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Comparisons: TypeAlias = Mapping[str, Callable[[Any, Any], bool]]


def _if_known(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, threshold: value is not None and compare(value, threshold)


COMPARE: Final[Comparisons] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
    "is_set": lambda value, _: bool(value),
}
COMPARE_GROUPS: Final[Comparisons] = {
    "eq": operator.contains,
    "ne": lambda options, option: option not in options,
    "is_set": lambda options, _: bool(options),
}
COMPARE_IF_KNOWN: Final[Comparisons] = {name: _if_known(compare) for name, compare in COMPARE.items()}
