"""Lines of history in words: who changed what of whom, before and after."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from laurel.domain.history import SYSTEM, Edit, FieldChange
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.values.model import WHEN_NEEDED
from laurel.pages import terms
from laurel.pages.words import Words

_TERMS: Final[TypeAdapter[Any]] = TypeAdapter(PayoutTerms, config=WHEN_NEEDED)
_ACTIONS: Final[Mapping[str, str]] = {
    "created": "Made",
    "edited": "Changed",
    "erased": "Erased",
    "enrolled": "Joined the offer",
    "enrollment_edited": "Changed for a member",
    "payout_option_added": "Payout option added",
    "payout_option_edited": "Payout option changed",
    "payout_option_removed": "Payout option removed",
    "code_live": "Code is live in the shop",
    "code_ended": "Code ended in the shop",
    "code_failed": "The shop refused the code",
    "code_conflict": "The code is the shop's own",
    "payee_set": "Payment details given",
    "payee_changed": "Payment details changed",
    "payee_removed": "Payment details removed",
    "attributed": "Given to a member",
    "revised": "Changed",
    "reopened": "Stands again",
    "payment_void": "The payment will not come",
    "recurrence_stopped": "Later commissions stopped",
    "drafted": "Taken into a payout",
    "recalculated": "Moved to another payout option, for earlier orders too",
}
_FIELDS: Final[Mapping[str, str]] = {
    "active_from": "Runs from",
    "active_until": "Runs until",
    "email": "E-mail",
    "exchange_rate": "Exchange rate",
    "fixed": "Kept in place",
    "lifetime": "Customers stay",
    "money": "Payment",
    "own_terms": "Own terms",
    "payout_option_id": "Payout option",
    "promo_code": "Promo code",
    "refunded_amount": "Refunded",
    "slug": "Link name",
    "terms": "Pay",
    "window_days": "Days that a click counts",
}
_NOBODY: Final = "\u2013"


@dataclass(frozen=True, slots=True)
class Change:
    """One field, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One change, in words. `member_id`, `about`: the member whose enrollment it was; `of_many`: one of a bulk edit."""

    at: datetime
    who: str
    what: str
    changes: tuple[Change, ...]
    member_id: str | None = None
    about: str = ""
    of_many: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says edits. `names`: keys, rules and member ids -> names; `options`: payout option ids -> names.

    `amounts`: fields that are minor units -> their currency.
    """

    words: Words
    names: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, str] = field(default_factory=dict)

    def lines(self, edits: Iterable[Edit]) -> list[Line]:
        """Each edit as a line."""
        return [self._line(edit) for edit in edits]

    def _line(self, edit: Edit) -> Line:
        option = self.options.get(edit.payout_option_id or "")
        what = _ACTIONS.get(edit.action, edit.action.replace("_", " ").capitalize())
        return Line(
            at=edit.at,
            who=edit.actor_name or self._who(edit.actor),
            what=f"{what}: {option}" if option else what,
            changes=tuple(self._change(change) for change in edit.changes if _says_something(change)),
            member_id=edit.member_id,
            about=self.names.get(edit.member_id or "", "a member"),
            of_many=edit.batch_id is not None,
        )

    def _who(self, actor: str) -> str:
        kind, _, identity = actor.partition(":")
        if actor == SYSTEM:
            return "Laurel"
        name = self.names.get(actor)
        match kind:
            case "key":
                return f"API key {name or identity[-6:]}"
            case "rule":
                return f"Rule {name or identity[-6:]}"
            case _:
                return f"a {kind} who is gone"

    def _change(self, change: FieldChange) -> Change:
        label = _FIELDS.get(change.field, change.field.rpartition(".")[2].replace("_", " ").capitalize())
        return Change(label, self._said(change.field, change.before), self._said(change.field, change.after))

    def _said(self, name: str, value: JsonValue) -> str:
        said = self._by_field.get(name)
        if value is None or value in ("", [], {}):
            return _NOBODY
        if name in self.amounts and isinstance(value, int):
            return self.words.money(value, self.amounts[name])
        return said(value) if said is not None and isinstance(value, str) else self._plain(value)

    @property
    def _by_field(self) -> Mapping[str, Callable[[str], str]]:
        instants = ("active_from", "active_until", "approved_at", "erased_at")
        return {
            "payout_option_id": lambda value: self.options.get(value, "an option that was removed"),
            **dict.fromkeys(instants, lambda value: self.words.instant(datetime.fromisoformat(value))),
            "reason": self.words.reason,
            **dict.fromkeys(("status", "state", "money", "payout"), lambda value: self.words.state(value)[1]),
            **dict.fromkeys(("original_referrer_id", "parent_id"), lambda value: self.names.get(value, "a member")),
        }

    def _plain(self, value: JsonValue) -> str:
        match value:
            case bool():
                return "yes" if value else "no"
            case dict() if "type" in value:
                return self._terms(value)
            case {"percent": str(percent), **others} if not others:
                return self.words.percent(percent)
            case {"amount": int(amount), **others} if not others:
                return self.words.money(amount)
            case dict():
                return ", ".join(f"{name}: {self._plain(each)}" for name, each in value.items())
            case list():
                return ", ".join(self._listed(each) for each in value)
            case _:
                return str(value).replace("_", " ") if value in {"promo_code"} else str(value)

    def _listed(self, value: JsonValue) -> str:
        return str(value["name"]) if isinstance(value, dict) and "name" in value else self._plain(value)

    def _terms(self, value: Mapping[str, JsonValue]) -> str:
        try:
            return terms.told(_TERMS.validate_python(value), self.words)
        except ValidationError:
            return str(value["type"])


def _says_something(change: FieldChange) -> bool:
    """Not what is off, or our own affair, from the beginning."""
    return (change.before, change.after) != (None, False) and change.field != "buckets"
