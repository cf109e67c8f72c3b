"""Work of one message at a time: a queue with its worker, and the dead letters, which failed every try."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.function import LaurelFunction

TRIES: Final = 5
WORKERS: Final = 5


class Jobs(Construct):
    """A queue (`queue`), its `dead_letters`, and the folder of its `worker`. `workers`: messages at work at once."""

    def __init__(self, scope: Construct, construct_id: str, *, worker: LaurelFunction, workers: int = WORKERS) -> None:
        super().__init__(scope, construct_id)
        self.worker = worker.row.folder
        self.dead_letters = self._queue("DeadLetters", retention_period=Duration.days(14))
        self.queue = self._queue(
            "Queue",
            # Six times the function's time, as Lambda advises.
            visibility_timeout=Duration.seconds(6 * worker.row.timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=TRIES, queue=self.dead_letters),
        )
        self._consume(worker, workers)

    def _queue(self, name: str, **options: object) -> sqs.Queue:
        return sqs.Queue(self, name, encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True, **options)  # type: ignore[arg-type]

    def _consume(self, worker: LaurelFunction, workers: int) -> None:
        made = lambda_.CfnEventSourceMapping
        mapping = made(
            self,
            "Mapping",
            function_name=worker.function.function_name,
            event_source_arn=self.queue.queue_arn,
            # One message is up to 20 s of pages, so a second in the batch could be cut off by the first.
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=made.ScalingConfigProperty(maximum_concurrency=workers),
        )
        mapping.node.add_dependency(worker.role)
