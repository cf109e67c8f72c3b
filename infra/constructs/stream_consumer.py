"""A bounded reader of the table's stream: records that fail every try go to a bucket and never block the rest."""

import json
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import grants
from infra.constructs.function import LaurelFunction
from infra.functions import Consumes

OBJECT_NAMES: Final = "Lambda names each object by mapping, shard and time; there is no listing them beforehand."


class StreamConsumer(Construct):
    """The mapping from the stream to a function; `mapping_id`: the dimension of its metrics."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        consumer: LaurelFunction,
        consumes: Consumes,
        table: dynamodb.ITable,
        failures_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        stream = table.table_stream_arn
        if stream is None:
            msg = "the table has no stream"
            raise ValueError(msg)
        consumer.allow(grants.CONSUME_STREAM, stream)
        consumer.allow(grants.LIST_FAILURES, failures_arn)
        consumer.allow(grants.KEEP_FAILURES, f"{failures_arn}/aws/lambda/*", wide=OBJECT_NAMES)
        mapping = self._mapping(consumer, consumes, stream, failures_arn)
        # Lambda tries the role when the mapping is created.
        mapping.node.add_dependency(consumer.role)
        self.mapping_id = mapping.ref

    def _mapping(
        self, consumer: LaurelFunction, consumes: Consumes, stream: str, failures: str
    ) -> lambda_.CfnEventSourceMapping:
        made = lambda_.CfnEventSourceMapping
        return made(
            self,
            "Mapping",
            function_name=consumer.function.function_name,
            event_source_arn=stream,
            # Consumers are safe to run twice, so the first deploy may as well read older records.
            starting_position="TRIM_HORIZON",
            batch_size=consumes.batch,
            parallelization_factor=consumes.lanes,
            filter_criteria=made.FilterCriteriaProperty(filters=[made.FilterProperty(pattern=pattern(consumes))]),
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=consumes.retries,
            maximum_record_age_in_seconds=consumes.max_age_s,
            destination_config=made.DestinationConfigProperty(on_failure=made.OnFailureProperty(destination=failures)),
            metrics_config=made.MetricsConfigProperty(metrics=["EventCount"]),
        )


def pattern(consumes: Consumes) -> str:
    """The filter: new and changed items whose attribute has the one value. Numbers are matched as text."""
    attribute, kind, value = consumes.pattern
    return json.dumps(
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": {attribute: {kind: [value]}}}},
        separators=(",", ":"),
    )
