"""Who may do what."""

import json
from pathlib import Path

import pytest

from infra.grants import OF_MEMBERS
from tests.infra.conftest import Deployed
from tests.infra.kit.facts import Facts, actions_of, resources_of

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
    "senders": LOG | {"dynamodb:GetItem", "dynamodb:UpdateItem"},
    "codes": LOG | WRITE,
    "offers": LOG | WRITE,
    "members": LOG | WRITE | {"kms:Encrypt"},
    "rules": LOG | WRITE | DELETE | {"sqs:SendMessage"},
    "clicks": LOG | (READ - {"dynamodb:Query"}) | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "commissions": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "conversions": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "webhooks": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem", "kms:Decrypt"},
    "deliveries": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "reports": LOG | READ | {"dynamodb:UpdateItem"},
    "payouts": LOG | READ | {"dynamodb:PutItem", "dynamodb:UpdateItem", "sqs:SendMessage", "kms:Decrypt"},
    "rule_evaluation": LOG | WRITE | CONSUME | {"sqs:SendMessage"},
    "mail": LOG | READ | CONSUME | {"dynamodb:UpdateItem", "ses:SendEmail", "sqs:SendMessage"},
    "bounces": LOG
    | {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
    | {"s3:ListBucket", "s3:PutObject"},
    "shops": LOG | WRITE | {"kms:Decrypt"} | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "tick": LOG | WRITE | {"sqs:SendMessage"},
    "jobs": LOG | WRITE | {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "endpoints": LOG | WRITE | DELETE | {"kms:Encrypt", "sqs:SendMessage"},
    "events": LOG
    | WRITE
    | {"kms:Decrypt"}
    | {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "logos": LOG | WRITE | DELETE,
    "users": LOG | WRITE | DELETE,
    "agents": LOG | {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
    "console": LOG | WRITE | DELETE | {"kms:Encrypt", "sqs:SendMessage"},
    "portal": LOG | WRITE | DELETE | {"kms:Encrypt"},
    "front": LOG,
}


def test_every_function_has_its_rights_written_here(folders: set[str]) -> None:
    assert set(RIGHTS) == folders


@pytest.mark.parametrize("folder", RIGHTS)
def test_a_function_may_do_this_and_nothing_else(prod: Facts, folder: str) -> None:
    assert prod.actions(folder) == RIGHTS[folder]


@pytest.mark.parametrize("folder", ["reports"])
def test_a_function_that_updates_nothing_notes_only_the_use_of_keys(prod: Facts, folder: str) -> None:
    (update,) = [each for each in prod.statements(folder) if each["Action"] == "dynamodb:UpdateItem"]
    assert update["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["key#*"]}}


def test_the_door_of_agents_writes_plans_and_the_use_of_keys_and_nothing_of_a_program(prod: Facts) -> None:
    writes = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
    allowed = [each for each in prod.statements("agents") if writes & set(actions_of(each))]
    reached = [each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for each in allowed]
    assert sorted(reached) == [["key#*"], ["plan#*"]]


def test_the_portal_changes_nothing_but_what_is_a_members_own(prod: Facts) -> None:
    written = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}
    for statement in prod.statements("portal"):
        if not written.isdisjoint(
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        ):
            allowed = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert set(allowed) <= {*OF_MEMBERS}
            assert "dynamodb:DeleteItem" not in statement["Action"] or allowed == ["session#*"]


def test_every_function_that_takes_keys_may_note_their_use(prod: Facts, openapi: Path) -> None:
    paths = json.loads(openapi.read_text())["paths"].values()
    keyed = {told["tags"][0] for path in paths for told in path.values() if told["security"]}
    assert {folder for folder in keyed if "dynamodb:UpdateItem" not in prod.actions(folder)} == set()


def test_nobody_scans() -> None:
    assert not any("Scan" in action for actions in RIGHTS.values() for action in actions)


def owners(prod: Facts, action: str) -> set[tuple[str, str]]:
    """(folder, kind of owner) for which a function may do it; without a condition it would be any."""
    return {
        (path.partition("/")[0], owner)
        for path, statement in prod.all_statements()
        if statement["Action"] == action
        for owner, absent in statement["Condition"]["Null"].items()
        if absent == "false"
    }


def test_whoever_writes_a_secret_or_an_account_cannot_read_it(prod: Facts) -> None:
    secret, connection = "kms:EncryptionContext:storefront_id", "kms:EncryptionContext:connection_of"
    account, signing = "kms:EncryptionContext:account_of", "kms:EncryptionContext:endpoint_id"
    written = {("members", account), ("endpoints", signing), ("portal", account)}
    written |= {("console", owner) for owner in (secret, connection, account, signing)}
    assert owners(prod, "kms:Encrypt") == written | {("program", owner) for owner in (secret, connection, account)}
    read = {("webhooks", secret), ("shops", connection), ("payouts", account), ("events", signing)}
    assert owners(prod, "kms:Decrypt") == read


def test_no_action_is_a_pattern(prod: Facts) -> None:
    assert not [path for path, statement in prod.all_statements() if "*" in str(statement["Action"])]


def test_only_object_names_and_senders_are_wildcards(prod: Facts) -> None:
    wide = {
        (path.partition("/")[0], statement["Action"])
        for path, statement in prod.all_statements()
        if any("*" in resource for resource in resources_of(statement))
    }
    keepers = {(folder, "s3:PutObject") for folder in ("rule_evaluation", "mail", "bounces")}
    assert wide == keepers | {("mail", "ses:SendEmail")}


def sending(facts: Facts) -> set[str]:
    """The identities that the mail function sends by."""
    (send,) = [each for each in facts.statements("mail") if each["Action"] == "ses:SendEmail"]
    named = [resource.partition(":identity/")[2].split('"')[0] for resource in resources_of(send)]
    return {name for name in named if name}


@pytest.mark.parametrize(
    ("name", "identities"),
    [
        ("prod", {"laurel.example", "*@laurel.example"}),
        ("staging", {"staging.laurel.example", "*@staging.laurel.example"}),
        ("local", {"*"}),
    ],
)
def test_mail_is_sent_by_identities_of_the_environment_alone(
    deployed: Deployed, name: str, identities: set[str]
) -> None:
    assert sending(deployed(name)) == identities


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


def test_only_the_api_the_clock_and_the_topic_of_ses_invoke_functions(prod: Facts) -> None:
    principals = {permission.properties["Principal"] for permission in prod.all("Lambda::Permission")}
    told = [
        prod.folder_of(permission.properties["FunctionName"])
        for permission in prod.all("Lambda::Permission")
        if permission.properties["Principal"] == "sns.amazonaws.com"
    ]
    invokers = {
        path.partition("/")[0]
        for path, statement in prod.all_statements()
        if statement["Action"] == "lambda:InvokeFunction"
    }
    assert principals == {"apigateway.amazonaws.com", "sns.amazonaws.com"}
    assert told == ["bounces"]
    assert invokers == {"EveryMinute"}
