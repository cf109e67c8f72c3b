"""How a member does: sums, and what to do next."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from laurel.domain.ledger.summaries import Figures, MemberDay, Summary, summarize
from laurel.domain.ledger.totals import DayRow
from laurel.domain.members.enrollments import EnrollmentView
from laurel.domain.program.programs import Program
from laurel.domain.values.calendar import ONE_DAY
from laurel.pages.answers import Answer
from laurel.pages.charts import Chart, Series
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.pages.words import Words
from laurel.portal import rewards
from laurel.store.table import table
from laurel.workflows.kernel.progress import Standing, standing

pages: Final = Pages()
SPAN: Final = 30
"""Days that are looked at, beside as many before them."""
_MOST: Final = 3
"""Rewards, and things to share, that are shown here; the rest has pages of its own."""


@pages.get("", "member")
def overview(visit: Visit) -> Answer:
    """The last days beside those before, what is due, the nearest rewards, and what to share."""
    program, today = visit.program, visit.program.calendar.day_of(visit.now)
    begins = today - timedelta(days=SPAN - 1)
    before = begins - timedelta(days=SPAN)
    found = standing(table(), rewards.rulebooks, program, visit.member.member_id, today, before)
    now, then = _summary(found, program, begins, today), _summary(found, program, before, begins - ONE_DAY)
    nearest = [each for each in rewards.shown(found, visit.words) if each.bars and not each.is_reached]
    return visit.show(
        "overview/overview.html",
        balances=found.account.head.balances,
        figures=_figures(now, then.totals, today, visit.words),
        span=SPAN,
        chart=_chart(_by_day(now), _by_day(then), begins, visit.words),
        rewards=nearest[:_MOST],
        shares=_shares(found, visit)[:_MOST],
        has_any=bool(found.account.head.balances or now.rows or then.rows),
    )


def _summary(found: Standing, program: Program, first: date, last: date) -> Summary:
    member_id = found.account.member.member_id
    links = {offer.offer_id for offer in found.offers.values() if offer.kind == "link"}
    days = (
        MemberDay(member_id, row, counters)
        for row, counters in found.account.totals.rows.items()
        if isinstance(row, DayRow) and first <= row.day <= last
    )
    return summarize(days, "day", program.currency, links)


def _figures(now: Summary, then: Figures, today: date, words: Words) -> list[tuple[str, str, str]]:
    """(name, value, the part of today, and what it was in the span before)."""
    of_today = next((row for row in now.rows if row.key == today.isoformat()), None)

    def figure(name: str, read: Callable[[Figures], int], told: Callable[[int], str]) -> tuple[str, str, str]:
        since = f"{told(read(of_today))} of it today, " if of_today and read(of_today) else ""
        return name, told(read(now.totals)), f"{since}{told(read(then))} before"

    return [
        figure("Commission", lambda each: each.commission, words.money),
        figure("Sales", lambda each: each.conversions, words.number),
        figure("Sold", lambda each: each.sales, words.money),
        figure("Clicks", lambda each: each.clicks, words.number),
    ]


def _by_day(summary: Summary) -> Mapping[str | None, int]:
    return {row.key: row.commission for row in summary.rows}


def _chart(now: Mapping[str | None, int], then: Mapping[str | None, int], begins: date, words: Words) -> Chart:
    days = [begins + timedelta(days=number) for number in range(SPAN)]
    earlier = [day - timedelta(days=SPAN) for day in days]
    return Chart(
        title="Commission a day",
        labels=[words.day_in_short(day) for day in days],
        series=[
            Series(f"last {SPAN} days", [now.get(day.isoformat(), 0) for day in days]),
            Series(f"{SPAN} days before", [then.get(day.isoformat(), 0) for day in earlier], "before"),
        ],
        told=words.money,
        scale=lambda amount: words.money_in_short(amount or 0),
        form="bars",
        ends_in_part=True,
    )


def _shares(found: Standing, visit: Visit) -> list[tuple[str, str]]:
    """(name of the offer, link or code) of what sells now, joined last first."""
    enrolled = sorted(found.account.enrollments.values(), key=lambda each: each.created_at, reverse=True)
    views = [EnrollmentView.of(each, visit.origin) for each in enrolled if each.state_at(visit.now) == "active"]
    return [
        (found.offers[view.offer_id].name, view.link.url if view.link else view.promo_code or "")
        for view in views
        if view.offer_id in found.offers and found.offers[view.offer_id].status == "active"
    ]
