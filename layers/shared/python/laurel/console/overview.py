"""How the program does, beside the days before, and what needs a person."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import Field

from laurel.concurrency import together
from laurel.console import figures, spans
from laurel.console.spans import Span
from laurel.domain.ledger.summaries import GroupBy, awaiting
from laurel.domain.ledger.tables import summary_layout, with_total
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import OfferId
from laurel.domain.values.model import Day, Frozen
from laurel.pages import answers, forms, refusals
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.ledger import summaries
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.summaries import Asked
from laurel.workflows.offers import reading
from laurel.workflows.upkeep import attention

pages: Final = Pages()
_TOP: Final = 5
_FILES: Final[tuple[tuple[GroupBy, str], ...]] = (
    ("day", "by day"),
    ("member", "by member"),
    ("offer", "by offer"),
    ("payout_option", "by payout option"),
)


class Shown(Frozen):
    """The days that are asked for, in the program's zone, and the offer if it is only one."""

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    offer_id: OfferId | None = None


class Grouped(Shown):
    """A table of these days."""

    group_by: GroupBy = "day"


@pages.get("", "viewer")
def overview(visit: Visit) -> Answer:
    """The first page after signing in."""
    today = visit.program.calendar.day_of(visit.now)
    try:
        shown: Shown = forms.model(Shown, _entered(visit))
        span = spans.asked(shown.first, shown.last, today)
        return _page(visit, shown, span, today)
    except Invalid as refusal:
        told = ". ".join(refusals.said(said) for _, said in refusal.errors) or refusal.detail
        return _shown(visit, spans.asked(None, None, today), today, _beside(visit), trouble=told)


@pages.get("/overview.csv", "viewer")
def file(visit: Visit) -> Answer:
    """The sums of the same days as a file, by day, member, offer or payout option."""
    shown: Grouped = forms.model(Grouped, _entered(visit))
    asked = _asked(shown, spans.asked(shown.first, shown.last, visit.program.calendar.day_of(visit.now)))
    summary = summaries.counted(table(), visit.program, asked).by(shown.group_by)
    known = KnownNames(table(), visit.program_id)
    known.learn_groups(shown.group_by, [row.key for row in summary.rows if row.key is not None])
    layout = summary_layout(shown.group_by, summary.currency, known.names)
    return answers.file(f"{layout.name}.csv", "text/csv", layout.file([layout.lines(with_total(summary))]))


def _entered(visit: Visit) -> dict[str, str]:
    return {name: text for name, text in visit.query.items() if text.strip()}


def _asked(shown: Shown, span: Span) -> Asked:
    return Asked(offer_id=shown.offer_id, first=span.first, last=span.last)


def _page(visit: Visit, shown: Shown, span: Span, today: date) -> Answer:
    asked = _asked(shown, span)
    (now, before), beside = together(
        lambda: summaries.compared(table(), visit.program, asked, span.before.first), lambda: _beside(visit)
    )
    of_members, of_offers = now.by("member").rows[:_TOP], now.by("offer").rows[:_TOP]
    known = KnownNames(table(), visit.program_id)
    known.learn([row.key for row in of_members if row.key], [row.key for row in of_offers if row.key])
    figured = {
        "figures": figures.compared(visit.words, now, before),
        "charts": figures.charts(visit.words, span, today, now, before),
        "tops": [("member", "Top members", of_members), ("offer", "Top offers", of_offers)],
        "names": known.names,
        "files": [(said, visit.link("/overview.csv", group_by=group, **_kept(shown, span))) for group, said in _FILES],
        "pending": awaiting(now.member_days) if visit.program.approval.mode == "manual" else 0,
    }
    return _shown(visit, span, today, beside, figured=figured)


def _shown(
    visit: Visit,
    span: Span,
    today: date,
    beside: dict[str, Any],
    *,
    figured: dict[str, Any] | None = None,
    trouble: str = "",
) -> Answer:
    """The page; `figured`: what it has to show of the span, unless that is refused because of some `trouble`."""
    return visit.show(
        "overview/overview.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK,
        span=span,
        presets=spans.presets(today),
        trouble=trouble,
        **beside,
        **(figured or {"figures": [], "charts": [], "tops": [], "pending": 0}),
    )


def _kept(shown: Shown, span: Span) -> dict[str, Any]:
    return {"from": span.first, "to": span.last, "offer_id": shown.offer_id}


def _beside(visit: Visit) -> dict[str, Any]:
    """The parts of the page that do not depend on the days."""
    waiting, offered = together(
        lambda: attention.waiting(table(), visit.program_id, visit.now),
        lambda: reading.names(table(), visit.program_id),
    )
    return {"waits": waiting, "offers": offered}
