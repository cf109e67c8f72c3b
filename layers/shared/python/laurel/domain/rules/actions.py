"""What a rule does when its conditions hold."""

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from laurel.domain.mail.mails import Recipient
from laurel.domain.members.members import FieldName
from laurel.domain.offers.terms import FixedOrPercent
from laurel.domain.program.programs import Feature
from laurel.domain.values.ids import OfferId, PayoutOptionId, TemplateId
from laurel.domain.values.model import Amount, Frozen, Identifier, Line, Percent


class UpdateUserField(Frozen):
    """Sets a user field of the member; an empty value clears it."""

    type: Literal["update_user_field"]
    field: FieldName
    value: Line


class _Paying(Frozen):
    """Pays a fixed amount, or percent of a base: the commissions in the scope of the leading condition, mostly."""

    amount: Amount | None = None
    percent: Percent | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        FixedOrPercent(amount=self.amount, percent=self.percent)
        return self

    def bonus(self, base: int) -> int:
        """Minor units paid on `base` minor units."""
        return FixedOrPercent(amount=self.amount, percent=self.percent).of(base)


class AddBonusCommission(_Paying):
    """Pays the member an extra bonus, which feeds no condition."""

    type: Literal["add_bonus_commission"]


class AddActionCommissionBonus(_Paying):
    """Pays the member an action commission of a given code, which counts as such."""

    type: Literal["add_action_commission_bonus"]
    action_code: Identifier


class AddBonusToOriginalReferrer(_Paying):
    """Pays who brought the member: once per period, or for every sale a share of that sale's commission."""

    type: Literal["add_bonus_to_original_referrer"]
    frequency: Literal["every_sale", "once_per_period"]


class PutIntoCommissionGroup(Frozen):
    """Moves the member to another payout option of an offer; earlier commissions stay as they are."""

    type: Literal["put_into_commission_group"]
    offer_id: OfferId
    payout_option_id: PayoutOptionId


class PutIntoCommissionGroupRetroactively(Frozen):
    """Moves the member, and recalculates what they earned in that offer in the leading condition's period."""

    type: Literal["put_into_commission_group_retroactively"]
    offer_id: OfferId
    payout_option_id: PayoutOptionId


class SendMail(Frozen):
    """Mails the member or the merchant from the rule's own template."""

    type: Literal["send_mail"]
    to: Recipient
    template_id: TemplateId


PayingAction: TypeAlias = AddBonusCommission | AddActionCommissionBonus | AddBonusToOriginalReferrer
MovingAction: TypeAlias = PutIntoCommissionGroup | PutIntoCommissionGroupRetroactively
Action: TypeAlias = Annotated[
    UpdateUserField
    | AddBonusCommission
    | AddActionCommissionBonus
    | AddBonusToOriginalReferrer
    | PutIntoCommissionGroup
    | PutIntoCommissionGroupRetroactively
    | SendMail,
    Field(discriminator="type"),
]
NEEDS: Final[dict[str, Feature]] = {
    "add_action_commission_bonus": "action_commissions",
    "add_bonus_to_original_referrer": "forced_matrix",
    "put_into_commission_group": "commission_groups",
    "put_into_commission_group_retroactively": "commission_groups",
}
"""Type of action -> the feature that a program must have switched on for it."""
