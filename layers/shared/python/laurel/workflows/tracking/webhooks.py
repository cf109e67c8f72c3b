"""Webhooks: a delivery is verified as it came, with the secrets of its shop, and only then read and recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from laurel import vault
from laurel.domain.program.programs import Program, Storefront
from laurel.domain.tracking.webhooks import signatures, translation
from laurel.domain.tracking.webhooks.signatures import Scheme
from laurel.domain.values.errors import Absent, Unauthenticated
from laurel.store import items, keys
from laurel.store.table import Table
from laurel.workflows.program.storefronts import SECRETS
from laurel.workflows.requests.access import Randomness
from laurel.workflows.tracking import kept_deliveries
from laurel.workflows.tracking.deliveries import Answer
from laurel.workflows.tracking.kept_deliveries import Message, Taken

KEPT_FOR: Final = timedelta(minutes=5)
"""How long a decrypted secret stays in memory. A dropped one is refused at once: its item no longer has it."""
_MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of a shop as it came. `headers`: names in lower case."""

    storefront_id: str
    scheme: Scheme
    body: bytes
    headers: Mapping[str, str]

    @property
    def is_greeting(self) -> bool:
        """Whether it is WooCommerce's first call, which is not signed."""
        number = self.body.removeprefix(b"webhook_id=")
        return self.scheme == "woocommerce" and number != self.body and number.isdigit()


@dataclass(frozen=True, slots=True)
class Shop:
    """A storefront that sends signed requests; `secrets`: those that it may sign with, newest first."""

    program: Program
    storefront: Storefront
    secrets: tuple[str, ...]


class Shops:
    """Finds shops; secrets decrypted by KMS are kept a short time."""

    def __init__(self) -> None:
        self._opened: dict[str, tuple[str, datetime]] = {}
        self._programs: dict[str, str] = {}

    def get(self, table: Table, storefront_id: str, now: datetime) -> Shop:
        """A storefront with its secrets. Raises Absent `storefront_not_found`, VaultClosed."""
        program_id = self._program_id(table, storefront_id)
        storefront, program = keys.storefront(program_id, storefront_id), keys.program(program_id)
        stored = table.batch_get([storefront, program])
        item = stored[storefront]
        secrets = tuple(self._open(sealed, storefront_id, now) for sealed in item.get(SECRETS, []))
        return Shop(items.parse_program(stored[program]), items.parse(Storefront, item), secrets)

    def _program_id(self, table: Table, storefront_id: str) -> str:
        """The program of a storefront, which never changes."""
        if storefront_id not in self._programs:
            door = table.get(keys.storefront_door(storefront_id))
            if door is None:
                raise _no_shop()
            if len(self._programs) >= _MOST_KEPT:
                self._programs.clear()
            self._programs[storefront_id] = door["body"]["program_id"]
        return self._programs[storefront_id]

    def _open(self, sealed: str, storefront_id: str, now: datetime) -> str:
        secret, until = self._opened.get(sealed, ("", now))
        if until <= now:
            secret = vault.unseal(sealed, storefront_id=storefront_id)
            self._opened = {name: kept for name, kept in self._opened.items() if now < kept[1]}
            self._opened[sealed] = (secret, now + KEPT_FOR)
        return secret


def take(table: Table, shops: Shops, sent: Sent, now: datetime, randomness: Randomness) -> Taken:
    """Records the events of a delivery, and the delivery itself. A repeat changes nothing of its order.

    A body that is signed but cannot be read is `refused`, no error: for an error a platform drops the whole webhook.
    Raises Absent for a shop of another platform or none, Unauthenticated `invalid_signature`, VaultClosed, and a
    StoreError where a refused delivery of which nothing is stored cannot be kept.
    """
    shop = shops.get(table, sent.storefront_id, now)
    if shop.storefront.platform != sent.scheme:
        raise _no_shop()
    if sent.is_greeting:
        return Taken(Answer(ignored="greeting"))
    if not signatures.is_signed(sent.scheme, sent.body, sent.headers, shop.secrets, now):
        raise unsigned()
    message = Message(sent.scheme, translation.topic_in(sent.scheme, sent.headers), sent.body)
    return kept_deliveries.take(table, shop.program, shop.storefront, message, now, randomness)


def unsigned() -> Unauthenticated:
    """The refusal of a request that no secret of the storefront signed."""
    return Unauthenticated("invalid_signature", "this is not signed with a secret of the storefront, or not in time")


def _no_shop() -> Absent:
    return Absent("storefront_not_found", "there is no such storefront of this platform")
