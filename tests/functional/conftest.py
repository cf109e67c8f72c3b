"""The table in this process, for tests that need DynamoDB's answers but no engine."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from clicks.handler import link_lookups
from events.handler import unsealed as unsealed_of_endpoints
from jobs.handler import rulebooks as rulebooks_of_jobs
from laurel import mailer, queue, vault
from laurel.settings import (
    ALLOW_LOOPBACK,
    CONFIGURATION_SET,
    DEFAULT_SENDER,
    EVENTS_QUEUE_URL,
    JOBS_QUEUE_URL,
    PUBLIC_URL,
    SECRETS_KEY_ID,
    SENDER_DOMAINS,
    SHOPS_QUEUE_URL,
    settings,
)
from laurel.settings import TABLE_NAME as TABLE_SETTING
from laurel.store.table import Table, connect
from laurel.store.table import table as deployed_table
from rule_evaluation.handler import rulebooks
from shops.handler import unsealed
from tests.functional.kit.agent import Agent, served
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.quick_moto import REGION, client, kept, put_back, quicken, unheard
from tests.functional.kit.receiver import EventsQueue
from tests.functional.kit.shop import Shop
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World, furnished, open_shops
from tests.kit.tables import TABLE_NAME
from tick.handler import rulebooks as rulebooks_of_tick
from tools.tables import create_table

if TYPE_CHECKING:
    from moto.dynamodb.models import Table as MotoTable
    from mypy_boto3_dynamodb import DynamoDBClient

seen = (rulebooks._kept, rulebooks_of_jobs._kept, rulebooks_of_tick._kept, link_lookups._kept)
marked, hashed = cache(vault.mark), cache(vault._hash)
"""They are slow on purpose; of one secret, once will do."""


@pytest.fixture(scope="session")
def boto_session() -> Iterator[boto3.Session]:
    """One for all tests: it reads botocore's descriptions of the services, which takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        quicken(patch)
        yield boto3.Session("FOOBARKEY", "FOOBARSECRET", region_name=REGION)


@pytest.fixture(scope="session")
def empty_table(boto_session: boto3.Session) -> "MotoTable":
    """The empty table, made once."""
    with mock_aws():
        create_table(boto_session.client("dynamodb"), TABLE_NAME)
        return kept(TABLE_NAME)


@pytest.fixture(scope="session")
def furniture(boto_session: boto3.Session, empty_table: "MotoTable") -> "tuple[World, MotoTable]":
    """The program of tests/functional/kit/world.py and the table with it, made once."""
    with mock_aws():
        put_back(empty_table)
        return furnished(Table(TABLE_NAME, boto_session.client("dynamodb"))), kept(TABLE_NAME)


@pytest.fixture(scope="session")
def table_client() -> "Iterator[DynamoDBClient]":
    """Laurel's own client, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", "FOOBARKEY")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "FOOBARSECRET")
        made = connect()
    yield made
    made.close()


@pytest.fixture
def dynamodb(
    boto_session: boto3.Session,
    table_client: "DynamoDBClient",
    empty_table: "MotoTable",
    monkeypatch: pytest.MonkeyPatch,
) -> "Iterator[DynamoDBClient]":
    """Laurel's own client, to which nobody listens, at a moto that holds the empty table."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto_session)
    with mock_aws(config={"core": {"reset_boto3_session": False}}), unheard(table_client):
        put_back(empty_table)
        yield table_client


@pytest.fixture
def items(dynamodb: "DynamoDBClient") -> Table:
    """The empty table."""
    return Table(TABLE_NAME, dynamodb)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits; the seconds asked for are noted."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture(scope="session")
def deployed() -> Iterator[None]:
    """The functions know their table; they share one client, which outlives each test's moto."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TABLE_SETTING, TABLE_NAME)
        patch.setenv(SENDER_DOMAINS, "laurel.example")
        for cached in (settings, deployed_table):
            cached.cache_clear()
        yield
    for cached in (settings, deployed_table):
        cached.cache_clear()


@pytest.fixture
def world(deployed: None, dynamodb: "DynamoDBClient", furniture: "tuple[World, MotoTable]") -> World:
    """The program of tests/functional/kit/world.py, in the table that the functions use."""
    made, table_with_it = furniture
    for kept_there in seen:  # by programs of other tests, whose ids and versions are the same
        kept_there.clear()
    put_back(table_with_it)
    return made


@pytest.fixture
def table(world: World, items: Table) -> Table:
    """The table with the world in it."""
    return items


@pytest.fixture
def secrets_key(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A KMS key that the functions know."""
    for name, known in (("mark", marked), ("_hash", hashed)):
        monkeypatch.setattr(vault, name, known)
    key_id = client("kms").create_key(Description=world.program.name)["KeyMetadata"]["KeyId"]
    monkeypatch.setenv(SECRETS_KEY_ID, key_id)
    for cached in (settings, vault._client):
        cached.cache_clear()
    yield key_id
    for cached in (settings, vault._client):
        cached.cache_clear()


@pytest.fixture
def shops(secrets_key: str, items: Table, world: World) -> dict[str, str]:
    """A storefront of each platform, all with one secret; storefront ids by platform."""
    return open_shops(items, world.program)


@pytest.fixture
def api(world: World) -> Gateway:
    """The HTTP API, called with the program's admin key."""
    return Gateway(world.admin)


@pytest.fixture
def storefront(world: World) -> Gateway:
    """The HTTP API, called with the key of its storefront."""
    return Gateway(world.reporter)


@pytest.fixture
def shop(api: Gateway, world: World, shops: dict[str, str]) -> Shop:
    """A shop that sends webhooks of every platform."""
    return Shop(api, world, shops)


@pytest.fixture
def jobs_queue(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[JobsQueue]:
    """The queue of jobs, empty; the functions know it."""
    url = client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    monkeypatch.setenv(JOBS_QUEUE_URL, url)
    for cached in (settings, queue._connect):
        cached.cache_clear()
    yield JobsQueue(url)
    settings.cache_clear()


@pytest.fixture
def outside(world: World, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SES with a known sender, and the queue of jobs."""
    ses = client("sesv2")
    ses.create_email_identity(EmailIdentity="rewards@laurel.example")
    ses.create_configuration_set(ConfigurationSetName="laurel")
    for name, value in ((CONFIGURATION_SET, "laurel"), (DEFAULT_SENDER, "rewards@laurel.example")):
        monkeypatch.setenv(name, value)
    for cached in (settings, mailer._connect):
        cached.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def shops_queue(secrets_key: str, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopsQueue]:
    """The queue of what shops are to be told, empty; the functions know it, and shops of this machine."""
    url = client("sqs").create_queue(QueueName="shops")["QueueUrl"]
    for name, value in ((SHOPS_QUEUE_URL, url), (ALLOW_LOOPBACK, "yes"), (CONFIGURATION_SET, "laurel")):
        monkeypatch.setenv(name, value)
    unsealed.cache_clear()
    settings.cache_clear()
    yield ShopsQueue(url, jobs_queue)
    settings.cache_clear()


@pytest.fixture
def events_queue(secrets_key: str, table: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventsQueue]:
    """The queue of endpoints, empty; the functions know it, and endpoints on this machine."""
    url = client("sqs").create_queue(QueueName="events")["QueueUrl"]
    for name, value in ((EVENTS_QUEUE_URL, url), (ALLOW_LOOPBACK, "yes")):
        monkeypatch.setenv(name, value)
    for cached in (settings, queue._connect, unsealed_of_endpoints):
        cached.cache_clear()
    yield EventsQueue(url, table)
    settings.cache_clear()


@pytest.fixture
def agent(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """An agent with the program's admin key; the API is at an address of this machine, which it knows for its own."""
    speaking = Agent(world.admin)
    with served(speaking) as url:
        monkeypatch.setenv(PUBLIC_URL, url)
        monkeypatch.setenv(ALLOW_LOOPBACK, "yes")
        settings.cache_clear()
        yield speaking
    settings.cache_clear()
