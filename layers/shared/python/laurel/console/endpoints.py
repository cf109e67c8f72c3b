"""Endpoints: addresses that events are sent to, with what was sent there and what came back."""

from collections.abc import Callable
from functools import partial
from secrets import token_bytes
from typing import Any, Final

from laurel.concurrency import together
from laurel.console import settings as section
from laurel.console import sheets
from laurel.domain.events.endpoints import EventDelivery, NewEndpoint, ReplayRequest
from laurel.domain.events.events import EVENT_TYPES
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.queue import events_queue
from laurel.store.table import table
from laurel.workflows.events import deliveries, endpoints
from laurel.workflows.requests.listing import DEFAULT_LIMIT, MOST_ITEMS, Page

pages: Final = Pages()
PATH: Final = "/settings/endpoints"
TYPES: Final = (("*", "Everything"), *((each, each) for each in EVENT_TYPES))
OUTCOMES: Final = (("delivered", "Delivered"), ("failed", "Failed"))


@pages.get("/settings/endpoints", "viewer")
def listed(visit: Visit) -> Answer:
    """All endpoints."""
    found = endpoints.page(table(), visit.program_id, MOST_ITEMS, visit.query.get("cursor"))
    return visit.show("settings/endpoints.html", tabs=section.TABS, listed=found)


@pages.get("/settings/endpoints.csv", "viewer")
def as_file(visit: Visit) -> Answer:
    """The same endpoints as CSV."""
    return sheets.endpoints(visit, partial(endpoints.page, table(), visit.program_id))


@pages.get("/settings/endpoints/new", "manager")
def making(visit: Visit, form: Form | None = None) -> Answer:
    """The form for an endpoint."""
    return visit.show("settings/endpoint_new.html", form=form or Form.of(types=["*"]), types=TYPES)


@pages.post("/settings/endpoints/new", "manager")
def make(visit: Visit) -> Answer:
    """Makes an endpoint, and shows its secret this once."""
    return visit.save(
        lambda: endpoints.create(table(), visit.request(), forms.model(NewEndpoint, visit.entered.new()), token_bytes),
        done=lambda made: _secret(visit, made[0].secret, made[0].endpoint_id),
        again=lambda form: making(visit, form),
    )


@pages.get("/settings/endpoints/<endpoint_id>", "viewer")
def endpoint(visit: Visit, endpoint_id: str, form: Form | None = None, trouble: str = "") -> Answer:
    """One endpoint: where it is, what it gets, and each try of the last 30 days."""
    read = _log(visit, endpoint_id)
    found, log = together(
        lambda: endpoints.get(table(), visit.program_id, endpoint_id),
        lambda: read(DEFAULT_LIMIT, visit.query.get("cursor")),
    )
    return visit.show(
        "settings/endpoint.html",
        endpoint=found.shown(),
        form=(form or Form()).over(found),
        listed=log,
        types=TYPES,
        outcomes=OUTCOMES,
        trouble=trouble,
    )


@pages.get("/settings/endpoints/<endpoint_id>/tries.csv", "viewer")
def tries_as_file(visit: Visit, endpoint_id: str) -> Answer:
    """The same tries as CSV."""
    return sheets.tries(visit, _log(visit, endpoint_id))


def _log(visit: Visit, endpoint_id: str) -> Callable[[int, str | None], Page[EventDelivery]]:
    """Reads the tries with the outcome that is asked for: so many after a cursor."""
    asked = visit.query.get("outcome")
    return partial(deliveries.page, table(), visit.program_id, endpoint_id, asked if asked in dict(OUTCOMES) else None)


@pages.post("/settings/endpoints/<endpoint_id>", "manager")
def edit(visit: Visit, endpoint_id: str) -> Answer:
    """Changes an endpoint, pauses it, or lets it go on."""

    def work() -> object:
        patch, version = visit.entered.patch(), visit.entered.version
        return endpoints.edit(table(), visit.program_id, endpoint_id, patch, version, visit.now)

    return visit.save(
        work,
        done=lambda _: visit.go(f"{PATH}/{endpoint_id}", "Saved."),
        again=lambda form: endpoint(visit, endpoint_id, form),
    )


@pages.post("/settings/endpoints/<endpoint_id>/rotate", "manager")
def rotate(visit: Visit, endpoint_id: str) -> Answer:
    """Another secret, shown this once; for a day both are good."""
    return visit.save(
        lambda: endpoints.rotate(table(), visit.request(), endpoint_id, token_bytes),
        done=lambda made: _secret(visit, made[0].secret, endpoint_id),
        again=lambda form: endpoint(visit, endpoint_id, trouble=form.trouble),
    )


@pages.post("/settings/endpoints/<endpoint_id>/test", "manager")
def test(visit: Visit, endpoint_id: str) -> Answer:
    """Sends an event of type `test`."""
    return _asked(
        visit,
        endpoint_id,
        lambda: deliveries.test(table(), events_queue(), visit.program_id, endpoint_id, visit.now),
        "A test event is on its way: it is below as soon as an answer came.",
    )


@pages.post("/settings/endpoints/<endpoint_id>/replay", "manager")
def replay(visit: Visit, endpoint_id: str) -> Answer:
    """Sends everything since an instant once more."""

    def work() -> object:
        wanted: ReplayRequest = forms.model(ReplayRequest, visit.entered.new())
        return deliveries.replay(table(), events_queue(), visit.program_id, endpoint_id, wanted.since, visit.now)

    return _asked(visit, endpoint_id, work, "All events since then are sent again, oldest first.")


@pages.post("/settings/endpoints/<endpoint_id>/deliveries/<delivery_id>/redeliver", "manager")
def redeliver(visit: Visit, endpoint_id: str, delivery_id: str) -> Answer:
    """Sends the event of one try again."""
    return _asked(
        visit,
        endpoint_id,
        lambda: deliveries.redeliver(table(), events_queue(), visit.program_id, endpoint_id, delivery_id, visit.now),
        "It is sent again.",
    )


@pages.post("/settings/endpoints/<endpoint_id>/delete", "manager")
def delete(visit: Visit, endpoint_id: str) -> Answer:
    """Deletes an endpoint: nothing is sent there any more."""
    return visit.save(
        lambda: endpoints.delete(table(), visit.program_id, endpoint_id, None),
        done=lambda _: visit.go(PATH, "Deleted. Nothing is sent there any more."),
        again=lambda form: endpoint(visit, endpoint_id, trouble=form.trouble),
    )


def _asked(visit: Visit, endpoint_id: str, work: Callable[[], Any], said: str) -> Answer:
    return visit.save(
        work,
        done=lambda _: visit.go(f"{PATH}/{endpoint_id}", said),
        again=lambda form: endpoint(visit, endpoint_id, trouble=form.trouble or " ".join(form.errors.values())),
    )


def _secret(visit: Visit, secret: str | None, endpoint_id: str) -> Answer:
    return visit.show("settings/secret.html", secret=secret, what="signing secret", back=f"{PATH}/{endpoint_id}")
