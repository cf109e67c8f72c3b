"""The table in this process, for tests that need DynamoDB's answers but no engine."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from laurel.store.table import Table, connect
from tests.tables import TABLE_NAME, create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
