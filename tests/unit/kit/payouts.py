"""Payouts as rails see them: a batch of Glow Cosmetics and lines with hostile names."""

from datetime import UTC, date, datetime
from typing import Any, Final

from hypothesis import strategies as st

from laurel.domain.payouts.payees import BankAccount, OtherWay, PaypalAccount
from laurel.domain.payouts.rails.lines import Batch, PaidLine
from laurel.domain.program.payers import Payer

PAYOUT: Final = "pay_01kazj4c00q7w8e9r0t1y2u3ia"
IBANS: Final = ("DE89370400440532013000", "NL91ABNA0417164300", "FR1420041010050500013M02606", "CH9300762011623852957")
GLOW: Final = Payer(name="Glow Cosmetics GmbH", iban="DE02120300000000202051", bic="BYLADEM1001")
BATCH: Final = Batch(PAYOUT, datetime(2026, 11, 21, 23, 30, tzinfo=UTC), date(2026, 11, 22), "Glow Cosmetics", GLOW)
PAYPAL: Final = PaypalAccount(method="paypal", email="ada@example.com")
BANK: Final = BankAccount(method="iban", holder="Ada Lovelace", iban=IBANS[0], bic="COBADEFFXXX")
OTHER: Final = OtherWay(method="other", text="Wise, @ada")


def member_id(number: int) -> str:
    return f"mem_{number:026d}"


def line(number: int = 1, **changes: Any) -> PaidLine:
    """20.42 euro to Ada for 4 rows."""
    plain = {"payout_id": PAYOUT, "member_id": member_id(number), "name": "Ada Lovelace", "email": "ada@example.com"}
    return PaidLine(**{"number": number, **plain, "amount": 2042, "currency": "EUR", "rows": 4, **changes})


HOSTILE: Final = st.one_of(
    st.sampled_from(
        [
            *('=HYPERLINK("https://evil.example","x")', "+1;=2", "-3\t@SUM(A1)", '"', "'", "<Nm>&amp;</Nm>", "]]>"),
            *("\u202eadA", "a\x00b\x1b[31m\r\nc", "Łukasz Żółć", "北京 小明", "مها", "🙂", "x" * 300, "é" * 300, "//"),
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
)
AMOUNTS: Final = st.integers(1, 10**11 - 1)
