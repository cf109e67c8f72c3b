"""Who may do what."""

import pytest

from tests.infra.kit.facts import Facts, resources_of

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
READ = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
WRITE = READ | {"dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
DELETE = {"dynamodb:DeleteItem"}
CONSUME = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "s3:ListBucket",
    "s3:PutObject",
}
RIGHTS = {
    "program": LOG | WRITE | DELETE | {"kms:Encrypt"},
    "offers": LOG | WRITE,
    "members": LOG | WRITE,
    "rules": LOG | WRITE | DELETE,
    "clicks": LOG | (READ - {"dynamodb:Query"}) | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "conversions": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "webhooks": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem", "kms:Decrypt"},
    "reports": LOG | READ,
    "payouts": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem", "sqs:SendMessage"},
    "rule_evaluation": LOG | WRITE | CONSUME | {"sqs:SendMessage"},
    "mail": LOG | READ | CONSUME | {"dynamodb:UpdateItem", "ses:SendEmail"},
    "tick": LOG | WRITE | {"sqs:SendMessage"},
    "jobs": LOG | WRITE | {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "front": LOG,
}


def test_every_function_has_its_rights_written_here(folders: set[str]) -> None:
    assert set(RIGHTS) == folders


@pytest.mark.parametrize("folder", RIGHTS)
def test_a_function_may_do_this_and_nothing_else(prod: Facts, folder: str) -> None:
    assert prod.actions(folder) == RIGHTS[folder]


def test_nobody_scans() -> None:
    assert not any("Scan" in action for actions in RIGHTS.values() for action in actions)


def test_one_function_writes_webhook_secrets_and_another_reads_them() -> None:
    assert {folder for folder, may in RIGHTS.items() if "kms:Encrypt" in may} == {"program"}
    assert {folder for folder, may in RIGHTS.items() if "kms:Decrypt" in may} == {"webhooks"}


def test_no_action_is_a_pattern(prod: Facts) -> None:
    assert not [path for path, statement in prod.all_statements() if "*" in str(statement["Action"])]


def test_only_object_names_and_senders_are_wildcards(prod: Facts) -> None:
    wide = {
        (path.partition("/")[0], statement["Action"])
        for path, statement in prod.all_statements()
        if any("*" in resource for resource in resources_of(statement))
    }
    assert wide == {("rule_evaluation", "s3:PutObject"), ("mail", "s3:PutObject"), ("mail", "ses:SendEmail")}


def test_an_index_can_only_be_queried(prod: Facts) -> None:
    on_indexes = {
        str(statement["Action"])
        for _, statement in prod.all_statements()
        if any("/index/" in resource for resource in resources_of(statement))
    }
    assert on_indexes == {"dynamodb:Query"}


def test_no_two_functions_share_a_role(prod: Facts) -> None:
    roles = [str(function.properties["Role"]) for function in prod.all("Lambda::Function")]
    assert len(set(roles)) == len(roles)


def test_no_managed_policy_is_attached(prod: Facts) -> None:
    assert not [role.path for role in prod.all("IAM::Role") if "ManagedPolicyArns" in role.properties]


def test_only_the_api_and_the_clock_invoke_functions(prod: Facts) -> None:
    principals = {permission.properties["Principal"] for permission in prod.all("Lambda::Permission")}
    invokers = {
        path.partition("/")[0]
        for path, statement in prod.all_statements()
        if statement["Action"] == "lambda:InvokeFunction"
    }
    assert principals == {"apigateway.amazonaws.com"}
    assert invokers == {"EveryMinute"}
