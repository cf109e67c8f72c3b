"""Integer money: percentages rounded once, half up and away from zero; amounts as text."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field

_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Final = {code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()}
"""ISO 4217 codes and their number of decimals."""


def _known(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("not an ISO 4217 currency code")
    return code


Currency = Annotated[str, Field(min_length=3, max_length=3), AfterValidator(_known)]

_SCALE: Final = 10_000  # a percent has at most 4 decimal places


def percent_of(amount: int, percent: Decimal) -> int:
    """`percent` per cent of `amount` minor units, rounded half up, away from zero for negatives."""
    return quotient(amount * int(percent * _SCALE), 100 * _SCALE)


def exchanged(amount: int, source: str, target: str, rate: Decimal) -> int:
    """`amount` minor units of `source` in minor units of `target`; `rate`: target per source, major units."""
    numerator, denominator = rate.as_integer_ratio()  # a product of decimals would be rounded to 28 digits first
    return quotient(amount * numerator * 10 ** EXPONENTS[target], denominator * 10 ** EXPONENTS[source])


def quotient(amount: int, parts: int) -> int:
    """`amount` by `parts` (above 0), rounded half up, away from zero for negatives."""
    rounded = (2 * abs(amount) + parts) // (2 * parts)
    return rounded if amount >= 0 else -rounded


def major_units(amount: int, currency: str) -> Decimal:
    """Minor units as people count, with all decimals of the currency: 420 USD -> 4.20, 420 JPY -> 420."""
    return Decimal(amount).scaleb(-EXPONENTS[currency])


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount as people count in minor units, rounded half up where it is finer than the currency."""
    numerator, denominator = amount.as_integer_ratio()
    return quotient(numerator * 10 ** EXPONENTS[currency], denominator)


def money_text(amount: int, currency: str) -> str:
    """For people: 420 USD -> "4.20 USD", 420 JPY -> "420 JPY"."""
    return f"{major_units(amount, currency):,f} {currency}"


def share(total: int, part: int, whole: int | None) -> int:
    """The share that `part` of `whole` has of `total`, half up; all of it where nobody knows the whole."""
    return total if whole is None or whole <= part else quotient(total * part, whole)
