"""A member's links and codes, to copy and to share."""

from dataclasses import dataclass
from secrets import token_bytes
from typing import Final

from markupsafe import Markup

from laurel.domain.members.enrollments import ChosenSlug, EnrollmentView, Link
from laurel.domain.tracking.landing_pages import deeper
from laurel.domain.values.errors import Absent, Invalid
from laurel.pages import answers, forms, terms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.portal import qr
from laurel.store.table import table
from laurel.workflows.members import promoting
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.members.promoting import InShop, Promoted

pages: Final = Pages()
_IN_SHOP: Final = {
    "pending": "on its way to {}",
    "live": "live in {}",
    "ending": "being taken out of {}",
    "ended": "no longer in {}",
    "failed": "not yet in {}: it did not take the code",
    "conflict": "not in {}: a discount of the shop has this name",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether something sells now: how its badge looks and what it says, and a sentence on why not."""

    look: str
    said: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Deeper:
    """A link to another page of the shop, as it was asked for: either the link or the sentence why there is none."""

    page: str
    url: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One thing to share: a link or a code, its terms in words, where it stands."""

    offer_id: str
    name: str
    terms: str
    saves: str
    standing: Standing
    link: Link | None
    code: str | None
    shops: tuple[tuple[str, str], ...]
    qr: Markup | None
    host: str
    deeper: Deeper | None
    form: Form


@pages.get("/links", "member")
def listed(visit: Visit, form: Form | None = None, of: str = "") -> Answer:
    """All that the member can share. `form`: the refused form of the offer `of`."""
    found = promoting.promoted(table(), visit.program_id, visit.member.member_id)
    shares = [_share(visit, each, form if each.offer.offer_id == of else None) for each in found]
    return visit.show("links/list.html", shares=shares)


@pages.get("/links/<offer_id>/qr.svg", "member")
def code(visit: Visit, offer_id: str) -> Answer:
    """The QR code of a link, to be printed."""
    link = _link(visit, _own(visit, offer_id))
    if link is None:
        raise Absent("link_not_found", "there is no such link")
    return answers.file(f"{link.slug}.svg", "image/svg+xml", qr.file(link.url))


@pages.post("/links/<offer_id>", "member")
def rename(visit: Visit, offer_id: str) -> Answer:
    """Gives a link the name that its member chose."""

    def work() -> str:
        chosen = forms.model(ChosenSlug, visit.entered.new()).slug
        place, version = Place(visit.program_id, offer_id, visit.member.member_id), visit.entered.version
        return promoting.choose_slug(table(), place, chosen, version, visit.author, token_bytes).slug or ""

    return visit.save(
        work,
        done=lambda slug: visit.go("/links", f"Your link is called {slug} now. The old one still works."),
        again=lambda form: listed(visit, form, offer_id),
    )


def _own(visit: Visit, offer_id: str) -> Promoted:
    found = promoting.promoted(table(), visit.program_id, visit.member.member_id)
    own = next((each for each in found if each.offer.offer_id == offer_id), None)
    if own is None:
        raise Absent("enrollment_not_found", "there is no such enrollment")
    return own


def _share(visit: Visit, each: Promoted, form: Form | None) -> Share:
    offer, link = each.offer, _link(visit, each)
    return Share(
        offer_id=offer.offer_id,
        name=offer.name,
        terms=terms.own(each.enrollment.terms_in(offer), visit.words),
        saves="" if offer.discount is None else terms.rate(offer.discount, visit.words),
        standing=standing(visit, each),
        link=link,
        code=each.enrollment.promo_code,
        shops=tuple(_in_shop(visit, shop) for shop in each.shops),
        qr=None if link is None else qr.svg(link.url, f"QR code of your link for {offer.name}"),
        host=_host(offer.landing_url),
        deeper=_deeper(visit, each, link),
        form=(form or Form()).over(each.enrollment),
    )


def _link(visit: Visit, each: Promoted) -> Link | None:
    return EnrollmentView.of(each.enrollment, visit.origin).link


def _host(landing_url: str | None) -> str:
    return (landing_url or "").partition("://")[2].partition("/")[0]


def _in_shop(visit: Visit, shop: InShop) -> tuple[str, str]:
    """How the badge of a code's state in a shop looks, and what it says."""
    return visit.words.state(shop.code.state)[0], _IN_SHOP[shop.code.state].format(shop.shop)


def _deeper(visit: Visit, each: Promoted, link: Link | None) -> Deeper | None:
    page = visit.query.get("to", "").strip()
    if link is None or not page or visit.query.get("offer_id") != each.offer.offer_id:
        return None
    try:
        return Deeper(page, deeper(link.url, each.offer.landing_url or "", page))
    except Invalid as invalid:
        return Deeper(page, error=f"{invalid.detail[:1].upper()}{invalid.detail[1:]}.")


def standing(visit: Visit, each: Promoted) -> Standing:
    """Whether an offer's link or code sells for the member now."""
    merchant, offer, words = visit.program.name, each.offer, visit.words
    if visit.member.status == "pending":
        return Standing("wait", "waiting", f"It begins to count when {merchant} has approved you.")
    if offer.status == "paused":
        return Standing("wait", "paused", f"{merchant} has paused this offer; sales do not count meanwhile.")
    if offer.status == "archived" or (offer.active_until and offer.active_until <= visit.now):
        return Standing("off", "over", "This offer is over.")
    if offer.active_from and offer.active_from > visit.now:
        return Standing("wait", "soon", f"This offer begins on {words.instant(offer.active_from)}.")
    return _of_enrollment(visit, each)


def _of_enrollment(visit: Visit, each: Promoted) -> Standing:
    enrollment, words = each.enrollment, visit.words
    match enrollment.state_at(visit.now):
        case "active":
            until = enrollment.active_until or each.offer.active_until
            return Standing("good", "live", f"Good until {words.instant(until)}." if until else "")
        case "inactive":
            return Standing("off", "switched off", f"{visit.program.name} has switched this off for you.")
        case "not_yet":
            return Standing("wait", "soon", f"Good from {words.instant(enrollment.active_from)} on.")
        case "expired":
            return Standing("off", "over", f"This ended on {words.instant(enrollment.active_until)}.")
