"""Lines of payouts and the rows behind them as tables for people: words for headers, names beside ids, decimals."""

from typing import Final

from laurel.domain.ledger.tables import Names, commission_cells
from laurel.domain.ledger.views import CommissionView
from laurel.domain.payouts.lines import LineView
from laurel.domain.payouts.payouts import PayoutView
from laurel.domain.program.programs import Program
from laurel.domain.values.money import major_units
from laurel.domain.values.spreadsheets import Cells

PAYOUT_COLUMNS: Final = (
    *("Member id", "Member", "E-mail", "Amount", "Currency"),
    *("Rows", "Status", "Reason", "Payout id"),
)
STATEMENT_COLUMNS: Final = (
    *("Date", "Type", "Amount", "Currency", "Order id", "Offer id", "Offer", "Payout option id", "Payout option"),
    *("Adjusts", "Reason", "Rule id", "Rule", "Period", "Commission id", "Member id", "Member", "E-mail", "Payout id"),
)
"""Of the columns of commissions those that a member is told by."""


def payout_cells(line: LineView, payout: PayoutView) -> Cells:
    """A line of a payout."""
    return {
        "Member id": line.member_id,
        "Member": line.name,
        "E-mail": line.email,
        "Amount": major_units(line.amount, payout.currency),
        "Currency": payout.currency,
        "Rows": line.rows,
        "Status": line.status,
        "Reason": line.reason,
        "Payout id": payout.payout_id,
    }


def statement_cells(row: CommissionView, payout_id: str, program: Program, names: Names) -> Cells:
    """A row behind a line of a payout, also one that does not name it any more, since the line failed."""
    return {**commission_cells(row, program, names), "Payout id": payout_id}
