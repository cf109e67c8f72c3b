"""The local engine with a table of its own, and programs in it for measurements."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3

from laurel import concurrency, settings
from laurel.domain.ledger.commissions import Commission
from laurel.domain.mail.templates import Template
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import ApiKey, Scope, Storefront
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.store import items, ledger, lookups
from laurel.store.table import Table, connect
from laurel.store.table import table as deployed_table
from laurel.store.values import Item
from laurel.workflows.requests import access
from tools import tables
from tools.bench import samples
from tools.bench.meter import Meter
from tools.bench.samples import Linked, Seller, Shop
from tools.engine import REGION, aws, engine
from tools.places import LOCAL
from tools.ports import free_port

TABLE_NAME: Final = "bench"
SENDER: Final = "rewards@laurel.example"
_USED_ON: Final = "2100-01-01"
_ENVIRONMENT: Final = {
    settings.TABLE_NAME: TABLE_NAME,
    settings.DEFAULT_SENDER: SENDER,
    settings.ALLOW_LOOPBACK: "yes",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_SERVICE_NAME": "laurel",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


@dataclass(frozen=True, slots=True)
class Lab:
    """An engine with an empty table. `side`: a client that is not metered.

    `table`: metered like the one that handlers use, but patient, since the engine reads long lists slowly.
    """

    table: Table
    side: Any
    meter: Meter

    @property
    def table_name(self) -> str:
        """The name of the one table."""
        return TABLE_NAME

    @property
    def quiet(self) -> Table:
        """The same table, unmetered."""
        return Table(TABLE_NAME, self.side)

    def load(self, loaded: Iterable[Item]) -> None:
        """Writes items, unbilled, to prepare a measurement."""
        tables.load(self.side, TABLE_NAME, loaded)


@contextmanager
def lab() -> Iterator[Lab]:
    """A lab on an engine of its own, which is gone after the block."""
    with engine(free_port(), LOCAL / "bench-engine.log") as running:
        os.environ.update(_ENVIRONMENT | {"AWS_ENDPOINT_URL": running.endpoint_url})
        os.environ[settings.SECRETS_KEY_ID] = aws("kms", running.endpoint_url).create_key()["KeyMetadata"]["KeyId"]
        side = aws("dynamodb", running.endpoint_url, parameter_validation=False)
        tables.create_table(side, TABLE_NAME)
        for kept in (settings.settings, deployed_table, concurrency.session):  # of an engine that is gone
            kept.cache_clear()
        # the store makes its client with the one session, and handlers ask the store: nothing is passed in
        session: Any = boto3.Session(botocore_session=concurrency.session())
        meter = Meter(session.events, side, TABLE_NAME)
        yield Lab(Table(TABLE_NAME, connect(read_timeout=60, attempts=1)), side, meter)


@dataclass(frozen=True, slots=True)
class World:
    """One stored program with all that operations need. `secret`: its storefront's API key; `admin`: its merchant's."""

    lab: Lab
    shop: Shop
    template: Template
    secret: str
    admin: str
    rulebook: Rulebook

    @property
    def program_id(self) -> str:
        """The id of the program."""
        return self.shop.program.program_id

    def seller(self) -> Seller:
        """A new member, enrolled and stored."""
        made = samples.seller(self.shop.offer)
        member = items.member(self.program_id, made.member)
        enrollment = items.enrollment(self.program_id, made.enrollment)
        self.lab.load([member, enrollment, items.code_claim(self.program_id, made.code)])
        return made

    def linked(self) -> Linked:
        """A new member with a link, stored."""
        made = samples.linked(self.shop.offer)
        offer_id, member_id = self.shop.offer.offer_id, made.member_id
        door = lookups.link(self.program_id, made.slug, offer_id=offer_id, member_id=member_id)
        member = items.member(self.program_id, made.member)
        self.lab.load([member, items.enrollment(self.program_id, made.enrollment), door])
        return made

    def record(self, sales: Iterable[Commission]) -> list[Item]:
        """Stores rows as ingestion does; their items, as the stream would give them."""
        recorded = [ledger.commission(self.program_id, sale, self.shop.offer.buckets) for sale in sales]
        self.lab.load(recorded)
        return recorded


def world(lab: Lab, template: Template, rules: Sequence[Rule] = (), offer: Offer | None = None) -> World:
    """A new program with these rules and one offer; `template`: the mail that the rules send."""
    program, offer = samples.program(rules_version=len(rules)), offer or samples.offer()
    shop = Storefront(storefront_id=samples.new_id("sf"), name="Glow US", platform="shopify", **samples.STAMPS)
    secret, doors_of_shop = _api_key(program.program_id, "storefront", shop.storefront_id)
    admin, doors_of_admin = _api_key(program.program_id, "admin")
    lab.load(
        [
            items.program(program),
            items.offer(program.program_id, offer),
            items.template(program.program_id, template),
            items.storefront(program.program_id, shop),
            *doors_of_shop,
            *doors_of_admin,
            *(items.rule(program.program_id, rule) for rule in rules),
        ]
    )
    rulebook = Rulebook.of(program, rules)
    return World(lab, Shop(program, offer, shop.storefront_id), template, secret, admin, rulebook)


def _api_key(program_id: str, scope: Scope, storefront_id: str | None = None) -> tuple[str, tuple[Item, Item]]:
    """An API key: the secret that its holder sends, and the items that are stored.

    It was used on a day that no measurement comes after: the first request of a day costs one write more.
    """
    secret = access.new_secret(program_id, os.urandom)
    key = ApiKey(
        key_id=samples.new_id("key"),
        program_id=program_id,
        scopes=(scope,),
        storefront_id=storefront_id,
        **samples.STAMPS,
    )
    door, listed = items.api_key(key, access.digest(secret))
    return secret, ({**door, items.LAST_USED_ON: _USED_ON}, listed)
