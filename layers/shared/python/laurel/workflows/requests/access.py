"""API keys: they prove who calls, in one batched read that is never cached; admins issue and revoke them."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from laurel.domain.program.programs import ApiKey, Program, Scope
from laurel.domain.values.errors import Forbidden, Unauthenticated
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item

Randomness = Callable[[int], bytes]
"""As many unpredictable bytes as are asked for."""
_KEY: Final = re.compile(r"lk_([0-9a-z]{26})_[A-Za-z0-9_-]{43}")
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is. `found`: what was read along with the key, by key; absent items are absent."""

    program: Program
    key: ApiKey
    found: Mapping[Key, Item]

    def require(self, scopes: Iterable[Scope]) -> None:
        """Raises Forbidden unless the key has one of `scopes`; an admin key has them all."""
        if not {"admin", *scopes} & set(self.key.scopes):
            raise Forbidden("scope_missing", f"this needs a key with one of the scopes: {', '.join(scopes)}")


def new_secret(program_id: str, randomness: Randomness) -> str:
    """A key as its holder gets it: it names its program, so that one read finds both."""
    secret = base64.urlsafe_b64encode(randomness(_SECRET_BYTES)).rstrip(b"=").decode()
    return f"lk_{program_id.removeprefix('prg_')}_{secret}"


def digest(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(table: Table, secret: str, along: Callable[[str], Iterable[Key]] = lambda _: ()) -> Caller:
    """The caller who presents `secret`. `along`: program id -> further keys to read. Raises Unauthenticated."""
    named = _KEY.fullmatch(secret)
    if named is None:
        raise _unknown()
    program_id = f"prg_{named[1]}"
    door, program = keys.api_key_door(digest(secret)), keys.program(program_id)
    found = table.batch_get([door, program, *along(program_id)])
    if door not in found or program not in found:
        raise _unknown()
    key = items.parse(ApiKey, found[door])
    if key.program_id != program_id:
        raise _unknown()
    return Caller(items.parse_program(found[program]), key, found)


def _unknown() -> Unauthenticated:
    return Unauthenticated("invalid_key", "this API key is not known, or was revoked")
