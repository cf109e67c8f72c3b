"""API keys: one batched read, never cached, proves the caller; admins issue and revoke them."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel.domain.program.programs import ApiKey, Program, Scope
from laurel.domain.values.errors import Forbidden, Unauthenticated
from laurel.store import items, keys
from laurel.store.items import LAST_USED_ON
from laurel.store.keys import Key
from laurel.store.operations import ABSENT, StoreError, Update
from laurel.store.table import Table
from laurel.store.values import Item

Randomness = Callable[[int], bytes]
"""Gives as many unpredictable bytes as it is asked for."""
_KEY: Final = re.compile(r"lk_([0-9a-z]{26})_[A-Za-z0-9_-]{43}")
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request. `found`: key -> item that was read along with the API key; absent items are absent."""

    program: Program
    key: ApiKey
    found: Mapping[Key, Item]

    def may(self, scopes: Iterable[Scope]) -> bool:
        """Whether the key has one of `scopes`; an admin key has them all."""
        return bool({"admin", *scopes} & set(self.key.scopes))

    def require(self, scopes: Iterable[Scope]) -> None:
        """Raises Forbidden unless the key has one of `scopes`."""
        if not self.may(scopes):
            raise Forbidden("scope_missing", f"this needs a key with one of the scopes: {', '.join(scopes)}")


def new_secret(program_id: str, randomness: Randomness) -> str:
    """The secret of a new key. It names its program, so that one read finds both."""
    return f"lk_{new_token(program_id, randomness)}"


def new_token(program_id: str, randomness: Randomness) -> str:
    """A text that nobody can guess, 256 random bits after the letters of a program's id."""
    secret = base64.urlsafe_b64encode(randomness(_SECRET_BYTES)).rstrip(b"=").decode()
    return f"{program_id.removeprefix('prg_')}_{secret}"


def digest(secret: str) -> str:
    """The hash by which a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(table: Table, secret: str, along: Callable[[str], Iterable[Key]] = lambda _: ()) -> Caller:
    """The caller who presents `secret`. `along`: program id -> further keys to read. Raises Unauthenticated."""
    named = _KEY.fullmatch(secret)
    if named is None:
        raise _unknown()
    program_id = f"prg_{named[1]}"
    door, program = keys.api_key_door(digest(secret)), keys.program(program_id)
    stored = table.batch_get([door, program, *along(program_id)])
    if door not in stored or program not in stored:
        raise _unknown()
    key = items.parse(ApiKey, stored[door])
    if key.program_id != program_id:
        raise _unknown()
    return Caller(items.parse_program(stored[program]), key, stored)


def use(table: Table, secret: str, who: Caller, now: datetime) -> None:
    """Uses the caller's key at `now`: its local day is noted if it is a new one, so once a day and key.

    The note can fail, and then nothing is lost but it: the next request writes it.
    Raises Unauthenticated `expired_key`.
    """
    if not who.key.is_good_at(now):
        raise Unauthenticated("expired_key", "this API key has expired: use another")
    today, noted = who.program.calendar.day_of(now), who.key.last_used_on
    if noted is not None and noted >= today:
        return
    expect = {LAST_USED_ON: noted.isoformat() if noted else ABSENT}
    with suppress(StoreError):
        table.write(Update(keys.api_key_door(digest(secret)), set={LAST_USED_ON: today.isoformat()}, expect=expect))


def _unknown() -> Unauthenticated:
    return Unauthenticated("invalid_key", "this API key is not known, or was revoked")
