"""The data, which must survive a bad deploy: the table, the key of webhook secrets, records no consumer could take."""

from typing import Any, Final

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.environments import Environment
from infra.nag import accept
from laurel.store import indexes, keys

FAILURES_KEPT: Final = Duration.days(90)


class DataStack(Stack):
    """The stack of data: `table`, `secrets` (key), `failures_arn` (bucket) and `configuration_set`."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, **stack: Any) -> None:
        super().__init__(scope, construct_id, **stack)
        self._removal = RemovalPolicy.RETAIN if environment.retain else RemovalPolicy.DESTROY
        self.table = self._table(environment)
        self.secrets = kms.Key(
            self,
            "WebhookSecrets",
            description="Webhook secrets and credentials of storefronts: program encrypts, webhooks and shops decrypt",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        failures = self._failures()
        self.failures_arn = str(self.export_value(failures.bucket_arn))
        self.configuration_set = ses.ConfigurationSet(self, "Mail", reputation_metrics=True)
        CfnOutput(self, "TableName", value=self.table.table_name)
        CfnOutput(self, "FailuresBucket", value=failures.bucket_name)

    def _table(self, environment: Environment) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute=keys.TTL_ATTRIBUTE,
            deletion_protection=environment.retain,
            removal_policy=self._removal,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=environment.point_in_time_recovery
            ),
        )
        for index in indexes.INDEXES:
            _add_index(table, index)
        if not environment.point_in_time_recovery:
            accept(table, {"AwsSolutions-DDB3": "The local engine keeps nothing between two starts."})
        return table

    def _failures(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "ConsumerFailures",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=FAILURES_KEPT)],
            removal_policy=self._removal,
        )
        accept(
            bucket, {"AwsSolutions-S1": "Only Lambda writes here and only an alarmed operator reads; CloudTrail tells."}
        )
        return bucket


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _add_index(table: dynamodb.Table, index: indexes.Index) -> None:
    projection = dynamodb.ProjectionType.INCLUDE if index.projection else dynamodb.ProjectionType.KEYS_ONLY
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=_text(index.pk),
        sort_key=_text(index.sk),
        projection_type=projection,
        non_key_attributes=list(index.projection) or None,
    )
