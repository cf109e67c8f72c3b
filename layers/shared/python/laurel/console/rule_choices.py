"""Choices that the form of a rule gives, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, get_args

from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Feature, Program
from laurel.domain.rules.actions import (
    AddActionCommissionBonus,
    AddBonusCommission,
    AddBonusToOriginalReferrer,
    PutIntoCommissionGroup,
    PutIntoCommissionGroupRetroactively,
    SendMail,
    UpdateUserField,
)
from laurel.domain.rules.scoped import Status
from laurel.pages.forms import Form
from laurel.workflows.rules.background import Background

Choice = tuple[str, str]
Grouped = tuple[str, list[Choice]]
METRICS: Final[tuple[Grouped, ...]] = (
    (
        "Sales",
        [
            ("sales_count", "Number of sales"),
            ("sales_total", "Value of sales"),
            ("average_order_value", "Average order"),
            ("recurring_count", "Number of later payments"),
            ("actions_count", "Number of actions"),
            ("clicks_count", "Number of clicks"),
            ("conversion_rate", "Conversion rate"),
        ],
    ),
    (
        "Commission",
        [
            ("commission_value", "Commission"),
            ("sale_commission_value", "Commission on sales"),
            ("action_commission_value", "Commission on actions"),
            ("click_commission_value", "Commission on clicks"),
        ],
    ),
    ("One order", [("order_amount", "Amount of the order"), ("first_order", "First order")]),
    (
        "The member",
        [
            ("user_field", "User field"),
            ("commission_group", "Payout option"),
            ("referred_members_count", "Members they brought"),
            ("days_since_approval", "Days since approval"),
        ],
    ),
)
OPERATORS: Final[tuple[Choice, ...]] = (
    ("gt", "more than"),
    ("gte", "at least"),
    ("lt", "less than"),
    ("lte", "at most"),
    ("eq", "exactly"),
    ("ne", "not"),
)
OF_TEXTS: Final[tuple[Choice, ...]] = (("eq", "is"), ("ne", "is not"), ("is_set", "is set"))
PERIODS: Final[tuple[Grouped, ...]] = (
    (
        "Now",
        [
            ("current_day", "today"),
            ("current_week", "this week"),
            ("current_month", "this month"),
            ("current_quarter", "this quarter"),
            ("current_year", "this year"),
        ],
    ),
    (
        "Before",
        [
            ("last_week", "last week"),
            ("last_month", "last month"),
            ("last_quarter", "last quarter"),
            ("last_year", "last year"),
        ],
    ),
    (
        "Other",
        [
            ("last_n_days", "the last days"),
            ("since", "since a day"),
            ("all_time", "all time"),
            ("all_unpaid", "not paid out yet"),
        ],
    ),
)
STATUSES: Final[tuple[Choice, ...]] = tuple((each, each.capitalize()) for each in get_args(Status))
TIERS: Final[tuple[Choice, ...]] = (
    ("1", "their own (tier 1)"),
    ("any", "all tiers"),
    *((str(tier), f"tier {tier}") for tier in range(2, 22)),
)
BOUND_TO: Final = (("member", "the member"), ("merchant", "us, at the merchant's address"))
FREQUENCIES: Final = (("once_per_period", "once in the period"), ("every_sale", "for every sale"))
RATES: Final = (("percent", "a percentage"), ("amount", "a fixed amount"))
_ACTIONS: Final[tuple[tuple[str, str, Feature | None], ...]] = (
    ("add_bonus_commission", "Pay a bonus", AddBonusCommission.feature),
    ("send_mail", "Send a mail", SendMail.feature),
    ("update_user_field", "Set a user field", UpdateUserField.feature),
    ("put_into_commission_group", "Move to another payout option", PutIntoCommissionGroup.feature),
    (
        "put_into_commission_group_retroactively",
        "Move to another payout option, and recalculate the period",
        PutIntoCommissionGroupRetroactively.feature,
    ),
    ("add_action_commission_bonus", "Pay an action bonus", AddActionCommissionBonus.feature),
    ("add_bonus_to_original_referrer", "Pay a bonus to who brought them", AddBonusToOriginalReferrer.feature),
)
_FEATURES: Final[dict[Feature, str]] = {
    "commission_groups": "moves between payout options",
    "action_commissions": "action bonuses",
    "forced_matrix": "bonuses to who brought a member",
}
_KINDS: Final = {
    **dict.fromkeys(("sales_count", "actions_count", "recurring_count", "clicks_count"), "number"),
    **dict.fromkeys(("referred_members_count", "days_since_approval"), "number"),
    "conversion_rate": "percent",
    "user_field": "field",
    "commission_group": "group",
    "first_order": "first",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices that depend on the program, its offers and its templates."""

    program: Program
    background: Background

    @property
    def offers(self) -> list[Choice]:
        """The offers."""
        return [(offer.offer_id, offer.name) for offer in self._offers]

    @property
    def options(self) -> list[Grouped]:
        """The payout options, by offer."""
        return [
            (offer.name, [(each.payout_option_id, each.name) for each in offer.payout_options])
            for offer in self._offers
        ]

    @property
    def places(self) -> list[Grouped]:
        """The payout options to move to, each with its offer."""
        return [
            (offer.name, [(f"{offer.offer_id}/{each.payout_option_id}", each.name) for each in offer.payout_options])
            for offer in self._offers
        ]

    @property
    def fields(self) -> list[Choice]:
        """The user fields."""
        return [(each.name, each.label) for each in self.program.user_fields]

    @property
    def templates(self) -> list[Choice]:
        """The mail templates, and the one that is written with the rule."""
        return [("", "A mail of this rule's own"), *self.background.templates.items()]

    on_variables: ClassVar[str] = (
        "Variables such as {{ member.first_name }} and {{ bonus }} are filled in. Once the rule is saved, the mail can "
        "be looked at and changed."
    )

    def coded(self, now: str) -> list[Choice]:
        """The action codes that are known by name, and the one that is there."""
        paid = (code for offer in self._offers for option in offer.payout_options for code in option.terms.actions)
        return [(code, code) for code in sorted({*self.program.action_codes, *paid, *([now] if now else [])})]

    def actions(self, form: Form, number: int) -> list[Choice]:
        """The actions that the program can carry out, and the one that is there."""
        now = form.text(f"actions.{number}.type")
        return [(kind, said) for kind, said, feature in _ACTIONS if kind == now or self._has(feature)]

    @property
    def features_off(self) -> str:
        """The actions that there would be besides, once features are on; empty for none."""
        off = [said for feature, said in _FEATURES.items() if not self._has(feature)]
        return ", ".join(off[:-1]) + " and " + off[-1] if len(off) > 1 else "".join(off)

    def _has(self, feature: Feature | None) -> bool:
        return feature is None or self.program.features.has(feature)

    @property
    def _offers(self) -> Sequence[Offer]:
        return list(self.background.offers.values())


def kind_of(metric: str) -> str:
    """The kind of value that a metric is compared with: money, number, percent, field, group or first."""
    return _KINDS.get(metric, "money")
