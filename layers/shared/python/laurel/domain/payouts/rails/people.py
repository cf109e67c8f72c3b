"""csv: the lines for people who pay by hand: any currency, any payee, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, assert_never

from laurel.domain.payouts.payees import BankAccount, Masked, OtherWay, PaypalAccount
from laurel.domain.payouts.rails.lines import Batch, PaidLine, RailFile, Refusal
from laurel.domain.values.money import major_units
from laurel.domain.values.spreadsheets import BYTE_ORDER_MARK, MEDIA_TYPE, Cells, Layout

_COLUMNS: Final = (
    *("Line", "Member id", "Member", "E-mail", "Amount", "Currency", "Rows"),
    *("Pay by", "Account", "Account holder", "BIC", "Payout id"),
)


@dataclass(frozen=True, slots=True)
class PeopleRail:
    """A table with a header, names beside ids, and the payee in full."""

    most_lines: ClassVar[int] = 10_000
    are_long: ClassVar[bool] = True
    """Names and payees of any length are written in full."""

    def refusal(self, currency: str, payee: Masked | None) -> Refusal | None:  # noqa: ARG002 - as of every rail
        """None: people can pay anything."""
        return None

    def file(self, batch: Batch, lines: Sequence[PaidLine]) -> RailFile:
        """The table of the lines."""
        layout: Layout[PaidLine] = Layout("payout", _COLUMNS, _cells)
        text = BYTE_ORDER_MARK + layout.header + layout.lines(lines)
        return RailFile(f"{batch.named(batch.payout_id)}.csv", MEDIA_TYPE, text.encode())


def _cells(line: PaidLine) -> Cells:
    return {
        "Line": line.number,
        "Member id": line.member_id,
        "Member": line.name,
        "E-mail": line.email,
        "Amount": major_units(line.amount, line.currency),
        "Currency": line.currency,
        "Rows": line.rows,
        **_payee_cells(line),
        "Payout id": line.payout_id,
    }


def _payee_cells(line: PaidLine) -> Cells:
    way, account, holder, bic = _payee(line)
    return {"Pay by": way, "Account": account, "Account holder": holder, "BIC": bic}


def _payee(line: PaidLine) -> tuple[str | None, str | None, str | None, str | None]:
    match line.payee:
        case None:
            return None, None, None, None
        case PaypalAccount(email=email):
            return "PayPal", email, None, None
        case BankAccount(holder=holder, iban=iban, bic=bic):
            return "Bank transfer", iban, holder, bic
        case OtherWay(text=text):
            return "Other", text, None, None
    assert_never(line.payee)
