"""Conversions: an order as a storefront reports it, and the commission that it is recorded as."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from laurel.domain.ledger.commissions import Attribution, Commission, CommissionStatus, conversion_id
from laurel.domain.ledger.orders import EVERYBODYS_CUSTOMER, SHOPS_CUSTOMER, Order, OrderMoney, OrderState
from laurel.domain.ledger.worth import revalued, worth
from laurel.domain.members.members import person_behind
from laurel.domain.offers.action_codes import is_known
from laurel.domain.program.programs import Approval, Program
from laurel.domain.tracking.attribution import Outcome, Winner
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.errors import Invalid, Misfit
from laurel.domain.values.ids import MemberId, OfferId, StorefrontId, derived_id
from laurel.domain.values.model import (
    AHEAD_ALLOWED,
    MAX_AMOUNT,
    Amount,
    ExchangeRate,
    ExternalId,
    Frozen,
    Identifier,
    Instant,
    Open,
    email_address,
    printable,
)
from laurel.domain.values.money import Currency, exchanged


def _no_empty_text(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _spelt_as_members_are(value: str) -> str:
    try:
        return email_address(value)
    except ValueError:
        return value


CustomerEmail = Annotated[
    Annotated[str, Field(max_length=320), AfterValidator(printable), AfterValidator(_spelt_as_members_are)] | None,
    BeforeValidator(_no_empty_text),
]
"""The customer's address as the shop has it, valid or not: no order is lost over it. Empty is absent."""


class Customer(Open):
    """The customer, as far as a report names them; also read from reports that nobody has checked yet."""

    customer_id: ExternalId | None = None
    customer_email: CustomerEmail = None


class ConversionReport(Customer, Frozen):
    """An order or action as a storefront reports it; `amount` excludes tax and shipping and is after discounts."""

    order_id: ExternalId
    amount: Amount
    currency: Currency
    occurred_at: Instant | None = None
    type: Literal["sale", "action"] = "sale"
    action_code: Identifier | None = None
    promo_code: PromoCode | None = None
    click_id: Identifier | None = None
    member_id: MemberId | None = None
    offer_id: OfferId | None = None
    subscription_id: ExternalId | None = None
    exchange_rate: ExchangeRate | None = None
    storefront_id: StorefrontId | None = None
    metadata: Annotated[dict[str, Any], Field(max_length=50)] | None = None

    @model_validator(mode="after")
    def _action_has_code(self) -> Self:
        if (self.type == "action") != (self.action_code is not None):
            raise Misfit("action_code", "an action has an action_code, a sale has none")
        return self

    def require_not_ahead(self, now: datetime) -> None:
        """Raises Invalid `occurred_in_future` for an order more than 5 minutes ahead of `now`."""
        require_not_ahead(self.occurred_at, now)


def require_not_ahead(occurred_at: datetime | None, now: datetime) -> None:
    """Raises Invalid `occurred_in_future` if it occurred more than 5 minutes ahead of `now`."""
    if occurred_at is not None and occurred_at > now + AHEAD_ALLOWED:
        raise Invalid("occurred_in_future", "occurred_at lies more than 5 minutes ahead", "/occurred_at")


class Claimant(Frozen):
    """The member and offer that a merchant gives an order to that nobody won."""

    member_id: MemberId
    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class Received:
    """A report with its storefront, the instant of its arrival, and the hash by which a replay is known.

    `is_shops`: a message of the shop itself, which adds `state`, `money`, `gross` (minor units of its currency) and
    `told_at` (the shop's time). An order reported to the API stands, and its money is collected.
    `known_customers`: the customer as hashes, of an order that was recorded before and has nothing else of them.
    """

    report: ConversionReport
    storefront_id: str
    request_hash: str
    at: datetime
    state: OrderState = "standing"
    money: OrderMoney = "collected"
    gross: int | None = None
    told_at: datetime | None = None
    is_shops: bool = False
    is_interval: bool = True
    known_customers: tuple[str, ...] = ()

    def customers(self, program_id: str) -> tuple[str, ...]:
        """The customer as hashes."""
        return self.known_customers or customers_of(program_id, self.report)

    def lacks_rate(self, currency: str) -> bool:
        """True for an order of a shop's own message that nobody can convert yet; the API refuses such a report."""
        return self.is_shops and self.report.currency != currency and self.report.exchange_rate is None

    @property
    def occurred_at(self) -> datetime:
        """The order's own time, or the time of its first report if it names none."""
        return self.report.occurred_at or self.at


def sale_in(program: Program, report: ConversionReport) -> int:
    """The reported amount in the program's minor units. Raises Invalid for a foreign currency without a rate."""
    if report.currency == program.currency:
        return report.amount
    if report.exchange_rate is None:
        raise Invalid(
            "currency_mismatch", f"the program counts in {program.currency}: give an exchange_rate", "/currency"
        )
    sale = exchanged(report.amount, report.currency, program.currency, report.exchange_rate)
    if sale > MAX_AMOUNT:
        raise Invalid("amount_too_large", f"at this rate it is more than {MAX_AMOUNT} minor units", "/amount")
    return sale


def customers_of(program_id: str, customer: Customer) -> tuple[str, ...]:
    """The customer as hashes salted with the program: of the storefront's id of them, and of their e-mail address."""
    hashes = []
    if customer.customer_id is not None:
        hashes.append(derived_id(SHOPS_CUSTOMER, program_id, customer.customer_id))
    if customer.customer_email is not None:
        hashes.append(owner_of(program_id, customer.customer_email))
    return tuple(hashes)


def owner_of(program_id: str, email: str) -> str:
    """The hash of the person behind an address, as customers are kept."""
    return derived_id(EVERYBODYS_CUSTOMER, program_id, person_behind(email))


def subscription_of(program_id: str, subscription_id: str) -> str:
    """The subscription's id as a hash salted with the program."""
    return derived_id("sub", program_id, subscription_id)


def record(program: Program, received: Received, outcome: Outcome) -> Commission:
    """The row that the order is recorded as: the winner's commission, or an unattributed row that earns nothing."""
    row = _unattributed(program, received, outcome)
    if outcome.winner is None:
        return row.model_copy(update=worth(row))
    won = row.model_copy(update=_winnings(program, row, outcome.winner))
    return won.model_copy(update=worth(won))


def attributed(program: Program, row: Commission, winner: Winner, now: datetime) -> Commission:
    """A recorded order that nobody had won, given to `winner`: priced by the terms of now, on the rest of its sale."""
    return revalued(row, now, **_winnings(program, row, winner))


def _unattributed(program: Program, received: Received, outcome: Outcome) -> Commission:
    report = received.report
    foreign = report.currency != program.currency
    return Commission(
        commission_id=conversion_id(program.program_id, received.storefront_id, report.order_id),
        type=report.type,
        origin="conversion",
        action_code=report.action_code,
        amount=0,
        currency=program.currency,
        occurred_at=received.occurred_at,
        day=program.calendar.day_of(received.occurred_at),
        order=Order(
            order_id=report.order_id,
            storefront_id=received.storefront_id,
            amount=report.amount,
            currency=report.currency,
            exchange_rate=report.exchange_rate if foreign else None,
            sale=0 if received.lacks_rate(program.currency) else sale_in(program, report),
            customers=customers_of(program.program_id, report),
            subscription=report.subscription_id and subscription_of(program.program_id, report.subscription_id),
            request_hash=received.request_hash,
            state=received.state,
            money=received.money,
            gross=received.gross,
            told_at=received.told_at,
        ),
        attribution=Attribution(reason=outcome.reason, promo_code=report.promo_code, click_id=report.click_id),
        created_at=received.at,
        updated_at=received.at,
    )


def _winnings(program: Program, row: Commission, winner: Winner) -> dict[str, Any]:
    assert row.order is not None  # noqa: S101 - for the type checker: a conversion always has its order
    option = winner.offer.option(winner.enrollment.payout_option_id)
    return {
        "member_id": winner.member.member_id,
        "offer_id": winner.offer.offer_id,
        "payout_option_id": option.payout_option_id,
        "option_version": option.version,
        "move": winner.enrollment.move,
        "claims_customer": winner.offer.lifetime and winner.by != "customer" and bool(row.order.customers),
        "by_name": is_known(row.action_code, program, [winner.offer]),
        "terms": winner.terms if row.is_trial else winner.terms.snapshot(row.action_code),
        "own_terms": winner.enrollment.terms is not None,
        "payout": "unpaid",
        **review(program.approval, row.occurred_at),
        "attribution": Attribution(
            by=winner.by,
            promo_code=row.attribution.promo_code if row.attribution and winner.by == "promo_code" else None,
            click_id=row.attribution.click_id if row.attribution and winner.by == "click" else None,
        ),
    }


def review(approval: Approval, occurred_at: datetime) -> dict[str, Any]:
    """The hold or approval that the program asks for before an order's row is approved, as fields of the row."""
    status, hold_until = first_status(approval, occurred_at)
    return {"hold_until": hold_until, "awaits_approval": status == "pending" and hold_until is None}


def first_status(approval: Approval, occurred_at: datetime) -> tuple[CommissionStatus, datetime | None]:
    """The status that a new row starts with, and until when it is held."""
    if approval.mode == "immediate" or (approval.mode == "hold" and approval.hold_days == 0):
        return "approved", None
    if approval.mode == "hold":
        return "pending", occurred_at + timedelta(days=approval.hold_days)
    return "pending", None
