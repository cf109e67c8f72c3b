"""Lists of the console as CSV, where the API has none of its own: the same rows, in words, with local times."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from laurel.domain.events.endpoints import EndpointView, EventDelivery
from laurel.domain.payouts.payouts import PayoutView
from laurel.domain.people.people import User
from laurel.domain.program.programs import ApiKey
from laurel.domain.shops.codes import ShopCodeView
from laurel.domain.tracking.deliveries import DeliveryView
from laurel.domain.values.money import major_units
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers
from laurel.pages.answers import Answer
from laurel.pages.visits import Visit
from laurel.workflows.requests.listing import Page

_PAYOUTS: Final = (
    "Earned until",
    "State",
    "Paid by",
    "Begun",
    "Confirmed",
    "Total",
    "Did not arrive",
    "Currency",
    "Payout id",
)
_DELIVERIES: Final = ("Arrived", "Topic", "Order", "Became", "Reason", "Delivery id")
_CODES: Final = ("Code", "State", "Reason", "Since", "Member id", "Offer id")
_KEYS: Final = ("Name", "May", "Made", "Used last", "Good until", "Key id")
_USERS: Final = ("Name", "E-mail", "Role", "Signed in first", "User id")
_ENDPOINTS: Final = ("Address", "Gets", "State", "Reason", "Added", "Endpoint id")
_TRIES: Final = ("Sent", "Event", "About", "Try", "Became", "Status", "Reason", "Again on", "Delivery id")


def payouts(visit: Visit, read: Callable[[int, str | None], Page[PayoutView]]) -> Answer:
    """Payouts as a file; `read`: a page of them, of a length, after a cursor."""
    return answers.sheet(Layout("payouts", _PAYOUTS, partial(_payout, visit)), read)


def deliveries(visit: Visit, read: Callable[[int, str | None], Page[DeliveryView]]) -> Answer:
    """Deliveries of a shop as a file."""
    return answers.sheet(Layout("deliveries", _DELIVERIES, partial(_delivery, visit)), read)


def codes(visit: Visit, read: Callable[[int, str | None], Page[ShopCodeView]]) -> Answer:
    """Codes in a shop as a file."""
    return answers.sheet(Layout("codes", _CODES, partial(_code, visit)), read)


def api_keys(visit: Visit, read: Callable[[int, str | None], Page[ApiKey]]) -> Answer:
    """API keys as a file, without what they are."""
    return answers.sheet(Layout("keys", _KEYS, partial(_key, visit)), read)


def users(visit: Visit, read: Callable[[int, str | None], Page[User]]) -> Answer:
    """Users as a file."""
    return answers.sheet(Layout("users", _USERS, partial(_user, visit)), read)


def endpoints(visit: Visit, read: Callable[[int, str | None], Page[EndpointView]]) -> Answer:
    """Endpoints as a file."""
    return answers.sheet(Layout("endpoints", _ENDPOINTS, partial(_endpoint, visit)), read)


def tries(visit: Visit, read: Callable[[int, str | None], Page[EventDelivery]]) -> Answer:
    """The tries to deliver events to an endpoint as a file."""
    return answers.sheet(Layout("tries", _TRIES, partial(_try, visit)), read)


def _payout(visit: Visit, row: PayoutView) -> Cells:
    return {
        "Earned until": row.until.isoformat(),
        "State": row.status,
        "Paid by": row.rail,
        "Begun": local(visit, row.created_at),
        "Confirmed": local(visit, row.confirmed_at),
        "Total": major_units(row.total, row.currency),
        "Did not arrive": major_units(row.failed_total, row.currency),
        "Currency": row.currency,
        "Payout id": row.payout_id,
    }


def _delivery(visit: Visit, row: DeliveryView) -> Cells:
    return {
        "Arrived": local(visit, row.at),
        "Topic": row.topic,
        "Order": row.order_id,
        "Became": row.outcome,
        "Reason": row.reason,
        "Delivery id": row.delivery_id,
    }


def _code(visit: Visit, row: ShopCodeView) -> Cells:
    return {
        "Code": row.code,
        "State": row.state,
        "Reason": row.reason,
        "Since": local(visit, row.at),
        "Member id": row.member_id,
        "Offer id": row.offer_id,
    }


def _key(visit: Visit, row: ApiKey) -> Cells:
    return {
        "Name": row.name,
        "May": ", ".join(row.scopes),
        "Made": local(visit, row.created_at),
        "Used last": row.last_used_on.isoformat() if row.last_used_on else None,
        "Good until": local(visit, row.expires_at),
        "Key id": row.key_id,
    }


def _user(visit: Visit, row: User) -> Cells:
    return {
        "Name": row.name,
        "E-mail": row.email,
        "Role": row.role,
        "Signed in first": local(visit, row.signed_in_at),
        "User id": row.user_id,
    }


def _endpoint(visit: Visit, row: EndpointView) -> Cells:
    return {
        "Address": row.url,
        "Gets": ", ".join(row.types),
        "State": row.status,
        "Reason": row.reason,
        "Added": local(visit, row.created_at),
        "Endpoint id": row.endpoint_id,
    }


def _try(visit: Visit, row: EventDelivery) -> Cells:
    return {
        "Sent": local(visit, row.at),
        "Event": row.type,
        "About": row.subject,
        "Try": row.attempt,
        "Became": row.outcome,
        "Status": row.status,
        "Reason": row.reason,
        "Again on": local(visit, row.next_attempt_at),
        "Delivery id": row.delivery_id,
    }


def local(visit: Visit, at: datetime | None) -> str | None:
    """An instant as spreadsheets read it, in the program's zone."""
    return None if at is None else f"{at.astimezone(ZoneInfo(visit.words.zone)):%Y-%m-%d %H:%M}"
