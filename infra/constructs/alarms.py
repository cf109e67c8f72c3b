"""Alarms, which wake an operator: each goes to one topic, and its description says what to look at.

Each says what no other does. A function that does not finish is heard where that shows: those behind the HTTP API as
5xx, consumers as records set aside, jobs as dead letters. Only the others, such as tick, have alarms for errors.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.function import POWERTOOLS, LaurelFunction
from infra.constructs.http_api import HttpApi
from infra.constructs.jobs import Jobs
from infra.constructs.stream_consumer import StreamConsumer

OVERDUE_PENDING: Final = "OverduePending"
MAIL_UNKNOWN: Final = "MailUnknown"
MAIL_FAILED: Final = "MailFailed"
SHOPS_LOCKED_OUT: Final = "ShopsLockedOut"
ENDPOINTS_PAUSED: Final = "EndpointsPaused"
CLICKS_LOST: Final = "ClicksLost"
DELIVERIES_REFUSED: Final = "DeliveriesRefused"
CLOSED_WITH_PENDING: Final = "ClosedWithPending"
BEHIND: Final = Duration.minutes(5)


def own_metric(name: str, statistic: str = "Sum", minutes: int = 5) -> cloudwatch.Metric:
    """A metric that the functions emit themselves."""
    return cloudwatch.Metric(
        namespace=POWERTOOLS["POWERTOOLS_METRICS_NAMESPACE"],
        metric_name=name,
        dimensions_map={"service": POWERTOOLS["POWERTOOLS_SERVICE_NAME"]},
        statistic=statistic,
        period=Duration.minutes(minutes),
    )


def iterator_age(consumer: LaurelFunction) -> cloudwatch.Metric:
    """Milliseconds that the oldest record of the last batch had waited."""
    return consumer.function.metric("IteratorAge", statistic="Maximum", period=Duration.minutes(1))


def mapping_metric(consumer: StreamConsumer, name: str) -> cloudwatch.Metric:
    """A metric of a consumer's mapping: records, summed over five minutes."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"EventSourceMappingUUID": consumer.mapping_id},
        statistic="Sum",
        period=Duration.minutes(5),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Fires when `metric` is at least `threshold` in `periods` in a row; `silence_is_bad`: or has no value."""

    metric: cloudwatch.Metric
    says: str
    threshold: float = 1
    periods: int = 1
    silence_is_bad: bool = False


class Alarms(Construct):
    """All alarms. `topic`: subscribe to it. `all`: the alarms by name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Mapping[str, LaurelFunction],
        consumers: Mapping[str, StreamConsumer],
        queues: Mapping[str, Jobs],
        api: HttpApi,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = self._topic()
        alerts = {
            **_failing(_unheard(functions, {*api.folders, *consumers, *(queue.worker for queue in queues.values())})),
            **_refusing(api),
            **_behind({name: functions[name] for name in consumers}),
            **_discarding(consumers),
            **_dead(queues),
            **_stuck(),
        }
        self.all = {name: self._alarm(name, alert) for name, alert in alerts.items()}

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Topic", enforce_ssl=True)
        # A topic with a policy of its own does not have the default one, which admits the account's alarms.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        return topic

    def _alarm(self, name: str, alert: Alert) -> cloudwatch.Alarm:
        missing = cloudwatch.TreatMissingData
        alarm = alert.metric.create_alarm(
            self,
            name,
            alarm_description=alert.says,
            threshold=alert.threshold,
            evaluation_periods=alert.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=missing.BREACHING if alert.silence_is_bad else missing.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm


def _unheard(functions: Mapping[str, LaurelFunction], heard: Set[str]) -> dict[str, LaurelFunction]:
    return {name: function for name, function in functions.items() if name not in heard}


def _failing(functions: Mapping[str, LaurelFunction]) -> dict[str, Alert]:
    return {
        f"Errors {name}": Alert(
            metric=function.function.metric_errors(period=Duration.minutes(5)),
            says=f"{name} did not finish: it raised, ran out of time or memory, or did not start; its log says which.",
        )
        for name, function in functions.items()
    }


def _refusing(api: HttpApi) -> dict[str, Alert]:
    # The HTTP functions answer 500 when they fail, which is no error of Lambda's; if one does not, the API does.
    return {
        "Server errors": Alert(
            metric=api.metric("5xx"),
            says="The HTTP API answered 5xx; the log of the function that did has the stack trace, or says "
            "that it ran out of time or memory, or did not start.",
        )
    }


def _behind(consumers: Mapping[str, LaurelFunction]) -> dict[str, Alert]:
    return {
        f"Behind {name}": Alert(
            metric=iterator_age(consumer),
            threshold=BEHIND.to_milliseconds(),
            periods=3,
            says=f"{name} is more than {BEHIND.to_minutes():.0f} minutes behind the table's stream.",
        )
        for name, consumer in consumers.items()
    }


def _discarding(consumers: Mapping[str, StreamConsumer]) -> dict[str, Alert]:
    metrics = {"Set aside": "OnFailureDestinationDeliveredEventCount", "Dropped": "DroppedEventCount"}
    return {
        f"{word} {name}": Alert(
            metric=mapping_metric(consumer, metric),
            says=f"{name} gave up on records of the stream ({metric}); the failures bucket keeps them.",
        )
        for name, consumer in consumers.items()
        for word, metric in metrics.items()
    }


def _dead(queues: Mapping[str, Jobs]) -> dict[str, Alert]:
    return {
        f"Dead letters{of}": Alert(
            metric=queue.dead_letters.metric_approximate_number_of_messages_visible(
                statistic="Maximum", period=Duration.minutes(1)
            ),
            says="A message failed every try; the dead-letter queue holds it.",
        )
        for of, queue in queues.items()
    }


def _stuck() -> dict[str, Alert]:
    return {
        "Overdue pending": Alert(
            # One value a minute: tick's total over all programs, 0 included.
            metric=own_metric(OVERDUE_PENDING, statistic="Maximum", minutes=1),
            periods=3,
            silence_is_bad=True,
            says="Commissions stay uncounted although tick takes them up each minute, or tick itself is silent.",
        ),
        "Mail unknown": Alert(
            metric=own_metric(MAIL_UNKNOWN),
            says="A mail may or may not have been sent; it is never sent again by itself. "
            "SES tags its events with the mail_id.",
        ),
        "Mail failed": Alert(metric=own_metric(MAIL_FAILED), says="SES refused a mail for good."),
        "Shops locked out": Alert(
            metric=own_metric(SHOPS_LOCKED_OUT),
            says="A shop does not let Laurel in any more: its storefront's connection says why. Its codes wait.",
        ),
        "Endpoints paused": Alert(
            metric=own_metric(ENDPOINTS_PAUSED),
            says="An endpoint took no event for three days and is paused; its program was told. Its log says why.",
        ),
        "Clicks lost": Alert(
            metric=own_metric(CLICKS_LOST),
            says="Visitors were led on, but the table did not take their clicks; the log of clicks says why.",
        ),
        "Deliveries refused": Alert(
            metric=own_metric(DELIVERIES_REFUSED),
            says="Shops sent what somebody may have earned on and what cannot be counted; the log of webhooks says "
            "which order and why.",
        ),
        "Closed with pending": Alert(
            metric=own_metric(CLOSED_WITH_PENDING),
            says="After six hours of waiting a program's day was closed although orders or clicks of before were not "
            "counted: rules of last periods and of less than a value may have fired on too little.",
        ),
    }
