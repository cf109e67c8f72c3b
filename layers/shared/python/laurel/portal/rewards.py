"""Rewards: how far a member is, and what they got."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from laurel.domain.kernel.progress import Progress, Step
from laurel.domain.offers.offers import Offer
from laurel.domain.rules.actions import MoveTo, Pay, Send, SetField
from laurel.domain.values.periods import AllUnpaid
from laurel.pages import terms
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.pages.words import Words
from laurel.portal import spans
from laurel.store.table import table
from laurel.workflows.kernel.progress import Standing, standing
from laurel.workflows.kernel.rulebooks import Rulebooks

pages: Final = Pages()
rulebooks: Final = Rulebooks()
_COMPARED: Final = {
    "gt": ("more than ", ""),
    "gte": ("", " or more"),
    "lt": ("less than ", ""),
    "lte": ("", " or less"),
    "eq": ("exactly ", ""),
    "ne": ("anything but ", ""),
}
"""Operator -> the words before and after a goal."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A condition on the way: `now` of `goal`. `done`: percent, None where there is nothing to fill."""

    now: str
    goal: str
    told: str
    done: int | None


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward as its member reads it: what must be, and what follows."""

    name: str
    told: str
    bars: list[Bar]
    until: str
    is_reached: bool


@pages.get("/rewards", "member")
def listed(visit: Visit) -> Answer:
    """Each reward that may still fire, and how far it is."""
    program, member_id = visit.program, visit.member.member_id
    found = standing(table(), rulebooks, program, member_id, program.calendar.day_of(visit.now))
    return visit.show("rewards/list.html", rewards=shown(found, visit.words))


def shown(found: Standing, words: Words) -> list[Reward]:
    """The rewards in words."""
    return [_reward(each, found, words) for each in found.rewards]


def _reward(each: Progress, found: Standing, words: Words) -> Reward:
    rule = each.rule
    asked = " and ".join(_asked(step, words) for step in each.steps) or "With your next sale"
    gets = " and ".join(_gets(each, found.offers, words))
    of = _offers(each, found.offers)
    then = ", " if rule.fires_per_order or rule.repeats else ", then "
    told = f"{asked[:1].upper()}{asked[1:]}{of}{then}{gets}{_repeats(each)}."
    return Reward(
        name=rule.name,
        told=told,
        bars=[] if each.is_reached else [_bar(step, words) for step in each.steps if _is_measured(step)],
        until="" if rule.fires_per_order else spans.until(each.days, words),
        is_reached=each.is_reached,
    )


def _asked(step: Step, words: Words) -> str:
    """A condition as what is to be done."""
    condition = step.condition
    match condition.metric:
        case "first_order":
            return "with your first sale" if condition.value is True else "with each sale but your first"
        case "order_amount":
            return f"with each sale of {_compared(condition.operator, words.money(int(step.goal or 0)))}"
        case "days_since_approval":
            return _of(step, words)
        case _:
            return f"{_of(step, words)} {spans.now(condition.period, words)}{_by_team(step)}"


def _of(step: Step, words: Words) -> str:
    """A goal with what is counted: more than 10 sales."""
    condition = step.condition
    if condition.repeats:
        return " ".join(("for each", *spans.measured(condition, condition.value, words)))
    return _compared(condition.operator, " ".join(spans.measured(condition, step.goal, words)))


def _compared(operator: str, goal: str) -> str:
    before, after = _COMPARED[operator]
    return f"{before}{goal}{after}"


def _by_team(step: Step) -> str:
    match step.condition.tier:
        case 1:
            return ""
        case "any":
            return ", your team's included"
        case _:
            return " by those whom you brought"


def _is_measured(step: Step) -> bool:
    return step.goal is not None and not step.condition.is_of_order


def _bar(step: Step, words: Words) -> Bar:
    now = "nothing yet" if step.reading is None else spans.measured(step.condition, step.reading, words)[0]
    goal, noun = spans.measured(step.condition, step.goal, words)
    done = None if step.done is None else int(step.done * 100)
    when = "" if step.condition.metric == "days_since_approval" else f" {spans.now(step.condition.period, words)}"
    return Bar(now, goal, noun + when, done)


def _gets(each: Progress, offers: dict[str, Offer], words: Words) -> Iterator[str]:
    """The consequences, one phrase for each effect that the member sees."""
    for effect in each.rule.effects:
        match effect:
            case Pay():
                yield _pays(effect, each, words)
            case MoveTo():
                yield _moves(effect, each, offers, words)
            case SetField() | Send():
                continue
            case _:
                assert_never(effect)


def _pays(pay: Pay, each: Progress, words: Words) -> str:
    if pay.rate.amount is not None:
        return f"{words.money(pay.rate.amount)} on top"
    if each.rule.fires_per_order:
        return f"{words.percent(pay.rate.percent)} of that sale's commission on top"
    return f"{words.percent(pay.rate.percent)} of what you earn {_then(each, words)} on top"


def _then(each: Progress, words: Words) -> str:
    period = each.rule.leading.period
    return "since your last payout" if isinstance(period, AllUnpaid) else spans.now(period, words)


def _moves(move: MoveTo, each: Progress, offers: dict[str, Offer], words: Words) -> str:
    offer = offers.get(move.offer_id)
    options = () if offer is None else (*offer.payout_options, *offer.removed_options)
    option = next((each for each in options if each.payout_option_id == move.payout_option_id), None)
    if offer is None or option is None:
        return "other terms"
    for_what = f", also for what you earned {_then(each, words)}" if move.retroactive else " from then on"
    return f"{terms.own(option.terms, words)} in {offer.name} ({option.name}){for_what}"


def _offers(each: Progress, offers: dict[str, Offer]) -> str:
    """Where it counts, if not everywhere."""
    named = each.rule.offers
    if named == "all":
        return ""
    return " in " + " and ".join(offers[offer_id].name for offer_id in named if offer_id in offers)


def _repeats(each: Progress) -> str:
    return ", each time" if each.rule.repeats or each.rule.fires_per_order else ""
