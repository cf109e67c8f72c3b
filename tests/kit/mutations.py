"""Bodies with a few of their fields odd, gone or elsewhere, and texts that are hardly JSON any more."""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

_RAW: Final = "@as written:"
"""Before a text that stands in the JSON as it is, for numbers that Python does not write."""

ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    "",
    "  ",
    "?",
    "-",
    "0",
    "-1",
    "1,50",
    "0000-00-00 00:00:00",
    "2026-13-45T99:99:99Z",
    "1e9999",
    "NaN",
    "0x10",
    "\ud800",
    "\x00",
    "e\u0301\u202e\u200d\U0001f9ff",
    "x" * 300,
    0,
    -1,
    10**40,
    -(2**63),
    [],
    [None],
    [[[]]],
    {},
    {"0": {"id": 1, "total": "?"}},
    {"shop_money": {"amount": "7", "currency_code": "JPY"}},
    *(
        _RAW + number
        for number in ("NaN", "-Infinity", "1e999", "1E+400", "-0.0", "0." + "0" * 40 + "1", "7.5", "9" * 500)
    ),
)
_CURRENCIES: Final = ("EUR", "USD", "JPY", "KWD", "XXX", "eur", "€")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container in a body with each of its keys."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def mutated(chance: random.Random, body: Any, odd: tuple[Any, ...] = ODD) -> Any:
    """A copy with one to three of its fields odd, gone, twice or elsewhere."""
    copy = deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        found = list(places(copy))
        if found:
            chance.choice(_CHANGES)(chance, found, odd)
    return copy


def _replace(chance: random.Random, found: list[tuple[Any, Any]], odd: tuple[Any, ...]) -> None:
    container, key = chance.choice(found)
    container[key] = deepcopy(chance.choice(odd))


def _drop(chance: random.Random, found: list[tuple[Any, Any]], _: tuple[Any, ...]) -> None:
    container, key = chance.choice(found)
    del container[key]


def _repeat(chance: random.Random, found: list[tuple[Any, Any]], _: tuple[Any, ...]) -> None:
    lists = [container[key] for container, key in found if isinstance(container[key], list) and container[key]]
    if lists:
        chosen = chance.choice(lists)
        chosen.extend(deepcopy([chance.choice(chosen)] * chance.randint(1, 3)))


def _swap(chance: random.Random, found: list[tuple[Any, Any]], _: tuple[Any, ...]) -> None:
    (one, key), (other, name) = chance.choice(found), chance.choice(found)
    if not isinstance(one[key], dict | list) and not isinstance(other[name], dict | list):  # no tree into itself
        one[key], other[name] = other[name], one[key]


def _sink(chance: random.Random, found: list[tuple[Any, Any]], _: tuple[Any, ...]) -> None:
    container, key = chance.choice(found)
    for _depth in range(chance.choice((3, 30, 300))):
        container[key] = [container[key]]


def _resize(chance: random.Random, found: list[tuple[Any, Any]], _: tuple[Any, ...]) -> None:
    numbers = [(box, key) for box, key in found if isinstance(box[key], int) and not isinstance(box[key], bool)]
    if numbers:
        container, key = chance.choice(numbers)
        container[key] = chance.choice(
            (-container[key], container[key] * 1000, container[key] + 1, str(container[key]))
        )


def _other_currency(chance: random.Random, found: list[tuple[Any, Any]], _: tuple[Any, ...]) -> None:
    told = [(box, key) for box, key in found if isinstance(key, str) and "currency" in key]
    if told:
        container, key = chance.choice(told)
        container[key] = chance.choice(_CURRENCIES)


_CHANGES: Final[tuple[Callable[[random.Random, list[tuple[Any, Any]], tuple[Any, ...]], None], ...]] = (
    _replace,
    _replace,
    _replace,
    _drop,
    _drop,
    _repeat,
    _swap,
    _sink,
    _resize,
    _other_currency,
)


def written(chance: random.Random, body: Any) -> bytes:
    """A body as text, once in eight times spoilt as text."""
    text = json.dumps(body)
    for number in [each[len(_RAW) :] for each in ODD if isinstance(each, str) and each.startswith(_RAW)]:
        text = text.replace(f'"{_RAW}{number}"', number)
    raw = text.encode()
    return chance.choice(_SPOILT)(chance, raw) if chance.random() < 1 / 8 else raw


def _cut(chance: random.Random, raw: bytes) -> bytes:
    return raw[: chance.randrange(len(raw))]


def _no_utf8(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([chance.choice((0x80, 0xC3, 0xFF, 0x00))]) + raw[at + 1 :]


def _said_twice(_: random.Random, raw: bytes) -> bytes:
    return raw.replace(b"{", b'{"id": 7, "currency": "JPY", ', 1)


def _wrapped(chance: random.Random, raw: bytes) -> bytes:
    before, after = chance.choice(((b"[", b"]"), (b'{"order": ', b"}"), (b"\xef\xbb\xbf", b""), (b"", b" ,")))
    return before + raw + after


_SPOILT: Final = (_cut, _no_utf8, _said_twice, _wrapped)
