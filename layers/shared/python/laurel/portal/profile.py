"""A member's own data: shown and changed, and erased if they want."""

from typing import Final

from laurel.domain.members.members import OwnProfile
from laurel.pages import answers, forms, sessions
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.payees import SHAPES, WAYS, shape_of
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.members import members
from laurel.workflows.payouts import own, payees
from laurel.workflows.payouts.payees import Place

pages: Final = Pages()


@pages.get("/profile", "member")
def profile(visit: Visit, form: Form | None = None) -> Answer:
    """The member's own data."""
    head, payee = own.account(table(), visit.program_id, visit.member.member_id)
    shown = (form or Form()).over(visit.member)
    return visit.show("profile/profile.html", form=shown, payee=payee, ways=WAYS, head=head)


@pages.post("/profile", "member")
def edit(visit: Visit) -> Answer:
    """Changes the member's name."""

    def work() -> None:
        own_part = forms.model(OwnProfile, visit.entered.new())
        patch, version = dict(own_part), visit.entered.version
        members.edit(table(), visit.program, visit.member.member_id, patch, version, visit.author)

    return visit.save(
        work,
        done=lambda _: visit.go("/profile", "Your profile is saved."),
        again=lambda form: profile(visit, form),
    )


@pages.get("/profile/payee", "member")
def payee(visit: Visit, form: Form | None = None) -> Answer:
    """The form of one way to be paid; what is kept is not shown in it, only that there is something."""
    known = own.account(table(), visit.program_id, visit.member.member_id)[1]
    asked = form.text("method") if form else visit.query.get("method", "")
    method = asked if asked in SHAPES else "paypal"
    shown = form or Form()
    version = known.version if known else None
    fresh = Form({}, shown.entered, shown.errors, shown.trouble, version, shown.is_stale)
    return visit.show("profile/payee.html", form=fresh, method=method, ways=WAYS, payee=known)


@pages.post("/profile/payee", "member")
def be_paid(visit: Visit) -> Answer:
    """Sets where the member is paid from now on."""

    def work() -> None:
        entered = visit.entered.new()
        payee = forms.model(shape_of(entered), entered)
        payees.put(table(), _place(visit), payee, visit.entered.version, visit.author)

    return visit.save(
        work,
        done=lambda _: visit.go("/profile", "You are paid there from now on. We have mailed you that it was changed."),
        again=lambda form: payee(visit, form),
    )


@pages.post("/profile/payee/remove", "member")
def remove_payee(visit: Visit) -> Answer:
    """Forgets where the member is paid."""
    return visit.save(
        lambda: payees.remove(table(), _place(visit), visit.entered.version, visit.author),
        done=lambda _: visit.go("/profile", "Where you are paid is forgotten."),
        again=lambda form: profile(visit, form),
    )


@pages.get("/profile/erase", "member")
def erasure(visit: Visit, form: Form | None = None) -> Answer:
    """Says what follows before anything is erased."""
    head = own.account(table(), visit.program_id, visit.member.member_id)[0]
    return visit.show("profile/erase.html", form=form or Form(), due=head.balances.get("approved", 0))


@pages.post("/profile/erase", "member")
def erase(visit: Visit) -> Answer:
    """Erases the member, whose sessions end with that."""

    def work() -> None:
        sure = visit.entered.new().get("sure") is True
        members.erase(table(), visit.program, visit.member.member_id, visit.author, confirmed=sure)

    def done(_: None) -> Answer:
        told = sessions.toast("Your data is erased.", visit.cookie_path)
        gone = sessions.ended(visit.site.cookie, visit.cookie_path)
        return answers.redirect(visit.link("/sign-in"), (gone, told))

    return visit.save(work, done, again=lambda form: erasure(visit, form))


def _place(visit: Visit) -> Place:
    return Place(visit.program_id, visit.member.member_id)
