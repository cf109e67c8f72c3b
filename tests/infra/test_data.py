"""What holds data, and what happens to it when a stack goes."""

import pytest

from laurel.store import indexes, keys
from tests.infra.conftest import Deployed
from tests.infra.kit.facts import Facts

KEEPERS = ("DynamoDB::Table", "KMS::Key", "S3::Bucket")


@pytest.mark.parametrize(
    ("name", "protected", "recoverable"),
    [("dev", False, True), ("staging", True, True), ("prod", True, True), ("local", False, False)],
)
def test_the_table_is_as_safe_as_its_environment_asks(
    deployed: Deployed, name: str, protected: bool, recoverable: bool
) -> None:
    table = deployed(name).the("DynamoDB::Table").properties
    assert table["DeletionProtectionEnabled"] is protected
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is recoverable


@pytest.mark.parametrize(("name", "policy"), [("dev", "Delete"), ("prod", "Retain")])
def test_data_outlives_its_stack_where_it_matters(deployed: Deployed, name: str, policy: str) -> None:
    facts = deployed(name)
    assert {facts.the(kind).whole["DeletionPolicy"] for kind in KEEPERS} == {policy}
    assert facts.stacks[f"laurel-{name}-data"].termination_protection is (policy == "Retain")


def test_the_table_streams_both_images_and_is_paid_by_request(prod: Facts) -> None:
    table = prod.the("DynamoDB::Table").properties
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": keys.TTL_ATTRIBUTE, "Enabled": True}


def test_the_indexes_are_those_of_the_chart(prod: Facts) -> None:
    made = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            tuple(index["Projection"].get("NonKeyAttributes", ())),
        )
        for index in prod.the("DynamoDB::Table").properties["GlobalSecondaryIndexes"]
    }
    assert made == {index.name: ([index.pk, index.sk], index.projection) for index in indexes.INDEXES}


def test_the_service_stack_holds_no_data(prod: Facts) -> None:
    resources = prod.stacks["laurel-prod-service"].template["Resources"].values()
    assert not {resource["Type"] for resource in resources} & {f"AWS::{kind}" for kind in KEEPERS}


def test_the_key_of_secrets_is_rotated(prod: Facts) -> None:
    assert prod.the("KMS::Key").properties["EnableKeyRotation"] is True


def test_nothing_has_a_physical_name(prod: Facts) -> None:
    names = ("TableName", "FunctionName", "QueueName", "BucketName", "RoleName", "LogGroupName", "TopicName")
    makers = {"Lambda::Function", "SQS::Queue", "IAM::Role", "Logs::LogGroup", "SNS::Topic", *KEEPERS}
    named = [r.path for kind in makers for r in prod.all(kind) if any(name in r.properties for name in names)]
    assert not named


def test_what_runs_after_the_deploy_is_told(prod: Facts) -> None:
    outputs = {
        name for stack in prod.stacks.values() for name in stack.template["Outputs"] if not name.startswith("Exports")
    }
    assert outputs >= {"ApiUrl", "TableName", "JobsQueueUrl", "FailuresBucket", "DeadLettersUrl", "AlarmTopicArn"}
