"""Identities: sortable random ids for what people make, derived ids for what must exist once."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32, in ASCII order
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_TIME_CHARACTERS, _RANDOM_CHARACTERS = 10, 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LATEST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND


def _pattern(prefix: str) -> str:
    return rf"^{prefix}_[{_ALPHABET}]{{26}}$"


ProgramId = Annotated[str, Field(pattern=_pattern("prg"))]
OfferId = Annotated[str, Field(pattern=_pattern("off"))]
PayoutOptionId = Annotated[str, Field(pattern=_pattern("opt"))]
MemberId = Annotated[str, Field(pattern=_pattern("mem"))]
RuleId = Annotated[str, Field(pattern=_pattern("rul"))]
CommissionId = Annotated[str, Field(pattern=_pattern("com"))]
StorefrontId = Annotated[str, Field(pattern=_pattern("sf"))]
TemplateId = Annotated[str, Field(pattern=_pattern("tpl"))]
MailId = Annotated[str, Field(pattern=_pattern("mai"))]
KeyId = Annotated[str, Field(pattern=_pattern("key"))]
JobId = Annotated[str, Field(pattern=_pattern("job"))]
ClickId = Annotated[str, Field(pattern=_pattern("clk"))]
RecurrenceId = Annotated[str, Field(pattern=_pattern("rec"))]
PayoutId = Annotated[str, Field(pattern=_pattern("pay"))]
DeliveryId = Annotated[str, Field(pattern=_pattern("dlv"))]
ShopCodeId = Annotated[str, Field(pattern=_pattern("shc"))]
EndpointId = Annotated[str, Field(pattern=_pattern("end"))]
EventId = Annotated[str, Field(pattern=_pattern("evt"))]
BatchId = Annotated[str, Field(pattern=_pattern("bat"))]
UserId = Annotated[str, Field(pattern=_pattern("usr"))]


def base32(number: int, width: int) -> str:
    """The lowest 5 * `width` bits of `number`, most significant character first."""
    even = width + width % 2
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (even - 2), -1, -10)])[-width:]


def new_id(prefix: str, at: datetime, randomness: bytes) -> str:
    """An id that sorts by `at` (ms): prefix, 10 characters of time, 16 of `randomness` (10 bytes or more)."""
    milliseconds = (at - _EPOCH) // _MILLISECOND
    return f"{prefix}_{base32(milliseconds, _TIME_CHARACTERS)}{base32(int.from_bytes(randomness), _RANDOM_CHARACTERS)}"


def instant_of(identity: str) -> datetime:
    """The instant (ms) that is in an id of `new_id` or `dated_id`; some instant for any other id."""
    milliseconds = 0
    for character in identity.rpartition("_")[2][:_TIME_CHARACTERS]:
        milliseconds = milliseconds << 5 | _ALPHABET.index(character)
    return _EPOCH + min(milliseconds, _LATEST) * _MILLISECOND


def dated_id(prefix: str, at: datetime, *parts: str) -> str:
    """An id that sorts by `at` and is the same for the same parts and instant: 80 bits of SHA-256."""
    return new_id(prefix, at, _hash(*parts))


def derived_id(prefix: str, *parts: str) -> str:
    """The id of the one thing that `parts` (its business key) name: 130 bits of SHA-256 over length-prefixed parts."""
    return f"{prefix}_{base32(int.from_bytes(_hash(*parts)), 26)}"


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()
