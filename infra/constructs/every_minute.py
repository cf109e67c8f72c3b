"""The clock: one function, once a minute, never twice for the same minute."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra import grants
from infra.constructs.function import LaurelFunction


class EveryMinute(Construct):
    """The schedule. It retries nothing: work that fails in this minute is still due in the next."""

    def __init__(self, scope: Construct, construct_id: str, *, runs: LaurelFunction) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=list(grants.INVOKE), resources=[runs.function.function_arn]))
        schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression="rate(1 minute)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=runs.function.function_arn,
                role_arn=role.role_arn,
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=0, maximum_event_age_in_seconds=60
                ),
            ),
        )
        schedule.node.add_dependency(role)
        lambda_.CfnEventInvokeConfig(
            self,
            "OnlyOnce",
            function_name=runs.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=60,
        )
