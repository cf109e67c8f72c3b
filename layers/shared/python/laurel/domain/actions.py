"""What a rule does when its conditions hold."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from laurel.domain.ids import TemplateId
from laurel.domain.mails import Recipient
from laurel.domain.members import FieldName
from laurel.domain.model import Amount, Frozen, Line, Percent
from laurel.domain.terms import FixedOrPercent


class UpdateUserField(Frozen):
    """Sets a user field of the member; an empty value clears it."""

    type: Literal["update_user_field"]
    field: FieldName
    value: Line


class AddBonusCommission(Frozen):
    """Pays an extra bonus: fixed, or percent of the commissions in the leading condition's scope."""

    type: Literal["add_bonus_commission"]
    amount: Amount | None = None
    percent: Percent | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        FixedOrPercent(amount=self.amount, percent=self.percent)
        return self

    def bonus(self, base: int) -> int:
        """Minor units paid on `base` minor units."""
        return FixedOrPercent(amount=self.amount, percent=self.percent).of(base)


class SendMail(Frozen):
    """Mails the member or the merchant from the rule's own template."""

    type: Literal["send_mail"]
    to: Recipient
    template_id: TemplateId


PayingAction: TypeAlias = AddBonusCommission
Action: TypeAlias = Annotated[UpdateUserField | AddBonusCommission | SendMail, Field(discriminator="type")]
