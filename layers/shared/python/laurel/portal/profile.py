"""A member's own data: shown and changed."""

from typing import Final

from laurel.domain.members.members import OwnProfile
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Section
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.members import members

pages: Final = Section("Profile", "/profile")


@pages.get("/profile", "member")
def profile(visit: Visit, form: Form | None = None) -> Answer:
    """The member's own data."""
    return visit.show("profile/profile.html", form=(form or Form()).over(visit.member))


@pages.post("/profile", "member")
def edit(visit: Visit) -> Answer:
    """Changes the member's name."""

    def work() -> None:
        own = forms.model(OwnProfile, visit.entered.new())
        members.edit(table(), visit.program, visit.member.member_id, dict(own), visit.entered.version, visit.author)

    return visit.save(
        work,
        done=lambda _: visit.go("/profile", "Your profile is saved."),
        again=lambda form: profile(visit, form),
    )
