"""The service, which every deploy replaces: code, routes, consumers, jobs, the clock and the alarms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aws_cdk import CfnOutput, CfnParameter, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import grants
from infra.constructs.alarms import Alarms
from infra.constructs.dashboard import Dashboard
from infra.constructs.every_minute import EveryMinute
from infra.constructs.function import LaurelFunction
from infra.constructs.http_api import HttpApi
from infra.constructs.jobs import Jobs
from infra.constructs.layers import Layers
from infra.constructs.mail_reports import MailReports
from infra.constructs.stream_consumer import StreamConsumer
from infra.data_stack import DataStack
from infra.environments import Environment
from infra.functions import checked_against
from infra.routes import routes
from laurel import settings, vault
from laurel.store import indexes

TALKERS: Final = 4
"""Messages to shops at once: enough for Shopify's throttle.

Each shop is a group of the queue, so that SQS prefers others to one that takes over a tenth of the workers' time; and
one that is silent, or needs more than ten seconds for a code, rests.
"""
SENDERS: Final = 20
"""Endpoints that are sent to at once: a slow one takes its own run's time, and none of another's."""
ANY_SENDER: Final = "A program has its own sender within the environment's domains, known when it is confirmed."


class ServiceStack(Stack):
    """The stack of the service. `root` holds functions/, layers/ and docs/openapi.json."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        data: DataStack,
        root: Path,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        self._environment = environment
        self._data = data
        self._functions = {
            row.folder: LaurelFunction(
                self, row.folder, row=row, code=root / "functions" / row.folder, environment=environment
            )
            for row in checked_against(root / "functions")
        }
        self._jobs = self._with_jobs()
        self._shops = Jobs(self, "Shops", worker=self._functions["shops"], workers=TALKERS)
        self._functions["events"].recurse()  # what is left of a run is the next one's
        self._events = Jobs(self, "Events", worker=self._functions["events"], workers=SENDERS)
        self._consumers = self._with_consumers()
        MailReports(
            self,
            "MailReports",
            hears=self._functions["bounces"],
            configuration_set=data.configuration_set,
            failures_arn=data.failures_arn,
        )
        EveryMinute(self, "EveryMinute", runs=self._functions["tick"])
        self._configure(Layers(self, "Layers", folder=root / "layers", environment=environment).all)
        self._grant()
        api = HttpApi(
            self,
            "HttpApi",
            routes=routes(root / "docs" / "openapi.json"),
            functions=self._functions,
            environment=environment,
        )
        self._watch(api)

    def _with_jobs(self) -> Jobs:
        worker = self._functions["jobs"]
        # A job sends itself its next page and counts its own hops; Lambda would stop it at 16.
        worker.recurse()
        return Jobs(self, "Jobs", worker=worker)

    def _with_consumers(self) -> dict[str, StreamConsumer]:
        return {
            name: StreamConsumer(
                self,
                f"Consumer {name}",
                consumer=function,
                consumes=function.row.consumes,
                table=self._data.table,
                failures_arn=self._data.failures_arn,
            )
            for name, function in self._functions.items()
            if function.row.consumes
        }

    def _configure(self, layers: Sequence[lambda_.ILayerVersion]) -> None:
        values = {
            settings.TABLE_NAME: self._data.table.table_name,
            settings.JOBS_QUEUE_URL: self._jobs.queue.queue_url,
            settings.SHOPS_QUEUE_URL: self._shops.queue.queue_url,
            settings.EVENTS_QUEUE_URL: self._events.queue.queue_url,
            settings.CONFIGURATION_SET: self._data.configuration_set.configuration_set_name,
            settings.SECRETS_KEY_ID: self._data.secrets.key_id,
            settings.DEFAULT_SENDER: self._environment.default_sender,
            settings.SENDER_DOMAINS: ",".join(self._environment.sender_domains),
            settings.PUBLIC_URL: self._public_url(),
            settings.ALLOW_LOOPBACK: "yes" if self._environment.allow_loopback else "no",
        }
        for function in self._functions.values():
            function.configure(values, layers)

    def _public_url(self) -> str:
        # a parameter, not a field of the environment: the API's address may be known only once it is deployed
        return CfnParameter(
            self,
            "PublicUrl",
            default="",
            allowed_pattern=r"^(https?://[^/].*[^/])?$",
            description="What links to the API begin with, such as https://go.example.com, without a slash at its end; "
            "by default the domain at which the gateway took the request for them.",
        ).value_as_string

    def _grant(self) -> None:
        table = self._data.table.table_arn
        of_table = [f"{table}/index/{index.name}" for index in indexes.INDEXES]
        for function in self._functions.values():
            row = function.row
            function.allow(row.table, table)
            function.allow(tuple(action for action in row.table if action in grants.ON_INDEXES), *of_table)
            function.allow(row.keys, table, when=grants.within(grants.OF_KEYS))
            function.allow(row.plans, table, when=grants.within(grants.OF_PLANS))
            function.allow(row.own, table, when=grants.within(*grants.OF_MEMBERS))
            function.allow(row.sessions, table, when=grants.within(grants.OF_SESSIONS))
            function.allow(row.jobs, self._jobs.queue.queue_arn)
            function.allow(row.events, self._events.queue.queue_arn)
            function.allow(row.shops, self._shops.queue.queue_arn)
            owned = (
                (vault.OF_STOREFRONT, row.secrets),
                (vault.OF_CONNECTION, row.connections),
                (vault.OF_ACCOUNT, row.accounts),
                (vault.OF_ENDPOINT, row.signing),
            )
            for owner, actions in owned:
                function.allow(actions, self._data.secrets.key_arn, when=grants.of(owner))
            function.allow(row.mail, *self._senders(), wide=ANY_SENDER)

    def _senders(self) -> tuple[str, ...]:
        identities = (
            self.format_arn(service="ses", resource="identity", resource_name=name)
            for name in self._environment.identities
        )
        return (
            *identities,
            self.format_arn(
                service="ses",
                resource="configuration-set",
                resource_name=self._data.configuration_set.configuration_set_name,
            ),
        )

    def _watch(self, api: HttpApi) -> None:
        queues = {"": self._jobs, " of shops": self._shops, " of events": self._events}
        alarms = Alarms(self, "Alarms", functions=self._functions, consumers=self._consumers, queues=queues, api=api)
        if self._environment.dashboard:
            self._show(api, alarms)
        CfnOutput(self, "ApiUrl", value=api.url)
        CfnOutput(self, "ApiId", value=api.api_id)
        CfnOutput(self, "JobsQueueUrl", value=self._jobs.queue.queue_url)
        CfnOutput(self, "DeadLettersUrl", value=self._jobs.dead_letters.queue_url)
        CfnOutput(self, "ShopsQueueUrl", value=self._shops.queue.queue_url)
        CfnOutput(self, "ShopsDeadLettersUrl", value=self._shops.dead_letters.queue_url)
        CfnOutput(self, "EventsQueueUrl", value=self._events.queue.queue_url)
        CfnOutput(self, "EventsDeadLettersUrl", value=self._events.dead_letters.queue_url)
        CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn)

    def _show(self, api: HttpApi, alarms: Alarms) -> None:
        dashboard = Dashboard(self, "Dashboard", alarms=alarms, api=api, functions=self._functions)
        dashboard.add_work(self._data.table, self._jobs, {name: self._functions[name] for name in self._consumers})
