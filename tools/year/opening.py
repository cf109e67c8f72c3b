"""The program as it began: its people, its shop, three offers, mail templates and six rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel.domain.mail.templates import TemplateText
from laurel.domain.offers.offers import NewOffer, Offer
from laurel.domain.people.people import NewUser, Person, User
from laurel.domain.program.programs import ApiKey, NewApiKey, NewStorefront
from laurel.domain.rules.rules import RuleSettings
from laurel.store import items, people_keys
from laurel.workflows.mail import templates
from laurel.workflows.offers import offers
from laurel.workflows.people import users
from laurel.workflows.program import api_keys, programs, storefronts
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.rules import rules
from tools.failure import ToolError
from tools.year.backstage import Backstage

ORIGIN: Final = "https://api.laurel.example"
SETTINGS: Final[dict[str, Any]] = {
    "features": {"commission_groups": True},
    "statements": {"mail_members": True},
    "applications": {"open": True},
    "merchant_email": "olga@glow.example",
    "user_fields": [{"name": "level", "label": "Level"}],
}
COLLEAGUES: Final = (
    NewUser(email="max@glow.example", name="Max Manager", role="manager"),
    NewUser(email="vera@glow.example", name="Vera Viewer", role="viewer"),
)
TIERS: Final = [{"percent_of_sale": "2"}]


@dataclass(frozen=True, slots=True)
class Scene:
    """The offers of the year, `owner` and `manager`, who decide, and `shop`: the key of the storefront that reports.

    `secret`: that key's text.
    """

    owner: Person
    manager: Person
    shop: ApiKey
    secret: str
    skincare: Offer
    box: Offer
    friends: Offer


def opened(stage: Backstage, at: datetime, landing_url: str) -> Scene:
    """Sets everything up on the first morning. `landing_url`: where links lead."""
    owner = _owner(stage)
    programs.edit(stage.table, stage.program, SETTINGS, None, at)
    for new in COLLEAGUES:
        users.invite(stage.table, stage.asked_by(owner, at), new, stage.randomness, ORIGIN)
    asked = stage.asked_by(owner, at)
    storefront = storefronts.create(
        stage.table, asked, NewStorefront(name="Web shop", platform="api"), stage.randomness
    )[0]
    new_key = NewApiKey(name="Web shop", scopes=("storefront",), storefront_id=storefront.storefront_id)
    issued = api_keys.issue(stage.table, asked, new_key, stage.randomness)[0]
    shop = ApiKey(**issued.model_dump(exclude={"key"}))
    skincare, box, friends = (
        offers.create(stage.table, asked, NewOffer.model_validate(new), stage.randomness)[0]
        for new in _offers(landing_url)
    )
    _rules(stage, asked, skincare)
    return Scene(owner, _manager(stage), shop, issued.key or "", skincare, box, friends)


def _users(stage: Backstage) -> list[User]:
    return [items.parse(User, item) for item in stage.table.query(people_keys.user(stage.program_id, "").pk)]


def _owner(stage: Backstage) -> Person:
    for user in _users(stage):
        if user.role == "owner":
            return user.person
    raise ToolError("the program has no owner")


def _manager(stage: Backstage) -> Person:
    return next(user.person for user in _users(stage) if user.role == "manager")


def _offers(landing_url: str) -> list[dict[str, Any]]:
    skincare = [
        _option("Standard", {"type": "percent_of_sale", "percent": "10", "tiers": TIERS}, default=True),
        _option("Gold", {"type": "percent_of_sale", "percent": "14", "tiers": TIERS}),
    ]
    box = [
        _option("Per box", {"type": "flat_per_sale", "amount": 600, "actions": {"newsletter": {"amount": 50}}}, True),
        _option("Per visit", {"type": "per_click", "amount": 10}),
    ]
    friends = [_option("Agreed", {"type": "percent_of_sale", "percent": "12"}, default=True)]
    codes = {"kind": "promo_code", "discount": {"percent": "10"}}
    return [
        {"name": "Skincare", **codes, "payout_options": skincare},
        {"name": "Glow box", "kind": "link", "landing_url": landing_url, "payout_options": box},
        {"name": "Friends of the house", **codes, "payout_options": friends},
    ]


def _option(name: str, terms: dict[str, Any], default: bool = False) -> dict[str, Any]:
    return {"name": name, "default": default, "terms": terms}


def _rules(stage: Backstage, asked: Request, skincare: Offer) -> None:
    hello = _template(stage, asked, "Hello", "Your first sale", "your first sale is in. Well done!")
    strong = _template(
        stage,
        asked,
        "Strong week",
        "A bonus for a strong week",
        "your commissions from {{ period.start }} to {{ period.end }} have come to\n{{ value }}. We add {{ bonus }}.",
    )
    gold = skincare.payout_options[1].payout_option_id
    moved = {"type": "put_into_commission_group", "offer_id": skincare.offer_id, "payout_option_id": gold}
    level: dict[str, Any] = {"type": "update_user_field", "field": "level", "value": "gold"}
    for name, condition, actions in (
        ("First sale", _if("sales_count", 1, "all_time"), [_mail(hello)]),
        ("Strong week", _if("commission_value", 20_000, "current_week"), [_bonus(percent="5"), _mail(strong)]),
        ("Ten in a month", _if("sales_count", 10, "current_month"), [_bonus(amount=2_500)]),
        ("Gold", _if("sales_total", 400_000, "all_time"), [moved, level]),
        ("Every fifty sales", _if("sales_count", 50, "all_time", every=True), [_bonus(amount=5_000)]),
        ("Big basket", {"metric": "order_amount", "operator": "gte", "value": 25_000}, [_bonus(amount=500)]),
    ):
        settings = RuleSettings.model_validate({"name": name, "conditions": [condition], "actions": actions})
        rules.create(stage.table, asked, settings, stage.randomness)


def _template(stage: Backstage, asked: Request, name: str, subject: str, said: str) -> str:
    text = f"Hello {{{{ member.first_name }}}},\n\n{said}\n\n{{{{ program.name }}}}\n"
    new = TemplateText(name=name, subject=subject, text=text)
    return templates.create(stage.table, asked, new, stage.randomness)[0].template_id


def _if(metric: str, value: int, period: str, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "operator": "gte", "value": value, "period": {"type": period}, **more}


def _bonus(**rate: Any) -> dict[str, Any]:
    return {"type": "add_bonus_commission", **rate}


def _mail(template_id: str) -> dict[str, Any]:
    return {"type": "send_mail", "to": "member", "template_id": template_id}
