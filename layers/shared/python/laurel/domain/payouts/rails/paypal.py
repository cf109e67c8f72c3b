"""PayPal: the mass-payment file that is uploaded, and the body of its Payouts API."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from laurel.domain.payouts.payees import Masked, PaypalAccount
from laurel.domain.payouts.rails.lines import Batch, PaidLine, RailFile, Refusal, cannot
from laurel.domain.values import spreadsheets
from laurel.domain.values.bank_accounts import sepa_text
from laurel.domain.values.money import EXPONENTS, major_units

_CODES: Final = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD"
CURRENCIES: Final = frozenset(_CODES.split())
"""The currencies that PayPal pays out."""
_WHOLE_ONLY: Final = frozenset({"HUF", "JPY", "TWD"})
"""The currencies that have no decimals there, whatever ISO 4217 says."""
_LONGEST_NAME: Final = 100


def _refusal(currency: str, payee: Masked | None) -> Refusal | None:
    if currency not in CURRENCIES:
        return "rail_cannot"
    if payee is None:
        return "no_payee"
    return None if payee.method == "paypal" else "rail_cannot"


@dataclass(frozen=True, slots=True)
class PaypalMassRail:
    """The mass-payment file in PayPal's own form: no header; recipient, amount, currency, customer id, note."""

    most_lines: ClassVar[int] = 5_000
    are_long: ClassVar[bool] = False

    def refusal(self, currency: str, payee: Masked | None) -> Refusal | None:
        """The reason why it cannot pay, or None."""
        return _refusal(currency, payee)

    def file(self, batch: Batch, lines: Sequence[PaidLine]) -> RailFile:
        """The file of the lines. Raises Conflict `rail_cannot`."""
        note = _note(batch)
        records = [[_recipient(line), _value(line), line.currency, line.member_id, note] for line in lines]
        text = spreadsheets.lines(records)
        return RailFile(f"{batch.named(batch.payout_id)}-paypal.csv", spreadsheets.MEDIA_TYPE, text.encode())


@dataclass(frozen=True, slots=True)
class PaypalApiRail:
    """The body of `POST /v1/payments/payouts`: PayPal refuses a `sender_batch_id` that it has seen."""

    most_lines: ClassVar[int] = 10_000
    """PayPal takes 15,000. So many are decrypted in time, and one answer of Lambda carries them, whatever they say."""
    are_long: ClassVar[bool] = False

    def refusal(self, currency: str, payee: Masked | None) -> Refusal | None:
        """The reason why it cannot pay, or None."""
        return _refusal(currency, payee)

    def file(self, batch: Batch, lines: Sequence[PaidLine]) -> RailFile:
        """The body with an item for each line, named by its member. Raises Conflict `rail_cannot`."""
        note = _note(batch)
        subject = f"Your payout from {_name(batch)}".removesuffix(" from ")
        header = {"sender_batch_id": batch.named(batch.payout_id), "email_subject": subject}
        body = {"sender_batch_header": header, "items": [_item(line, note) for line in lines]}
        text = json.dumps(body, separators=(",", ":"))
        return RailFile(f"{batch.named(batch.payout_id)}-paypal.json", "application/json", text.encode())


def _item(line: PaidLine, note: str) -> dict[str, Any]:
    return {
        "recipient_type": "EMAIL",
        "receiver": _recipient(line),
        "amount": {"value": _value(line), "currency": line.currency},
        "sender_item_id": line.member_id,
        "note": note,
    }


def _recipient(line: PaidLine) -> str:
    if not isinstance(line.payee, PaypalAccount):
        raise cannot(line, "there is no PayPal account to pay to")
    return line.payee.email


def _value(line: PaidLine) -> str:
    if line.currency not in CURRENCIES:
        raise cannot(line, f"PayPal does not pay in {line.currency}")
    if line.amount <= 0:
        raise cannot(line, "the amount is not above 0")
    if line.currency in _WHOLE_ONLY:
        whole, rest = divmod(line.amount, 10 ** EXPONENTS[line.currency])
        if rest:
            raise cannot(line, f"PayPal pays whole {line.currency} only")
        return str(whole)
    return f"{major_units(line.amount, line.currency):f}"


def _note(batch: Batch) -> str:
    return f"{_name(batch)} payout {batch.payout_id}".strip()


def _name(batch: Batch) -> str:
    return sepa_text(batch.program_name, _LONGEST_NAME)
