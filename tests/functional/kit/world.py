"""One small program that the raw events of events/ talk about: every id and key in it is the same in every run."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from laurel.domain.mail.templates import TemplateText
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.members.members import NewMember
from laurel.domain.offers.offers import NewOffer
from laurel.domain.program.programs import ApiKey, NewApiKey, NewStorefront, Platform, Program, ProgramSettings
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.values.calendar import Calendar
from laurel.store.table import Table
from laurel.workflows.mail import templates
from laurel.workflows.members import enrollments, members
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers
from laurel.workflows.program import api_keys, programs, storefronts
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Caller
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.rules import rules
from tests.kit.shop_bodies import SECRET

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
CALENDAR = Calendar("Europe/Berlin")
"""Of its days, which begin before those of a machine in UTC."""
OPTIONS = [
    {"name": "Standard", "default": True, "terms": {"type": "percent_of_sale", "percent": "10"}},
    {"name": "Gold", "default": False, "terms": {"type": "percent_of_sale", "percent": "15"}},
]


@dataclass(slots=True)
class Randomness:
    """Bytes that are the same in every run."""

    name: str
    count: int = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        return hashlib.sha256(f"{self.name}{self.count}".encode()).digest()[:size]


@dataclass(slots=True)
class World:
    """The program and what is in it."""

    program: Program
    admin: str
    reader: str = ""
    reporter: str = ""
    storefront_id: str = ""
    template_id: str = ""
    codes_offer: str = ""
    links_offer: str = ""
    options: list[str] = field(default_factory=list)
    ada: str = ""
    ben: str = ""
    rule_id: str = ""
    slug: str = ""


def program(table: Table, name: str = "Glow Cosmetics") -> World:
    """A program with nothing in it but its admin key."""
    settings = ProgramSettings.model_validate(
        {
            "name": name,
            "currency": "EUR",
            "timezone": CALENDAR.zone,
            "user_fields": [{"name": "level", "label": "Level"}],
        }
    )
    return World(*programs.create(table, settings, AT, Randomness(name)))


def furnished(table: Table) -> World:
    """Storefront, keys, template, two offers, two members, one of them enrolled, and a rule."""
    world, random = program(table), Randomness("furniture")
    moments = _moments(world.program)
    world.storefront_id = storefronts.create(
        table, next(moments), NewStorefront(name="Web shop", platform="api"), random
    )[0].storefront_id
    world.reader = api_keys.issue(table, next(moments), NewApiKey(scopes=("read",)), random)[0].key or ""
    scoped = NewApiKey(scopes=("storefront",), storefront_id=world.storefront_id)
    world.reporter = api_keys.issue(table, next(moments), scoped, random)[0].key or ""
    _offers(table, world, moments, random)
    _members(table, world, moments, random)
    text = TemplateText(name="Strong week", subject="Well done", text="{{ member.first_name }}: {{ bonus }}")
    world.template_id = templates.create(table, next(moments), text, random)[0].template_id
    settings = RuleSettings.model_validate(rule(world.template_id))
    world.rule_id = rules.create(table, next(moments), settings, random)[0].rule_id
    adas_link = Place(world.program.program_id, world.links_offer, world.ada)
    world.slug = (
        enrollments.put(table, adas_link, EnrollmentEdit(), next(moments).author, Randomness("link"))[0].slug or ""
    )
    return world


def open_shops(table: Table, made: Program) -> dict[str, str]:
    """A storefront of each platform with the secret of shop_bodies.py, for which KMS must be there; their ids."""
    random, opened = Randomness("shops"), {}
    for platform in get_args(Platform):
        new = NewStorefront(name=platform, platform=platform, webhook_secret=SECRET)
        opened[platform] = storefronts.create(table, request_of(made), new, random)[0].storefront_id
    return opened


def rule(template_id: str) -> dict[str, Any]:
    """Above 200.00 of approved commissions in a week, 2 % of them and a mail."""
    return {
        "name": "Strong week",
        "conditions": [
            {"metric": "commission_value", "operator": "gt", "value": 20_000, "period": {"type": "current_week"}}
        ],
        "actions": [
            {"type": "add_bonus_commission", "percent": "2"},
            {"type": "send_mail", "to": "member", "template_id": template_id},
        ],
    }


def _offers(table: Table, world: World, moments: Iterator[Request], random: Randomness) -> None:
    codes = NewOffer.model_validate({"name": "Autumn glow", "kind": "promo_code", "payout_options": OPTIONS})
    links = NewOffer.model_validate(
        {"name": "Links", "kind": "link", "landing_url": "https://shop.example.com/", "payout_options": OPTIONS[:1]}
    )
    offer = offers.create(table, next(moments), codes, random)[0]
    world.codes_offer, world.options = offer.offer_id, [o.payout_option_id for o in offer.payout_options]
    world.links_offer = offers.create(table, next(moments), links, random)[0].offer_id


def _members(table: Table, world: World, moments: Iterator[Request], random: Randomness) -> None:
    ada = NewMember(email="ada@example.com", first_name="Ada", last_name="Lovelace", fields={"level": "silver"})
    world.ada = members.create(table, next(moments), ada, random)[0].member_id
    ben = NewMember(email="ben@example.com", first_name="Ben", referrer_id=world.ada)
    world.ben = members.create(table, next(moments), ben, random)[0].member_id
    place = Place(world.program.program_id, world.codes_offer, world.ada)
    enrollments.put(table, place, EnrollmentEdit(promo_code="ADA10"), next(moments).author, random)


def _moments(made: Program) -> Iterator[Request]:
    """A request of the program's operator each minute."""
    for minute in range(100):
        yield request_of(made, at=AT + timedelta(minutes=minute))


def request_of(made: Program, header: str | None = None, body_hash: str = "", at: datetime = AT) -> Request:
    """What the program's operator asks for; `header`: the Idempotency-Key."""
    key = ApiKey(
        key_id="key_00000000000000000000000000",
        program_id=made.program_id,
        scopes=("admin",),
        created_at=AT,
        updated_at=AT,
    )
    return idempotency.request(Caller(made, key, {}), "/", header, body_hash=body_hash, at=at)


def http_event(
    method: str, path: str, body: object = None, key: str | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A raw HTTP API event (payload 2.0). A str is sent as it is, everything else as JSON."""
    path, _, query = path.partition("?")
    sent = {"host": "api.example.com", "x-forwarded-proto": "https", **(headers or {})}
    if key is not None:
        sent["authorization"] = f"Bearer {key}"
    if body is not None:
        sent.setdefault("content-type", "application/json")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": sent,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "laurel",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "test",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "timeEpoch": 1793610000000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(pair.split("=", 1) for pair in query.split("&"))
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def events(folder: Path, function: str) -> list[str]:
    """The cases that events/ has for a function."""
    return sorted(file.stem for file in (folder / function).glob("*.json") if not file.stem.endswith(".response"))
