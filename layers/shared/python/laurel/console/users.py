"""Users: everybody who may sign in to the console, with their roles."""

from functools import partial
from secrets import token_bytes
from typing import Final, get_args

from laurel.console import settings as section
from laurel.console import sheets
from laurel.domain.people.people import NewUser, Role
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.people import users
from laurel.workflows.requests.listing import DEFAULT_LIMIT

pages: Final = Pages()
ROLES: Final[dict[Role, str]] = {
    "owner": "Owner: everything",
    "manager": "Manager: everything but users, keys, payment details and confirming payouts",
    "viewer": "Viewer: reads, and tries rules out",
}


@pages.get("/settings/users", "viewer")
def listed(visit: Visit) -> Answer:
    """Everybody who may sign in to the console."""
    found = users.page(table(), visit.program_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("settings/users.html", tabs=section.TABS, listed=found)


@pages.get("/settings/users.csv", "viewer")
def as_file(visit: Visit) -> Answer:
    """The same users as CSV."""
    return sheets.users(visit, partial(users.page, table(), visit.program_id))


@pages.get("/settings/users/new", "owner")
def invitation(visit: Visit, form: Form | None = None) -> Answer:
    """The form that invites somebody."""
    shown = form or Form.of(role="viewer")
    return visit.show("settings/user_new.html", form=shown, roles=_roles())


@pages.post("/settings/users/new", "owner")
def invite(visit: Visit) -> Answer:
    """Invites somebody, who is mailed a link."""
    return visit.save(
        lambda: users.invite(
            table(), visit.request(), forms.model(NewUser, visit.entered.new()), token_bytes, visit.origin
        ),
        done=lambda made: visit.go("/settings/users", f"{made[0].shown_name} is invited."),
        again=lambda form: invitation(visit, form),
    )


@pages.get("/settings/users/<user_id>", "owner")
def user(visit: Visit, user_id: str, form: Form | None = None) -> Answer:
    """One user, whose role can be changed."""
    found = users.get(table(), visit.program_id, user_id)
    shown = (form or Form()).over(found)
    return visit.show("settings/user.html", user=found, form=shown, roles=_roles())


@pages.post("/settings/users/<user_id>", "owner")
def edit(visit: Visit, user_id: str) -> Answer:
    """Changes a user's name or role."""
    return visit.save(
        lambda: users.edit(table(), visit.program_id, user_id, visit.entered.patch(), visit.entered.version, visit.now),
        done=lambda changed: visit.go("/settings/users", f"{changed.shown_name} is {_as(changed.role)} now."),
        again=lambda form: user(visit, user_id, form),
    )


@pages.post("/settings/users/<user_id>/remove", "owner")
def remove(visit: Visit, user_id: str) -> Answer:
    """Removes a user, whose sessions end."""
    return visit.save(
        lambda: users.remove(table(), visit.program_id, user_id),
        done=lambda _: visit.go("/settings/users", "The user is removed and signed out everywhere."),
        again=lambda form: user(visit, user_id, form),
    )


def _roles() -> list[tuple[Role, str]]:
    return [(role, ROLES[role]) for role in reversed(get_args(Role))]


def _as(role: Role) -> str:
    return "an owner" if role == "owner" else f"a {role}"
