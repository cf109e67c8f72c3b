"""The form of a rule: its fields as the API takes them, and parts that are added, removed and moved.

A part is a condition or an action; its fields are `conditions.0.metric`, `actions.1.percent`. Some are the form's own:
`shown`, the kind for which the other fields were made; `by`, whether a bonus is a percent or an amount; `place`, an
offer with one of its payout options.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from laurel.domain.rules.rules import RuleSettings
from laurel.pages.forms import PLACE, Entered, Form

MOST_PARTS: Final = 10
DO: Final = "_do"
"""The field that says what a button does: `conditions.add`, `actions.remove.0`, `conditions.up.1`, `look`."""
_PART: Final = re.compile(r"(conditions|actions)\.(\d{1,6})\.(.+)")
_DOING: Final = re.compile(r"(conditions|actions)\.(add|remove|up)(?:\.(\d{1,2}))?")
_KINDS: Final = {"conditions": "metric", "actions": "type"}
_FIRST: Final[Mapping[str, Mapping[str, tuple[tuple[str, ...], str]]]] = {
    "conditions": {
        "metric": (("commission_value",), ""),
        "shown": (("commission_value",), ""),
        "operator": (("gt",), ""),
        "period.type": (("current_month",), ""),
        "statuses": (("", "approved"), "many"),
    },
    "actions": {
        "type": (("add_bonus_commission",), ""),
        "shown": (("add_bonus_commission",), ""),
        "by": (("percent",), ""),
    },
}
"""The beginning of a new part: field -> texts and kind."""
_OF_ACTION: Final[Mapping[str, frozenset[str]]] = {
    "update_user_field": frozenset({"field", "value"}),
    "add_bonus_commission": frozenset({"percent", "amount"}),
    "add_action_commission_bonus": frozenset({"action_code", "percent", "amount"}),
    "add_bonus_to_original_referrer": frozenset({"frequency", "percent", "amount"}),
    "put_into_commission_group": frozenset({"place"}),
    "put_into_commission_group_retroactively": frozenset({"place"}),
    "send_mail": frozenset({"to", "template_id", "template"}),
}
_EVERY_FIELD: Final = frozenset().union(*_OF_ACTION.values())
_IDS_OF_PLACE: Final = re.compile(r"(actions\.\d+)\.(?:offer_id|payout_option_id)")


def fresh() -> Entered:
    """The form of a rule that nobody has written yet: one condition, one action."""
    texts = {"name": ("",), "priority": ("1",), "enabled": ("", "on")}
    kinds = {"name": "", "priority": "number", "enabled": "flag"}
    return _with_new(_with_new(Entered("", texts, kinds), "conditions"), "actions")


def shown(rule: RuleSettings, version: int | None) -> Form:
    """The form of a rule as it is stored."""
    whole = rule.model_dump(mode="json", exclude_none=True, include=set(RuleSettings.model_fields))
    offers = [] if rule.offers == "all" else list(rule.offers)
    conditions = [_condition_shown(each) for each in whole["conditions"]]
    actions = [_action_shown(each) for each in whole["actions"]]
    return replace(
        Form.of(**{**whole, "offers": offers, "conditions": conditions, "actions": actions}), version=version
    )


def count(form: Form, parts: str) -> int:
    """How many `conditions` or `actions` a form shows."""
    texts = form.stored if form.entered is None else form.entered.texts
    return len({match[2] for path in texts if (match := _PART.fullmatch(path)) and match[1] == parts})


def settings(entered: Entered) -> dict[str, Any]:
    """The rule as the API takes it. Raises Invalid for numbers that are none."""
    told = entered.new()
    return {
        **told,
        "offers": told.get("offers") or "all",
        "conditions": [_condition(each) for each in _parts(told, "conditions")],
        "actions": [_action(each) for each in _parts(told, "actions")],
    }


def done(entered: Entered) -> Entered:
    """The form after what its button says."""
    asked = _DOING.fullmatch(entered.text(DO))
    if asked is None:
        return tidy(entered)
    parts, doing, number = asked[1], asked[2], int(asked[3] or 0)
    match doing:
        case "add":
            return _with_new(tidy(entered), parts)
        case "remove":
            return _numbered(entered, lambda kind, old: None if (kind, old) == (parts, number) else old)
        case _:
            places = {number: number - 1, number - 1: number} if number else {}
            return _numbered(entered, lambda kind, old: places.get(old, old) if kind == parts else old)


def at_hand(pressed: str, form: Form) -> str:
    """The part where somebody goes on who pressed a button of the parts: `conditions.1`; empty after other buttons."""
    asked = _DOING.fullmatch(pressed)
    if asked is None:
        return ""
    number = int(asked[3] or 0)
    place = {"add": MOST_PARTS, "up": number - 1}.get(asked[2], number)
    return f"{asked[1]}.{max(min(place, count(form, asked[1]) - 1), 0)}"


def tidy(entered: Entered) -> Entered:
    """The form with its parts numbered from 0 on, without those that are too many."""
    return _numbered(entered, lambda _, old: old)


def is_reshaped(entered: Entered) -> bool:
    """Whether a part became another kind after its fields were made: what they hold may mean something else now."""
    kinds = ((path, _PART.fullmatch(path)) for path in entered.texts)
    return any(
        entered.text(path) != entered.text(f"{match[1]}.{match[2]}.shown")
        for path, match in kinds
        if match is not None and match[3] == _KINDS[match[1]]
    )


def led_back(form: Form) -> Form:
    """The form with what was refused at fields that are the form's own."""
    errors = {_IDS_OF_PLACE.sub(r"\1.place", path): sentence for path, sentence in form.errors.items()}
    return replace(form, errors=errors)


def _parts(told: Mapping[str, Any], parts: str) -> list[Mapping[str, Any]]:
    listed = told.get(parts)
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _condition(part: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in part.items() if name != "shown"}
    offers, tier, period = told.pop("offers", []), told.get("tier"), told.get("period")
    if offers:
        told["offers"] = "all" if "all" in offers else offers
    if isinstance(tier, str) and PLACE.fullmatch(tier):
        told["tier"] = int(tier)
    if isinstance(period, Mapping):
        kept = {"last_n_days": {"type", "days"}, "since": {"type", "date"}}.get(str(period.get("type")), {"type"})
        told["period"] = {name: value for name, value in period.items() if name in kept | (period.keys() - _OF_PERIOD)}
    if told.get("operator") == "is_set":
        told.pop("value", None)
    if told.get("metric") == "first_order":
        told["value"] = told.get("value") == "yes"
    return told


_OF_PERIOD: Final = frozenset({"type", "days", "date"})


def _action(part: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in part.items() if name not in {"shown", "by"}}
    kind = str(told.get("type"))
    unasked = _EVERY_FIELD - _OF_ACTION.get(kind, _EVERY_FIELD)
    told = {name: value for name, value in told.items() if name not in unasked}
    told.pop("amount" if part.get("by") == "percent" else "percent", None)
    offer_id, _, option_id = str(told.pop("place", "")).partition("/")
    if offer_id:
        told |= {"offer_id": offer_id, "payout_option_id": option_id}
    if kind == "update_user_field":
        told.setdefault("value", "")
    if "template_id" in told:
        told.pop("template", None)
    return told


def _condition_shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    told = {**stored, "shown": stored["metric"]}
    if told["metric"] == "first_order":
        told["value"] = "yes" if stored["value"] else "no"
    if stored.get("offers") == "all":
        told["offers"] = ["all"]
    return told


def _action_shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    told = {**stored, "shown": stored["type"], "by": "amount" if "amount" in stored else "percent"}
    if "payout_option_id" in stored:
        told["place"] = f"{stored['offer_id']}/{stored['payout_option_id']}"
    return told


def _with_new(entered: Entered, parts: str) -> Entered:
    """The form with one more part at its end, unless there are too many."""
    number = count(Form(entered=entered), parts)
    if number >= MOST_PARTS:
        return entered
    begun = {f"{parts}.{number}.{name}": value for name, value in _FIRST[parts].items()}
    texts = {**entered.texts, **{path: texts for path, (texts, _) in begun.items()}}
    return replace(entered, texts=texts, kinds={**entered.kinds, **{path: kind for path, (_, kind) in begun.items()}})


def _numbered(entered: Entered, place: Callable[[str, int], int | None]) -> Entered:
    """The form with its parts at the places that `place` (kind, number) gives, closed up; None drops a part."""
    found = {(match[1], int(match[2])) for path in entered.texts if (match := _PART.fullmatch(path))}
    wanted = sorted((kind, new, old) for kind, old in found if (new := place(kind, old)) is not None)
    numbers: dict[tuple[str, int], int] = {}
    for kind, _, old in wanted:
        numbers[kind, old] = sum(known == kind for known, _ in numbers)
    kept = {path: moved for path in entered.texts if (moved := _moved(path, numbers)) is not None}
    return replace(
        entered,
        texts={moved: entered.texts[path] for path, moved in kept.items()},
        kinds={moved: entered.kinds[path] for path, moved in kept.items()},
    )


def _moved(path: str, numbers: Mapping[tuple[str, int], int]) -> str | None:
    match = _PART.fullmatch(path)
    if match is None:
        return path
    number = numbers.get((match[1], int(match[2])))
    return None if number is None or number >= 2 * MOST_PARTS else f"{match[1]}.{number}.{match[3]}"
