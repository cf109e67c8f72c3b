"""The reports of SES on mails that it took, on their way to the function that notes it, without a queue."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import grants
from infra.constructs.function import LaurelFunction
from infra.constructs.stream_consumer import OBJECT_NAMES

TOLD = ("BOUNCE", "COMPLAINT")
RETRIES = 2
MOST_SECONDS = 6 * 3600


class MailReports(Construct):
    """A topic of its own, which SES alone may write to; what fails every try goes to the bucket of failures."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        hears: LaurelFunction,
        configuration_set: ses.IConfigurationSet,
        failures_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        topic = sns.Topic(self, "Topic", enforce_ssl=True)
        admitted = topic.add_to_resource_policy(self._ses_may_publish(topic))
        topic.add_subscription(subscriptions.LambdaSubscription(hears.function))
        self._keep_failures(hears, failures_arn)
        made = ses.CfnConfigurationSetEventDestination
        destination = made(
            self,
            "Destination",
            configuration_set_name=configuration_set.configuration_set_name,
            event_destination=made.EventDestinationProperty(
                enabled=True,
                matching_event_types=list(TOLD),
                sns_destination=made.SnsDestinationProperty(topic_arn=topic.topic_arn),
            ),
        )
        if admitted.policy_dependable is not None:
            destination.node.add_dependency(admitted.policy_dependable)  # SES tries the topic when it is named

    def _ses_may_publish(self, topic: sns.Topic) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            principals=[iam.ServicePrincipal("ses.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
        )

    def _keep_failures(self, hears: LaurelFunction, failures_arn: str) -> None:
        hears.allow(grants.LIST_FAILURES, failures_arn)
        hears.allow(grants.KEEP_FAILURES, f"{failures_arn}/aws/lambda/*", wide=OBJECT_NAMES)
        made = lambda_.CfnEventInvokeConfig
        config = made(
            self,
            "Tries",
            function_name=hears.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=MOST_SECONDS,
            destination_config=made.DestinationConfigProperty(
                on_failure=made.OnFailureProperty(destination=failures_arn)
            ),
        )
        config.node.add_dependency(hears.role)
