"""Money, numbers and days as the reader writes them, in the program's currency and zone; states in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from laurel.domain.program.programs import Program
from laurel.domain.values.model import decimal_text
from laurel.domain.values.money import EXPONENTS, major_units

_NARROW: Final = "\u202f"
_POINT: Final = (".", ",")
_COMMA: Final = (",", ".")
_SPACED: Final = (",", _NARROW)
_BY_LANGUAGE: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("da", "de", "el", "es", "id", "it", "nl", "pt", "ro", "sl", "tr", "vi"), _COMMA),
    **dict.fromkeys(
        ("bg", "cs", "et", "fi", "fr", "hu", "lt", "lv", "nb", "no", "pl", "ru", "sk", "sv", "uk"), _SPACED
    ),
    "de-CH": (".", "\u2019"),
    "es-MX": _POINT,
}
"""Language -> the decimal sign and the sign between thousands; English and all others have a point and a comma."""
_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪", "PLN": "zł"}
_LANGUAGE: Final = re.compile(r"\s*([A-Za-z]{2,3}(?:-[A-Za-z]{2})?)")
_NONE: Final = "\u2013"
_MINUS: Final = "\u2212"
_SPACE: Final = "\u00a0"
_MANY: Final = ((1_000_000, "M", 1), (1_000, "k", 10))
"""Units, the letter for them, and from how many on an axis has the letter."""
STATES: Final[Mapping[str, tuple[str, str]]] = {
    **{
        name: ("good", name)
        for name in ("active", "approved", "applied", "confirmed", "done", "live", "ok", "paid", "sent")
    },
    **{name: ("wait", name) for name in ("pending", "unpaid", "draft", "drafting", "confirming", "sending", "running")},
    **{name: ("bad", name) for name in ("declined", "failed", "conflict", "refused", "suspended", "unknown")},
    **{
        name: ("off", name)
        for name in (
            "archived",
            "cancelled",
            "ended",
            "ending",
            "erased",
            "expired",
            "ignored",
            "inactive",
            "none",
            "open",
        )
    },
    "changed": ("good", "changed"),
    "reached": ("good", "reached"),
    "error": ("bad", "not changed"),
    "unchanged": ("off", "as it was"),
    "paused": ("wait", "paused"),
    "in_payout": ("wait", "in a payout"),
    "not_yet": ("wait", "not yet"),
    "collected": ("good", "payment received"),
    "awaiting": ("wait", "payment awaited"),
    "void": ("bad", "payment void"),
    "undone": ("off", "undone"),
}
"""A state as the API tells it -> how its badge looks (`good`, `wait`, `bad`, `off`), and in words."""
REASONS: Final[Mapping[str, str]] = {
    "no_match": "no code, link or known customer of a member led to it",
    "code_inactive": "the code or link was switched off",
    "code_expired": "the code or link was outside its dates",
    "offer_inactive": "the offer was not running",
    "member_inactive": "the member was not approved",
    "self_purchase": "the member bought it themselves",
    "exchange_rate_missing": "nobody told an exchange rate for its currency",
    "refund": "it was refunded",
    "chargeback": "the customer had the payment taken back",
    "cancelled": "the order was cancelled",
    "limit": "all that the terms allow were made",
    "stopped": "a person stopped them",
    "deleted": "what they follow was deleted",
}
"""A reason as the API tells it -> the same in words; a merchant's own words stay as they are."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a page has for values. `language`: of the reader, such as `de` or `de-CH`."""

    language: str
    program: Program | None = None

    @staticmethod
    def of(accepted: str, program: Program | None = None) -> "Words":
        """The words for a browser that sent `Accept-Language: accepted`."""
        named = _LANGUAGE.match(accepted)
        return Words(named[1] if named else "en", program)

    @property
    def currency(self) -> str:
        """The program's currency."""
        return self.program.currency if self.program else "USD"

    @property
    def zone(self) -> str:
        """The program's time zone."""
        return self.program.timezone if self.program else "UTC"

    def number(self, value: Decimal | int) -> str:
        """A number with its thousands apart: 12,345.5."""
        decimal, group = _BY_LANGUAGE.get(self.language) or _BY_LANGUAGE.get(self.language[:2], _POINT)
        sign = _MINUS if value < 0 else ""
        told = f"{abs(value):,f}" if isinstance(value, Decimal) else f"{abs(value):,}"
        return sign + told.translate({ord(","): group, ord("."): decimal})

    def money(self, amount: int | None, currency: str | None = None) -> str:
        """Minor units, of the program's currency unless another is named: €1,234.50, 1.234,50 €; a dash for None."""
        if amount is None:
            return _NONE
        code = currency or self.currency
        told = self.number(major_units(abs(amount), code))
        minus = _MINUS if amount < 0 else ""
        return self._signed(told, code, minus)

    def _signed(self, told: str, code: str | None = None, minus: str = "") -> str:
        """A number with the sign of its currency, where the reader's language has it."""
        sign = _SIGNS.get(code or self.currency)
        if sign is None:
            return f"{minus}{told}{_SPACE}{code or self.currency}"
        is_after = (_BY_LANGUAGE.get(self.language) or _BY_LANGUAGE.get(self.language[:2], _POINT))[0] == ","
        return f"{minus}{told}{_SPACE}{sign}" if is_after else f"{minus}{sign}{told}"

    def money_in_short(self, amount: int) -> str:
        """Minor units of the program's currency as an axis has them: €150, €20k, without the decimals of whole ones."""
        for many, letter, least in _MANY:
            whole = many * 10**self.places
            if abs(amount) >= least * whole and amount % (whole // 10) == 0:
                return self._signed(self.number(Decimal(decimal_text(Decimal(amount) / whole))) + letter)
        whole_units = amount % 10**self.places == 0
        return self._signed(self.number(amount // 10**self.places)) if whole_units else self.money(amount)

    def percent(self, value: Decimal | str | None) -> str:
        """A percent, with as many decimals as it has: 12.5 %; a dash for None."""
        return _NONE if value is None else f"{self.number(Decimal(decimal_text(Decimal(value))))}{_SPACE}%"

    def day(self, value: date | datetime | None) -> str:
        """A local day, of an instant too: 26 Nov 2026, for readers in the USA Nov 26, 2026; a dash for None."""
        if value is None:
            return _NONE
        local = self._local(value)
        return (
            f"{local:%b} {local.day}, {local.year}"
            if self.language == "en-US"
            else f"{local.day} {local:%b} {local.year}"
        )

    def day_in_short(self, value: date) -> str:
        """A local day without its year, as an axis has it: 26 Nov, for readers in the USA Nov 26."""
        return f"{value:%b} {value.day}" if self.language == "en-US" else f"{value.day} {value:%b}"

    def instant(self, value: datetime | None) -> str:
        """An instant in the program's zone: 26 Nov 2026, 14:05; a dash for None."""
        return _NONE if value is None else f"{self.day(value)}, {self._local(value):%H:%M}"

    def count(self, number: int, one: str, many: str) -> str:
        """A number of things: 1 member, 12 members."""
        return f"{self.number(number)}{_SPACE}{one if number == 1 else many}"

    def state(self, name: str) -> tuple[str, str]:
        """How a state's badge looks, and what it says."""
        return STATES.get(name, ("off", name.replace("_", " ")))

    def reason(self, name: str | None) -> str:
        """Why something is as it is, in words."""
        return "" if name is None else REASONS.get(name, name)

    @property
    def places(self) -> int:
        """The decimals of the program's currency."""
        return EXPONENTS[self.currency]

    def _local(self, value: date | datetime) -> date | datetime:
        if not isinstance(value, datetime) or self.program is None:
            return value
        return value.astimezone(ZoneInfo(self.program.timezone))
