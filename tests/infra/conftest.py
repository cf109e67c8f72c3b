"""The stacks of each environment, synthesized once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tools.synth import ROOT, prepare

prepare()

from infra.app import build  # noqa: E402 - the interpreter of CDK is named first
from infra.environments import environment  # noqa: E402
from tests.infra.kit.facts import Facts  # noqa: E402

# Names beside logical ids; no copies of the code, which no fact is about.
CONTEXT = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:disable-asset-staging": True,
    "aws:cdk:bundling-stacks": [],
}
Deployed = Callable[[str], Facts]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Facts about an environment, by its name; cdk-nag has had its say about it."""

    @cache
    def synthesized(name: str) -> Facts:
        app = build(environment(name), out=tmp_path_factory.mktemp(name), context=CONTEXT)
        return Facts(app.synth(), environment(name))

    return synthesized


@pytest.fixture(scope="session")
def prod(deployed: Deployed) -> Facts:
    return deployed("prod")


@pytest.fixture(scope="session")
def folders() -> set[str]:
    """The folders of functions/."""
    return {handler.parent.name for handler in (ROOT / "functions").glob("*/handler.py")}


@pytest.fixture(scope="session")
def openapi() -> Path:
    return ROOT / "docs" / "openapi.json"
