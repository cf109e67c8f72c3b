"""The table's schema where no CloudFormation makes it: tests and bench, from the same chart as the deployed one."""

from typing import TYPE_CHECKING

from laurel.store.indexes import INDEXES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeySchemaElementTypeDef, ProjectionTypeDef


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Create the empty table `name` with every index of `indexes.INDEXES`."""
    key_names = dict.fromkeys(["pk", "sk", *(name for index in INDEXES for name in (index.pk, index.sk))])
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in key_names],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index.name,
                "KeySchema": _schema(index.pk, index.sk),
                "Projection": _projection(index.projection),
            }
            for index in INDEXES
        ],
    )


def _schema(pk: str, sk: str) -> "list[KeySchemaElementTypeDef]":
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]


def _projection(attributes: tuple[str, ...]) -> "ProjectionTypeDef":
    if not attributes:
        return {"ProjectionType": "KEYS_ONLY"}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(attributes)}
