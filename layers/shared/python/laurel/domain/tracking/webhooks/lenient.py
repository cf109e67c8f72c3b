"""JSON read so that nothing in it that nobody reads can refuse it: exact numbers, and no limits but its size.

Numbers beyond measure stay text, bytes that are no UTF-8 become U+FFFD, and what nests too deep for any field becomes
null: where that is not read it does not matter, and where it is read it is not understood.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from laurel.domain.values.errors import Malformed

_LONGEST_NUMBER: Final = 400
_LEVELS: Final = 100
_BRACKET: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[][{}]', re.DOTALL)
"""A text, which may lack its end (else each quote in it would be tried as a beginning), or a bracket."""


def parse(raw: bytes) -> Any:
    """The value of a text; integers are int, other numbers Decimal. Raises Malformed if it is not JSON."""
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        try:
            return json.loads(text, parse_float=_exact, parse_constant=str, strict=False)
        except RecursionError:
            return _parse(_shallow(text))
        except ValueError:  # Python's own limit to the length of integers, if it is not the text
            return _parse(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("malformed_json", "the body is not JSON") from error


def _parse(text: str) -> Any:
    return json.loads(text, parse_float=_exact, parse_int=_whole, parse_constant=str, strict=False)


def _exact(number: str) -> Decimal | str:
    try:
        return Decimal(number)
    except InvalidOperation:
        return number


def _whole(number: str) -> int | str:
    return int(number) if len(number) <= _LONGEST_NUMBER else number


def _shallow(text: str) -> str:
    """`text` with null in the place of whatever is deeper than `_LEVELS`."""
    kept, depth, since = [], 0, 0
    for token in _BRACKET.finditer(text):
        match token.group():
            case "[" | "{":
                depth += 1
                if depth == _LEVELS + 1:
                    kept.append(text[since : token.start()] + "null")
                    since = len(text)
            case "]" | "}":
                since = token.end() if depth == _LEVELS + 1 else since
                depth -= 1
    return "".join([*kept, text[since:]])
