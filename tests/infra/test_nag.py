"""cdk-nag has nothing to say that is not answered."""

from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from infra.environments import ENVIRONMENTS
from infra.nag import accept
from tests.infra.conftest import Deployed

FINDINGS = {
    "AwsSolutions-SQS3": "A queue of a test.",
    "AwsSolutions-SQS4": "A queue of a test.",
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_passes(deployed: Deployed, name: str) -> None:
    assert set(deployed(name).stacks) == {f"laurel-{name}-data", f"laurel-{name}-service"}


def _queue(out: Path) -> tuple[App, sqs.Queue]:
    app = App(outdir=str(out), analytics_reporting=False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app, sqs.Queue(Stack(app, "Stack"), "Queue")


def test_a_finding_without_a_reason_stops_the_synthesis(tmp_path: Path) -> None:
    app, _ = _queue(tmp_path)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()


def test_a_finding_with_its_reason_does_not(tmp_path: Path) -> None:
    app, queue = _queue(tmp_path)
    accept(queue, FINDINGS)
    assert app.synth().stacks
