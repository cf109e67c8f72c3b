"""The CDK app: two stacks for one environment.

data     the table, the key of webhook secrets, failed records: they must survive a bad deploy
service  layers, functions, HTTP API, consumers, jobs, alarms: every deploy replaces them
"""

from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.data_stack import DataStack
from infra.environments import Environment
from infra.service_stack import ServiceStack

ROOT: Final = Path(__file__).parents[1]
# An export in use keeps the data stack from dropping an output that the service stack still reads.
CONTEXT: Final[dict[str, Any]] = {"@aws-cdk/core:defaultCrossStackReferences": "strong"}


def build(
    environment: Environment, *, root: Path = ROOT, out: Path | None = None, context: dict[str, Any] | None = None
) -> cdk.App:
    """The app. `root` holds functions/, layers/ and docs/openapi.json. cdk-nag checks it when it is synthesized."""
    app = cdk.App(outdir=str(out) if out else None, context=CONTEXT | (context or {}), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    cdk.Tags.of(app).add("laurel:environment", environment.name)
    data = DataStack(
        app,
        environment.stack_name("data"),
        environment=environment,
        synthesizer=_synthesizer(environment),
        termination_protection=environment.retain,
    )
    ServiceStack(
        app,
        environment.stack_name("service"),
        environment=environment,
        data=data,
        root=root,
        synthesizer=_synthesizer(environment),
    )
    return app


def _synthesizer(environment: Environment) -> cdk.StackSynthesizer:
    return cdk.DefaultStackSynthesizer() if environment.bootstrapped else cdk.CliCredentialsStackSynthesizer()
