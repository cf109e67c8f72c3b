"""The dashboard, one page: requests, their cost, and the work that waits."""

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.constructs.alarms import MAIL_FAILED, MAIL_UNKNOWN, OVERDUE_PENDING, Alarms, iterator_age, own_metric
from infra.constructs.function import LaurelFunction
from infra.constructs.http_api import HttpApi
from infra.constructs.jobs import Jobs


class Dashboard(Construct):
    """Alarms first, then the HTTP API, the functions, the table and the work that waits."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        api: HttpApi,
        functions: Mapping[str, LaurelFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        self._page = cloudwatch.Dashboard(self, "Dashboard")
        self._page.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", width=24, alarms=list(alarms.all.values())))
        self._row(
            Requests=[api.metric(name) for name in ("Count", "4xx", "5xx")],
            Latency=[api.metric("Latency", statistic) for statistic in ("p50", "p95", "p99")],
        )
        self._row(
            Errors=[function.function.metric_errors(label=name) for name, function in functions.items()],
            Duration=[
                function.function.metric_duration(label=name, statistic="p95") for name, function in functions.items()
            ],
        )

    def add_work(self, table: dynamodb.ITable, jobs: Jobs, consumers: Mapping[str, LaurelFunction]) -> None:
        """The rows of the table and of the work that waits."""
        self._row(
            Capacity=[table.metric(f"Consumed{kind}CapacityUnits", statistic="Sum") for kind in ("Write", "Read")],
            Refused=[
                table.metric(name, statistic="Sum")
                for name in ("WriteThrottleEvents", "ReadThrottleEvents", "TransactionConflict")
            ],
        )
        self._row(
            Waiting=[
                *(iterator_age(consumer) for consumer in consumers.values()),
                jobs.queue.metric_approximate_age_of_oldest_message(),
            ],
            Attention=[
                own_metric(OVERDUE_PENDING, statistic="Maximum"),
                own_metric(MAIL_UNKNOWN),
                own_metric(MAIL_FAILED),
                jobs.dead_letters.metric_approximate_number_of_messages_visible(),
            ],
        )

    def _row(self, **graphs: list[cloudwatch.Metric]) -> None:
        self._page.add_widgets(
            *(cloudwatch.GraphWidget(title=title, width=12, left=list(metrics)) for title, metrics in graphs.items())
        )
