"""Postbacks: orders of shops without a platform, reported by a signed URL, as from a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ValidationError

from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.domain.tracking.webhooks import signatures
from laurel.domain.values import json_text, patches
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.errors import Invalid, Refusal
from laurel.domain.values.model import Amount, ExternalId, Frozen, Identifier
from laurel.domain.values.money import Currency
from laurel.store.table import Table
from laurel.workflows.tracking import ingestion, reading
from laurel.workflows.tracking.deliveries import Answer
from laurel.workflows.tracking.shop_orders import at_rate_of
from laurel.workflows.tracking.webhooks import Shops, unsigned

SIGNATURE: Final = "sig"
_LONGEST_AMOUNT: Final = 13
Pairs = Sequence[tuple[str, str]]


def _number(value: Any) -> Any:
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_AMOUNT
    return int(value) if is_number else value


class Postback(Frozen):
    """The parameters of a postback. `amount`: minor units, as everywhere. `pixel`: present if it wants an image."""

    order_id: ExternalId
    amount: Annotated[Amount, BeforeValidator(_number)]
    currency: Currency
    click_id: Identifier | None = None
    code: PromoCode | None = None
    pixel: str | None = None

    @property
    def report(self) -> ConversionReport:
        """The order that it reports."""
        order = self.model_dump(include={"order_id", "amount", "currency", "click_id"})
        return ConversionReport(**order, promo_code=self.code)


@dataclass(frozen=True, slots=True)
class Signed:
    """The query of a postback as it came."""

    pairs: Pairs

    @property
    def signature(self) -> str:
        """Its signature; empty if it has none."""
        return next((value for name, value in self.pairs if name == SIGNATURE), "")

    @property
    def signed(self) -> Pairs:
        """The parameters that the signature covers."""
        return [(name, value) for name, value in self.pairs if name != SIGNATURE]

    def read(self) -> Postback:
        """The postback in the query. Raises Invalid."""
        given = dict(self.signed)
        if len(given) != len(self.signed):
            raise Invalid("invalid_request", "each parameter once", "")
        try:
            return Postback.model_validate(given)
        except ValidationError as error:
            raise patches.invalid(error.errors(include_url=False, include_input=False), given, Postback) from error


def take(table: Table, shops: Shops, storefront_id: str, pairs: Pairs, now: datetime) -> Answer:
    """Records an order as the API does; a repeat changes nothing.

    Raises Absent, Unauthenticated `invalid_signature`, Invalid, Conflict `order_conflict`, VaultClosed.
    """
    shop, query = shops.get(table, storefront_id, now), Signed(pairs)
    if not signatures.is_signed_query(query.signed, query.signature, shop.secrets):
        raise unsigned()
    report = query.read().report
    program_id, body = shop.program.program_id, report.model_dump(mode="json", exclude_none=True)
    stored = table.batch_get(set(reading.first_keys(program_id, [body])))
    # known by what came: the same again is no other order once the shop has another rate
    request_hash = json_text.digest(body)[: ingestion.HASH_CHARACTERS]
    received = Received(at_rate_of(shop.storefront, shop.program, report), storefront_id, request_hash, now)
    (recorded,) = ingestion.record_all(table, shop.program, [received], stored)
    if isinstance(recorded, Refusal):
        raise recorded
    return Answer(order_id=report.order_id)
