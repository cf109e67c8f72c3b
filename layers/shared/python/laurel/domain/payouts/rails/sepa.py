"""sepa: a credit transfer initiation (ISO 20022 pain.001.001.09) as banks of the SEPA take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from xml.etree import ElementTree as ET

from laurel.domain.payouts.payees import BankAccount, Masked
from laurel.domain.payouts.rails.lines import Batch, PaidLine, RailFile, Refusal, bare, cannot
from laurel.domain.program.payers import Payer
from laurel.domain.values.bank_accounts import SEPA_COUNTRIES, sepa_text
from laurel.domain.values.errors import Conflict
from laurel.domain.values.money import major_units

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CURRENCY: Final = "EUR"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LONGEST_NAME: Final = 70
_LONGEST_MESSAGE: Final = 140
_MOST: Final = 99_999_999_999
"""Cents that one transfer of the scheme can move."""


@dataclass(frozen=True, slots=True)
class SepaRail:
    """Transfers in euro from the program's account, booked as one batch."""

    most_lines: ClassVar[int] = 10_000
    """As many as one answer of Lambda carries, whatever they say."""
    are_long: ClassVar[bool] = False

    def refusal(self, currency: str, payee: Masked | None) -> Refusal | None:
        """The reason why it cannot pay, or None."""
        if currency != CURRENCY:
            return "rail_cannot"
        if payee is None:
            return "no_payee"
        is_reached = payee.iban is not None and payee.iban[:2] in SEPA_COUNTRIES
        return None if is_reached and sepa_text(payee.holder or "", _LONGEST_NAME) else "rail_cannot"

    def file(self, batch: Batch, lines: Sequence[PaidLine]) -> RailFile:
        """The file of the lines. Raises Conflict `payer_missing`, `rail_cannot`."""
        if batch.payer is None:
            raise Conflict("payer_missing", "set the program's payer, the account that the bank is to pay from")
        document = ET.Element("Document", xmlns=NAMESPACE)
        order = _under(document, "CstmrCdtTrfInitn")
        _put_header(order, batch, batch.payer, lines)
        _put_payment(order, batch, batch.payer, lines)
        content = f"{_DECLARATION}{ET.tostring(document, encoding='unicode')}".encode()
        return RailFile(f"{batch.named(batch.payout_id)}-sepa.xml", "application/xml", content)


def _put_header(order: ET.Element, batch: Batch, payer: Payer, lines: Sequence[PaidLine]) -> None:
    header = _under(order, "GrpHdr")
    _put(header, "MsgId", _message_id(batch))
    _put(header, "CreDtTm", batch.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _put_sums(header, lines)
    _put(header, "InitgPty/Nm", _payer_name(payer))


def _put_payment(order: ET.Element, batch: Batch, payer: Payer, lines: Sequence[PaidLine]) -> None:
    payment = _under(order, "PmtInf")
    _put(payment, "PmtInfId", _message_id(batch))
    _put(payment, "PmtMtd", "TRF")
    _put(payment, "BtchBookg", "true")
    _put_sums(payment, lines)
    _put(payment, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _put(payment, "ReqdExctnDt/Dt", batch.created_on.isoformat())
    _put(payment, "Dbtr/Nm", _payer_name(payer))
    _put(payment, "DbtrAcct/Id/IBAN", payer.iban)
    if payer.bic is None:
        _put(payment, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    else:
        _put(payment, "DbtrAgt/FinInstnId/BICFI", payer.bic)
    _put(payment, "ChrgBr", "SLEV")
    message = sepa_text(f"Payout {bare(batch.payout_id)} {batch.program_name}", _LONGEST_MESSAGE)
    for line in lines:
        _put_transfer(payment, line, message)


def _put_transfer(payment: ET.Element, line: PaidLine, message: str) -> None:
    account, holder = _account(line)
    transfer = _under(payment, "CdtTrfTxInf")
    _put(transfer, "PmtId/EndToEndId", bare(line.member_id))
    _put(transfer, "Amt/InstdAmt", _value(line)).set("Ccy", CURRENCY)
    if account.bic is not None:
        _put(transfer, "CdtrAgt/FinInstnId/BICFI", account.bic)
    _put(transfer, "Cdtr/Nm", holder)
    _put(transfer, "CdtrAcct/Id/IBAN", account.iban)
    _put(transfer, "RmtInf/Ustrd", message)


def _account(line: PaidLine) -> tuple[BankAccount, str]:
    """The account to pay to, and its holder as the bank reads it."""
    account = line.payee
    if not isinstance(account, BankAccount) or account.iban[:2] not in SEPA_COUNTRIES:
        raise cannot(line, "there is no bank account of the SEPA to pay to")
    holder = sepa_text(account.holder, _LONGEST_NAME)
    if not holder:
        raise cannot(line, "the holder's name has no letter that a bank reads")
    return account, holder


def _value(line: PaidLine) -> str:
    if line.currency != CURRENCY:
        raise cannot(line, f"SEPA pays in {CURRENCY}, not {line.currency}")
    if not 0 < line.amount <= _MOST:
        raise cannot(line, "a transfer moves from 0.01 to 999999999.99")
    return f"{major_units(line.amount, CURRENCY):f}"


def _put_sums(parent: ET.Element, lines: Sequence[PaidLine]) -> None:
    _put(parent, "NbOfTxs", str(len(lines)))
    _put(parent, "CtrlSum", f"{major_units(sum(line.amount for line in lines), CURRENCY):f}")


def _message_id(batch: Batch) -> str:
    return batch.named(bare(batch.payout_id))


def _payer_name(payer: Payer) -> str:
    name = sepa_text(payer.name, _LONGEST_NAME)
    if not name:
        raise Conflict("rail_cannot", "the payer's name has no letter that a bank reads: change the program's payer")
    return name


def _under(parent: ET.Element, path: str) -> ET.Element:
    """A new element at the end of the path below `parent`."""
    for tag in path.split("/"):
        parent = ET.SubElement(parent, tag)
    return parent


def _put(parent: ET.Element, path: str, text: str) -> ET.Element:
    element = _under(parent, path)
    element.text = text
    return element
