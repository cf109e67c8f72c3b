"""Traffic of a shop: what it sent, applied again if it was refused, and its orders by day and by who won them."""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from laurel.concurrency import together
from laurel.console import sheets
from laurel.console import shops as section
from laurel.domain.tracking.deliveries import DeliveryView, Outcome
from laurel.domain.tracking.health import Health
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import Day, Frozen
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.charts import Chart, Series
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.program import storefronts
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.tracking import health, kept_deliveries
from laurel.workflows.tracking.kept_deliveries import Wanted

pages: Final = Pages()
OUTCOMES: Final = (("applied", "Applied"), ("ignored", "Ignored on purpose"), ("refused", "Refused"))
REFUSED: Final = {
    "malformed_json": "what was signed is no JSON",
    "not_an_object": "what was signed is no JSON object",
    "unknown_currency": "the shop sells in a currency that has no ISO code",
    "amount_not_understood": "an amount is missing or no number: often a webhook was made to send fewer fields",
    "exchange_rate_missing": "the order is in another currency: give the shop an exchange rate in its settings",
    "amount_too_large": "the amount is too large",
    "id_not_understood": "the order, or one of its refunds, has no usable id",
    "currency_mismatch": "something that went back is in another currency than the order: revise the order by hand",
    "unknown_dispute_status": "a status of disputes that is newer than this",
    "orders_not_readable": "the user who made the webhook may not read orders any more: make it anew as another",
}
"""A reason why a delivery was refused -> what to mend."""
WON_BY: Final = (
    ("promo_code", "By code"),
    ("click", "By link"),
    ("customer", "By known customer"),
    ("member", "By hand"),
)


_BECAME: Final[Mapping[Outcome, str]] = {
    "applied": "It is applied.",
    "ignored": "It is ignored: the reason is below.",
    "refused": "It is refused still.",
}
"""Told to whoever had a delivery applied again."""


class Days(Frozen):
    """A span of local days in an address."""

    first: Day | None = None
    last: Day | None = None


@pages.get("/shops/<storefront_id>/deliveries", "viewer")
def deliveries(visit: Visit, storefront_id: str) -> Answer:
    """The messages that the shop sent in the last 30 days, narrowed by what became of them."""
    wanted = _wanted(visit, storefront_id)
    found, listed = together(
        lambda: storefronts.bare(table(), visit.program_id, storefront_id),
        lambda: wanted(DEFAULT_LIMIT, visit.query.get("cursor")),
    )
    return visit.show(
        "shops/deliveries.html",
        storefront=found,
        tabs=section.tabs(found),
        listed=listed,
        outcomes=OUTCOMES,
        reasons=REFUSED,
        narrowed=bool(visit.query),
    )


@pages.get("/shops/<storefront_id>/deliveries.csv", "viewer")
def deliveries_as_file(visit: Visit, storefront_id: str) -> Answer:
    """The same deliveries as CSV."""
    return sheets.deliveries(visit, _wanted(visit, storefront_id))


@pages.get("/shops/<storefront_id>/deliveries/<delivery_id>", "viewer")
def delivery(visit: Visit, storefront_id: str, delivery_id: str, form: Form | None = None) -> Answer:
    """One delivery, with its text if it was refused."""
    storefront, found = together(
        lambda: storefronts.bare(table(), visit.program_id, storefront_id),
        lambda: kept_deliveries.get(table(), visit.program_id, storefront_id, delivery_id, visit.now),
    )
    return visit.show(
        "shops/delivery.html", storefront=storefront, found=found, reasons=REFUSED, refused=form or Form()
    )


@pages.post("/shops/<storefront_id>/deliveries/<delivery_id>/retry", "manager")
def retry(visit: Visit, storefront_id: str, delivery_id: str) -> Answer:
    """Applies a refused delivery again."""
    return visit.save(
        lambda: kept_deliveries.retry(table(), visit.program, storefront_id, delivery_id, visit.now),
        done=lambda after: visit.go(
            f"/shops/{storefront_id}/deliveries/{delivery_id}",
            _BECAME[after.outcome],
        ),
        again=lambda form: delivery(visit, storefront_id, delivery_id, form),
    )


@pages.get("/shops/<storefront_id>/health", "viewer")
def wellbeing(visit: Visit, storefront_id: str) -> Answer:
    """Orders by day and by who won them, and deliveries by outcome."""
    days = _days(visit)
    storefront, found = together(
        lambda: storefronts.bare(table(), visit.program_id, storefront_id),
        lambda: health.health(table(), visit.program, storefront_id, days.first, days.last, visit.now),
    )
    return visit.show(
        "shops/health.html",
        storefront=storefront,
        tabs=section.tabs(storefront),
        health=found,
        chart=_chart(visit, found) if any(day.orders for day in found.days) else None,
        ways=WON_BY,
        sums=_sums(found),
    )


def _chart(visit: Visit, of: Health) -> Chart:
    won = [day.by.promo_code + day.by.click + day.by.customer + day.by.member for day in of.days]
    series = [Series("All orders", [day.orders for day in of.days]), Series("Brought by members", won, "before")]

    def told(orders: int | None) -> str:
        return visit.words.number(orders or 0)

    days = [day.day for day in of.days]
    is_in_part = days[-1] >= visit.program.calendar.day_of(visit.now)
    labels = [visit.words.day_in_short(day) for day in days]
    return Chart("Orders by day", labels, series, told, ends_in_part=is_in_part)


def _sums(of: Health) -> dict[str, int]:
    """Name of a figure -> its sum over all days."""
    by = {way: sum(getattr(day.by, way) for day in of.days) for way, _ in WON_BY}
    outcomes = {each: sum(day.deliveries.get(each, 0) for day in of.days) for each in get_args(Outcome)}
    return {"orders": sum(day.orders for day in of.days), **by, **outcomes}


def _wanted(visit: Visit, storefront_id: str) -> Callable[[int, str | None], Page[DeliveryView]]:
    """Reads the deliveries that the address asks for: so many after a cursor."""
    days = _days(visit)
    wanted = Wanted(_outcome(visit), days.first, days.last)

    def read(limit: int, cursor: str | None) -> Page[DeliveryView]:
        return kept_deliveries.page(
            table(), visit.program, storefront_id, wanted, limit=limit, cursor=cursor, now=visit.now, in_one=True
        )

    return read


def _days(visit: Visit) -> Days:
    """The span in the address. Raises Invalid."""
    asked = {"first": visit.query.get("from") or None, "last": visit.query.get("to") or None}
    try:
        found: Days = forms.model(Days, asked)
    except Invalid as error:
        raise Invalid("invalid_request", "a day is written like 2026-11-26", "?from") from error
    return found


def _outcome(visit: Visit) -> Any:
    """The outcome that was asked for; anything else narrows nothing."""
    asked = visit.query.get("outcome")
    return asked if asked in get_args(Outcome) else None
