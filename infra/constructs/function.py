"""A function of Laurel: its code, its own role and its own log."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from aws_cdk import Duration, IgnoreMode, RemovalPolicy, SymlinkFollowMode
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import grants
from infra.environments import Architecture, Environment
from infra.functions import Function
from infra.grants import Actions, Condition
from infra.nag import accept, wildcard

NOT_CODE: Final = ["**/__pycache__", "**/*.pyc"]
RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
ARCHITECTURES: Final[dict[Architecture, lambda_.Architecture]] = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}
RETENTIONS: Final = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    180: logs.RetentionDays.SIX_MONTHS,
}
NOT_NEWEST: Final = (
    "Locked dependencies are built and tried for Python 3.13; tools/layer.py moves to another one with it."
)
# Variables that Powertools reads: one service for logs and metrics, so that alarms name one dimension.
POWERTOOLS: Final = {
    "POWERTOOLS_SERVICE_NAME": "laurel",
    "POWERTOOLS_METRICS_NAMESPACE": "Laurel",
}
# Time zones are those of the dependency layer, pinned with the code: the host's may be older, or none.
ZONES: Final = {"PYTHONTZPATH": "/opt/python/tzdata/zoneinfo"}
# There are no plugins of pydantic's; it would look for them in every installed package, when the first model is made.
NO_PLUGINS: Final = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}


class LaurelFunction(Construct):
    """One function. `row`: its line in infra/functions.py; `code`: its folder. At first it may do nothing but log."""

    def __init__(
        self, scope: Construct, construct_id: str, *, row: Function, code: Path, environment: Environment
    ) -> None:
        super().__init__(scope, construct_id)
        self.row = row
        kept = RETENTIONS[environment.log_retention_days]
        self._log = logs.LogGroup(self, "Log", retention=kept, removal_policy=RemovalPolicy.DESTROY)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.function = self._function(row, code, environment)
        self.allow(grants.WRITE_LOG, self._log.log_group_arn)

    def _function(self, row: Function, code: Path, environment: Environment) -> lambda_.Function:
        function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            architecture=ARCHITECTURES[environment.architecture],
            handler="handler.handler",
            code=source(code),
            role=self.role,
            log_group=self._log,
            # of its own lines Lambda writes those of failures only: each invocation has three more, longer than ours
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            memory_size=row.memory_mb,
            timeout=Duration.seconds(row.timeout_s),
            environment=POWERTOOLS | ZONES | NO_PLUGINS,
        )
        accept(function, {"AwsSolutions-L1": NOT_NEWEST})
        return function

    def allow(self, actions: Actions, *resources: str, wide: str = "", when: Condition | None = None) -> None:
        """Allows `actions`, if any, on `resources` (ARNs). `wide`: the reason for those with a wildcard."""
        if not actions:
            return
        allowed = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=when)
        self.role.add_to_policy(allowed)
        if wide:
            accept(self.role, {wildcard(self.role, arn): wide for arn in resources if "*" in arn})

    def recurse(self) -> None:
        """Lets it invoke itself through a queue without a limit."""
        resource = cast(lambda_.CfnFunction, self.function.node.default_child)
        resource.recursive_loop = "Allow"

    def configure(self, values: Mapping[str, str], layers: Sequence[lambda_.ILayerVersion]) -> None:
        """Sets the settings that its row names, from `values`, which has all of them."""
        for name in self.row.settings:
            self.function.add_environment(name, values[name])
        self.function.add_layers(*layers)


def source(folder: Path) -> lambda_.AssetCode:
    """The folder as it is, links replaced by their targets, without bytecode of this machine."""
    return lambda_.Code.from_asset(
        str(folder),
        exclude=NOT_CODE,
        ignore_mode=IgnoreMode.GLOB,
        follow_symlinks=SymlinkFollowMode.ALWAYS,
    )
