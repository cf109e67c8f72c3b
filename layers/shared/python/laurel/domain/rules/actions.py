"""Actions of a rule, as merchants write them, and the effects that the account transition carries out.

Each action answers for itself: its `effect`, and the `feature` that a program must have switched on for it. An effect
says whether it needs a marker, because done twice it would be twice, and how many items of a transaction it takes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field

from laurel.domain.mail.mails import Fired, Mail, Message, Recipient
from laurel.domain.mail.templates import TemplateParts
from laurel.domain.members.members import FieldName
from laurel.domain.offers.terms import FixedOrPercent
from laurel.domain.program.programs import Feature
from laurel.domain.values.ids import OfferId, PayoutOptionId, TemplateId
from laurel.domain.values.model import Frozen, Identifier, Line, OneOf

PayType = Literal["add_bonus_commission", "add_action_commission_bonus", "add_bonus_to_original_referrer"]
MoveType = Literal["put_into_commission_group", "put_into_commission_group_retroactively"]


@dataclass(frozen=True, slots=True)
class Pay:
    """A row that pays, and is the marker. `every_sale`: one for each sale, of its commission, instead of one a period.

    `action_code`: it counts as an action. `to_referrer`: it pays the one who brought the member.
    """

    type: PayType
    rate: FixedOrPercent
    action_code: str | None = None
    to_referrer: bool = False
    every_sale: bool = False
    needs_marker: ClassVar[bool] = True
    items: ClassVar[int] = 0  # its row is the marker, which is counted with the firing

    def bonus(self, base: int) -> int:
        """Minor units paid on `base` minor units; a base below zero takes nothing back."""
        return max(0, self.rate.of(base))


@dataclass(frozen=True, slots=True)
class SetField:
    """A user field of the member that is set, or cleared by an empty value."""

    field: str
    value: str
    needs_marker: ClassVar[bool] = False
    items: ClassVar[int] = 2
    """The profile, and the line of history."""


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Another payout option for the member's enrollment; `retroactive`: for what was earned before, too."""

    type: MoveType
    offer_id: str
    payout_option_id: str
    retroactive: bool = False
    needs_marker: ClassVar[bool] = False
    items: ClassVar[int] = 3
    """The enrollment, the line of history, and the job of a recalculation."""


@dataclass(frozen=True, slots=True)
class Send:
    """A message that the outbox sends once a period; `message` makes it.

    `recipient`: the one whose address it needs; `template_id`: the template that it is made of.
    """

    message: Callable[[Fired], Message]
    recipient: Recipient | None = None
    template_id: str | None = None
    needs_marker: ClassVar[bool] = True
    items: ClassVar[int] = 1


Effect: TypeAlias = Pay | SetField | MoveTo | Send


class _Action(Frozen):
    feature: ClassVar[Feature | None] = None

    def with_template(self, copied: Callable[[str], str]) -> Self:  # noqa: ARG002
        """The same with a template of its own: the one that `copied` makes of the old one."""
        return self


class UpdateUserField(_Action):
    """Sets a user field of the member; an empty value clears it."""

    type: Literal["update_user_field"]
    field: FieldName
    value: Line

    @property
    def effect(self) -> Effect:
        """Its field is set."""
        return SetField(self.field, self.value)


class AddBonusCommission(_Action, FixedOrPercent):
    """Pays the member an extra bonus, which feeds no condition."""

    type: Literal["add_bonus_commission"]

    @property
    def effect(self) -> Effect:
        """The member is paid."""
        return Pay(self.type, self)


class AddActionCommissionBonus(_Action, FixedOrPercent):
    """Pays the member an action commission of a given code, which counts as such."""

    feature: ClassVar[Feature | None] = "action_commissions"
    type: Literal["add_action_commission_bonus"]
    action_code: Identifier

    @property
    def effect(self) -> Effect:
        """The member is paid as for an action."""
        return Pay(self.type, self, action_code=self.action_code)


class AddBonusToOriginalReferrer(_Action, FixedOrPercent):
    """Pays who brought the member, if they are approved: once per period, or a share of every sale's commission."""

    feature: ClassVar[Feature | None] = "forced_matrix"
    type: Literal["add_bonus_to_original_referrer"]
    frequency: Literal["every_sale", "once_per_period"]

    @property
    def effect(self) -> Effect:
        """The referrer is paid."""
        return Pay(self.type, self, to_referrer=True, every_sale=self.frequency == "every_sale")


class PutIntoCommissionGroup(_Action):
    """Moves the member to another payout option of an offer; earlier commissions stay as they are."""

    feature: ClassVar[Feature | None] = "commission_groups"
    type: Literal["put_into_commission_group"]
    offer_id: OfferId
    payout_option_id: PayoutOptionId

    @property
    def effect(self) -> Effect:
        """The enrollment is moved."""
        return MoveTo(self.type, self.offer_id, self.payout_option_id)


class PutIntoCommissionGroupRetroactively(_Action):
    """Moves the member, and recalculates what they earned in that offer in the leading condition's period."""

    feature: ClassVar[Feature | None] = "commission_groups"
    type: Literal["put_into_commission_group_retroactively"]
    offer_id: OfferId
    payout_option_id: PayoutOptionId

    @property
    def effect(self) -> Effect:
        """The enrollment is moved, and what it earned before goes along."""
        return MoveTo(self.type, self.offer_id, self.payout_option_id, retroactive=True)


class SendMail(_Action, OneOf):
    """Mails the member or the merchant from the rule's own template: one that exists, or one that is made with it."""

    ALTERNATIVES: ClassVar[frozenset[str]] = frozenset({"template_id", "template"})
    type: Literal["send_mail"]
    to: Recipient
    template_id: TemplateId | None = None
    template: TemplateParts | None = None

    @property
    def effect(self) -> Effect:
        """A mail is put into the outbox."""
        return Send(self._message, self.to, self.template_id)

    def with_template(self, copied: Callable[[str], str]) -> Self:
        """A mail of its own text."""
        return self if self.template_id is None else self.from_template(copied(self.template_id))

    def from_template(self, template_id: str) -> Self:
        """The same from a template that exists."""
        return self.model_copy(update={"template_id": template_id, "template": None})

    def _message(self, fired: Fired) -> Mail:
        assert self.template_id is not None, "a stored rule has its templates"  # noqa: S101 -- for the type checker
        return Mail.of(fired, self.to, self.template_id)


PayingAction: TypeAlias = AddBonusCommission | AddActionCommissionBonus | AddBonusToOriginalReferrer
PlainAction: TypeAlias = UpdateUserField | PutIntoCommissionGroup | PutIntoCommissionGroupRetroactively | SendMail
"""Actions that say all that they do; what others pay depends on the member."""
Action: TypeAlias = Annotated[PayingAction | PlainAction, Field(discriminator="type")]
