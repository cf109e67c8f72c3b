"""The table in this process, for tests that need DynamoDB's answers but no engine."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from clicks.handler import link_lookups
from laurel import mailer, queue, vault
from laurel.settings import CONFIGURATION_SET, DEFAULT_SENDER, JOBS_QUEUE_URL, SECRETS_KEY_ID, settings
from laurel.settings import TABLE_NAME as TABLE_SETTING
from laurel.store.table import Table, connect, table
from rule_evaluation.handler import rulebooks
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World, furnished, open_shops
from tests.kit.tables import TABLE_NAME
from tools.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_IN_BATCH = 25
REGION = "eu-central-1"
rules_seen, links_seen = rulebooks._kept, link_lookups._kept


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    """Laurel's own client, at a moto that holds the empty table."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = connect()
        create_table(client, TABLE_NAME)
        yield client
        client.close()


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
def furniture() -> tuple[World, list[dict[str, Any]]]:
    """The program of tests/functional/kit/world.py and its raw items, made once: moto's transactions are slow."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        create_table(client, TABLE_NAME)
        return furnished(Table(TABLE_NAME, client)), client.scan(TableName=TABLE_NAME)["Items"]


@pytest.fixture(scope="session")
def deployed() -> Iterator[None]:
    """The functions know their table; they share one client, which outlives each test's moto."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TABLE_SETTING, TABLE_NAME)
        for cached in (settings, table):
            cached.cache_clear()
        yield
    for cached in (settings, table):
        cached.cache_clear()


@pytest.fixture
def world(
    deployed: None,
    dynamodb: "DynamoDBClient",
    furniture: tuple[World, list[dict[str, Any]]],
) -> World:
    """The program of tests/functional/kit/world.py, in the table that the functions use."""
    made, raw_items = furniture
    for kept in (rules_seen, links_seen):  # by programs of other tests, whose ids and versions are the same
        kept.clear()
    for start in range(0, len(raw_items), MOST_IN_BATCH):
        batch = [{"PutRequest": {"Item": item}} for item in raw_items[start : start + MOST_IN_BATCH]]
        dynamodb.batch_write_item(RequestItems={TABLE_NAME: batch})
    return made


@pytest.fixture
def secrets_key(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A KMS key that the functions know."""
    key_id = boto3.client("kms").create_key(Description=world.program.name)["KeyMetadata"]["KeyId"]
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
def outside(world: World, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SES with a known sender, and the jobs queue."""
    boto3.client("sesv2", REGION).create_email_identity(EmailIdentity="rewards@laurel.example")
    boto3.client("sesv2", REGION).create_configuration_set(ConfigurationSetName="laurel")
    url = boto3.client("sqs", REGION).create_queue(QueueName="jobs")["QueueUrl"]
    for name, value in (
        (CONFIGURATION_SET, "laurel"),
        (DEFAULT_SENDER, "rewards@laurel.example"),
        (JOBS_QUEUE_URL, url),
    ):
        monkeypatch.setenv(name, value)
    for cached in (settings, mailer._connect, queue._connect):
        cached.cache_clear()
    yield
    settings.cache_clear()
